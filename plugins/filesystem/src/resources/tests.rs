use super::*;
use barkeep_sdk::ResourceBody;
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

fn tree() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap().to_str().unwrap().to_owned();
    for path in ["a", "b/c", "b.d"] {
        fs::create_dir_all(format!("{root}/{path}")).unwrap();
    }
    for (path, text) in [("a/é.md", "# é"), ("b/c/x.png", "\0"), ("b/z", "z"), ("b.d/y.ts", "y"), ("c d%.txt", "cd")]
    {
        fs::write(format!("{root}/{path}"), text).unwrap();
    }
    crate::granted::set(Allowed::new([(root.clone(), false)], None));
    (folder, root)
}

fn uris(page: &ResourcePage, root: &str) -> Vec<String> {
    page.resources.iter().map(|resource| resource.uri.replace(&format!("file://{root}"), "")).collect()
}

#[test]
fn folders_come_before_what_is_in_them_and_names_by_their_bytes() {
    let (_folder, root) = tree();
    symlink("a/é.md", format!("{root}/l-in")).unwrap();
    symlink("b", format!("{root}/l-folder")).unwrap();
    symlink("/etc", format!("{root}/l-out")).unwrap();
    symlink("nowhere", format!("{root}/l-nowhere")).unwrap();
    let page = list(None).unwrap();
    let expected = [
        "",
        "/a",
        "/a/%C3%A9.md",
        "/b",
        "/b/c",
        "/b/c/x.png",
        "/b/z",
        "/b.d",
        "/b.d/y.ts",
        "/c%20d%25.txt",
        "/l-folder",
        "/l-in",
    ];
    assert_eq!(uris(&page, &root), expected);
    assert_eq!(page.next_cursor, None);
    let of = |index: usize| (page.resources[index].mime_type.as_deref(), page.resources[index].size);
    assert_eq!((of(1), of(2)), ((Some("inode/directory"), None), (Some("text/markdown"), Some(4))));
    assert_eq!((of(6), of(8)), ((None, Some(1)), (None, Some(1))));
    assert_eq!((of(10), of(11)), ((Some("inode/directory"), None), (None, Some(4))));
    assert!(page.resources[2].annotations.last_modified.as_ref().unwrap().ends_with('Z'));
}

#[test]
fn pages_hang_together_and_leave_nothing_out() {
    let (_folder, root) = tree();
    for folder in ["a", "a.b", "b/c"] {
        fs::create_dir_all(format!("{root}/{folder}")).unwrap();
        for file in 0..75 {
            fs::write(format!("{root}/{folder}/{file}"), "").unwrap();
        }
    }
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = list(cursor.as_deref()).unwrap();
        assert!(page.resources.len() <= limits::PAGE);
        all.extend(uris(&page, &root));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(all.len(), 225 + 11);
    let mut sorted = all.clone();
    sorted.sort_by_key(|path| path.replace("%C3%A9", "é").split('/').map(str::to_owned).collect::<Vec<_>>());
    assert_eq!(all, sorted);
}

#[test]
fn a_page_goes_on_where_it_was_even_if_that_is_gone() {
    let (_folder, root) = tree();
    for file in 0..150 {
        fs::write(format!("{root}/a/{file:03}"), "").unwrap();
    }
    let first = list(None).unwrap();
    assert_eq!(uris(&first, &root).last().unwrap(), "/a/097");
    fs::remove_file(format!("{root}/a/097")).unwrap();
    fs::remove_file(format!("{root}/a/098")).unwrap();
    let second = list(first.next_cursor.as_deref()).unwrap();
    assert_eq!(uris(&second, &root)[0], "/a/099");
    fs::remove_dir_all(format!("{root}/a")).unwrap();
    assert_eq!(uris(&list(first.next_cursor.as_deref()).unwrap(), &root)[0], "/b");
}

#[test]
fn a_cursor_that_was_not_given_is_refused_and_leads_nowhere() {
    let (folder, root) = tree();
    symlink("..", format!("{root}/up")).unwrap();
    let encode = |path: &str| {
        use base64::Engine as _;
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(path)
    };
    for cursor in ["x", "!", &encode("/etc"), &encode(&format!("{root}/../x"))] {
        assert!(matches!(list(Some(cursor)), Err(Error::InvalidArguments(_))), "{cursor}");
    }
    fs::write(folder.path().join("zz"), "").unwrap();
    let page = list(Some(&encode(&format!("{root}/up/a")))).unwrap();
    assert_eq!(uris(&page, &root), ["/zz"]);
}

#[test]
fn an_allowed_folder_in_another_is_listed_once() {
    let (_folder, root) = tree();
    let inner = format!("{root}/b");
    crate::granted::set(Allowed::new([(root.clone(), false), (inner, true)], None));
    let listed = uris(&list(None).unwrap(), &root);
    assert_eq!(listed[3..], ["/b.d", "/b.d/y.ts", "/c%20d%25.txt", "/b", "/b/c", "/b/c/x.png", "/b/z"]);
}

#[test]
fn a_file_is_read_by_its_uri_and_a_folder_as_a_list() {
    let (_folder, root) = tree();
    let read = |path: &str| crate::PLUGIN.read_resource(&format!("file://{root}{path}")).unwrap().remove(0);
    let text = read("/a/%C3%A9.md");
    assert_eq!((text.as_text(), text.mime_type.as_deref()), (Some("# é"), Some("text/markdown")));
    assert_eq!(text.uri, format!("file://{root}/a/%C3%A9.md"));
    assert_eq!(read("/b/c/x.png").body, ResourceBody::Blob(vec![0]));
    assert_eq!(read("/c%20d%25.txt").as_text(), Some("cd"));
    assert_eq!(read("/b").as_text(), Some("[DIR] c\n[FILE] z"));
    assert_eq!(read("").as_text(), read("/").as_text());
}

#[test]
fn what_is_missing_outside_or_too_long_is_told_apart() {
    let (_folder, root) = tree();
    let read = |uri: &str| crate::PLUGIN.read_resource(uri).unwrap_err();
    assert!(matches!(read(&format!("file://{root}/no-such")), Error::NotFound(_)));
    for outside in ["file:///etc/passwd", &format!("file://{root}/../x"), &format!("file://{root}/%2e%2e/x")] {
        assert!(matches!(read(outside), Error::AccessDenied(_)), "{outside}");
    }
    assert!(matches!(read(&format!("file://{root}/a%00b")), Error::AccessDenied(_)));
    assert!(matches!(read("http://example.com/"), Error::NotFound(_)));
    let long = fs::File::create(format!("{root}/long")).unwrap();
    long.set_len(limits::READ + 1).unwrap();
    let words = read(&format!("file://{root}/long")).to_string();
    assert!(words.contains("16 MiB"), "{words}");
}

#[test]
fn without_a_folder_there_is_nothing_to_list() {
    crate::granted::set(Allowed::new([], None));
    assert_eq!(list(None).unwrap(), ResourcePage::default());
}

#[test]
fn paths_are_completed_down_from_the_allowed_folders() {
    let (_folder, root) = tree();
    let complete = |typed: &str| path(typed).unwrap().values;
    let top = root.trim_start_matches('/');
    assert_eq!(complete(&format!("{top}/b")), [format!("{top}/b.d/"), format!("{top}/b/")]);
    assert_eq!(complete(&format!("{top}/b/")), [format!("{top}/b/c/"), format!("{top}/b/z")]);
    let first = top.split('/').next().unwrap();
    assert_eq!(complete(""), [format!("{first}/")]);
    assert_eq!(complete(&top[..top.len() - 1]), [format!("{top}/")]);
    assert_eq!(complete("etc/pass"), Vec::<String>::new());
}

//! Files of components that are not what they were: cut short, with bits flipped, replaced in a loop; and a cache of compiled
//! code that somebody wrote into.

use std::fs;
use std::time::Duration;

use barkeep_tests::{Environment, Folder, Patched, short_or_long, version_in, within};
use serde_json::json;

use super::{assert_well, serve};

#[tokio::test]
async fn a_component_that_is_cut_short_is_refused_at_any_length() {
    let whole = fs::read(Environment::guest("versioned")).expect("it was built");
    let folder = Folder::with_guests(&["probe"]);
    for (number, part) in [0, 1, 4, 8, 9, 100, whole.len() / 2, whole.len() - 1].into_iter().enumerate() {
        folder.write(&format!("plugins/cut{number}.wasm"), &whole[..part]);
    }
    let (host, client) = serve(&folder).await;
    assert_well(&client).await;
    let all_told = async {
        while !(0..8).all(|number| host.log().lines().iter().any(|line| line.contains(&format!("cut{number}")))) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    within("each is told", all_told).await;
    assert!(client.tools().await.iter().all(|tool| tool.starts_with("probe__")));
}

/// Each bit that is flipped gives a component that is refused, or one that does something else within the same bounds.
#[tokio::test]
async fn flipped_bits_harm_nobody() {
    let whole = fs::read(Environment::guest("versioned")).expect("it was built");
    let folder = Folder::with_guests(&["probe"]);
    // Without randomness, so that what fails once fails again.
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    for number in 0..short_or_long(24, 400) {
        let mut flipped = whole.clone();
        for _ in 0..4 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let bit = usize::try_from(seed % (flipped.len() as u64 * 8)).expect("it is small");
            flipped[bit / 8] ^= 1 << (bit % 8);
        }
        folder.write(&format!("plugins/flipped{number}.wasm"), &flipped);
    }
    let (host, client) = serve(&folder).await;
    // So many are compiled that it may come to its turn later than the first menu.
    host.loaded("probe").await;
    for _ in 0..10 {
        assert_well(&client).await;
    }
    for tool in client.tools().await.iter().filter(|tool| tool.ends_with("__version")) {
        // Whatever it says, it says it, or fails, in its time.
        let _ = within("it ends", Box::pin(client.try_call(tool, json!({})))).await;
    }
    assert_well(&client).await;
}

/// A file that is replaced all the time is served as it is in the end, and never in pieces.
#[tokio::test]
async fn a_file_that_is_replaced_in_a_loop_is_served_whole() {
    let folder = Folder::with_guests(&["probe"]);
    folder.write("plugins/versioned.wasm", Patched::version(0));
    let (host, client) = serve(&folder).await;
    host.loaded("versioned").await;
    let mut newest = 0;
    let last = short_or_long(200, 6000);
    for number in 1..=last {
        folder.write("plugins/versioned.wasm", Patched::version(number));
        if number % 20 == 0 {
            let version = version_in(&client.text("versioned__version", json!({})).await);
            assert!(version >= newest && version <= number, "{version} after {newest}");
            newest = version;
        }
    }
    let settled = async {
        while version_in(&client.text("versioned__version", json!({})).await) != last {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within("the last is served", Box::pin(settled)).await;
    assert_well(&client).await;
}

/// Written in place, so that it is read in pieces: emptied, cut short, whole.
#[tokio::test]
async fn a_file_that_is_written_while_it_is_read_is_served_once_it_is_whole() {
    let folder = Folder::with_guests(&["probe"]);
    folder.write("plugins/versioned.wasm", Patched::version(0));
    let (host, client) = serve(&folder).await;
    host.loaded("versioned").await;
    for number in 1..=short_or_long(30, 1000) {
        let whole = Patched::version(number);
        let cut = usize::try_from(number).expect("it is small") * 1000 % whole.bytes().len();
        folder.overwrite("plugins/versioned.wasm", &whole.bytes()[..cut]);
        let version = version_in(&client.text("versioned__version", json!({})).await);
        assert!(version <= number, "{version}");
        folder.overwrite("plugins/versioned.wasm", &whole);
    }
    let last = short_or_long(30, 1000);
    let settled = async {
        while version_in(&client.text("versioned__version", json!({})).await) != last {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within("the last is served", Box::pin(settled)).await;
    assert_well(&client).await;
}

/// A call goes on though the file of its plugin is gone; then there is no such tool.
#[tokio::test]
async fn a_file_that_is_deleted_during_a_call_takes_no_answer_away() {
    let folder = Folder::with_guests(&["probe", "versioned"]);
    let (host, client) = serve(&folder).await;
    host.loaded("probe").await;
    let call = client.text("probe__sleep", json!({ "ms": 1500 }));
    let delete = host.until("gone plugin=probe", || folder.remove("plugins/probe.wasm"));
    let (slept, ()) = tokio::join!(call, delete);
    assert_eq!(slept, "slept 1500 ms");
    assert!(client.try_call("probe__sum", json!({ "a": 1, "b": 2 })).await.is_err());
    assert_eq!(version_in(&client.text("versioned__version", json!({})).await), 0);
}

/// Compiled code is trusted by the processor, so what is not as we wrote it is not run, but compiled again.
#[tokio::test]
async fn compiled_code_that_was_changed_is_not_run() {
    let folder = Folder::with_guests(&["probe"]);
    {
        let (_host, client) = serve(&folder).await;
        assert_well(&client).await;
    }
    let mut changed = 0;
    let mut folders = vec![folder.path("cache")];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = fs::read(&path).expect("a file");
            let middle = bytes.len() / 2;
            for byte in bytes.iter_mut().skip(middle).take(4096) {
                *byte ^= 0xFF;
            }
            fs::write(&path, bytes).expect("written");
            changed += 1;
        }
    }
    assert!(changed > 0, "nothing was kept");
    let (_host, client) = serve(&folder).await;
    assert_well(&client).await;
}

/// Who else may write there could have put code there that is not ours.
#[cfg(unix)]
#[tokio::test]
async fn compiled_code_that_others_may_write_is_not_run() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::with_guests(&["probe"]);
    {
        let (_host, client) = serve(&folder).await;
        assert_well(&client).await;
    }
    fs::set_permissions(compiled(&folder), fs::Permissions::from_mode(0o777)).expect("they are ours");
    let (host, client) = serve(&folder).await;
    assert_well(&client).await;
    let told = host.log().wait_for("others may write to its folder; take that right away (chmod go-w)").await;
    assert!(told.contains("WARN"), "{told}");
}

/// The folder in which the compiled code of a host lies.
#[cfg(unix)]
fn compiled(folder: &Folder) -> std::path::PathBuf {
    let mut folders = vec![folder.path("cache")];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "cwasm") {
                return next;
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    panic!("nothing was compiled");
}

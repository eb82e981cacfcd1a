//! The session that the README shows.

use std::fs;
use std::path::Path;

use barkeep_tests::{Environment, Folder};

use super::script::{Language, finish};

const BEGIN: &str = "<!-- transcript -->\n";
const END: &str = "<!-- /transcript -->";

/// What stands between the two marks: longer fences than those that an answer has in it.
fn block(transcript: &str) -> String {
    format!("````text\n{}\n````\n", transcript.trim_end())
}

#[tokio::test]
async fn the_session_in_the_readme_is_one_that_happened() {
    let [filesystem, hello] = ["filesystem", "hello"].map(|name| Environment::plugin(name).display().to_string());
    let folder = Folder::new(&format!(
        "[plugins.filesystem]\nsource = {filesystem:?}\nprefix = \"\"\n\
         grants.fs = [{{ host = \"notes\", guest = \"/notes\", mode = \"read-write\" }}]\n\n\
         [plugins.hello]\nsource = {hello:?}\n"
    ));
    folder.write("notes/ideas.md", "# Ideas\n");
    let mut command = Language::Python.script("session");
    command.arg("auto").arg(folder.path("barkeep.toml")).env("BARKEEP_CACHE", folder.path("cache"));
    let transcript = block(&finish(command, String::new).await.stdout);

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&file).expect("there is a README");
    let shown = readme.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(shown, _)| shown);
    assert!(
        shown == Some(&transcript),
        "put this between `{}` and `{END}` in README.md:\n\n{transcript}",
        BEGIN.trim_end(),
    );
}

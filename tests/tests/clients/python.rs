//! The official Python client: each script of `tests/python/` is one theme, run over each transport in each of the
//! client's modes.

use std::path::Path;

use barkeep_tests::{Environment, within};
use tokio::process::Command;

use super::served::{Served, Transport};

/// The tests of one script.
macro_rules! script {
    ($theme:ident) => {
        mod $theme {
            use super::{Transport, run};

            #[tokio::test]
            async fn over_stdio_in_mode_auto() {
                run(stringify!($theme), Transport::Stdio, "auto").await;
            }

            #[tokio::test]
            async fn over_stdio_in_mode_legacy() {
                run(stringify!($theme), Transport::Stdio, "legacy").await;
            }

            #[tokio::test]
            async fn over_http_in_mode_auto() {
                run(stringify!($theme), Transport::Http, "auto").await;
            }

            #[tokio::test]
            async fn over_http_in_mode_legacy() {
                run(stringify!($theme), Transport::Http, "legacy").await;
            }
        }
    };
}

script!(calls);
script!(changes);
script!(failures);
script!(lists);
script!(news);
script!(prompts);
script!(reads);

/// A script of `tests/python/`, to be run in nobody's environment.
pub(crate) fn script(name: &str) -> Command {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(format!("{name}.py"));
    let mut command = Command::new(Environment::python());
    // Without -B Python would write what it compiled beside the scripts.
    command.arg("-B").arg(file).env_clear().env("BARKEEP_BIN", Environment::barkeep()).kill_on_drop(true);
    for name in ["PATH", "SystemRoot", "TEMP", "TMP", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// Runs a script to its end, and gives what it printed. `log` is what the host says meanwhile.
pub(crate) async fn finish(mut command: Command, log: impl FnOnce() -> String) -> String {
    let output = within("the script ends", command.output()).await.expect("Python can be started");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}{}", output.status, log());
    stdout.into_owned()
}

async fn run(name: &str, transport: Transport, mode: &str) {
    let served = Served::over(transport).await;
    let mut command = script(name);
    command.arg(mode).current_dir(served.folder.root()).env("BARKEEP_CACHE", served.folder.path("cache"));
    match served.url() {
        Some(url) => command.arg(url),
        None => command.arg(served.config()),
    };
    finish(command, || served.log()).await;
    served.end().await;
}

//! The official Python client: each script of `tests/python/` is one theme, run over each transport in each of the
//! client's modes.

use std::path::Path;

use barkeep_tests::{Environment, within};
use tokio::process::Command;

use super::served::{Served, Transport};

/// The tests of one script: one for each transport and mode. After it, the host has said `$line` in its log.
macro_rules! script {
    ($theme:ident $(, $line:literal)?) => {
        mod $theme {
            use super::{Transport, run};

            async fn script(transport: Transport, mode: &str) {
                run(stringify!($theme), transport, mode, &[$($line)?]).await;
            }

            #[tokio::test]
            async fn over_stdio_in_mode_auto() {
                script(Transport::Stdio, "auto").await;
            }

            #[tokio::test]
            async fn over_stdio_in_mode_legacy() {
                script(Transport::Stdio, "legacy").await;
            }

            #[tokio::test]
            async fn over_http_in_mode_auto() {
                script(Transport::Http, "auto").await;
            }

            #[tokio::test]
            async fn over_http_in_mode_legacy() {
                script(Transport::Http, "legacy").await;
            }
        }
    };
}

script!(calls);
script!(cancelling, "cancelled by the client");
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

/// What a script printed.
pub(crate) struct Printed {
    pub(crate) stdout: String,
    /// With what the host says that it started.
    pub(crate) stderr: String,
}

/// Runs a script that ends well. `log` is what a host says that it did not start.
pub(crate) async fn finish(mut command: Command, log: impl FnOnce() -> String) -> Printed {
    let output = within("the script ends", command.output()).await.expect("Python can be started");
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}{}", output.status, log());
    Printed { stdout, stderr }
}

async fn run(name: &str, transport: Transport, mode: &str, says: &[&str]) {
    let served = Served::over(transport).await;
    let mut command = script(name);
    command.arg(mode).current_dir(served.folder.root()).env("BARKEEP_CACHE", served.folder.path("cache"));
    match served.url() {
        Some(url) => command.arg(url),
        None => command.arg(served.config()),
    };
    let printed = finish(command, || served.log().join("\n")).await;
    for line in says {
        match &served.host {
            Some(host) => drop(host.log().wait_for(line).await),
            None => assert!(printed.stderr.contains(line), "`{line}` is not in the log:\n{}", printed.stderr),
        }
    }
    served.end().await;
}

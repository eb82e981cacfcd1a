//! Scripts that drive a host by an official client.

use std::path::Path;

use barkeep_tests::{Environment, within};
use tokio::process::Command;

use super::served::{Menu, Served, Transport, cache};

/// Whose client a script drives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Language {
    /// A script of `tests/python/`.
    Python,
    /// A script of `tests/node/`.
    TypeScript,
}

impl Language {
    /// The script `name`, to be run in nobody's environment.
    pub(crate) fn script(self, name: &str) -> Command {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = match self {
            Self::Python => {
                let mut python = Command::new(Environment::python());
                // Without -B Python would write what it compiled beside the scripts.
                python.arg("-B").arg(tests.join("python").join(format!("{name}.py"))).env_clear();
                python
            }
            Self::TypeScript => {
                let mut node = Command::new(Environment::node());
                node.arg(tests.join("node").join(format!("{name}.mjs"))).env_clear();
                node.env("BARKEEP_TYPESCRIPT_CLIENT", Environment::typescript_client());
                node
            }
        };
        command.env("BARKEEP_BIN", Environment::barkeep()).kill_on_drop(true);
        for name in ["PATH", "SystemRoot", "TEMP", "TMP", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }
}

/// What a script printed.
pub(crate) struct Printed {
    pub(crate) stdout: String,
    /// With what the host says that it started.
    pub(crate) stderr: String,
}

/// Runs a script that ends well. `log` is what a host says that it did not start.
pub(crate) async fn finish(mut command: Command, log: impl FnOnce() -> String) -> Printed {
    let output = within("the script ends", command.output()).await.expect("its interpreter can be started");
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}{}", output.status, log());
    Printed { stdout, stderr }
}

/// Runs the script `name` on a host of `menu`. After it, the host has said each of `says` in its log.
pub(crate) async fn run(
    (language, name): (Language, &str),
    menu: Menu,
    (transport, mode): (Transport, &str),
    says: &[&str],
) {
    let served = Served::over(transport, menu).await;
    let mut command = language.script(name);
    command.arg(mode).current_dir(served.folder.root()).env("BARKEEP_CACHE", cache());
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

/// The tests of one script: one for each transport and each of the client's modes.
macro_rules! script {
    ($language:ident, $menu:ident, $theme:ident $(, $line:literal)?) => {
        mod $theme {
            use crate::script::{Language, run};
            use crate::served::{Menu, Transport};

            async fn script(way: (Transport, &str)) {
                run((Language::$language, stringify!($theme)), Menu::$menu, way, &[$($line)?]).await;
            }

            #[tokio::test]
            async fn over_stdio_in_mode_auto() {
                script((Transport::Stdio, "auto")).await;
            }

            #[tokio::test]
            async fn over_stdio_in_mode_legacy() {
                script((Transport::Stdio, "legacy")).await;
            }

            #[tokio::test]
            async fn over_http_in_mode_auto() {
                script((Transport::Http, "auto")).await;
            }

            #[tokio::test]
            async fn over_http_in_mode_legacy() {
                script((Transport::Http, "legacy")).await;
            }
        }
    };
}

pub(crate) use script;

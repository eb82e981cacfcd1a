//! What the clients meet: a folder of plugins, served over either transport.

use std::fs;
use std::path::{Path, PathBuf};

use barkeep_tests::{Environment, Folder, Host, Patched};

/// The guest `probe` is held short, so that what goes wrong in it does so soon.
const PROBE: &str = r#"
folder = "plugins"

[plugins.probe.limits]
memory = "64MiB"
time = "2s"
"#;

/// The guest `everything` is served as to the conformance suite: by its own names, with all that it asks for.
const EVERYTHING: &str = r#"
[plugins.everything]
prefix = ""

[plugins.everything.grants]
client = ["elicitation", "sampling", "roots"]
fs = [{ host = "state", guest = "/state", mode = "read-write" }]

[plugins.asker.grants]
client = ["elicitation", "sampling", "roots"]
"#;

/// What is served.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Menu {
    /// `hello`, `probe`, and `versioned` with the versions of it that scripts rename over it.
    Swapped,
    /// What the conformance suite asks of a server, and guests for what it does not ask.
    Everything,
}

impl Menu {
    fn lay(self) -> Folder {
        match self {
            Self::Swapped => swapped(),
            Self::Everything => everything(),
        }
    }
}

fn swapped() -> Folder {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(PROBE);
    folder.write("plugins/hello.wasm", fs::read(Environment::plugin("hello")).expect("the plugin hello is built"));
    // The others are renamed over the first, one after the other.
    let mut version = Patched::version(1);
    folder.write("plugins/versioned.wasm", &version);
    for (list, number) in [("tools", 2), ("prompts", 3), ("resources", 4)] {
        version = version.set("version", number).set(list, number);
        folder.write(&format!("{list}.wasm"), &version);
    }
    folder
}

fn everything() -> Folder {
    let folder = Folder::with_guests(&["asker", "everything", "feed", "probe"]);
    folder.configure(&format!("{PROBE}{EVERYTHING}"));
    fs::create_dir(folder.path("state")).expect("a folder");
    folder
}

/// How clients reach the host.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Transport {
    Stdio,
    Http,
}

/// A host on a folder of its own, or the folder alone where clients start their own host.
pub(crate) struct Served {
    pub(crate) folder: Folder,
    /// The host, where clients do not start their own.
    pub(crate) host: Option<Host>,
}

impl Served {
    pub(crate) async fn over(transport: Transport, menu: Menu) -> Self {
        let folder = menu.lay();
        let host = match transport {
            Transport::Stdio => None,
            Transport::Http => {
                let mut command = folder.command(&["serve", "--http", "127.0.0.1:0"]);
                command.env("BARKEEP_CACHE", cache());
                Some(Host::http_by(command).await)
            }
        };
        Self { folder, host }
    }

    /// The URL of the host that runs.
    pub(crate) fn url(&self) -> Option<&str> {
        self.host.as_ref().map(Host::url)
    }

    /// The configuration to start a host with.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path("barkeep.toml")
    }

    /// What the host said on stderr, where it is ours.
    pub(crate) fn log(&self) -> Vec<String> {
        self.host.as_ref().map(|host| host.log().lines()).unwrap_or_default()
    }

    /// Ends the host as a service manager does; whatever its clients did, it ends well.
    pub(crate) async fn end(self) {
        if let Some(mut host) = self.host {
            #[cfg(unix)]
            {
                host.process.terminate();
                let status = host.process.ended().await;
                assert!(status.success(), "{status}");
            }
            #[cfg(not(unix))]
            drop(host);
        }
    }
}

/// One folder of compiled code for all hosts here, which would compile the same guests scores of times.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients")
}

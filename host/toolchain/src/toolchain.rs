//! The one place that turns a guest's folder into a component's file.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Cancel, Error,
    cargo::component,
    debian::Debian,
    linker,
    machine::{ThisMachine, program},
    way::{Preference, TARGET, Way, choose},
};

/// A way to build guests that was found, and made ready, on this machine.
#[derive(Debug)]
pub struct GuestToolchain {
    kind: Kind,
    /// One folder for all guests: the standard library and shared dependencies are built once.
    target: PathBuf,
}

#[derive(Debug)]
enum Kind {
    /// With the folder of the linker, where the compiler lacks it.
    Installed(Option<PathBuf>),
    Debian(Debian),
}

/// What to build, and how.
#[derive(Debug, Clone)]
pub struct Build<'a> {
    /// The folder of the guest's `Cargo.toml`.
    pub folder: &'a Path,
    /// The cargo profile.
    pub profile: &'a str,
    /// Whether a `Cargo.lock` that would have to change is an error.
    pub locked: bool,
}

impl<'a> Build<'a> {
    /// The build that is served: optimised, the lock-file changed when `Cargo.toml` asks for it.
    pub fn release(folder: &'a Path) -> Self {
        Self { folder, profile: "release", locked: false }
    }
}

impl GuestToolchain {
    /// Finds a way, or makes one; see [`way`](crate::way) for the order, and `BARKEEP_GUEST_TOOLCHAIN`
    /// ("rustup" or "debian") to leave the other out.
    ///
    /// `target` is the folder for all that is built. What takes long or changes the machine is said beforehand, a
    /// line each; the programs that do it print to standard error.
    pub fn find(target: &Path, say: &dyn Fn(&str)) -> Result<Self, Error> {
        let target = std::path::absolute(target).map_err(Error::io("found", target))?;
        let folder = target.join("toolchain");
        fs::create_dir_all(&folder).map_err(Error::io("made", &folder))?;
        let machine = ThisMachine::new(&folder);
        let preference = Preference::parse(env::var("BARKEEP_GUEST_TOOLCHAIN").ok().as_deref());
        let kind = match choose(&machine, preference, say)? {
            Way::Installed if linker::ships_with(&program("RUSTC", "rustc")) => Kind::Installed(None),
            Way::Installed => {
                linker::install(&folder, say)?;
                Kind::Installed(Some(linker::bin(&folder)))
            }
            Way::Debian => {
                if preference == Preference::Any {
                    machine.settle_on_debian();
                }
                Kind::Debian(Debian::prepare(&folder, say)?)
            }
        };
        Ok(Self { kind, target: target.join("guest") })
    }

    /// The way that was found.
    pub fn way(&self) -> Way {
        match self.kind {
            Kind::Installed(_) => Way::Installed,
            Kind::Debian(_) => Way::Debian,
        }
    }

    /// Builds one guest and returns the component that cargo left. Progress and errors go to standard error.
    ///
    /// Guests are built one at a time on purpose: cargo chooses the features of shared dependencies by what is built
    /// together, so a guest built alone later would be another one than when built among others.
    pub fn build(&self, build: &Build<'_>, cancel: &Cancel) -> Result<PathBuf, Error> {
        let manifest = build.folder.join("Cargo.toml");
        let manifest = std::path::absolute(&manifest).map_err(Error::io("found", manifest))?;
        let mut command = self.cargo_build();
        command.arg("--manifest-path").arg(&manifest).args(["--profile", build.profile]);
        command.args(["--lib", "--message-format=json-render-diagnostics"]);
        if build.locked {
            command.arg("--locked");
        }
        command.env("CARGO_TARGET_DIR", &self.target);
        let (status, messages) = cancel.run(&mut command)?;
        if !status.success() {
            return Err(Error::Failed { what: format!("building {}", build.folder.display()), status });
        }
        component(&messages, &manifest).ok_or_else(|| Error::NoComponent(build.folder.to_path_buf()))
    }

    fn cargo_build(&self) -> Command {
        match &self.kind {
            Kind::Debian(debian) => debian.cargo_build(),
            Kind::Installed(bin) => {
                let mut command = Command::new(program("CARGO", "cargo"));
                command.args(["build", "--target", TARGET]);
                // Flags for the host's own builds, such as a linker's name, do not fit this target.
                command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
                if let Some(bin) = bin {
                    command.env("PATH", linker::path_with(bin));
                }
                command
            }
        }
    }
}

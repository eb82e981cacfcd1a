//! The choice of a way to build `wasm32-wasip2`.
//!
//! The order is fixed, cheapest and most usual first: the target is installed; rustup installs it; Debian's packages
//! are there; Debian's packages are installed. The machine is behind [`Machine`], so the order can be tested.

use std::fmt;

/// The target that guests are built for.
pub const TARGET: &str = "wasm32-wasip2";

/// The Debian packages that together build for [`TARGET`].
pub const DEBIAN_PACKAGES: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22", "wasi-libc"];

/// A way to build for [`TARGET`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The active Rust toolchain has the target's standard library.
    Installed,
    /// Debian's compiler builds the standard library from Debian's source of it.
    Debian,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Installed => "the active Rust toolchain builds wasm32-wasip2",
            Self::Debian => "Debian's Rust builds wasm32-wasip2",
        })
    }
}

/// What a person or a test asks for in place of the usual order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Preference {
    /// The usual order.
    #[default]
    Any,
    /// Only an installed target, or rustup.
    Rustup,
    /// Only Debian's packages.
    Debian,
}

impl Preference {
    /// Reads the value of `BARKEEP_GUEST_TOOLCHAIN`; anything but "rustup" and "debian" is the usual order.
    pub fn parse(value: Option<&str>) -> Self {
        match value {
            Some("rustup") => Self::Rustup,
            Some("debian") => Self::Debian,
            _ => Self::Any,
        }
    }
}

/// The questions that the choice depends on, and the two changes it may make to a machine.
pub trait Machine {
    /// Whether the active Rust toolchain has the target's standard library.
    fn has_target(&self) -> bool;
    /// Whether an earlier search ended with [`Way::Debian`] on this machine, so that rustup need not be tried again.
    fn settled_on_debian(&self) -> bool;
    /// Asks rustup for the target. An error says why in one line.
    fn add_target(&self) -> Result<(), String>;
    /// Those of [`DEBIAN_PACKAGES`] that are not installed, or nothing where there is no `dpkg`.
    fn missing_packages(&self) -> Option<Vec<&'static str>>;
    /// Whether this process may install Debian packages.
    fn may_install(&self) -> bool;
    /// Installs Debian packages. An error says why in one line.
    fn install(&self, packages: &[&'static str]) -> Result<(), String>;
}

/// There is no way; the message lists each with its commands.
#[derive(Debug, PartialEq, Eq)]
pub struct NoWay {
    /// What was tried and why it failed, a line each.
    pub tried: Vec<String>,
}

impl std::error::Error for NoWay {}

impl fmt::Display for NoWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "there is no way here to build guests for {TARGET}. Either of these gives one:")?;
        writeln!(f, "  with rustup (https://rustup.rs):")?;
        writeln!(f, "    rustup target add {TARGET}")?;
        writeln!(f, "  on Debian, as root:")?;
        writeln!(f, "    apt-get update")?;
        write!(f, "    apt-get install -y --no-install-recommends {}", DEBIAN_PACKAGES.join(" "))?;
        for line in &self.tried {
            write!(f, "\ntried: {line}")?;
        }
        Ok(())
    }
}

/// The way that is there already; nothing is changed.
pub fn present(machine: &dyn Machine) -> Result<Way, NoWay> {
    if machine.has_target() {
        return Ok(Way::Installed);
    }
    let missing = match machine.missing_packages() {
        Some(missing) if missing.is_empty() => return Ok(Way::Debian),
        Some(missing) => format!("Debian's packages: missing {}", missing.join(", ")),
        None => "Debian's packages: this system has no dpkg".to_owned(),
    };
    Err(NoWay { tried: vec![format!("the active Rust toolchain does not have {TARGET}"), missing] })
}

/// Chooses a way, in the fixed order. What takes long or changes the machine is said before it is done.
pub fn choose(machine: &dyn Machine, preference: Preference, say: &dyn Fn(&str)) -> Result<Way, NoWay> {
    let mut tried = Vec::new();
    if preference != Preference::Debian {
        if machine.has_target() {
            return Ok(Way::Installed);
        }
        let skip = preference == Preference::Any && machine.settled_on_debian();
        if skip && machine.missing_packages().is_some_and(|missing| missing.is_empty()) {
            return Ok(Way::Debian);
        }
        say(&format!("rustup target add {TARGET}"));
        match machine.add_target() {
            Ok(()) if machine.has_target() => return Ok(Way::Installed),
            Ok(()) => tried.push(format!("rustup target add {TARGET}: the active rustc still does not have it")),
            Err(reason) => tried.push(format!("rustup target add {TARGET}: {reason}")),
        }
        if preference == Preference::Rustup {
            return Err(NoWay { tried });
        }
    }
    match machine.missing_packages() {
        None => tried.push("Debian's packages: this system has no dpkg".to_owned()),
        Some(missing) if missing.is_empty() => return Ok(Way::Debian),
        Some(missing) if !machine.may_install() => {
            tried.push(format!("Debian's packages: missing {}, and only root may install them", missing.join(", ")));
        }
        Some(missing) => {
            say(&format!("installing Debian's packages for {TARGET}: {}", missing.join(" ")));
            match machine.install(&missing) {
                Ok(()) => return Ok(Way::Debian),
                Err(reason) => tried.push(format!("apt-get install {}: {reason}", missing.join(" "))),
            }
        }
    }
    Err(NoWay { tried })
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    /// A machine of plain facts that notes what was done to it.
    #[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
    #[derive(Default)]
    struct Fake {
        target: Cell<bool>,
        settled: bool,
        rustup: bool,
        missing: Option<Vec<&'static str>>,
        root: bool,
        apt: bool,
        done: RefCell<Vec<String>>,
    }

    impl Machine for Fake {
        fn has_target(&self) -> bool {
            self.target.get()
        }
        fn settled_on_debian(&self) -> bool {
            self.settled
        }
        fn add_target(&self) -> Result<(), String> {
            self.done.borrow_mut().push("rustup".to_owned());
            self.target.set(self.rustup);
            if self.rustup { Ok(()) } else { Err("no network".to_owned()) }
        }
        fn missing_packages(&self) -> Option<Vec<&'static str>> {
            self.missing.clone()
        }
        fn may_install(&self) -> bool {
            self.root
        }
        fn install(&self, packages: &[&'static str]) -> Result<(), String> {
            self.done.borrow_mut().push(format!("apt {}", packages.join(" ")));
            if self.apt { Ok(()) } else { Err("unable to locate package".to_owned()) }
        }
    }

    fn choice(machine: &Fake) -> Result<Way, NoWay> {
        choose(machine, Preference::Any, &|_| ())
    }

    #[test]
    fn an_installed_target_is_used_and_nothing_is_changed() {
        let machine = Fake { target: Cell::new(true), missing: Some(vec![]), rustup: true, ..Fake::default() };
        assert_eq!(choice(&machine), Ok(Way::Installed));
        assert!(machine.done.borrow().is_empty());
    }

    #[test]
    fn rustup_comes_before_debians_packages() {
        let machine = Fake { rustup: true, missing: Some(vec![]), ..Fake::default() };
        assert_eq!(choice(&machine), Ok(Way::Installed));
        assert_eq!(*machine.done.borrow(), ["rustup"]);
    }

    #[test]
    fn debians_packages_are_used_when_rustup_fails() {
        let machine = Fake { missing: Some(vec![]), ..Fake::default() };
        assert_eq!(choice(&machine), Ok(Way::Debian));
        assert_eq!(*machine.done.borrow(), ["rustup"]);
    }

    #[test]
    fn rustup_is_not_tried_again_on_a_machine_settled_on_debian() {
        let machine = Fake { settled: true, missing: Some(vec![]), ..Fake::default() };
        assert_eq!(choice(&machine), Ok(Way::Debian));
        assert!(machine.done.borrow().is_empty());
    }

    #[test]
    fn rustup_is_tried_again_when_the_settled_packages_are_gone() {
        let machine = Fake { settled: true, rustup: true, missing: Some(vec!["lld-22"]), ..Fake::default() };
        assert_eq!(choice(&machine), Ok(Way::Installed));
    }

    #[test]
    fn root_gets_only_the_missing_packages_installed_and_is_told() {
        let machine = Fake { missing: Some(vec!["lld-22", "wasi-libc"]), root: true, apt: true, ..Fake::default() };
        let said = RefCell::new(Vec::new());
        let way = choose(&machine, Preference::Any, &|line| said.borrow_mut().push(line.to_owned()));
        assert_eq!(way, Ok(Way::Debian));
        assert_eq!(*machine.done.borrow(), ["rustup", "apt lld-22 wasi-libc"]);
        assert!(said.borrow().iter().any(|line| line.contains("installing") && line.contains("lld-22 wasi-libc")));
    }

    #[test]
    fn others_than_root_are_told_the_commands_of_each_way() {
        let machine = Fake { missing: Some(DEBIAN_PACKAGES.to_vec()), ..Fake::default() };
        let error = choice(&machine).unwrap_err();
        assert_eq!(*machine.done.borrow(), ["rustup"]);
        let text = error.to_string();
        assert!(text.contains("    rustup target add wasm32-wasip2"), "{text}");
        assert!(text.contains("    apt-get install -y --no-install-recommends rustc-web cargo-web"), "{text}");
        assert!(text.contains("tried: rustup target add wasm32-wasip2: no network"), "{text}");
        assert!(text.contains("only root may install them"), "{text}");
    }

    #[test]
    fn a_failing_apt_is_told_with_its_reason() {
        let machine = Fake { missing: Some(vec!["rustc-web"]), root: true, ..Fake::default() };
        let text = choice(&machine).unwrap_err().to_string();
        assert!(text.contains("tried: apt-get install rustc-web: unable to locate package"), "{text}");
    }

    #[test]
    fn a_system_without_dpkg_has_only_rustup() {
        let text = choice(&Fake::default()).unwrap_err().to_string();
        assert!(text.contains("this system has no dpkg"), "{text}");
    }

    #[test]
    fn looking_for_what_is_present_changes_nothing() {
        let machine = Fake { rustup: true, root: true, apt: true, missing: Some(vec!["lld-22"]), ..Fake::default() };
        assert!(present(&machine).unwrap_err().to_string().contains("missing lld-22"));
        assert!(machine.done.borrow().is_empty());
        assert_eq!(present(&Fake { missing: Some(vec![]), ..Fake::default() }), Ok(Way::Debian));
        assert_eq!(present(&Fake { target: Cell::new(true), ..Fake::default() }), Ok(Way::Installed));
    }

    #[test]
    fn a_preference_leaves_the_other_way_alone() {
        let machine = Fake { target: Cell::new(true), missing: Some(vec![]), ..Fake::default() };
        assert_eq!(choose(&machine, Preference::Debian, &|_| ()), Ok(Way::Debian));
        let machine = Fake { missing: Some(vec![]), settled: true, ..Fake::default() };
        assert!(choose(&machine, Preference::Rustup, &|_| ()).is_err());
        assert_eq!(Preference::parse(Some("debian")), Preference::Debian);
        assert_eq!(Preference::parse(Some("rustup")), Preference::Rustup);
        assert_eq!(Preference::parse(None), Preference::Any);
    }
}

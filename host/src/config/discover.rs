//! Where the configuration is.

use std::path::{Path, PathBuf};

use super::ConfigError;

/// The name of the file.
const FILE: &str = "barkeep.toml";

/// The configuration that is meant: `named`, else `barkeep.toml` in this folder, else the one in the user's folder for
/// configuration.
///
/// # Errors
///
/// When none is named and there is none.
pub fn discover(named: Option<&Path>) -> Result<PathBuf, ConfigError> {
    let home = dirs::config_dir().map(|folder| folder.join("barkeep").join(FILE));
    find(named, Path::new(FILE), home.as_deref())
}

fn find(named: Option<&Path>, here: &Path, home: Option<&Path>) -> Result<PathBuf, ConfigError> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    // Whatever it is: what has the name is meant, and if it cannot be read, that is said.
    let there = [Some(here), home].into_iter().flatten().find(|file| file.symlink_metadata().is_ok());
    there.map(Path::to_owned).ok_or_else(|| ConfigError::None {
        here: format!("./{}", here.display()),
        home: home.map_or_else(|| "the folder for configuration".to_owned(), |home| home.display().to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_goes_before_this_folder_and_that_before_home() {
        let folder = tempfile::tempdir().expect("a folder");
        let (here, home) = (folder.path().join("here.toml"), folder.path().join("home.toml"));
        let found = |named: Option<&Path>| find(named, &here, Some(&home));
        let error = found(None).expect_err("there is none").to_string();
        assert!(error.contains("home.toml") && error.contains("--config"), "{error}");
        std::fs::write(&home, "").expect("written");
        assert_eq!(found(None).expect("it is there"), home);
        std::fs::write(&here, "").expect("written");
        assert_eq!(found(None).expect("it is there"), here);
        assert_eq!(found(Some(Path::new("named"))).expect("named"), Path::new("named"));
        std::fs::remove_file(&here).expect("removed");
        std::fs::create_dir(&here).expect("a folder");
        assert_eq!(found(None).expect("it has the name"), here);
    }
}

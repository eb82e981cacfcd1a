//! Asking the person at the terminal what a plugin may have of what it asks for.

use std::io::{self, BufRead};
use std::path::Path;

use anyhow::bail;
use toml::{Table, Value};

use super::grant;
use crate::capability::fs::Mode;
use crate::capability::merge::merge;
use crate::capability::risk::Ask;
use crate::capability::{Grants, Wish};

/// Times that a person may answer with something that cannot be meant.
const TRIES: usize = 5;

/// What was granted so far.
#[derive(Debug, Default)]
pub(super) struct Answers(Table);

impl Answers {
    /// Grants this as well, if it can be granted.
    pub(super) fn add(&mut self, grants: &Table) -> anyhow::Result<()> {
        grants.clone().try_into::<Grants>().map_err(|error| anyhow::anyhow!("{}", error.message()))?;
        merge(&mut self.0, grants, Path::new("")).map_err(|wrong| anyhow::anyhow!("it {wrong}"))
    }

    /// All of it.
    pub(super) fn into_grants(self) -> Table {
        self.0
    }
}

/// Somebody at a terminal.
pub(super) struct Person<R, W> {
    input: R,
    say: W,
}

/// What somebody answers to all of it.
enum All {
    Yes,
    Each,
    Nothing,
    Stop,
}

impl<R: BufRead, W: Fn(&str) -> io::Result<()>> Person<R, W> {
    /// Somebody who answers by `input`, and is told things by `say`.
    pub(super) fn new(input: R, say: W) -> Self {
        Self { input, say }
    }

    /// Asks for each of `wishes`, or all of them; none where the plugin is not wanted at all. `path` is how a folder that is
    /// named is to be written.
    pub(super) fn grants(
        &mut self,
        wishes: Vec<(Ask, Wish)>,
        path: impl Fn(&str) -> String,
    ) -> anyhow::Result<Option<Table>> {
        let mut answers = Answers::default();
        let all = if wishes.is_empty() { self.add_at_all()? } else { self.all()? };
        match all {
            All::Stop => return Ok(None),
            All::Nothing => return Ok(Some(Table::new())),
            All::Yes | All::Each => {}
        }
        for (ask, wish) in wishes {
            self.wish(&ask, &wish, matches!(all, All::Yes), &path, &mut answers)?;
        }
        Ok(Some(answers.into_grants()))
    }

    fn add_at_all(&mut self) -> anyhow::Result<All> {
        let yes = self.ask("Add it? [y/N]")?;
        Ok(if is_yes(&yes) { All::Nothing } else { All::Stop })
    }

    fn all(&mut self) -> anyhow::Result<All> {
        for _ in 0..TRIES {
            let answer =
                self.ask("Grant all of this (a), ask for each (e), add it without (n), or stop (s)? [a/e/n/S]")?;
            return Ok(match answer.to_lowercase().as_str() {
                "a" | "all" | "y" | "yes" => All::Yes,
                "e" | "each" => All::Each,
                "n" | "no" => All::Nothing,
                "" | "s" | "stop" => All::Stop,
                _ => continue,
            });
        }
        Ok(All::Stop)
    }

    fn wish(
        &mut self,
        ask: &Ask,
        wish: &Wish,
        yes: bool,
        path: &impl Fn(&str) -> String,
        answers: &mut Answers,
    ) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            let grants = match wish {
                Wish::Unknown => return Ok(()),
                Wish::Grants(grants) => {
                    if !yes && !is_yes(&self.ask(&format!("{ask}\n  risk: {}\n  grant it? [y/N]", ask.risk))?) {
                        return Ok(());
                    }
                    grants.clone()
                }
                Wish::Folder(mode) => {
                    let answer =
                        self.ask(&format!("{ask}\n  which folder? (empty for none; HOST:GUEST to choose its path)"))?;
                    if answer.is_empty() {
                        return Ok(());
                    }
                    folder(&answer, *mode, path)
                }
                Wish::Value { kind, name } => {
                    let answer = self.ask(&format!("{ask}\n  which value? (empty for none)"))?;
                    if answer.is_empty() {
                        return Ok(());
                    }
                    let value = Table::from_iter([(name.clone(), Value::from(answer))]);
                    Table::from_iter([((*kind).to_owned(), Value::Table(value))])
                }
            };
            match answers.add(&grants) {
                Ok(()) => return Ok(()),
                Err(wrong) => (self.say)(&format!("  {wrong}"))?,
            }
        }
        bail!("this cannot be granted; add the plugin with --deny, and use `barkeep grant`");
    }

    fn ask(&mut self, words: &str) -> anyhow::Result<String> {
        (self.say)(words)?;
        let mut answer = String::new();
        if self.input.read_line(&mut answer)? == 0 {
            bail!("there was no answer; nothing was added");
        }
        Ok(answer.trim().to_owned())
    }
}

/// Whether somebody says yes, and nothing else.
pub(super) fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

/// The grant of a folder that a person names: under its own name, unless another path is given.
fn folder(answer: &str, mode: Mode, path: &impl Fn(&str) -> String) -> Table {
    let (host, guest) = grant::host_and_guest(answer);
    let name = Path::new(host).file_name().unwrap_or_default().to_string_lossy();
    let guest = guest.map_or_else(|| format!("/{name}"), str::to_owned);
    let entry = grant::folder(&path(host), &guest, mode);
    Table::from_iter([("fs".to_owned(), Value::Array(vec![Value::Table(entry)]))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::Requests;

    fn wishes() -> Vec<(Ask, Wish)> {
        let json = r#"{"description":"x","requests":{"fs":{"mode":"read-write","why":"to write"},
            "http":[{"url":"https://a.example/**","methods":["GET"],"why":"to look"}],
            "env":[{"name":"LANG","why":"y"}],"client":[{"name":"sampling","why":"to think"},{"name":"new","why":"z"}]}}"#;
        Requests::parse(json).expect("it is good").wishes()
    }

    /// What somebody who says this grants.
    fn granted(says: &str) -> anyhow::Result<Option<Table>> {
        Person::new(says.as_bytes(), |_: &str| Ok(())).grants(wishes(), |path| format!("/seen/{path}"))
    }

    fn table(text: &str) -> Table {
        toml::from_str(text).expect("it is TOML")
    }

    #[test]
    fn all_is_granted_at_once_but_for_what_only_a_person_knows() {
        let whole = "fs = [{ host = \"/seen/notes\", guest = \"/notes\", mode = \"read-write\" }]\n\
                     http = [{ url = \"https://a.example/**\", methods = [\"GET\"] }]\nenv = { LANG = \"C\" }\nclient = [\"sampling\"]";
        assert_eq!(granted("a\nnotes\nC\n").expect("answered"), Some(table(whole)));
        let less = "http = [{ url = \"https://a.example/**\", methods = [\"GET\"] }]\nclient = [\"sampling\"]";
        assert_eq!(granted("all\n\n\n").expect("answered"), Some(table(less)));
    }

    #[test]
    fn each_is_asked_for_and_what_cannot_be_meant_is_asked_again() {
        let some = "fs = [{ host = \"/seen/a\", guest = \"/b\", mode = \"read-write\" }]\nclient = [\"sampling\"]";
        assert_eq!(granted("what?\ne\na:/../b\na:/b\nn\n\nyes\n").expect("answered"), Some(table(some)));
        assert_eq!(granted("e\n\nno\n\n\n").expect("answered"), Some(table("")));
        assert!(granted(&format!("e\n{}", "a:/../b\n".repeat(TRIES))).is_err());
    }

    #[test]
    fn who_says_nothing_grants_nothing() {
        assert_eq!(granted("n\n").expect("answered"), Some(table("")));
        for says in ["\n", "s\n", "stop\n", &"?\n".repeat(TRIES)] {
            assert_eq!(granted(says).expect("answered"), None, "{says}");
        }
        assert!(granted("").is_err() && granted("e\n").is_err());
        let none = |says: &str| Person::new(says.as_bytes(), |_: &str| Ok(())).grants(Vec::new(), str::to_owned);
        assert_eq!(none("y\n").expect("answered"), Some(table("")));
        assert_eq!(none("\n").expect("answered"), None);
    }
}

//! Links followed by hand. The system's own way is closed to a sandbox, and it would not tell where a link leads out.

use std::fs;
use std::io::ErrorKind;

use super::Allowed;
use crate::failure::{ELOOP, ENOENT, ENOTDIR, Failure, Result};
use crate::folder::Kind;
use crate::{lexical, limits, opened};

/// Where a path lies, seen from the allowed folders.
enum Place {
    /// In one of them.
    Below,
    /// It is one of them, or holds one: a folder, by all that is known of it.
    Above,
    /// Elsewhere.
    Outside,
}

impl Allowed {
    /// The path without links of what the absolute, resolved `path` leads to.
    pub(super) fn real(&self, path: &str) -> Result<String> {
        self.walk("/".to_owned(), lexical::components(path).rev().map(str::to_owned).collect(), path)
    }

    /// The real path of the entry `name` of the folder at the real path `folder`.
    pub fn follow(&self, folder: &str, name: &str) -> Result<String> {
        self.walk(folder.to_owned(), vec![name.to_owned()], &lexical::join(folder, name))
    }

    /// Goes from `done`, which has no links in it, through all of `todo`, the last first. Failures are about `path`.
    fn walk(&self, mut done: String, mut todo: Vec<String>, path: &str) -> Result<String> {
        let refused = |reason| Failure::system(reason, "realpath", path);
        let mut links = 0;
        while let Some(name) = todo.pop() {
            match name.as_str() {
                "." => continue,
                ".." => {
                    done.truncate(lexical::parent(&done).len());
                    continue;
                }
                _ => {}
            }
            let next = lexical::join(&done, &name);
            match self.place(&next) {
                Place::Above => {
                    done = next;
                    continue;
                }
                Place::Outside => {
                    let whole = todo.iter().rev().fold(next, |path, name| format!("{path}/{name}"));
                    return Err(self.outside(&lexical::resolve("/", &whole)));
                }
                Place::Below => {}
            }
            let kind = opened::kind(&next, "realpath", path)?;
            if kind != Kind::Link {
                if kind != Kind::Folder && !todo.is_empty() {
                    return Err(refused(ENOTDIR));
                }
                done = next;
                continue;
            }
            links += 1;
            if links > limits::LINKS {
                return Err(refused(ELOOP));
            }
            let target = match fs::read_link(&next) {
                Ok(target) => target.to_string_lossy().into_owned(),
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(refused(ENOENT)),
                // The host does not tell a sandbox where a link leads whose target is an absolute path.
                Err(_) => return Err(self.outside(&format!("the target of {next}"))),
            };
            if lexical::is_absolute(&target) {
                "/".clone_into(&mut done);
            }
            todo.extend(lexical::components(&target).rev().map(str::to_owned));
        }
        if self.contains(&done) { Ok(done) } else { Err(self.outside(&done)) }
    }

    fn place(&self, path: &str) -> Place {
        if self.folders().any(|root| lexical::below(root, path).is_some()) {
            Place::Above
        } else if self.contains(path) {
            Place::Below
        } else {
            Place::Outside
        }
    }

    fn outside(&self, target: &str) -> Failure {
        Failure::denied(format_args!("symlink target outside allowed directories: {target} not in {}", self.named()))
    }
}

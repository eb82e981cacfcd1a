//! The folders that the host gave to this instance: wasi:filesystem's preopens.

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags};

use crate::lexical;

thread_local! {
    /// Asked for once: the host gives new handles each time.
    static GRANTED: Vec<(Descriptor, String)> = get_directories();
}

/// Each folder's path, and whether what is in it may be changed.
pub fn granted() -> Vec<(String, bool)> {
    GRANTED.with(|granted| {
        let change = |folder: &Descriptor| {
            folder.get_flags().is_ok_and(|flags| flags.contains(DescriptorFlags::MUTATE_DIRECTORY))
        };
        granted.iter().map(|(folder, path)| (path.clone(), change(folder))).collect()
    })
}

/// Calls `then` with the granted folder that holds `path`, the innermost, and the path below it; nothing where none does.
pub fn at<T>(path: &str, then: impl FnOnce(&Descriptor, &str) -> T) -> Option<T> {
    GRANTED.with(|granted| {
        let holding = granted.iter().filter(|(_, root)| lexical::below(path, root).is_some());
        let (folder, root) = holding.max_by_key(|(_, root)| root.len())?;
        Some(then(folder, lexical::below(path, root)?))
    })
}

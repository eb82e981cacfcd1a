//! A bar on the terminal while plugins are compiled for the first time.

use std::future::Future;
use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::supervisor::Supervisor;

/// Shows how far the first loading of `supervisor` is, until it is over. Where stderr is no terminal, nothing is shown.
pub(super) fn show(supervisor: &Supervisor) -> impl Future<Output = ()> + Send + 'static {
    let mut progress = supervisor.progress();
    async move {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("loading plugins {bar:30} {pos}/{len}") {
            bar.set_style(style);
        }
        loop {
            let now = progress.borrow_and_update().clone();
            if now.ready {
                break;
            }
            bar.set_length(now.total as u64);
            bar.set_position(now.done as u64);
            if progress.changed().await.is_err() {
                break;
            }
        }
        bar.finish_and_clear();
    }
}

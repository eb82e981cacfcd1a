//! Being told to stop: Ctrl-C, SIGTERM, a console that closes.

use std::future::Future;

use tokio_util::sync::CancellationToken;

/// Cancelled when the host is to stop.
pub type Stop = CancellationToken;

/// Cancelled at the first Ctrl-C or SIGTERM. A second one ends the process at once: its user does not want to wait.
///
/// # Errors
///
/// When the operating system does not let signals be handled.
pub fn stop_signal() -> std::io::Result<Stop> {
    let stop = Stop::new();
    let signalled = stop.clone();
    let mut signals = signals()?;
    tokio::spawn(async move {
        signals().await;
        signalled.cancel();
        signals().await;
        std::process::exit(EXIT_SECOND);
    });
    Ok(stop)
}

/// As a shell reports a process that Ctrl-C ended.
const EXIT_SECOND: i32 = 130;

type Signal = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

#[cfg(unix)]
fn signals() -> std::io::Result<impl FnMut() -> Signal + Send> {
    use std::sync::Arc;
    use tokio::signal::unix::{SignalKind, signal};
    let both = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let both = Arc::new(tokio::sync::Mutex::new(both));
    Ok(move || -> Signal {
        let both = Arc::clone(&both);
        Box::pin(async move {
            let mut both = both.lock().await;
            let (interrupt, terminate) = &mut *both;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    })
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same as on Unix")]
fn signals() -> std::io::Result<impl FnMut() -> Signal + Send> {
    Ok(|| -> Signal {
        Box::pin(async {
            // Without signals the process ends with its console.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    })
}

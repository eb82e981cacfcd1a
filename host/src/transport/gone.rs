//! A client on stdio that is gone: it closed its end of our stdin, which may only mean that it has no more to ask, and
//! nobody reads our stdout either.

/// How often it is looked whether somebody reads. Nothing tells when a pipe loses its reader.
#[cfg(unix)]
const LOOK: std::time::Duration = std::time::Duration::from_millis(5);

/// Ends once nobody reads what this process writes to stdout: never, where that is a file.
#[cfg(unix)]
pub async fn stdout_unread() {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let broken = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let stdout = std::io::stdout();
    loop {
        let mut looked = [PollFd::new(&stdout, PollFlags::empty())];
        let is_broken = |looked: &[PollFd<'_>]| looked.iter().any(|one| one.revents().intersects(broken));
        if poll(&mut looked, Some(&at_once)).is_ok() && is_broken(&looked) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Windows does not tell.
#[cfg(not(unix))]
pub async fn stdout_unread() {
    std::future::pending().await
}

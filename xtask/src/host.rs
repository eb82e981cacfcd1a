//! The running host: started, asked to end, waited for.

use std::{
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};

/// How often the host is asked whether it has ended.
const LOOK: Duration = Duration::from_millis(50);

/// A running host.
pub struct Host {
    child: Arc<Mutex<Child>>,
}

impl Host {
    /// Starts the host. `ended` hears of its end, once, however that comes.
    pub fn start(command: &mut Command, ended: impl FnOnce(ExitStatus) + Send + 'static) -> Result<Self> {
        // Ctrl-C in a terminal reaches a whole process group. In a group of its own the host hears only of the end that
        // `end` asks for, once.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let program = command.get_program().display().to_string();
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("{program} cannot be started"))?;
        let child = Arc::new(Mutex::new(child));
        let waited = Arc::clone(&child);
        thread::spawn(move || {
            loop {
                let state = waited.lock().unwrap_or_else(PoisonError::into_inner).try_wait();
                match state {
                    Ok(Some(status)) => return ended(status),
                    // A child of ours can be waited for; an error would be the system's and may pass.
                    Ok(None) | Err(_) => thread::sleep(LOOK),
                }
            }
        });
        Ok(Self { child })
    }

    /// Asks the host to answer the calls in flight and end.
    pub fn end(&self) {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process};
            // The lock keeps the number the host's own: it cannot be waited for, and so not given away, meanwhile. One
            // that has ended already cannot be signalled, and need not be.
            let _ = kill_process(Pid::from_child(&child), Signal::TERM);
        }
        // Elsewhere Ctrl-C has reached the host by itself: it shares the console.
        #[cfg(not(unix))]
        let _ = child;
    }

    /// Ends the host at once.
    pub fn kill(&self) {
        // One that has ended already cannot be killed, and need not be.
        let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).kill();
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{os::unix::process::ExitStatusExt as _, sync::mpsc};

    use super::*;

    fn start(program: &str, argument: &str) -> (Host, mpsc::Receiver<ExitStatus>) {
        let (sender, receiver) = mpsc::channel();
        let host =
            Host::start(Command::new(program).arg(argument), move |status| sender.send(status).unwrap()).unwrap();
        (host, receiver)
    }

    #[test]
    fn a_host_is_asked_to_end_by_a_signal_that_it_can_handle() {
        let (host, ended) = start("sleep", "60");
        host.end();
        assert_eq!(ended.recv_timeout(Duration::from_secs(30)).unwrap().signal(), Some(15));
        host.end();
    }

    #[test]
    fn a_host_that_does_not_listen_is_killed() {
        let (host, ended) = start("sleep", "60");
        host.kill();
        assert_eq!(ended.recv_timeout(Duration::from_secs(30)).unwrap().signal(), Some(9));
    }

    #[test]
    fn the_end_of_a_host_is_heard_of() {
        let (_host, ended) = start("false", "");
        assert_eq!(ended.recv_timeout(Duration::from_secs(30)).unwrap().code(), Some(1));
    }
}

//! The running binary: started, signalled, waited for, and ended by its id when its owner is gone.

use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{Log, within};

/// A running process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: Log,
}

impl Process {
    /// Starts `command`, with its stderr read and its stdin and stdout given back.
    pub fn start(mut command: Command) -> (Self, ChildStdin, ChildStdout) {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let stdin = child.stdin.take().expect("it is piped");
        let stdout = child.stdout.take().expect("it is piped");
        let log = Log::read(child.stderr.take().expect("it is piped"));
        (Self { child, log }, stdin, stdout)
    }

    /// What it says on stderr.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Asks it to end, as a service manager does.
    #[cfg(unix)]
    pub fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// Presses Ctrl-C.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        let id = self.child.id().expect("it was not waited for yet");
        let id = rustix::process::Pid::from_raw(id.cast_signed()).expect("ids are not 0");
        rustix::process::kill_process(id, signal).expect("it is there until it is waited for");
    }

    /// Ends it as nothing can prevent, and waits for that.
    pub async fn kill(&mut self) {
        within("the process ends", self.child.kill()).await.expect("it can be killed");
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        within("the process ends", self.child.wait()).await.expect("it can be waited for")
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_none()
    }

    /// The memory that it has, in KiB: what Linux calls `VmRSS`. None elsewhere.
    pub fn resident_kib(&self) -> Option<u64> {
        self.status_kib("VmRSS:")
    }

    /// The most memory that it had since [`Self::forget_peak`], in KiB: what Linux calls `VmHWM`. None elsewhere.
    pub fn peak_kib(&self) -> Option<u64> {
        self.status_kib("VmHWM:")
    }

    /// Begins to look anew for the most memory that it has.
    pub fn forget_peak(&self) {
        let id = self.child.id().expect("it runs");
        std::fs::write(format!("/proc/{id}/clear_refs"), "5").expect("Linux lets its owner");
    }

    fn status_kib(&self, key: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        status.lines().find_map(|line| line.strip_prefix(key))?.trim().strip_suffix(" kB")?.trim().parse().ok()
    }
}

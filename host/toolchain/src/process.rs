//! Running other programs: within a time limit, or until another thread says stop.

use std::{
    io::{self, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::Error;

/// How often a program with a time limit is looked at. Short beside anything such a program does.
const LOOK: Duration = Duration::from_millis(50);

/// Runs a program whose output belongs on standard error, and ends it when its time is over. An error says why it
/// failed in one line.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<(), String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(io::stderr())
        .spawn()
        .map_err(|error| format!("{} cannot be started: {error}", command.get_program().display()))?;
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("it ended with {status}")),
            Ok(None) if Instant::now() < deadline => thread::sleep(LOOK),
            Ok(None) => {
                // It may have ended by itself just now; either way it is over.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it took longer than {} s", limit.as_secs()));
            }
            Err(error) => return Err(format!("it cannot be waited for: {error}")),
        }
    }
}

/// The standard output of a program that succeeds, or nothing.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Ends the builds that were started with it. Shared by reference between threads.
#[derive(Debug, Default)]
pub struct Cancel {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    child: Option<Child>,
}

impl Cancel {
    /// Ends the running build, and each that is started later, with [`Error::Cancelled`].
    pub fn cancel(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.stopped = true;
        if let Some(child) = &mut state.child {
            // A program that has just ended cannot be killed, and need not be.
            let _ = child.kill();
        }
    }

    /// Runs a program to its end and returns its standard output; what it prints to standard error is shown. One at a
    /// time for each `Cancel`.
    pub fn run(&self, command: &mut Command) -> Result<(ExitStatus, Vec<u8>), Error> {
        let program = command.get_program().display().to_string();
        let failed = |source| Error::Start { program, source };
        let mut pipe = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.stopped {
                return Err(Error::Cancelled);
            }
            let mut child = match command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn() {
                Ok(child) => child,
                Err(source) => return Err(failed(source)),
            };
            let pipe = child.stdout.take();
            state.child = Some(child);
            pipe
        };
        let mut bytes = Vec::new();
        let read = pipe.as_mut().map_or(Ok(0), |pipe| pipe.read_to_end(&mut bytes));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let status = state.child.take().map(|mut child| child.wait());
        if state.stopped {
            return Err(Error::Cancelled);
        }
        match (read, status) {
            (Err(source), _) | (_, Some(Err(source))) => Err(failed(source)),
            (_, Some(Ok(status))) => Ok((status, bytes)),
            (_, None) => Err(Error::Cancelled),
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_hangs_is_ended_when_its_time_is_over() {
        let begun = Instant::now();
        let error = run_within(Command::new("sleep").arg("60"), Duration::from_millis(100)).unwrap_err();
        assert!(error.contains("longer than"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_program_that_fails_or_is_not_there_says_so() {
        let limit = Duration::from_secs(30);
        assert!(run_within(&mut Command::new("false"), limit).unwrap_err().contains("ended with"));
        assert!(run_within(&mut Command::new("no-such-program"), limit).unwrap_err().contains("cannot be started"));
        assert_eq!(run_within(&mut Command::new("true"), limit), Ok(()));
    }

    #[test]
    fn cancel_ends_the_running_build_and_refuses_the_next() {
        let cancel = Cancel::default();
        thread::scope(|scope| {
            let build = scope.spawn(|| cancel.run(Command::new("sleep").arg("60")));
            while cancel.state.lock().unwrap().child.is_none() {
                thread::yield_now();
            }
            cancel.cancel();
            assert!(matches!(build.join().unwrap(), Err(Error::Cancelled)));
        });
        assert!(matches!(cancel.run(&mut Command::new("true")), Err(Error::Cancelled)));
    }

    #[test]
    fn the_output_of_a_build_is_returned() {
        let (status, bytes) = Cancel::default().run(Command::new("echo").arg("built")).unwrap();
        assert!(status.success());
        assert_eq!(bytes, b"built\n");
    }
}

//! Standard input and output, told by the system when they are ready: the runtime's own go by way of threads that may wait,
//! which costs each message two changes of threads each way.
//!
//! Who starts us shares their open file descriptions with us, so nothing is set on those: a pipe is opened once more (Linux),
//! and on a socket each operation says that it does not wait. All else goes by the threads: files, terminals, and pipes
//! elsewhere.

use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};

/// What is read.
pub type Input = Pin<Box<dyn AsyncRead + Send>>;

/// What is written.
pub type Output = Pin<Box<dyn AsyncWrite + Send>>;

/// This process's stdin. Must be called within a tokio runtime.
pub fn stdin() -> Input {
    #[cfg(unix)]
    if let Some(input) = unix::stdin() {
        return input;
    }
    Box::pin(tokio::io::stdin())
}

/// This process's stdout. Must be called within a tokio runtime.
pub fn stdout() -> Output {
    #[cfg(unix)]
    if let Some(output) = unix::stdout() {
        return output;
    }
    Box::pin(tokio::io::stdout())
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};

    use rustix::fs::{FileType, fstat};
    use rustix::net::{RecvFlags, SendFlags, recv, send};
    use tokio::io::unix::AsyncFd;
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::{Input, Output};

    pub(super) fn stdin() -> Option<Input> {
        let stdin = std::io::stdin();
        match kind(stdin.as_fd())? {
            FileType::Socket => Some(Box::pin(Socket::of(stdin.as_fd()).ok()?)),
            #[cfg(target_os = "linux")]
            FileType::Fifo => {
                Some(Box::pin(tokio::net::unix::pipe::OpenOptions::new().open_receiver("/proc/self/fd/0").ok()?))
            }
            _ => None,
        }
    }

    pub(super) fn stdout() -> Option<Output> {
        let stdout = std::io::stdout();
        match kind(stdout.as_fd())? {
            FileType::Socket => Some(Box::pin(Socket::of(stdout.as_fd()).ok()?)),
            #[cfg(target_os = "linux")]
            FileType::Fifo => {
                Some(Box::pin(tokio::net::unix::pipe::OpenOptions::new().open_sender("/proc/self/fd/1").ok()?))
            }
            _ => None,
        }
    }

    fn kind(of: BorrowedFd<'_>) -> Option<FileType> {
        Some(FileType::from_raw_mode(fstat(of).ok()?.st_mode))
    }

    /// A socket that others have too.
    pub(super) struct Socket(AsyncFd<OwnedFd>);

    impl Socket {
        pub(super) fn of(socket: BorrowedFd<'_>) -> io::Result<Self> {
            let own = socket.try_clone_to_owned()?;
            // SAFETY: an `OwnedFd` is one open descriptor, always the same, which is closed when it is dropped; that is when the
            // `AsyncFd` is, which owns it and gives it to nobody.
            Ok(Self(unsafe { AsyncFd::register(own) }?))
        }
    }

    impl AsyncRead for Socket {
        fn poll_read(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            loop {
                let mut readable = ready!(self.0.poll_read_ready(context))?;
                let room = buffer.initialize_unfilled();
                match readable.try_io(|socket| Ok(recv(socket, room, RecvFlags::DONTWAIT)?.1)) {
                    Ok(Ok(read)) => {
                        buffer.advance(read);
                        return Poll::Ready(Ok(()));
                    }
                    Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(Err(error)) => return Poll::Ready(Err(error)),
                    Err(_not_ready) => {}
                }
            }
        }
    }

    impl AsyncWrite for Socket {
        fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            loop {
                let mut writable = ready!(self.0.poll_write_ready(context))?;
                match writable.try_io(|socket| Ok(send(socket, bytes, SendFlags::DONTWAIT)?)) {
                    Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(written) => return Poll::Ready(written),
                    Err(_not_ready) => {}
                }
            }
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        /// It stays open: it is others' as well.
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::unix::Socket;

    /// More than a socket takes at once.
    const LONG: usize = 4 << 20;

    #[tokio::test]
    async fn a_socket_is_read_and_written_whole_and_left_as_it_was() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let (mut input, mut output) =
            (Socket::of(ours.as_fd()).expect("it is one"), Socket::of(theirs.as_fd()).expect("it is one"));
        let mut read = vec![0; LONG];
        let written = vec![7; LONG];
        let (reading, writing) = tokio::join!(input.read_exact(&mut read), output.write_all(&written));
        writing.expect("written");
        reading.expect("read");
        assert_eq!(read, written);
        for socket in [&ours, &theirs] {
            let flags = rustix::fs::fcntl_getfl(socket).expect("it has some");
            assert!(!flags.contains(rustix::fs::OFlags::NONBLOCK), "others would not expect it");
        }
        drop((theirs, output));
        assert_eq!(input.read(&mut read).await.expect("its end"), 0);
    }

    #[tokio::test]
    async fn a_socket_that_nobody_reads_is_an_error_to_who_writes() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let mut output = Socket::of(ours.as_fd()).expect("it is one");
        drop(theirs);
        assert!(output.write_all(b"x").await.is_err());
    }
}

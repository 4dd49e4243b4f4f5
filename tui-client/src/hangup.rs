//! Notices that the other end of a terminal or a pipe has gone, without reading from it or writing to it.

use std::io;
use std::os::fd::AsFd;

use tokio::signal::unix::{SignalKind, signal};

/// Ends when the other end of `fd` is gone: a terminal that was closed, a pipe that nobody reads any more. Never ends for
/// what cannot be watched (a file), nor where the system cannot tell.
pub async fn hung_up(fd: impl AsFd) {
    match watch(fd) {
        Some(watched) => watched.await,
        None => std::future::pending().await,
    }
}

/// Ends when a program that prints shall stop quietly: at a signal, or when nobody reads its output any more.
///
/// # Errors
/// Where signals cannot be watched for.
pub fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            () = hung_up(io::stdout()) => {}
        }
    })
}

/// The kernel reports a hang-up to whoever watches, whatever they watch for. So we ask for something that never comes, and
/// are not woken by ordinary input.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn watch(fd: impl AsFd) -> Option<impl Future<Output = ()>> {
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    let fd = fd.as_fd().try_clone_to_owned().ok()?;
    let gone = Interest::PRIORITY | Interest::ERROR;
    #[expect(deprecated, reason = "unsound only for types that lie about their descriptor; OwnedFd does not")]
    let fd = AsyncFd::with_interest(fd, gone).ok()?;
    Some(async move {
        loop {
            match fd.ready(gone).await {
                Ok(ready) if !ready.ready().is_read_closed() && !ready.ready().is_error() => {
                    let mut ready = ready;
                    ready.clear_ready();
                }
                _ => return,
            }
        }
    })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn watch(_fd: impl AsFd) -> Option<std::future::Ready<()>> {
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_pipe_that_nobody_reads_is_noticed() {
        let (reader, writer) = std::io::pipe().unwrap();
        let watched = hung_up(&writer);
        tokio::pin!(watched);
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut watched).await.is_err());
        drop(reader);
        tokio::time::timeout(Duration::from_secs(60), watched).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_never_gone() {
        let file = tempfile::tempfile().unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(20), hung_up(&file)).await.is_err());
    }
}

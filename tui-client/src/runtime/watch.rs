//! What the system tells: to end, to go on after a stop, that the terminal has another size, and that it was closed.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::hangup::hung_up;

pub(super) enum News {
    /// A signal asks us to end, or the terminal is gone.
    End,
    /// We were stopped, and go on.
    Continued,
    /// The terminal may have another size. Crossterm tells of it too, but not when a key comes at the same moment.
    Resized,
}

pub(super) struct Watch {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    continued: Signal,
    resized: Signal,
    closed: Pin<Box<dyn Future<Output = ()>>>,
}

impl Watch {
    pub(super) fn start() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            continued: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
            resized: signal(SignalKind::window_change())?,
            closed: Box::pin(hung_up(io::stdin())),
        })
    }

    /// Whether we are to end, or hear of it soon.
    pub(super) async fn ends_within(&mut self, patience: Duration) -> bool {
        let end = async { while !matches!(self.next().await, News::End) {} };
        tokio::time::timeout(patience, end).await.is_ok()
    }

    /// Waits for the end only: what stops, continues and interrupts another program in the foreground is not for us.
    pub(super) async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
            () = &mut self.closed => {}
        }
    }

    /// Forgets what was meant for another program.
    pub(super) fn forget(&mut self) {
        for signal in [&mut self.interrupt, &mut self.continued, &mut self.resized] {
            while signal.recv().now_or_never().is_some() {}
        }
    }

    /// Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> News {
        tokio::select! {
            _ = self.interrupt.recv() => News::End,
            _ = self.terminate.recv() => News::End,
            _ = self.hangup.recv() => News::End,
            () = &mut self.closed => News::End,
            _ = self.continued.recv() => News::Continued,
            _ = self.resized.recv() => News::Resized,
        }
    }
}

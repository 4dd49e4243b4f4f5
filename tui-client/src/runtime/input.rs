//! Keys, pastes, the mouse and sizes, read in a thread of their own.
//!
//! Crossterm's reader spins without end on a terminal that was closed (its loop takes the error for "nothing yet"). Here only
//! this thread can, and only until the loop has noticed the hang-up and the process ends.

use std::io;

use crossterm::event::Event;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

/// Events that may wait for the loop; the terminal's own buffer holds what is beyond.
const WAITING: usize = 256;

/// What the user does.
pub(super) struct Input {
    events: mpsc::Receiver<io::Result<Event>>,
}

impl Input {
    /// Starts to read.
    pub(super) fn start() -> io::Result<Self> {
        let (sender, events) = mpsc::channel(WAITING);
        // Nobody waits for this thread: it sits in a read that nothing but a key can end.
        std::thread::Builder::new().name("terminal-input".to_owned()).spawn(move || read(&sender))?;
        Ok(Self { events })
    }

    /// The next event; `None` where there will be none any more. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> Option<io::Result<Event>> {
        self.events.recv().await
    }

    /// What is there already; `Some(None)` where there will be none any more.
    pub(super) fn ready(&mut self) -> Option<Option<Event>> {
        match self.events.try_recv() {
            Ok(event) => Some(event.ok()),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(None),
        }
    }
}

fn read(sender: &mpsc::Sender<io::Result<Event>>) {
    loop {
        let event = crossterm::event::read();
        let is_last = event.is_err();
        if sender.blocking_send(event).is_err() || is_last {
            return;
        }
    }
}

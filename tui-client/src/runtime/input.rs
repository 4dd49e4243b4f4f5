//! Keys, pastes, the mouse and sizes, read in a thread of their own.
//!
//! Crossterm's reader spins without end on a terminal that was closed (its loop takes the error for "nothing yet"). Here only
//! this thread can, and only until the loop has noticed the hang-up and the process ends.
//!
//! The thread waits for the terminal without reading from it, and reads only while it holds the gate. Whoever holds the gate
//! instead has the keys (the user's editor).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};

/// Events that may wait for the loop; the terminal's own buffer holds what is beyond.
const WAITING: usize = 256;

/// What the user does.
pub(super) struct Input {
    events: mpsc::Receiver<io::Result<Event>>,
    gate: Arc<Mutex<()>>,
}

impl Input {
    /// Starts to read.
    pub(super) fn start() -> io::Result<Self> {
        let (sender, events) = mpsc::channel(WAITING);
        // Nobody waits for this thread: it sits in a read that nothing but a key can end.
        let gate = Arc::new(Mutex::new(()));
        let of_thread = Arc::clone(&gate);
        std::thread::Builder::new().name("terminal-input".to_owned()).spawn(move || read(&sender, &of_thread))?;
        Ok(Self { events, gate })
    }

    /// Nothing is read from the terminal while somebody has this.
    pub(super) async fn pause(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.gate).lock_owned().await
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

fn read(sender: &mpsc::Sender<io::Result<Event>>, gate: &Mutex<()>) {
    loop {
        let events = is_ready(None).and_then(|_| {
            let _open = gate.blocking_lock();
            // Somebody else may have read it meanwhile.
            if is_ready(Some(&Timespec::default()))? { read_all() } else { Ok(Vec::new()) }
        });
        let (events, end) = match events {
            Ok(events) => (events, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let is_last = end.is_some();
        for event in events.into_iter().map(Ok).chain(end.map(Err)) {
            if sender.blocking_send(event).is_err() {
                return;
            }
        }
        if is_last {
            return;
        }
    }
}

/// Whether the terminal has something to say; waits for it as long as `patience` says, or for ever.
fn is_ready(patience: Option<&Timespec>) -> io::Result<bool> {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    loop {
        match poll(&mut fds, patience) {
            Ok(count) => {
                let is_gone = fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
                return if is_gone { Err(io::Error::other("the terminal is gone")) } else { Ok(count > 0) };
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// All that is there, without waiting for more: what crossterm keeps back would not wake us again.
fn read_all() -> io::Result<Vec<Event>> {
    let mut events = Vec::new();
    while crossterm::event::poll(Duration::ZERO)? {
        events.push(crossterm::event::read()?);
    }
    Ok(events)
}

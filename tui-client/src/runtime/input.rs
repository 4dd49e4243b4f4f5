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
use rustix::event::{PollFd, PollFlags, poll};
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
    let end = loop {
        if let Err(error) = wait() {
            break error;
        }
        // Each by itself: whoever waits for the gate may have to empty the channel first.
        loop {
            match read_one(gate) {
                Ok(Some(event)) => {
                    if sender.blocking_send(Ok(event)).is_err() {
                        return;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    let _ = sender.blocking_send(Err(error));
                    return;
                }
            }
        }
    };
    // Where nobody listens, there is nobody to tell.
    let _ = sender.blocking_send(Err(end));
}

/// The next event, if it is there: what crossterm has read already would not wake us again. Not a wait of zero, with which
/// crossterm does not even look.
fn read_one(gate: &Mutex<()>) -> io::Result<Option<Event>> {
    let _open = gate.blocking_lock();
    Ok(if crossterm::event::poll(Duration::from_millis(1))? { Some(crossterm::event::read()?) } else { None })
}

/// Waits until the terminal has something to say.
fn wait() -> io::Result<()> {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    loop {
        match poll(&mut fds, None) {
            Ok(_) if fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => {
                return Err(io::Error::other("the terminal is gone"));
            }
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

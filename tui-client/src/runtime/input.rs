//! Keys, pastes, the mouse and sizes, read in a thread of their own.
//!
//! Crossterm's reader spins without end on a terminal that was closed (its loop takes the error for "nothing yet"). Here only
//! this thread can, and only until the loop has noticed the hang-up and the process ends.
//!
//! The thread waits for the terminal without reading from it, and reads only while it holds the gate. Whoever holds the gate
//! instead has the keys (the user's editor).

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};

use super::sieve::{PATIENCE, Sieve, Sifted};
use crate::app;

/// Events that may wait for the loop; the terminal's own buffer holds what is beyond.
const WAITING: usize = 256;

/// What the user does.
pub(super) struct Input {
    events: mpsc::Receiver<io::Result<Sifted>>,
    gate: Arc<Mutex<()>>,
}

impl Input {
    /// Starts to read. Where the terminal was asked for its background, the answer is not taken for keys.
    pub(super) fn start(is_asked: bool) -> io::Result<Self> {
        let (sender, events) = mpsc::channel(WAITING);
        // Nobody waits for this thread: it sits in a read that nothing but a key can end.
        let gate = Arc::new(Mutex::new(()));
        let of_thread = Arc::clone(&gate);
        let sieve = if is_asked { Sieve::open(Instant::now()) } else { Sieve::default() };
        std::thread::Builder::new()
            .name("terminal-input".to_owned())
            .spawn(move || read(&sender, &of_thread, sieve))?;
        Ok(Self { events, gate })
    }

    /// Nothing is read from the terminal while somebody has this.
    pub(super) async fn pause(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.gate).lock_owned().await
    }

    /// The next event; `None` where there will be none any more. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> Option<io::Result<Sifted>> {
        self.events.recv().await
    }

    /// What is there already; `Some(None)` where there will be none any more.
    pub(super) fn ready(&mut self) -> Option<Option<Sifted>> {
        match self.events.try_recv() {
            Ok(event) => Some(event.ok()),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(None),
        }
    }
}

fn read(sender: &mpsc::Sender<io::Result<Sifted>>, gate: &Mutex<()>, mut sieve: Sieve) {
    let end = loop {
        match wait(sieve.holds().then_some(PATIENCE)) {
            Ok(true) => {}
            Ok(false) => {
                if !send(sender, sieve.release()) {
                    return;
                }
                continue;
            }
            Err(error) => break error,
        }
        // Each by itself: whoever waits for the gate may have to empty the channel first.
        loop {
            match read_one(gate) {
                Ok(Some(event)) => {
                    if !send(sender, sieve.push(event, Instant::now())) {
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

/// `false` where nobody listens any more.
fn send(sender: &mpsc::Sender<io::Result<Sifted>>, sifted: Vec<Sifted>) -> bool {
    sifted.into_iter().all(|sifted| sender.blocking_send(Ok(sifted)).is_ok())
}

/// How long crossterm is asked for one more key. With a wait of zero it does not even look, and with a short one it might be
/// too late to look: what it has read already would then stay there until the next key. It sleeps in whole milliseconds and
/// spins for the rest; so the last tenth is for what it takes to get there, and there is nothing left to spin for.
const ONE_MORE: Duration = Duration::from_micros(10_100);

/// The next event, if it is there: what crossterm has read already would not wake us again.
fn read_one(gate: &Mutex<()>) -> io::Result<Option<crossterm::event::Event>> {
    let _open = gate.blocking_lock();
    Ok(if crossterm::event::poll(ONE_MORE)? { Some(crossterm::event::read()?) } else { None })
}

/// Waits until the terminal has something to say; `false` where it said nothing for so long.
fn wait(patience: Option<Duration>) -> io::Result<bool> {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let patience = patience.and_then(|patience| rustix::event::Timespec::try_from(patience).ok());
    loop {
        match poll(&mut fds, patience.as_ref()) {
            Ok(_) if fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => {
                return Err(io::Error::other("the terminal is gone"));
            }
            Ok(count) => return Ok(count > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What of it is for us. A new size is the signal's to tell ([`super::watch::News::Resized`]).
pub(super) fn input_event(sifted: Sifted) -> Option<app::Event> {
    use crossterm::event::Event as Terminal;
    let event = match sifted {
        Sifted::Terminal(event) => event,
        Sifted::Background(is_light) => return Some(app::Event::Background { is_light }),
    };
    match event {
        Terminal::Key(key) if key.kind == crossterm::event::KeyEventKind::Release => None,
        Terminal::Key(key) => Some(app::Event::Key(key)),
        Terminal::Paste(text) => Some(app::Event::Paste(text)),
        Terminal::Mouse(mouse) => Some(app::Event::Mouse(mouse)),
        Terminal::FocusGained => Some(app::Event::Focus(true)),
        Terminal::FocusLost => Some(app::Event::Focus(false)),
        Terminal::Resize(..) => None,
    }
}

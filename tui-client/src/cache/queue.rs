//! What waits to be written: bounded, and put together where newer replaces older. Filled by the loop, emptied by the thread.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chat_shared::{EventKind, RoomId};

use super::{unsent, views};
use crate::app::kept::Save;
use crate::app::panels::query::Query;

/// How long a change waits for others that are written together with it. Messages on their way do not wait.
const GATHER: Duration = Duration::from_millis(250);
/// Steps and bytes of them that wait at most. What comes beyond is left out: a room's window then ends there, and the next start
/// continues it.
const STEPS: usize = 10_000;
const BYTES: usize = 8 << 20;
/// So many steps are written without waiting for more.
const MANY: usize = 2_000;

/// How the thread is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Everything is written.
    Close,
    /// What is not sent is written, the rest deleted.
    Forget,
}

/// What to do next: write these, then read these, then end.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) views: views::Changes,
    pub(super) unsent: unsent::Changes,
    /// How many changes to messages on their way there were so far.
    pub(super) number: u64,
    pub(super) loads: Vec<RoomId>,
    /// See what other clients have written.
    pub(super) looks: bool,
    /// Number, what for, and in which room. Who searches anew does not wait for what was searched before.
    pub(super) search: Option<(u64, Query, Option<RoomId>)>,
    pub(super) end: Option<End>,
}

#[derive(Default)]
struct Pending {
    batch: Batch,
    bytes: usize,
    /// When the oldest of it came.
    since: Option<Instant>,
    is_urgent: bool,
    /// When what was put back is due, if nothing else comes before.
    again_at: Option<Instant>,
}

/// The queue.
#[derive(Default)]
pub(super) struct Queue {
    pending: Mutex<Pending>,
    filled: Condvar,
    /// Counts the changes to messages on their way.
    number: AtomicU64,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        // Nothing in here can be half done: every change is one insertion.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn save(&self, save: Save) {
        let mut pending = self.lock();
        let is_urgent = matches!(save, Save::Outgoing(_) | Save::Sent(_) | Save::Settled { .. });
        // Another client that comes to the room now is not to find it there.
        let is_gone = matches!(save, Save::Draft { draft: None, .. });
        let is_first = pending.since.is_none();
        if is_urgent {
            pending.batch.number = self.number.fetch_add(1, Relaxed) + 1;
        }
        pending.take(save);
        self.wake(pending, is_urgent || is_gone, is_first);
    }

    pub(super) fn load(&self, room: RoomId) {
        let mut pending = self.lock();
        pending.batch.loads.push(room);
        self.wake(pending, true, true);
    }

    pub(super) fn look(&self) {
        let mut pending = self.lock();
        pending.batch.looks = true;
        self.wake(pending, true, true);
    }

    pub(super) fn search(&self, number: u64, query: Query, room: Option<RoomId>) {
        let mut pending = self.lock();
        pending.batch.search = Some((number, query, room));
        self.wake(pending, true, true);
    }

    pub(super) fn end(&self, end: End) {
        let mut pending = self.lock();
        pending.batch.end.get_or_insert(end);
        self.wake(pending, true, true);
    }

    fn wake(&self, mut pending: MutexGuard<'_, Pending>, is_urgent: bool, is_first: bool) {
        pending.since.get_or_insert_with(Instant::now);
        let becomes_urgent = !pending.is_urgent && (is_urgent || pending.batch.views.steps.len() >= MANY);
        pending.is_urgent |= becomes_urgent;
        if becomes_urgent || is_first {
            self.filled.notify_one();
        }
    }

    /// The next batch, as soon as it is worth it. Nothing to do is no work: it sleeps until there is something.
    pub(super) fn next(&self) -> Batch {
        let mut pending = self.lock();
        loop {
            let now = Instant::now();
            let due = pending.since.map(|since| since + GATHER).into_iter().chain(pending.again_at).min();
            let left = due.map(|due| due.saturating_duration_since(now));
            pending = match left {
                None => self.filled.wait(pending).unwrap_or_else(PoisonError::into_inner),
                Some(left) if pending.is_urgent || left.is_zero() => return std::mem::take(&mut *pending).batch,
                Some(left) => self.filled.wait_timeout(pending, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    /// The number of the last change to a message on its way.
    pub(super) fn number(&self) -> u64 {
        self.number.load(Relaxed)
    }

    /// What is not sent and cannot wait, if anything, out of its turn; and its number.
    pub(super) fn take_urgent(&self) -> Option<(unsent::Changes, u64)> {
        let mut pending = self.lock();
        let is_urgent = pending.is_urgent && !pending.batch.unsent.is_empty();
        is_urgent.then(|| (std::mem::take(&mut pending.batch.unsent), pending.batch.number))
    }

    /// Puts back what could not be written, where nothing newer has replaced it meanwhile. It goes with the next batch, or after
    /// this pause.
    pub(super) fn put_back(&self, changes: unsent::Changes, pause: Duration) {
        let mut pending = self.lock();
        pending.again_at = Some(Instant::now() + pause);
        let unsent = &mut pending.batch.unsent;
        for (room, draft) in changes.drafts {
            unsent.drafts.entry(room).or_insert(draft);
        }
        for (key, message) in changes.outgoing {
            unsent.outgoing.entry(key).or_insert(message);
        }
        for (room, said) in changes.said {
            unsent.said.entry(room).or_insert(said);
        }
    }
}

impl Pending {
    fn take(&mut self, save: Save) {
        let Batch { views, unsent, .. } = &mut self.batch;
        let save = match save {
            Save::Sent(both) => return both.into_iter().for_each(|save| self.take(save)),
            save => save,
        };
        match save {
            Save::Draft { room, draft } => drop(unsent.drafts.insert(room, draft)),
            Save::Outgoing(message) => drop(unsent.outgoing.insert(message.key.clone(), Some(message))),
            Save::Settled { key } => drop(unsent.outgoing.insert(key, None)),
            Save::Said { room, said } => drop(unsent.said.insert(room, said)),
            Save::Room(summary) => drop(views.rooms.insert(summary.id, summary)),
            Save::AsOf(at) => views.as_of = views.as_of.max(Some(at)),
            Save::Current(room) => views.current = Some(room),
            step => self.step(step),
        }
    }

    fn step(&mut self, step: Save) {
        let views = &mut self.batch.views;
        match &step {
            // What is described anew, or gone, is not what was said of it before.
            Save::Bootstrap(_) => views.rooms.clear(),
            Save::Forget { room } => drop(views.rooms.remove(room)),
            Save::Event(event) => views.as_of = views.as_of.max(Some(event.at)),
            _ => {}
        }
        let bytes = bytes(&step);
        let is_full = views.steps.len() >= STEPS || self.bytes.saturating_add(bytes) > BYTES;
        if is_full && matches!(step, Save::Event(_) | Save::Window(_) | Save::Older { .. }) {
            return;
        }
        self.bytes += bytes;
        views.steps.push(step);
    }
}

/// Bytes of texts, roughly.
fn bytes(step: &Save) -> usize {
    let messages = match step {
        Save::Event(event) => match &event.kind {
            EventKind::Posted { body, .. } | EventKind::Edited { body, .. } => return body.len(),
            _ => return 0,
        },
        Save::Window(window) => &window.messages,
        Save::Older { messages, .. } => messages,
        _ => return 0,
    };
    messages.iter().map(|kept| kept.message.body.len()).sum()
}

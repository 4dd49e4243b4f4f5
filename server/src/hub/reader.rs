//! One connection's side of the hub: a cursor for each of its rooms.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use chat_shared::frame::ByeReason;
use chat_shared::{RoomId, Seq, UserId};

use super::Hub;
use super::inbox::{Contents, Inbox, Membership, Others, Words};
use super::ring::{Frame, Gap, Text};
use super::room::{Room, Subscription};
use super::visit::{Outlet, Visit};

#[cfg(test)]
mod tests;

/// Frames that one room may put into a batch before the next room has its turn.
const FAIR_SHARE: usize = 64;

/// Stays that a reader has not come to yet, in all of its rooms. Only who leaves and comes back all the time while their
/// connection takes nothing has more; it is closed, and resumes.
const MAX_STAYS: usize = 64;
/// Rooms left in the life of one connection.
const MAX_LEFT: usize = 1024;

/// What a reader heard since it last asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// How things stand; to be sent, or [put back](Reader::put_back).
    pub words: Words,
    /// Frames that may be lost; to be sent, or dropped where the connection is slow.
    pub passing: VecDeque<Bytes>,
    /// Close the connection, and say why.
    pub closed: Option<ByeReason>,
}

/// What a pull found.
#[derive(Debug, PartialEq, Eq)]
pub enum Pull {
    /// Nothing: every cursor is at its room's head.
    Idle,
    /// Frames were added to the batch, and the cursor was moved past them.
    Frames,
    /// The next events of this room are in the store only: read the log after `after`, then say so with [`Reader::supplied`].
    Behind {
        /// The room.
        room: RoomId,
        /// The reader's cursor.
        after: Seq,
        /// The last event that the reader may see.
        until: Seq,
        /// If an event after this one, and up to `until`, is the user's own leaving, it is the last one they may see.
        since: Seq,
    },
}

/// A connection's cursors. Dropping it unregisters the connection.
pub struct Reader {
    hub: Arc<Hub>,
    inbox: Arc<Inbox>,
    /// By room id. A sorted vector: the smallest that finds a room among five or among five hundred.
    rooms: Vec<Place>,
    /// Rooms that are known to have more, in the order of their turns.
    pending: VecDeque<RoomId>,
    /// A room was subscribed to since the inbox was last looked into. A leaving that was announced before the
    /// subscription was there is in the inbox only, and has to be known before anything of the room is read.
    unsettled: bool,
    /// Mostly there is nothing to say of it.
    past: Option<Box<Past>>,
}

/// What a reader knows of rooms that the user left.
#[derive(Default)]
struct Past {
    /// Where the reader stopped in them: news of an earlier joining may come late.
    left: BTreeMap<RoomId, Seq>,
    /// The user left and came back, perhaps more than once, before the reader got to the leaving: where to go on.
    later: BTreeMap<RoomId, VecDeque<Span>>,
}

/// Where the reader stands in one room.
struct Place {
    room: Arc<Room>,
    subscription: Arc<Subscription>,
}

/// A time of being a member that the reader has not come to yet.
struct Span {
    /// The event before the joining.
    after: Seq,
    /// The leaving; `Seq::MAX` where there was none.
    until: Seq,
}

impl Reader {
    pub(super) fn new(hub: Arc<Hub>, inbox: Arc<Inbox>) -> Self {
        Self { hub, inbox, rooms: Vec::new(), pending: VecDeque::new(), unsettled: false, past: None }
    }

    /// Whose connection it is.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.inbox.user
    }

    /// From here on, couriers may deliver there, instead of telling the reader.
    pub fn open(&mut self, outlet: Weak<dyn Outlet>) {
        // The user's rooms are known by now; there will seldom be another one.
        self.rooms.shrink_to_fit();
        self.inbox.open(outlet);
    }

    /// Gives a room its turn, once: news of it may come while it still waits for one.
    fn queue(&mut self, room: RoomId) {
        if !self.pending.contains(&room) {
            self.pending.push_back(room);
        }
    }

    /// Reads this room from after `cursor` on. `head` is the room's head as the store had it after the reader was registered.
    pub fn subscribe(&mut self, room: RoomId, cursor: Seq, head: Seq) {
        let room = self.hub.room(room);
        self.insert(room, cursor, head);
    }

    /// Where the reader stands in this room.
    #[must_use]
    pub fn cursor(&self, room: RoomId) -> Option<Seq> {
        self.find(room).ok().map(|at| self.rooms[at].subscription.cursor.at())
    }

    /// Takes in what happened since the last call; pending where nothing did. While the caller has anything left to
    /// [`pull`](Self::pull), it does not need to wait for this.
    pub fn poll_news(&mut self, cx: &Context<'_>) -> Poll<News> {
        let contents = self.inbox.take(cx.waker());
        self.take_in(contents)
    }

    /// Like [`poll_news`](Self::poll_news), for a connection that has no room for frames: how things stand is left for later.
    pub fn poll_urgent(&mut self, cx: &Context<'_>) -> Poll<News> {
        let contents = self.inbox.take_urgent(cx.waker());
        self.take_in(contents)
    }

    /// There was no room for these: they come with the next news, unless something newer is said.
    pub fn put_back(&self, words: Words) {
        if !words.is_empty() {
            self.inbox.put_back(words);
        }
    }

    fn take_in(&mut self, contents: Contents) -> Poll<News> {
        if contents.is_empty() {
            return Poll::Pending;
        }
        let Contents { dirty, others: Others { memberships, words, whispers, mut closed } } = contents;
        if !memberships.is_empty() {
            for membership in memberships {
                self.change_membership(membership);
            }
            if self.is_crowded() {
                closed.get_or_insert(ByeReason::Overloaded);
            }
        }
        for room in dirty {
            self.queue(room);
        }
        Poll::Ready(News { words, passing: whispers, closed })
    }

    /// Whether coming and going has left more behind than a reader keeps.
    fn is_crowded(&self) -> bool {
        let Some(past) = &self.past else { return false };
        let stays: usize = past.later.values().map(VecDeque::len).sum();
        stays > MAX_STAYS || past.left.len() > MAX_LEFT
    }

    /// Whether a pull may find something.
    #[must_use]
    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Moves the next room's turn into `batch`.
    pub fn pull(&mut self, batch: &mut Vec<Frame>) -> Pull {
        while let Some(room) = self.pending.pop_front() {
            let pull = self.pull_room(room, batch);
            if pull != Pull::Idle {
                return pull;
            }
        }
        if self.pending.capacity() > 16 {
            self.pending = VecDeque::new();
        }
        Pull::Idle
    }

    /// Takes what is new in a visited room into the [visit's frames](Visit::frames), which is what a pull would find there. Where
    /// it is not as simple as that, the room gets its turn for the next [`pull`](Self::pull).
    pub fn take(&mut self, visit: &mut Visit<'_>) {
        let Visit { room, ring, cursor, frames } = visit;
        let mut more = true;
        if !self.unsettled && self.pending.is_empty() {
            cursor.clear_mark();
            more = ring.read().read(cursor.at(), FAIR_SHARE, frames).unwrap_or(true);
            // After the ring, like in a pull.
            if cursor.until() < Seq::MAX {
                frames.clear();
                more = true;
            }
            if let Some(last) = frames.last() {
                cursor.move_to(last.seq);
            }
        }
        if more {
            self.queue(*room);
        }
    }

    /// Like [`pull`](Self::pull), for one room, whether or not it is pending.
    pub fn pull_room(&mut self, room: RoomId, batch: &mut Vec<Frame>) -> Pull {
        self.settle();
        let Ok(at) = self.find(room) else { return Pull::Idle };
        let Place { room: source, subscription } = &self.rooms[at];
        let cursor = &subscription.cursor;
        cursor.clear_mark();
        let (before, after) = (batch.len(), cursor.at());
        let read = source.read(after, FAIR_SHARE, batch);
        // After the ring: whoever leaves is cut off before the frames that follow get into it.
        let until = cursor.until();
        let Some(more) = read else {
            if after >= until {
                self.finish(at);
                return self.pull_again(room, batch);
            }
            return Pull::Behind { room, after, until, since: cursor.since() };
        };
        let allowed = batch[before..].iter().take_while(|frame| frame.seq <= until).count();
        batch.truncate(before + allowed);
        if let Some(last) = batch.last().filter(|_| allowed > 0) {
            cursor.move_to(last.seq);
        }
        if cursor.at() >= until {
            self.finish(at);
            if self.find(room).is_ok() {
                self.queue(room);
            }
        } else if more {
            self.queue(room);
        }
        if allowed > 0 { Pull::Frames } else { Pull::Idle }
    }

    /// The events up to `seq` of a room that was behind have been read from the store; `left` where one of them is the
    /// user's own leaving, at `seq`. The room has its next turn.
    pub fn supplied(&mut self, room: RoomId, seq: Seq, left: bool) {
        if let Ok(at) = self.find(room) {
            let cursor = &self.rooms[at].subscription.cursor;
            cursor.move_to(cursor.at().max(seq));
            if left {
                cursor.end_at(seq);
            }
            self.queue(room);
        }
    }

    /// What this room lacks in memory for the reader: to be asked before the store is, for [`share`](Self::share).
    #[must_use]
    pub fn gap(&self, room: RoomId) -> Option<Gap> {
        let place = &self.rooms[self.find(room).ok()?];
        Some(place.room.gap(place.subscription.cursor.at()))
    }

    /// Gives the room frames that were read from the store, the oldest first, so that its other readers find them in memory.
    /// They may hold texts that were deleted meanwhile: if so, they are not taken.
    ///
    /// No leaving may be among them. The hub may not have heard of it: whoever left would not be cut off yet, and read on.
    pub fn share(&self, room: RoomId, frames: &[(Frame, Text)], gap: Gap) {
        if let Ok(at) = self.find(room) {
            self.rooms[at].room.refill(frames, gap);
            self.hub.bound();
        }
    }

    fn pull_again(&mut self, room: RoomId, batch: &mut Vec<Frame>) -> Pull {
        // Only a user who left and came back has a second place to pull from.
        if self.find(room).is_ok() { self.pull_room(room, batch) } else { Pull::Idle }
    }

    fn settle(&mut self) {
        while std::mem::take(&mut self.unsettled) {
            for membership in self.inbox.take_memberships() {
                self.change_membership(membership);
            }
        }
    }

    fn change_membership(&mut self, membership: Membership) {
        let (Membership::Joined { room, seq } | Membership::Left { room, seq }) = membership;
        match (self.find(room), membership) {
            (Err(_), _) if self.left(room).is_some_and(|left| seq <= left) => {}
            (Err(_), Membership::Joined { .. }) => self.subscribe(room, seq - 1, seq),
            (Err(_), Membership::Left { .. }) => {}
            // Part of what the store said when the reader subscribed.
            (Ok(at), _) if seq <= self.rooms[at].subscription.cursor.since() => {}
            (Ok(at), Membership::Joined { .. }) => self.came_back(at, seq),
            (Ok(at), Membership::Left { .. }) => {
                self.went(at, seq);
                self.queue(room);
            }
        }
    }

    /// The reader saw all that it may of this room, until the user came back.
    fn finish(&mut self, at: usize) {
        let place = self.rooms.remove(at);
        let room = place.room.id;
        place.room.unsubscribe(&place.subscription);
        let past = self.past.get_or_insert_default();
        past.left.insert(room, place.subscription.cursor.at());
        let spans = past.later.get_mut(&room);
        let Some(Span { after, until }) = spans.and_then(VecDeque::pop_front) else {
            past.later.remove(&room);
            return;
        };
        self.insert(place.room, after, after + 1);
        if let Ok(at) = self.find(room) {
            self.rooms[at].subscription.cursor.end_at(until);
        }
    }

    /// The user, who had left, is a member again from `seq` on.
    fn came_back(&mut self, at: usize, seq: Seq) {
        let Place { room, subscription, .. } = &self.rooms[at];
        let spans = self.past.get_or_insert_default().later.entry(room.id).or_default();
        let last_until = spans.back().map_or_else(|| subscription.cursor.until(), |span| span.until);
        if last_until < seq {
            spans.push_back(Span { after: seq - 1, until: Seq::MAX });
        }
    }

    /// The user is a member up to and including `seq`.
    fn went(&mut self, at: usize, seq: Seq) {
        let Place { room, subscription, .. } = &self.rooms[at];
        let spans = self.past.as_mut().and_then(|past| past.later.get_mut(&room.id));
        match spans.and_then(VecDeque::back_mut) {
            Some(span) => span.until = span.until.min(seq),
            None => subscription.cursor.end_at(seq),
        }
    }

    /// Where the reader stopped in a room that the user left.
    fn left(&self, room: RoomId) -> Option<Seq> {
        self.past.as_ref()?.left.get(&room).copied()
    }

    fn insert(&mut self, room: Arc<Room>, cursor: Seq, head: Seq) {
        if let Err(at) = self.find(room.id) {
            let subscription = room.subscribe(&self.inbox, cursor, head);
            if let Some(past) = &mut self.past {
                past.left.remove(&room.id);
            }
            self.rooms.insert(at, Place { room, subscription });
            self.unsettled = true;
        }
    }

    fn find(&self, room: RoomId) -> Result<usize, usize> {
        self.rooms.binary_search_by_key(&room, |place| place.room.id)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.hub.disconnect(&self.inbox);
        for place in &self.rooms {
            place.room.unsubscribe(&place.subscription);
        }
    }
}

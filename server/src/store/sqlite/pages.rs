//! Pages of a room: messages as they stand, and the log itself.

use std::collections::BTreeMap;

use chat_shared::api::{EventsPage, MessagesPage};
use chat_shared::limit::{PAGE_BYTES, PAGE_MAX};
use chat_shared::{Event, EventKind, Message, Reaction, RoomId, Seq, UserId};
use rusqlite::{Connection, OptionalExtension as _};

use super::place::{Place, RoomRow};
use super::pos;
use super::rows::{self, JOINED, MESSAGE_COLUMNS, ROOM_CHANGED, SELECT_EVENT};
use crate::policy::Action;
use crate::store::{RoomRef, StoreError, Window};

/// A page of messages as they stand now, oldest first; `with_events`: and what else happened to the room.
pub(super) fn messages(
    conn: &Connection,
    user: UserId,
    room: &RoomRef,
    window: Window,
    limit: usize,
    with_events: bool,
) -> Result<MessagesPage, StoreError> {
    let place = Place::checked(conn, user, room, Action::Read)?;
    let found = of_window(window, limit, &Page { conn, room: &place.room })?;
    if !with_events {
        return found.page(conn, &place);
    }
    let (after, upto) = found.covers(window, limit, place.room.head);
    let (events, events_from) = other_events(conn, &place.room, after, upto)?;
    Ok(MessagesPage { events, events_from, ..found.page(conn, &place)? })
}

/// The messages of a window.
pub(super) struct Found {
    messages: Vec<Message>,
    /// On this side there are more, but they would be too much.
    more_before: bool,
    more_after: bool,
}

impl Found {
    fn page(mut self, conn: &Connection, place: &Place) -> Result<MessagesPage, StoreError> {
        fill_reactions(conn, place.room.id, place.user.id, &mut self.messages)?;
        Ok(self.with_head(place.room.head))
    }

    pub(super) fn messages_mut(&mut self) -> &mut [Message] {
        &mut self.messages
    }

    pub(super) fn with_head(self, head: Seq) -> MessagesPage {
        let more = self.more_before || self.more_after;
        MessagesPage { messages: self.messages, head, more, ..MessagesPage::default() }
    }

    /// Which part of the log it covers: the events after the first number, up to the second one. A side on which there are no
    /// more messages ends where the log ends.
    fn covers(&self, window: Window, limit: usize, head: Seq) -> (Seq, Seq) {
        let numbers = || self.messages.iter().map(|message| message.seq);
        let before_first = numbers().next().map_or(0, |seq| seq - 1);
        let last = numbers().next_back();
        let is_full = numbers().count() >= limit;
        let after = |is_cut: bool| if is_cut { before_first } else { 0 };
        match window {
            Window::Latest => (after(is_full || self.more_before), head),
            Window::Before(seq) => (after(is_full || self.more_before), seq.saturating_sub(1)),
            Window::After(seq) => (seq, last.filter(|_| is_full || self.more_after).unwrap_or(head)),
            Window::Around(seq) => {
                let older = numbers().take_while(|number| *number <= seq).count();
                let newer = numbers().count() - older;
                let is_cut = newer >= limit / 2 || self.more_after;
                let after = after(older >= limit.div_ceil(2) || self.more_before).min(seq);
                (after, if is_cut { last.unwrap_or(seq) } else { head })
            }
        }
    }
}

/// The newest of the events after `after`, up to `upto`, that are about the room itself; and from where on none is missing, if
/// that is not from the beginning.
fn other_events(
    conn: &Connection,
    room: &RoomRow,
    after: Seq,
    upto: Seq,
) -> Result<(Vec<Event>, Option<Seq>), StoreError> {
    let sql = format!(
        "{SELECT_EVENT} WHERE e.pos > ?1 AND e.pos <= ?2 AND e.kind BETWEEN {JOINED} AND {ROOM_CHANGED}
         ORDER BY e.pos DESC LIMIT ?3"
    );
    let most = PAGE_MAX;
    let span = (pos::pos(room.id, after), pos::pos(room.id, upto), pos::column(most + 1));
    let mut statement = conn.prepare_cached(&sql)?;
    let mut events: Vec<Event> =
        statement.query_map(span, |row| rows::event(row, room.uid))?.collect::<Result<_, _>>()?;
    let is_cut = events.len() > most;
    events.truncate(most);
    events.reverse();
    let from = events.first().filter(|_| is_cut).map(|event| event.seq);
    Ok((events, from))
}

/// Messages in order of number, as much as windows need to know of them. Each says whether there are more than the bound on
/// their size allows.
pub(super) trait Sequence {
    /// The newest ones up to and including `seq`, oldest first.
    fn upto(&self, seq: Seq, limit: usize, bytes: usize) -> Result<(Vec<Message>, bool), StoreError>;
    /// The oldest ones after `seq`.
    fn after(&self, seq: Seq, limit: usize, bytes: usize) -> Result<(Vec<Message>, bool), StoreError>;
}

/// The part of a sequence that a window shows.
pub(super) fn of_window(window: Window, limit: usize, all: &impl Sequence) -> Result<Found, StoreError> {
    let older = |(messages, more_before)| Found { messages, more_before, more_after: false };
    match window {
        Window::Latest => all.upto(Seq::MAX, limit, PAGE_BYTES).map(older),
        Window::Before(seq) => all.upto(seq.saturating_sub(1), limit, PAGE_BYTES).map(older),
        Window::After(seq) => {
            let (messages, more_after) = all.after(seq, limit, PAGE_BYTES)?;
            Ok(Found { messages, more_before: false, more_after })
        }
        Window::Around(seq) => {
            let (mut messages, more_before) = all.upto(seq, limit.div_ceil(2), PAGE_BYTES / 2)?;
            let (mut after, more_after) = all.after(seq, limit / 2, PAGE_BYTES / 2)?;
            messages.append(&mut after);
            Ok(Found { messages, more_before, more_after })
        }
    }
}

struct Page<'a> {
    conn: &'a Connection,
    room: &'a RoomRow,
}

impl Sequence for Page<'_> {
    fn upto(&self, seq: Seq, limit: usize, bytes: usize) -> Result<(Vec<Message>, bool), StoreError> {
        let range = (pos::pos(self.room.id, 0), pos::pos(self.room.id, seq));
        let (mut messages, more) = self.select("DESC", range, limit, bytes)?;
        messages.reverse();
        Ok((messages, more))
    }

    fn after(&self, seq: Seq, limit: usize, bytes: usize) -> Result<(Vec<Message>, bool), StoreError> {
        self.select("ASC", (pos::pos(self.room.id, seq), pos::end(self.room.id)), limit, bytes)
    }
}

impl Page<'_> {
    /// Those with `after < pos <= upto`; says whether there are more than the bound on their size allows.
    fn select(
        &self,
        order: &str,
        (after, upto): (i64, i64),
        limit: usize,
        bytes: usize,
    ) -> Result<(Vec<Message>, bool), StoreError> {
        let sql = format!(
            "SELECT {MESSAGE_COLUMNS} FROM events e CROSS JOIN users u ON u.id = e.by
             LEFT JOIN message_state s ON s.pos = e.pos
             WHERE e.pos > ?1 AND e.pos <= ?2 AND e.kind = 1 ORDER BY e.pos {order} LIMIT ?3"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let found = statement.query_map((after, upto, pos::column(limit)), |row| rows::message(row, self.room.uid))?;
        Ok(bounded(found, bytes)?)
    }
}

/// As many of the messages as the bound on their texts allows, one at least; says whether there are more.
pub(super) fn bounded(
    messages: impl Iterator<Item = rusqlite::Result<Message>>,
    max_bytes: usize,
) -> rusqlite::Result<(Vec<Message>, bool)> {
    let (mut some, mut bytes) = (Vec::new(), 0_usize);
    for message in messages {
        let message = message?;
        bytes = bytes.saturating_add(message.body.len());
        if bytes > max_bytes && !some.is_empty() {
            return Ok((some, true));
        }
        some.push(message);
    }
    Ok((some, false))
}

/// Adds the reactions to messages of one room, in the order in which each emoji first appeared.
pub(super) fn fill_reactions(
    conn: &Connection,
    room: i64,
    me: i64,
    messages: &mut [Message],
) -> Result<(), StoreError> {
    let numbers = || messages.iter().map(|message| message.seq);
    let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else { return Ok(()) };
    let mut by_seq: BTreeMap<Seq, &mut Message> = messages.iter_mut().map(|message| (message.seq, message)).collect();
    let mut statement = conn.prepare_cached(
        "SELECT pos, emoji, count(*), max(user = ?3) FROM reactions WHERE pos >= ?1 AND pos <= ?2
         GROUP BY pos, emoji ORDER BY pos, min(since)",
    )?;
    let mut found = statement.query((pos::pos(room, first), pos::pos(room, last), me))?;
    while let Some(row) = found.next()? {
        if let Some(message) = by_seq.get_mut(&pos::seq(row.get(0)?)) {
            let count = u32::try_from(row.get::<_, i64>(2)?).unwrap_or(u32::MAX);
            message.reactions.push(Reaction { emoji: row.get(1)?, count, mine: row.get(3)? });
        }
    }
    Ok(())
}

/// The events after `after`, for a member.
pub(super) fn events(
    conn: &Connection,
    user: UserId,
    room: &RoomRef,
    after: Seq,
    limit: usize,
) -> Result<EventsPage, StoreError> {
    let place = Place::checked(conn, user, room, Action::Read)?;
    let events = read_log(conn, place.room.id, place.room.uid, after, limit, PAGE_BYTES)?;
    Ok(EventsPage { events, head: place.room.head })
}

/// The events after `after`, for those who were checked before.
pub(super) fn log(
    conn: &Connection,
    room: RoomId,
    after: Seq,
    limit: usize,
    max_bytes: usize,
) -> Result<Vec<Event>, StoreError> {
    let id: i64 = conn
        .prepare_cached("SELECT id FROM rooms WHERE uid = ?1")?
        .query_row([room.0.as_bytes()], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::RoomNotFound)?;
    read_log(conn, id, room, after, limit, max_bytes)
}

fn read_log(
    conn: &Connection,
    id: i64,
    room: RoomId,
    after: Seq,
    limit: usize,
    max_bytes: usize,
) -> Result<Vec<Event>, StoreError> {
    let sql = format!("{SELECT_EVENT} WHERE e.pos > ?1 AND e.pos < ?2 ORDER BY e.pos LIMIT ?3");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut found = statement.query((pos::pos(id, after), pos::end(id), pos::column(limit)))?;
    let (mut events, mut bytes) = (Vec::new(), 0_usize);
    while let Some(row) = found.next()? {
        let event = rows::event(row, room)?;
        bytes = bytes.saturating_add(text_bytes(&event));
        if bytes > max_bytes && !events.is_empty() {
            break;
        }
        events.push(event);
    }
    Ok(events)
}

/// Bytes of an event whose size its author chooses; the rest is about the same for all.
fn text_bytes(event: &Event) -> usize {
    event.name.len()
        + match &event.kind {
            EventKind::Posted { body, .. } | EventKind::Edited { body, .. } => body.len(),
            EventKind::RoomChanged { name, topic } => name.len() + topic.len(),
            EventKind::ReactionAdded { emoji, .. } | EventKind::ReactionRemoved { emoji, .. } => emoji.len(),
            EventKind::Joined { user } | EventKind::Left { user } => user.name.len(),
            EventKind::Deleted { .. } | EventKind::Unknown => 0,
        }
}

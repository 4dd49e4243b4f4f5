//! Pages of a room: messages as they stand, and the log itself.

use std::collections::BTreeMap;

use chat_shared::api::{EventsPage, MessagesPage};
use chat_shared::limit::PAGE_BYTES;
use chat_shared::{Event, EventKind, Message, Reaction, RoomId, Seq, UserId};
use rusqlite::{Connection, OptionalExtension as _};

use super::place::{Place, RoomRow};
use super::pos;
use super::rows::{self, MESSAGE_COLUMNS, SELECT_EVENT};
use crate::policy::Action;
use crate::store::{RoomRef, StoreError, Window};

/// A page of messages as they stand now, oldest first.
pub(super) fn messages(
    conn: &Connection,
    user: UserId,
    room: &RoomRef,
    window: Window,
    limit: usize,
) -> Result<MessagesPage, StoreError> {
    let place = Place::checked(conn, user, room, Action::Read)?;
    let page = Page { conn, room: &place.room };
    let (mut messages, more) = match window {
        Window::Latest => page.upto(Seq::MAX, limit, PAGE_BYTES)?,
        Window::Before(seq) => page.upto(seq.saturating_sub(1), limit, PAGE_BYTES)?,
        Window::After(seq) => page.after(seq, limit, PAGE_BYTES)?,
        Window::Around(seq) => {
            let (mut messages, more_before) = page.upto(seq, limit.div_ceil(2), PAGE_BYTES / 2)?;
            let (mut after, more_after) = page.after(seq, limit / 2, PAGE_BYTES / 2)?;
            messages.append(&mut after);
            (messages, more_before || more_after)
        }
    };
    fill_reactions(conn, place.room.id, place.user.id, &mut messages)?;
    Ok(MessagesPage { messages, head: place.room.head, more })
}

struct Page<'a> {
    conn: &'a Connection,
    room: &'a RoomRow,
}

impl Page<'_> {
    /// The newest ones up to and including `seq`, oldest first.
    fn upto(&self, seq: Seq, limit: usize, bytes: usize) -> Result<(Vec<Message>, bool), StoreError> {
        let range = (pos::pos(self.room.id, 0), pos::pos(self.room.id, seq));
        let (mut messages, more) = self.select("DESC", range, limit, bytes)?;
        messages.reverse();
        Ok((messages, more))
    }

    /// The oldest ones after `seq`.
    fn after(&self, seq: Seq, limit: usize, bytes: usize) -> Result<(Vec<Message>, bool), StoreError> {
        self.select("ASC", (pos::pos(self.room.id, seq), pos::end(self.room.id)), limit, bytes)
    }

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

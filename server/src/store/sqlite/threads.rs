//! What a message was before, and what it is part of: earlier texts, and conversations of answers.

use chat_shared::api::{History, MessagesPage, Version};
use chat_shared::{Message, Seq, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension as _};

use super::pages::Sequence;
use super::place::{Place, RoomRow};
use super::rows::{self, MESSAGE_COLUMNS};
use super::{pages, pos};
use crate::policy::Action;
use crate::store::{RoomRef, StoreError, Window};

/// The texts that a message has had: that of its post and those of its edits.
pub(super) fn history(
    conn: &Connection,
    user: UserId,
    room: &RoomRef,
    seq: Seq,
    limit: usize,
) -> Result<History, StoreError> {
    let place = Place::checked(conn, user, room, Action::Read)?;
    let pos = pos::pos(place.room.id, seq);
    let deleted: Option<bool> = conn
        .prepare_cached(
            "SELECT s.deleted_at IS NOT NULL FROM events e LEFT JOIN message_state s ON s.pos = e.pos
             WHERE e.pos = ?1 AND e.kind = 1",
        )?
        .query_row([pos], |row| row.get(0))
        .optional()?;
    if deleted.ok_or(StoreError::MessageNotFound)? {
        return Err(StoreError::MessageDeleted);
    }
    let mut versions: Vec<Version> = conn
        .prepare_cached(
            "SELECT pos, at, text FROM events WHERE pos = ?1
             UNION ALL SELECT pos, at, text FROM events WHERE target = ?1 AND kind = 2 ORDER BY pos DESC LIMIT ?2",
        )?
        .query_map((pos, pos::column(limit)), |row| {
            Ok(Version { at: Timestamp::from_ms(row.get(1)?), body: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    versions.reverse();
    Ok(History { versions })
}

/// A page of a conversation.
pub(super) fn thread(
    conn: &Connection,
    user: UserId,
    room: &RoomRef,
    seq: Seq,
    window: Window,
    limit: usize,
) -> Result<MessagesPage, StoreError> {
    let place = Place::checked(conn, user, room, Action::Read)?;
    let room = &place.room;
    let first: i64 = conn
        .prepare_cached("SELECT ifnull(thread, pos) FROM events WHERE pos = ?1 AND kind = 1")?
        .query_row([pos::pos(room.id, seq)], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::MessageNotFound)?;
    let thread = Thread { conn, room, first };
    let mut messages = pages::of_window(window, limit, &thread)?;
    // One by one: between them there may be a whole room.
    for message in &mut messages {
        pages::fill_reactions(conn, room.id, place.user.id, std::slice::from_mut(message))?;
    }
    Ok(MessagesPage { messages, head: room.head, ..MessagesPage::default() })
}

/// A conversation: the message that began it, and what carries its position.
struct Thread<'a> {
    conn: &'a Connection,
    room: &'a RoomRow,
    first: i64,
}

impl Thread<'_> {
    /// The message that began it, where it stands between these positions and is kept.
    fn beginning(&self, after: i64, upto: i64) -> Result<Vec<Message>, StoreError> {
        if self.first <= after || self.first > upto {
            return Ok(Vec::new());
        }
        self.select("", "e.pos = ?1 AND e.pos > ?2 AND e.pos <= ?3 AND e.kind = 1", "ASC", (after, upto), 1)
    }

    fn answers(&self, order: &str, span: (i64, i64), limit: usize) -> Result<Vec<Message>, StoreError> {
        let condition = "e.thread = ?1 AND e.pos > ?2 AND e.pos <= ?3";
        self.select("INDEXED BY events_threads", condition, order, span, limit)
    }

    fn select(
        &self,
        index: &str,
        condition: &str,
        order: &str,
        (after, upto): (i64, i64),
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let sql = format!(
            "SELECT {MESSAGE_COLUMNS} FROM events e {index} CROSS JOIN users u ON u.id = e.by
             LEFT JOIN message_state s ON s.pos = e.pos WHERE {condition} ORDER BY e.pos {order} LIMIT ?4"
        );
        let messages = self
            .conn
            .prepare_cached(&sql)?
            .query_map((self.first, after, upto, pos::column(limit)), |row| rows::message(row, self.room.uid))?
            .collect::<Result<_, _>>()?;
        Ok(messages)
    }
}

impl Sequence for Thread<'_> {
    fn upto(&self, seq: Seq, limit: usize) -> Result<Vec<Message>, StoreError> {
        let span = (pos::pos(self.room.id, 0), pos::pos(self.room.id, seq));
        let mut messages = self.answers("DESC", span, limit)?;
        if messages.len() < limit {
            messages.append(&mut self.beginning(span.0, span.1)?);
        }
        messages.reverse();
        Ok(messages)
    }

    fn after(&self, seq: Seq, limit: usize) -> Result<Vec<Message>, StoreError> {
        let span = (pos::pos(self.room.id, seq), pos::end(self.room.id));
        let mut messages = self.beginning(span.0, span.1)?;
        messages.truncate(limit);
        messages.append(&mut self.answers("ASC", span, limit - messages.len())?);
        Ok(messages)
    }
}

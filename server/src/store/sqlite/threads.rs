//! What a message was before, and what it is part of: earlier texts, and conversations of answers.

use chat_shared::api::{History, MessagesPage, Version};
use chat_shared::{Message, Seq, Timestamp, UserId, limit};
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
    let mut bytes = 0_usize;
    let mut versions = Vec::new();
    let mut statement = conn.prepare_cached(
        "SELECT pos, at, text FROM events WHERE pos = ?1
             UNION ALL SELECT pos, at, text FROM events WHERE target = ?1 AND kind = 2 ORDER BY pos DESC LIMIT ?2",
    )?;
    let mut newest_first = statement.query((pos, pos::column(limit)))?;
    while let Some(row) = newest_first.next()? {
        let version = Version { at: Timestamp::from_ms(row.get(1)?), body: row.get(2)? };
        bytes = bytes.saturating_add(version.body.len());
        if bytes > limit::PAGE_BYTES && !versions.is_empty() {
            break;
        }
        versions.push(version);
    }
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
    let mut found = pages::of_window(window, limit, &thread)?;
    // One by one: between them there may be a whole room.
    for message in found.messages_mut() {
        pages::fill_reactions(conn, room.id, place.user.id, std::slice::from_mut(message))?;
    }
    Ok(found.with_head(room.head))
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
        let condition = "e.pos = ?1 AND e.pos > ?2 AND e.pos <= ?3 AND e.kind = 1";
        Ok(self.select(("", condition, "ASC"), (after, upto), 1, usize::MAX)?.0)
    }

    fn answers(
        &self,
        order: &str,
        span: (i64, i64),
        limit: usize,
        bytes: usize,
    ) -> Result<(Vec<Message>, bool), StoreError> {
        let condition = "e.thread = ?1 AND e.pos > ?2 AND e.pos <= ?3";
        self.select(("INDEXED BY events_threads", condition, order), span, limit, bytes)
    }

    fn select(
        &self,
        (index, condition, order): (&str, &str, &str),
        (after, upto): (i64, i64),
        limit: usize,
        bytes: usize,
    ) -> Result<(Vec<Message>, bool), StoreError> {
        let sql = format!(
            "SELECT {MESSAGE_COLUMNS} FROM events e {index} CROSS JOIN users u ON u.id = e.by
             LEFT JOIN message_state s ON s.pos = e.pos WHERE {condition} ORDER BY e.pos {order} LIMIT ?4"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let parameters = (self.first, after, upto, pos::column(limit));
        let found = statement.query_map(parameters, |row| rows::message(row, self.room.uid))?;
        Ok(pages::bounded(found, bytes)?)
    }
}

impl Sequence for Thread<'_> {
    fn upto(&self, seq: Seq, limit: usize, bytes: usize) -> Result<(Vec<Message>, bool), StoreError> {
        let span = (pos::pos(self.room.id, 0), pos::pos(self.room.id, seq));
        let (mut messages, mut more) = self.answers("DESC", span, limit, bytes)?;
        if messages.len() < limit && !more {
            let mut beginning = self.beginning(span.0, span.1)?;
            more = !messages.is_empty() && !beginning.is_empty() && size(&messages) + size(&beginning) > bytes;
            if !more {
                messages.append(&mut beginning);
            }
        }
        messages.reverse();
        Ok((messages, more))
    }

    fn after(&self, seq: Seq, limit: usize, bytes: usize) -> Result<(Vec<Message>, bool), StoreError> {
        let span = (pos::pos(self.room.id, seq), pos::end(self.room.id));
        let mut messages = self.beginning(span.0, span.1)?;
        messages.truncate(limit);
        let left = bytes.saturating_sub(size(&messages));
        let (mut answers, mut more) = self.answers("ASC", span, limit - messages.len(), left)?;
        // The first one always fits, unless there is one before it.
        if !messages.is_empty() && size(&answers) > left {
            answers.clear();
            more = true;
        }
        messages.append(&mut answers);
        Ok((messages, more))
    }
}

/// Bytes of their texts.
fn size(messages: &[Message]) -> usize {
    messages.iter().map(|message| message.body.len()).sum()
}

//! How events, messages and rooms are written as rows, and read back.

use chat_shared::api::{Level, RoomKind};
use chat_shared::{Event, EventKind, Message, RoomId, Seq, Timestamp, UserId, UserRef};
use rusqlite::Row;
use uuid::Uuid;

use super::pos;

// What `events.kind` holds. Stored, so never renumbered; two of them are also in the schema and in queries. Those from JOINED to
// ROOM_CHANGED are about the room itself.
pub(super) const POSTED: i64 = 1;
const EDITED: i64 = 2;
const DELETED: i64 = 3;
const REACTION_ADDED: i64 = 4;
const REACTION_REMOVED: i64 = 5;
pub(super) const JOINED: i64 = 6;
const LEFT: i64 = 7;
pub(super) const ROOM_CHANGED: i64 = 8;

/// The columns of an event that depend on its kind.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) kind: i64,
    pub(super) text: Option<&'a str>,
    pub(super) key: Option<&'a str>,
    pub(super) reply_to: Option<i64>,
    /// The number of the message, not its position.
    pub(super) target: Option<Seq>,
    pub(super) topic: Option<&'a str>,
    pub(super) subject: Option<UserId>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(kind: &'a EventKind) -> Self {
        let none = Self::default();
        match kind {
            EventKind::Posted { body, key, reply_to } => Self {
                kind: POSTED,
                text: Some(body),
                key: key.as_deref(),
                reply_to: reply_to.map(pos::column),
                ..none
            },
            EventKind::Edited { target, body } => {
                Self { kind: EDITED, target: Some(*target), text: Some(body), ..none }
            }
            EventKind::Deleted { target } => Self { kind: DELETED, target: Some(*target), ..none },
            EventKind::ReactionAdded { target, emoji } => {
                Self { kind: REACTION_ADDED, target: Some(*target), text: Some(emoji), ..none }
            }
            EventKind::ReactionRemoved { target, emoji } => {
                Self { kind: REACTION_REMOVED, target: Some(*target), text: Some(emoji), ..none }
            }
            EventKind::Joined { user } => Self { kind: JOINED, subject: Some(user.id), text: Some(&user.name), ..none },
            EventKind::Left { user } => Self { kind: LEFT, subject: Some(user.id), text: Some(&user.name), ..none },
            EventKind::RoomChanged { name, topic } => {
                Self { kind: ROOM_CHANGED, text: Some(name), topic: Some(topic), ..none }
            }
            EventKind::Unknown => none,
        }
    }
}

/// What [`event`] reads. CROSS JOIN fixes the order: along the log, a look-up for each row.
pub(super) const SELECT_EVENT: &str = "SELECT e.pos, e.kind, e.at, u.uid, e.name, e.text, e.key, e.reply_to, e.target, \
    e.topic, s.uid FROM events e CROSS JOIN users u ON u.id = e.by LEFT JOIN users s ON s.id = e.subject ";

/// An event, from a row of [`SELECT_EVENT`].
pub(super) fn event(row: &Row<'_>, room: RoomId) -> rusqlite::Result<Event> {
    let text = || Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(5)?.unwrap_or_default());
    let target = || Ok::<_, rusqlite::Error>(pos::seq(row.get(8)?));
    let subject = || Ok::<_, rusqlite::Error>(UserRef { id: user_id(row, 10)?, name: text()? });
    let kind = match row.get(1)? {
        POSTED => EventKind::Posted {
            body: text()?,
            key: row.get(6)?,
            reply_to: row.get::<_, Option<i64>>(7)?.map(pos::count),
        },
        EDITED => EventKind::Edited { target: target()?, body: text()? },
        DELETED => EventKind::Deleted { target: target()? },
        REACTION_ADDED => EventKind::ReactionAdded { target: target()?, emoji: text()? },
        REACTION_REMOVED => EventKind::ReactionRemoved { target: target()?, emoji: text()? },
        JOINED => EventKind::Joined { user: subject()? },
        LEFT => EventKind::Left { user: subject()? },
        ROOM_CHANGED => {
            EventKind::RoomChanged { name: text()?, topic: row.get::<_, Option<String>>(9)?.unwrap_or_default() }
        }
        _ => EventKind::Unknown,
    };
    Ok(Event {
        kind,
        room,
        seq: pos::seq(row.get(0)?),
        at: Timestamp::from_ms(row.get(2)?),
        by: user_id(row, 3)?,
        name: row.get(4)?,
    })
}

/// The columns that [`message`] reads, from `events e`, its author `users u` and `message_state s`.
pub(super) const MESSAGE_COLUMNS: &str = "e.pos, e.at, u.uid, e.name, \
    CASE WHEN s.pos IS NULL THEN e.text ELSE s.body END, e.key, e.reply_to, s.edited_at, s.deleted_at";

/// A message without its reactions, from a row that begins with [`MESSAGE_COLUMNS`].
pub(super) fn message(row: &Row<'_>, room: RoomId) -> rusqlite::Result<Message> {
    let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_ms));
    Ok(Message {
        room,
        seq: pos::seq(row.get(0)?),
        at: Timestamp::from_ms(row.get(1)?),
        by: user_id(row, 2)?,
        name: row.get(3)?,
        body: row.get(4)?,
        key: row.get(5)?,
        reply_to: row.get::<_, Option<i64>>(6)?.map(pos::count),
        edited_at: time(7)?,
        deleted_at: time(8)?,
        reactions: Vec::new(),
    })
}

/// A user's id, from a column.
pub(super) fn user_id(row: &Row<'_>, column: usize) -> rusqlite::Result<UserId> {
    Ok(UserId(Uuid::from_bytes(row.get(column)?)))
}

/// A room's id, from a column.
pub(super) fn room_id(row: &Row<'_>, column: usize) -> rusqlite::Result<RoomId> {
    Ok(RoomId(Uuid::from_bytes(row.get(column)?)))
}

/// What `rooms.kind` holds.
pub(super) fn kind_column(kind: RoomKind) -> Option<i64> {
    match kind {
        RoomKind::Public => Some(0),
        RoomKind::Private => Some(1),
        RoomKind::Dm => Some(2),
        RoomKind::Unknown => None,
    }
}

/// A room's kind, from its column.
pub(super) fn room_kind(column: i64) -> RoomKind {
    match column {
        0 => RoomKind::Public,
        1 => RoomKind::Private,
        2 => RoomKind::Dm,
        _ => RoomKind::Unknown,
    }
}

/// What `members.level` holds; nothing for a level that we do not know.
pub(super) fn level_column(level: Level) -> Option<i64> {
    match level {
        Level::All => Some(0),
        Level::Mentions => Some(1),
        Level::Nothing => Some(2),
        Level::Unknown => None,
    }
}

/// A level, from its column.
pub(super) fn level(column: i64) -> Level {
    match column {
        0 => Level::All,
        1 => Level::Mentions,
        2 => Level::Nothing,
        _ => Level::Unknown,
    }
}

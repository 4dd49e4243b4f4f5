//! The tables of the file that can be deleted.

use super::open::Kind;

pub(super) const KIND: Kind = Kind {
    migrations: &["
        -- epoch; bootstrap (without its rooms); as_of, in milliseconds; current, a room.
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE room (id BLOB PRIMARY KEY, summary TEXT NOT NULL) WITHOUT ROWID;
        -- Nothing is missing from `floor` to `head`. A stale one is not continued by events.
        CREATE TABLE window (
            room BLOB PRIMARY KEY, head INTEGER NOT NULL, floor INTEGER NOT NULL, is_stale INTEGER NOT NULL
        ) WITHOUT ROWID;
        -- A message; or a line, which tells of what else happened. `as_of`: the last event that is part of it.
        CREATE TABLE message (
            room BLOB NOT NULL, seq INTEGER NOT NULL, as_of INTEGER NOT NULL, at_ms INTEGER NOT NULL,
            message TEXT NOT NULL, PRIMARY KEY (room, seq)
        ) WITHOUT ROWID;
    "],
    is_precious: false,
};

-- What identifies the store: its epoch.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    uid           BLOB NOT NULL UNIQUE,       -- UUID v7, the id that the world knows
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,              -- PHC string
    admin         INTEGER NOT NULL,
    created_at    INTEGER NOT NULL            -- every time is in milliseconds since the Unix epoch
) STRICT;

CREATE TABLE tokens (
    hash       BLOB PRIMARY KEY NOT NULL,     -- SHA-256 of the token
    user       INTEGER NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_user ON tokens (user);

CREATE TABLE rooms (
    id         INTEGER PRIMARY KEY,
    uid        BLOB NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    name_key   TEXT UNIQUE,                   -- NULL for rooms that cannot be found by name
    topic      TEXT NOT NULL DEFAULT '',
    kind       INTEGER NOT NULL,              -- 0 public, 1 private, 2 direct messages
    creator    INTEGER REFERENCES users (id), -- NULL for general
    head       INTEGER NOT NULL DEFAULT 0,    -- the number of the newest event
    oldest     INTEGER NOT NULL DEFAULT 1,    -- the number of the oldest event that is kept
    posted     INTEGER NOT NULL DEFAULT 0,    -- how many messages were ever posted
    members    INTEGER NOT NULL DEFAULT 0,    -- how many rows of members
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    room           INTEGER NOT NULL REFERENCES rooms (id),
    user           INTEGER NOT NULL REFERENCES users (id),
    joined_at      INTEGER NOT NULL,
    read_seq       INTEGER NOT NULL,          -- the read cursor
    read_posted    INTEGER NOT NULL,          -- rooms.posted as it was at the cursor
    own_after_read INTEGER NOT NULL DEFAULT 0,-- messages that the user posted after the cursor, deleted ones too
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user);

-- The log. A message that nobody touched is its own event.
-- No foreign keys here: a look-up for each post, of what the same transaction has just read.
CREATE TABLE events (
    pos      INTEGER PRIMARY KEY,             -- room << 40 | seq
    kind     INTEGER NOT NULL,                -- see rows.rs
    at       INTEGER NOT NULL,
    by       INTEGER NOT NULL,                -- users.id
    name     TEXT NOT NULL,                   -- the author's name then
    posted   INTEGER NOT NULL,                -- messages posted in the room up to and including this event
    text     TEXT,                            -- body, emoji, name of a member or of the room
    key      TEXT,                            -- idempotency key of a post
    reply_to INTEGER,                         -- seq of the message that a post answers
    target   INTEGER,                         -- pos of the message that the event changes
    topic    TEXT,                            -- the room's topic where that changed
    subject  INTEGER                          -- users.id of who came or went
) STRICT;
CREATE UNIQUE INDEX events_by_key ON events (by, key) WHERE key IS NOT NULL;
CREATE INDEX events_edits ON events (target) WHERE kind = 2;

-- What became of messages that were edited or deleted.
CREATE TABLE message_state (
    pos        INTEGER PRIMARY KEY,
    by         INTEGER NOT NULL,
    body       TEXT NOT NULL,
    edited_at  INTEGER,
    deleted_at INTEGER
) STRICT;
CREATE INDEX message_state_deleted ON message_state (pos, by) WHERE deleted_at IS NOT NULL;

CREATE TABLE reactions (
    pos   INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    user  INTEGER NOT NULL,
    since INTEGER NOT NULL,                   -- seq of the event that brought this emoji here; same for all its users
    PRIMARY KEY (pos, emoji, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE mentions (
    user INTEGER NOT NULL,
    pos  INTEGER NOT NULL,
    PRIMARY KEY (user, pos)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_by_pos ON mentions (pos);

-- The current text of every message that is not deleted; rowid = pos. The text itself is not in it, and no sizes
-- (nothing is ranked): one b-tree less for every post. What is deleted is erased from it, not marked.
CREATE VIRTUAL TABLE message_index USING fts5 (
    body, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', 1);

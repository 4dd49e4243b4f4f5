-- The full-text index follows the log at a distance (see indexer.rs), and its row ids follow the order in which messages
-- were posted, whatever their rooms: the newest matches are the first ones that it finds. What was indexed before is
-- indexed anew when the store opens.
DROP TABLE message_index;

-- The current text of every message that is not deleted, up to rooms.indexed, with marks for its author and its room (see
-- index.rs). The text itself is not in it, and no sizes (nothing is ranked). What is deleted is erased from it, not marked.
CREATE VIRTUAL TABLE message_index USING fts5 (
    body, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', 1);

-- Which message a row of the index is.
CREATE TABLE indexed (
    id  INTEGER PRIMARY KEY,                  -- row id in the index
    pos INTEGER NOT NULL UNIQUE               -- events.pos
) STRICT;

-- Every message up to this number is in the index.
ALTER TABLE rooms ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;

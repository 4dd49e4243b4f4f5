-- When the newest event of a room was, whatever its kind: no later one is from before it. 0 where that is not known.
ALTER TABLE rooms ADD COLUMN newest_at INTEGER NOT NULL DEFAULT 0;

-- Of a deleted message that had a key: a few bits of its text's hash, to know the text again where it is posted anew.
ALTER TABLE message_state ADD COLUMN digest INTEGER;

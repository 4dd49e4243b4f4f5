-- When the newest event of a room was, whatever its kind: no later one is from before it. 0 where that is not known.
ALTER TABLE rooms ADD COLUMN newest_at INTEGER NOT NULL DEFAULT 0;

-- Of a deleted message that had a key: a few bits of its text's hash, to know the text again where it is posted anew.
ALTER TABLE message_state ADD COLUMN digest INTEGER;

-- When the oldest message of each run of rows of the index was posted (see index.rs): a search for what was posted before
-- some time need not look at runs that are newer as a whole.
CREATE TABLE index_times (
    run    INTEGER PRIMARY KEY,               -- indexed.id / 512
    oldest INTEGER NOT NULL                   -- no message in this run is older
) STRICT;
INSERT INTO index_times
    SELECT i.id / 512, min(e.at) FROM indexed i CROSS JOIN events e ON e.pos = i.pos GROUP BY 1;

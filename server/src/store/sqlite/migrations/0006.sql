-- When the oldest message of each run of rows of the index was posted (see index.rs): a search for what was posted before
-- some time need not look at runs that are newer as a whole.
CREATE TABLE index_times (
    run    INTEGER PRIMARY KEY,               -- indexed.id / 512
    oldest INTEGER NOT NULL                   -- no message in this run is older
) STRICT;
INSERT INTO index_times
    SELECT i.id / 512, min(e.at) FROM indexed i CROSS JOIN events e ON e.pos = i.pos GROUP BY 1;

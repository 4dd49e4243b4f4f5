-- Direct conversations: one room for each set of people.
CREATE TABLE dms (
    people TEXT PRIMARY KEY NOT NULL,         -- users.id of all of them, ascending, with commas between
    room   INTEGER NOT NULL UNIQUE REFERENCES rooms (id)
) STRICT, WITHOUT ROWID;

-- How a member wants the room.
ALTER TABLE members ADD COLUMN level INTEGER NOT NULL DEFAULT 0;      -- 0 all, 1 mentions, 2 nothing
ALTER TABLE members ADD COLUMN favourite INTEGER NOT NULL DEFAULT 0;

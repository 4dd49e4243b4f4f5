-- Where a member wants to read again: everything up to here counts as read, until they read on. NULL: no such place.
-- Its counts are kept like those of the read cursor, which itself never moves back.
ALTER TABLE members ADD COLUMN mark_seq INTEGER;
ALTER TABLE members ADD COLUMN mark_posted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN own_after_mark INTEGER NOT NULL DEFAULT 0;

-- What answers a message, to follow conversations.
CREATE INDEX events_replies ON events (reply_to) WHERE reply_to IS NOT NULL;

-- Of an answer: where the message is that began the conversation (events.pos), so that a page of a conversation is a part of an
-- index, however long it is. What was posted before is looked up once, from where each conversation began.
ALTER TABLE events ADD COLUMN thread INTEGER;
WITH RECURSIVE found (pos, first) AS (
    SELECT a.pos, a.pos & ~0xFFFFFFFFFF | a.reply_to
    FROM events a LEFT JOIN events b ON b.pos = (a.pos & ~0xFFFFFFFFFF | a.reply_to)
    WHERE a.reply_to IS NOT NULL AND b.reply_to IS NULL
    UNION ALL
    SELECT a.pos, f.first FROM found f CROSS JOIN events a
    ON a.reply_to = (f.pos & 0xFFFFFFFFFF) AND a.pos > f.pos AND a.pos < (f.pos | 0xFFFFFFFFFF)
)
UPDATE events SET thread = found.first FROM found WHERE events.pos = found.pos;
DROP INDEX events_replies;
CREATE INDEX events_threads ON events (thread) WHERE thread IS NOT NULL;

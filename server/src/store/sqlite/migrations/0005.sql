-- When the newest message of a room was posted; NULL where there was none yet. What was posted before is looked up once.
ALTER TABLE rooms ADD COLUMN last_at INTEGER;
UPDATE rooms SET last_at = (
    SELECT e.at FROM events e WHERE e.pos > (rooms.id << 40) AND e.pos < (rooms.id << 40 | 0xFFFFFFFFFF) AND e.kind = 1
    ORDER BY e.pos DESC LIMIT 1
) WHERE posted > 0;

-- Where a favourite stands among the favourites of its member: the smallest number is the first; 0 for other rooms. Those that
-- there are begin in the order in which they were listed.
ALTER TABLE members ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
UPDATE members SET place = listed.place FROM (
    SELECT m.room, m.user,
           row_number() OVER (PARTITION BY m.user ORDER BY r.name_key IS NULL, r.name_key, r.id) AS place
    FROM members m JOIN rooms r ON r.id = m.room WHERE m.favourite
) AS listed WHERE members.room = listed.room AND members.user = listed.user;

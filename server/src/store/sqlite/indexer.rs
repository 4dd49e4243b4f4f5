//! The full-text index follows the log. A post does not pay for it: messages are put into the index many at a time, when
//! enough of them have gathered, or when somebody is about to search.
//!
//! How far the index has come is `rooms.indexed`, written in the same transaction as the index. So a crash loses nothing:
//! what a room's log has beyond it is indexed when the store opens.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::{index, pos};

/// Messages that gather, and that go into the index together. More of them cost less each, but hold up the writer for
/// longer.
const BATCH: usize = 512;
/// Messages of one room that are read at a time.
const PAGE: usize = 16;

/// Knows what is not in the index yet.
#[derive(Default)]
pub(super) struct Indexer {
    /// Rooms that have such messages.
    behind: BTreeSet<i64>,
    /// How many messages have gathered.
    gathered: usize,
}

impl Indexer {
    /// Puts everything into the index that is missing there.
    pub(super) fn open(conn: &mut Connection) -> rusqlite::Result<Self> {
        let behind: BTreeSet<i64> = conn
            .prepare("SELECT id FROM rooms WHERE indexed < head")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut missing = Missing::of(conn, &behind)?;
        loop {
            let batch = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let count = missing.index(&batch)?;
            if count < BATCH {
                finish(&batch, &behind)?;
            }
            batch.commit()?;
            if count < BATCH {
                return Ok(Self::default());
            }
        }
    }

    /// A message was posted there.
    pub(super) fn note(&mut self, room: i64) {
        self.behind.insert(room);
        self.gathered += 1;
    }

    /// Whether a search would miss something.
    pub(super) fn is_behind(&self) -> bool {
        !self.behind.is_empty()
    }

    /// Whether enough has gathered.
    pub(super) fn is_due(&self) -> bool {
        self.gathered >= BATCH
    }

    /// Puts everything into the index that is missing there, in the transaction that the caller has begun.
    pub(super) fn catch_up(&self, conn: &Connection) -> rusqlite::Result<()> {
        let mut missing = Missing::of(conn, &self.behind)?;
        while missing.index(conn)? == BATCH {}
        finish(conn, &self.behind)
    }

    /// What [`catch_up`](Self::catch_up) did is committed.
    pub(super) fn caught_up(&mut self) {
        self.behind.clear();
        self.gathered = 0;
    }

    /// It did not work. It is tried again when as much has gathered once more, or with the next search.
    pub(super) fn put_off(&mut self) {
        self.gathered = 0;
    }
}

/// These rooms are indexed up to their newest event.
fn finish(conn: &Connection, rooms: &BTreeSet<i64>) -> rusqlite::Result<()> {
    let mut update = conn.prepare_cached("UPDATE rooms SET indexed = head WHERE id = ?1")?;
    for room in rooms {
        update.execute([room])?;
    }
    Ok(())
}

/// A message that goes into the index.
struct Entry {
    pos: i64,
    at: i64,
    by: i64,
    body: String,
}

/// What a room's log has after what is indexed; a little of it at a time.
struct Tail {
    entries: VecDeque<Entry>,
    /// Where to go on reading.
    after: i64,
}

impl Tail {
    /// The time of the next message, where there is one.
    fn peek(&mut self, conn: &Connection) -> rusqlite::Result<Option<i64>> {
        if self.entries.is_empty() {
            self.read(conn)?;
        }
        Ok(self.entries.front().map(|entry| entry.at))
    }

    fn read(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let mut select = conn.prepare_cached(
            "SELECT e.pos, e.at, e.by, CASE WHEN s.pos IS NULL THEN e.text ELSE s.body END
             FROM events e LEFT JOIN message_state s ON s.pos = e.pos
             WHERE e.pos > ?1 AND e.pos < ?2 AND e.kind = 1 AND s.deleted_at IS NULL ORDER BY e.pos LIMIT ?3",
        )?;
        let mut rows = select.query((self.after, pos::end(pos::room(self.after)), pos::column(PAGE)))?;
        while let Some(row) = rows.next()? {
            self.after = row.get(0)?;
            self.entries.push_back(Entry { pos: self.after, at: row.get(1)?, by: row.get(2)?, body: row.get(3)? });
        }
        Ok(())
    }
}

/// What is missing in the index: the tails of some rooms, merged by time.
struct Missing {
    tails: BTreeMap<i64, Tail>,
    /// The next message of each room: its time, and the room.
    next: BinaryHeap<Reverse<(i64, i64)>>,
    /// The newest row of the index.
    newest: i64,
}

impl Missing {
    fn of(conn: &Connection, rooms: &BTreeSet<i64>) -> rusqlite::Result<Self> {
        let mut missing = Self { tails: BTreeMap::new(), next: BinaryHeap::new(), newest: index::newest(conn)? };
        let mut indexed = conn.prepare_cached("SELECT indexed FROM rooms WHERE id = ?1")?;
        for &room in rooms {
            // A room that was made, and posted in, in a transaction that failed is not there.
            let Some(indexed) = indexed.query_row([room], |row| row.get(0)).optional()? else { continue };
            let after = pos::pos(room, pos::count(indexed));
            let mut tail = Tail { entries: VecDeque::new(), after };
            if let Some(at) = tail.peek(conn)? {
                missing.next.push(Reverse((at, room)));
                missing.tails.insert(room, tail);
            }
        }
        Ok(missing)
    }

    fn pop(&mut self, conn: &Connection) -> rusqlite::Result<Option<Entry>> {
        let Some(Reverse((_, room))) = self.next.pop() else { return Ok(None) };
        let Some(tail) = self.tails.get_mut(&room) else { return Ok(None) };
        let entry = tail.entries.pop_front();
        if let Some(at) = tail.peek(conn)? {
            self.next.push(Reverse((at, room)));
        }
        Ok(entry)
    }

    /// Puts a batch into the index, and notes how far that is. Fewer than [`BATCH`]: nothing is left.
    fn index(&mut self, conn: &Connection) -> rusqlite::Result<usize> {
        let mut reached: BTreeMap<i64, i64> = BTreeMap::new();
        let mut rows = Vec::new();
        {
            let mut map = conn.prepare_cached("INSERT INTO indexed (id, pos) VALUES (?1, ?2)")?;
            let mut insert = conn.prepare_cached("INSERT INTO message_index (rowid, body) VALUES (?1, ?2)")?;
            while rows.len() < BATCH
                && let Some(Entry { pos, at, by, body }) = self.pop(conn)?
            {
                let room = pos::room(pos);
                self.newest += 1;
                map.execute((self.newest, pos))?;
                insert.execute((self.newest, index::document(&body, by, room)))?;
                reached.insert(room, pos::column(pos::seq(pos)));
                rows.push((self.newest, at));
            }
        }
        let mut update = conn.prepare_cached("UPDATE rooms SET indexed = ?2 WHERE id = ?1")?;
        for reached in reached {
            update.execute(reached)?;
        }
        index::note_times(conn, &rows)?;
        Ok(rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_that_was_never_committed_holds_nothing_up() {
        let mut conn = Connection::open_in_memory().unwrap();
        super::super::migrations::migrate(&mut conn).unwrap();
        let mut indexer = Indexer::default();
        indexer.note(99);
        indexer.catch_up(&conn).unwrap();
        indexer.caught_up();
        assert!(!indexer.is_behind());
    }
}

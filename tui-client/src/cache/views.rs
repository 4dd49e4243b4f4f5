//! The file that can be deleted: the last known state of the server. What is too much goes, oldest first.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use chat_shared::api::{Bootstrap, RoomSummary};
use chat_shared::{Event as RoomEvent, Message, RoomId, Seq, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::find::find;
use super::open::{self, Unusable};
use super::rows::{id, int, json, parsed, room, seq};
use super::schema::KIND;
use super::trim::{ALL_BYTES, ALL_MESSAGES, trim_all, trim_room};
use crate::app::kept::{KeptLine, KeptMessage, Line, Past, Save, Window};
use crate::app::panels::query::Query;

/// So many new messages later it is looked at again whether there are too many: of all rooms, and of one.
const TRIM_EVERY: usize = 5_000;
const TRIM_ROOM_EVERY: usize = 500;

/// Steps that are written at once: what cannot wait waits no longer than these take.
const PIECE: usize = 256;

/// The open file.
pub(super) struct Views {
    db: Connection,
    me: UserId,
    /// The epoch of what we write. Where the file has gone on to another, our numbers mean nothing in it.
    epoch: Option<String>,
    /// Messages since it was last looked at whether there are too many.
    added: usize,
    /// The same of the rooms that have grown. A room is looked at when it first grows, whatever was there before.
    grown: HashMap<RoomId, usize>,
}

/// What is to be written: steps in their order, then the newest state of what replaces itself.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) steps: Vec<Save>,
    pub(super) rooms: HashMap<RoomId, Box<RoomSummary>>,
    pub(super) as_of: Option<Timestamp>,
    pub(super) current: Option<RoomId>,
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.rooms.is_empty() && self.as_of.is_none() && self.current.is_none()
    }

    /// The same as several, in order: what replaces itself goes with the last one.
    pub(super) fn pieces(mut self) -> impl Iterator<Item = Self> {
        let mut steps = std::mem::take(&mut self.steps).into_iter();
        let mut last = Some(self);
        std::iter::from_fn(move || {
            let piece: Vec<Save> = steps.by_ref().take(PIECE).collect();
            let mut changes = if steps.len() == 0 { last.take()? } else { Self::default() };
            changes.steps = piece;
            Some(changes)
        })
        .filter(|changes| !changes.is_empty())
    }
}

impl Views {
    pub(super) fn open(path: &Path, tag: &str, me: UserId) -> Result<Self, Unusable> {
        let db = open::open(path, tag, &KIND)?;
        let epoch = meta(&db, "epoch")?;
        // So that a file which is too large, from whatever time, is looked at soon.
        Ok(Self { db, me, epoch, added: TRIM_EVERY, grown: HashMap::new() })
    }

    /// The last known state, with the messages of the room that was open; `None` where there is none.
    pub(super) fn read(&mut self) -> rusqlite::Result<Option<Past>> {
        // One transaction, so that another client cannot change one part of it between two reads.
        let read = self.db.transaction()?;
        let Some(mut bootstrap) = meta(&read, "bootstrap")?.and_then(|text| parsed::<Bootstrap>(&text)) else {
            return Ok(None);
        };
        let mut rooms = read.prepare("SELECT summary FROM room")?;
        let rooms = rooms.query_map((), |row| Ok(parsed(&row.get::<_, String>(0)?)))?;
        bootstrap.rooms = rooms.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        let mut windows = read.prepare("SELECT room, head, is_stale FROM window")?;
        let windows = windows.query_map((), |row| {
            let is_stale: bool = row.get(2)?;
            Ok((room(row.get(0)?), (!is_stale).then_some(seq(row.get(1)?))))
        })?;
        let windows = windows.collect::<Result<BTreeMap<_, _>, _>>()?;
        let as_of = meta(&read, "as_of")?.and_then(|text| text.parse().ok()).unwrap_or(0);
        let current: Option<RoomId> = meta(&read, "current")?.and_then(|text| text.parse().ok());
        let window = current.map(|room| window(&read, room)).transpose()?.flatten().map(Box::new);
        Ok(Some(Past { bootstrap, as_of: Timestamp::from_ms(as_of), windows, current, window }))
    }

    pub(super) fn window(&mut self, room: RoomId) -> rusqlite::Result<Option<Window>> {
        let read = self.db.transaction()?;
        window(&read, room)
    }

    /// The newest messages that fit.
    pub(super) fn search(&self, query: &Query, room: Option<RoomId>) -> rusqlite::Result<Vec<Message>> {
        find(&self.db, query, room)
    }

    /// Writes all of it, or nothing.
    pub(super) fn write(&mut self, changes: Changes) -> rusqlite::Result<()> {
        if self.change(changes)? {
            // The log beside the file has it still. Where another client holds that, it goes when the last one ends.
            let emptied = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()));
            return emptied.or_else(|error| if open::is_busy(&error) { Ok(()) } else { Err(error) });
        }
        Ok(())
    }

    /// Says whether a room was forgotten.
    fn change(&mut self, changes: Changes) -> rusqlite::Result<bool> {
        let db = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut write = Write {
            stored: meta(&db, "epoch")?,
            db,
            me: self.me,
            epoch: self.epoch.take(),
            grown: HashMap::new(),
            added: 0,
            has_forgotten: false,
        };
        let written = write.all(changes);
        self.epoch = write.epoch.take();
        written?;
        self.added += write.added;
        for (room, count) in std::mem::take(&mut write.grown) {
            let since = self.grown.entry(room).or_insert(TRIM_ROOM_EVERY);
            *since += count;
            if *since >= TRIM_ROOM_EVERY {
                trim_room(&write.db, room)?;
                *since = 0;
            }
        }
        if self.added >= TRIM_EVERY {
            trim_all(&write.db, ALL_MESSAGES, ALL_BYTES)?;
            self.added = 0;
        }
        let has_forgotten = write.has_forgotten;
        write.db.commit().map(|()| has_forgotten)
    }
}
/// One transaction.
struct Write<'a> {
    db: Transaction<'a>,
    me: UserId,
    /// The epoch that we are in, and the one that the file is in.
    epoch: Option<String>,
    stored: Option<String>,
    /// Messages that were added to rooms.
    grown: HashMap<RoomId, usize>,
    added: usize,
    /// Messages of a room that is not ours any more were deleted.
    has_forgotten: bool,
}

impl Write<'_> {
    fn all(&mut self, changes: Changes) -> rusqlite::Result<()> {
        for step in changes.steps {
            self.step(step)?;
        }
        if self.epoch != self.stored {
            return Ok(());
        }
        for summary in changes.rooms.values() {
            self.room(summary)?;
        }
        if let Some(as_of) = changes.as_of {
            let newer =
                meta(&self.db, "as_of")?.and_then(|text| text.parse().ok()).is_none_or(|old: i64| old < as_of.as_ms());
            if newer {
                set_meta(&self.db, "as_of", &as_of.as_ms().to_string())?;
            }
        }
        if let Some(current) = changes.current {
            set_meta(&self.db, "current", &current.to_string())?;
        }
        Ok(())
    }

    fn step(&mut self, step: Save) -> rusqlite::Result<()> {
        match step {
            Save::Bootstrap(bootstrap) => return self.bootstrap(*bootstrap),
            _ if self.epoch != self.stored => {}
            Save::Event(event) => self.event(&event)?,
            Save::Window(window) => self.replace(&window)?,
            Save::Older { room, before, floor, messages, lines } => {
                self.older(room, before, floor, &messages, &lines)?;
            }
            Save::Stale { room } => {
                self.db.prepare_cached("UPDATE window SET is_stale = 1 WHERE room = ?1")?.execute([id(room)])?;
            }
            Save::Forget { room } => {
                self.has_forgotten |= self.forget_window(room)?;
                self.db.prepare_cached("DELETE FROM room WHERE id = ?1")?.execute([id(room)])?;
            }
            // These are not steps: `Changes` has places for them.
            Save::Room(_) | Save::AsOf(_) | Save::Current(_) => {}
            Save::Draft { .. } | Save::Outgoing(_) | Save::Sent(_) | Save::Settled { .. } | Save::Said { .. } => {}
        }
        Ok(())
    }

    fn bootstrap(&mut self, mut bootstrap: Bootstrap) -> rusqlite::Result<()> {
        let epoch = bootstrap.epoch.to_string();
        if self.stored.as_ref() != Some(&epoch) {
            self.has_forgotten |= self.stored.is_some();
            self.db.execute_batch("DELETE FROM message; DELETE FROM window; DELETE FROM meta;")?;
            set_meta(&self.db, "epoch", &epoch)?;
        }
        (self.stored, self.epoch) = (Some(epoch.clone()), Some(epoch));
        let rooms = std::mem::take(&mut bootstrap.rooms);
        set_meta(&self.db, "bootstrap", &json(&bootstrap)?)?;
        self.db.execute("DELETE FROM room", ())?;
        for summary in &rooms {
            self.room(summary)?;
        }
        self.db.execute("DELETE FROM window WHERE room NOT IN (SELECT id FROM room)", ())?;
        let gone = self.db.execute("DELETE FROM message WHERE room NOT IN (SELECT id FROM room)", ())?;
        self.has_forgotten |= gone > 0;
        Ok(())
    }

    fn room(&self, summary: &RoomSummary) -> rusqlite::Result<()> {
        let mut insert = self.db.prepare_cached("INSERT OR REPLACE INTO room (id, summary) VALUES (?1, ?2)")?;
        insert.execute(params![id(summary.id), json(summary)?]).map(drop)
    }

    /// Only the next event continues a window: what comes twice was seen by another client, and after a hole the window stays
    /// where it is, so that the next start continues from there.
    fn event(&mut self, event: &RoomEvent) -> rusqlite::Result<()> {
        let mut next =
            self.db.prepare_cached("UPDATE window SET head = ?2 WHERE room = ?1 AND head = ?2 - 1 AND NOT is_stale")?;
        let is_next = next.execute(params![id(event.room), int(event.seq)])? > 0;
        drop(next);
        if !is_next {
            return Ok(());
        }
        if let Some(message) = Message::posted(event) {
            return self.put(&KeptMessage { as_of: event.seq, message });
        }
        let Some(target) = event.kind.target() else { return self.line(event) };
        let mut find =
            self.db.prepare_cached("SELECT message FROM message WHERE room = ?1 AND seq = ?2 AND as_of < ?3")?;
        let found = find.query_row(params![id(event.room), int(target), int(event.seq)], |row| row.get::<_, String>(0));
        let found = found.optional()?.and_then(|text| parsed::<Message>(&text));
        drop(find);
        let Some(mut message) = found else { return Ok(()) };
        message.apply(event, self.me);
        self.put(&KeptMessage { as_of: event.seq, message })
    }

    /// What is no message goes into the line above it, or is one of its own.
    fn line(&mut self, event: &RoomEvent) -> rusqlite::Result<()> {
        let Some(own) = Line::of(event) else { return Ok(()) };
        let mut find = self.db.prepare_cached(
            "SELECT seq, message FROM message WHERE room = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT 1",
        )?;
        let above = find.query_row(params![id(event.room), int(event.seq)], |row| {
            Ok((seq(row.get(0)?), parsed::<Line>(row.get_ref(1)?.as_str()?)))
        });
        let above = above.optional()?;
        drop(find);
        let longer = above.and_then(|(seq, line)| {
            let mut line = line?;
            line.take(event).then_some(KeptLine { seq, line })
        });
        self.put_line(event.room, &longer.unwrap_or(KeptLine { seq: event.seq, line: own }))
    }

    fn put(&mut self, kept: &KeptMessage) -> rusqlite::Result<()> {
        let message = &kept.message;
        self.put_row(message.room, message.seq, kept.as_of, message.at, &json(message)?)
    }

    fn put_line(&mut self, room: RoomId, kept: &KeptLine) -> rusqlite::Result<()> {
        self.put_row(room, kept.seq, kept.line.last(), kept.line.at(), &json(&kept.line)?)
    }

    fn put_row(&mut self, room: RoomId, seq: Seq, as_of: Seq, at: Timestamp, text: &str) -> rusqlite::Result<()> {
        let mut put = self.db.prepare_cached(
            "INSERT INTO message (room, seq, as_of, at_ms, message) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET as_of = excluded.as_of, message = excluded.message WHERE as_of <= excluded.as_of",
        )?;
        put.execute(params![id(room), int(seq), int(as_of), at.as_ms(), text])?;
        self.added += 1;
        *self.grown.entry(room).or_default() += 1;
        Ok(())
    }

    /// Whoever is ahead wins.
    fn replace(&mut self, window: &Window) -> rusqlite::Result<()> {
        let old = self.head(window.room)?;
        if window.is_stale || old.is_some_and(|(head, is_stale)| !is_stale && head >= window.head) {
            return Ok(());
        }
        self.forget_window(window.room)?;
        let mut insert =
            self.db.prepare_cached("INSERT INTO window (room, head, floor, is_stale) VALUES (?1, ?2, ?3, 0)")?;
        insert.execute(params![id(window.room), int(window.head), int(window.floor)])?;
        drop(insert);
        window.messages.iter().try_for_each(|kept| self.put(kept))?;
        window.lines.iter().try_for_each(|kept| self.put_line(window.room, kept))
    }

    /// Only what joins the window without a hole, and misses none of the events that the window has seen.
    fn older(
        &mut self,
        room: RoomId,
        before: Seq,
        floor: Seq,
        messages: &[KeptMessage],
        lines: &[KeptLine],
    ) -> rusqlite::Result<()> {
        let Some((head, false)) = self.head(room)? else { return Ok(()) };
        // What the window has not seen comes as events.
        if before > head.saturating_add(1) || messages.iter().any(|kept| kept.as_of < head) {
            return Ok(());
        }
        let mut join =
            self.db.prepare_cached("UPDATE window SET floor = ?2 WHERE room = ?1 AND floor <= ?3 AND floor > ?2")?;
        let joins = join.execute(params![id(room), int(floor), int(before)])? > 0;
        drop(join);
        if !joins {
            return Ok(());
        }
        messages.iter().try_for_each(|kept| self.put(kept))?;
        lines.iter().try_for_each(|kept| self.put_line(room, kept))
    }

    fn head(&self, room: RoomId) -> rusqlite::Result<Option<(Seq, bool)>> {
        let mut head = self.db.prepare_cached("SELECT head, is_stale FROM window WHERE room = ?1")?;
        head.query_row([id(room)], |row| Ok((seq(row.get(0)?), row.get(1)?))).optional()
    }

    /// Says whether there was anything.
    fn forget_window(&self, room: RoomId) -> rusqlite::Result<bool> {
        self.db.prepare_cached("DELETE FROM window WHERE room = ?1")?.execute([id(room)])?;
        self.db.prepare_cached("DELETE FROM message WHERE room = ?1")?.execute([id(room)]).map(|gone| gone > 0)
    }
}

fn meta(db: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()
}

fn set_meta(db: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?.execute([name, value]).map(drop)
}

fn window(db: &Connection, room: RoomId) -> rusqlite::Result<Option<Window>> {
    let mut find = db.prepare_cached("SELECT head, floor, is_stale FROM window WHERE room = ?1")?;
    let found = find.query_row([id(room)], |row| {
        let (head, floor) = (seq(row.get(0)?), seq(row.get(1)?));
        Ok(Window { room, head, floor, is_stale: row.get(2)?, messages: Vec::new(), lines: Vec::new() })
    });
    let Some(mut window) = found.optional()? else { return Ok(None) };
    let mut messages =
        db.prepare_cached("SELECT as_of, message, seq FROM message WHERE room = ?1 AND seq >= ?2 ORDER BY seq")?;
    let mut rows = messages.query(params![id(room), int(window.floor)])?;
    while let Some(row) = rows.next()? {
        let text = row.get_ref(1)?.as_str()?;
        if let Some(message) = parsed(text) {
            window.messages.push(KeptMessage { as_of: seq(row.get(0)?), message });
        } else if let Some(line) = parsed(text) {
            window.lines.push(KeptLine { seq: seq(row.get(2)?), line });
        } else {
            // One that another build wrote differently would be a hole: then there is no window.
            return Ok(None);
        }
    }
    Ok(Some(window))
}

//! Searching the file with the last known state. There is no index: it is read as a whole, which takes parts of a second.

use chat_shared::{Message, RoomId};
use rusqlite::{Connection, params};

use super::rows::{id, parsed};
use crate::app::panels::query::Query;
use crate::app::panels::search_here::HITS_MAX;

/// The newest messages that fit, in this room or in all of them.
pub(super) fn find(db: &Connection, query: &Query, room: Option<RoomId>) -> rusqlite::Result<Vec<Message>> {
    let words = query.words();
    let mut all = db.prepare("SELECT message FROM message WHERE ?1 IS NULL OR room = ?1")?;
    let mut rows = all.query(params![room.map(id)])?;
    let mut found: Vec<Message> = Vec::new();
    while let Some(row) = rows.next()? {
        // What is no message is one of the lines between them.
        let Some(message) = parsed::<Message>(row.get_ref(0)?.as_str()?) else { continue };
        if query.fits(&message, &words) {
            found.push(message);
        }
        if found.len() >= 2 * HITS_MAX {
            newest(&mut found);
        }
    }
    newest(&mut found);
    Ok(found)
}

fn newest(found: &mut Vec<Message>) {
    found.sort_by_key(|message| std::cmp::Reverse((message.at, message.seq)));
    found.truncate(HITS_MAX);
}

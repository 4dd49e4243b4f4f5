//! Searching the file with the last known state. There is no index: it is read as a whole, but of most messages no more than it takes
//! to see that they do not fit.

mod sieve;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::path::Path;

use chat_shared::{Message, RoomId};
use rusqlite::{Connection, params};
use serde::Deserialize;

use self::sieve::Sieve;
use super::open::{self, Unusable};
use super::rows::id;
use super::schema::KIND;
use crate::app::panels::query::Query;
use crate::app::panels::search_here::HITS_MAX;
use crate::app::text::highlight::holds_all;

/// What of a message decides for nearly all that are left.
#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    body: Cow<'a, str>,
}

/// The newest messages that fit, in this room or in all of them.
pub(super) fn find(db: &Connection, query: &Query, room: Option<RoomId>) -> rusqlite::Result<Vec<Message>> {
    let words = query.words();
    let sieve = Sieve::of(&words);
    // The newest first, so that of a room where much fits only that is looked at.
    let place = if room.is_some() { "room = ?1" } else { "?1 IS NULL" };
    let sql = format!("SELECT at_ms, message FROM message WHERE {place} ORDER BY room DESC, seq DESC");
    let mut all = db.prepare(&sql)?;
    let mut rows = all.query(params![room.map(id)])?;
    let mut found: Vec<Message> = Vec::new();
    let mut not_before = i64::MIN;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(0)? < not_before {
            continue;
        }
        let text = row.get_ref(1)?.as_bytes()?;
        // What has no text is one of the lines between messages.
        let holds =
            |text: &[u8]| serde_json::from_slice::<Text<'_>>(text).is_ok_and(|text| holds_all(&text.body, &words));
        if !sieve.passes(text) || !holds(text) {
            continue;
        }
        found.extend(serde_json::from_slice::<Message>(text).ok().filter(|message| query.fits(message, &words)));
        if found.len() >= 2 * HITS_MAX {
            newest(&mut found);
            not_before = found.last().map_or(i64::MIN, |message| message.at.as_ms());
        }
    }
    newest(&mut found);
    Ok(found)
}

/// The same in the file that another client of the account may have, for one that keeps none.
pub(super) fn find_of_others(
    path: &Path,
    tag: &str,
    query: &Query,
    room: Option<RoomId>,
) -> Result<Vec<Message>, Unusable> {
    let Some(db) = open::open_to_read(path, tag, &KIND)? else { return Ok(Vec::new()) };
    Ok(find(&db, query, room)?)
}

fn newest(found: &mut Vec<Message>) {
    found.sort_by_key(|message| Reverse((message.at, message.seq)));
    found.truncate(HITS_MAX);
}

//! Searching the file with the last known state. There is no index: it is read as a whole, and of most messages no more than their
//! texts.

use std::borrow::Cow;

use chat_shared::{Message, RoomId};
use rusqlite::{Connection, params};
use serde::Deserialize;

use super::rows::{id, parsed};
use crate::app::panels::query::Query;
use crate::app::panels::search_here::HITS_MAX;
use crate::app::text::highlight::holds_all;

/// What of a message decides for nearly all of them.
#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    body: Cow<'a, str>,
}

/// The newest messages that fit, in this room or in all of them.
pub(super) fn find(db: &Connection, query: &Query, room: Option<RoomId>) -> rusqlite::Result<Vec<Message>> {
    let words = query.words();
    let mut all = db.prepare("SELECT message FROM message WHERE ?1 IS NULL OR room = ?1")?;
    let mut rows = all.query(params![room.map(id)])?;
    let mut found: Vec<Message> = Vec::new();
    while let Some(row) = rows.next()? {
        let text = row.get_ref(0)?.as_str()?;
        // What has no text is one of the lines between messages.
        if !serde_json::from_str::<Text<'_>>(text).is_ok_and(|Text { body }| holds_all(&body, &words)) {
            continue;
        }
        found.extend(parsed::<Message>(text).filter(|message| query.fits(message, &words)));
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

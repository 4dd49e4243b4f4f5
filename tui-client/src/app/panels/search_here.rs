//! Searching without the server: in what is loaded, and in what is kept on disk. Pure.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chat_shared::{Message, RoomId, Seq};

use super::query::Query;
use crate::app::clean::clean_message;
use crate::app::effect::Effect;
use crate::app::rooms::room::Room;
use crate::app::state::State;
use crate::app::timeline::Entry;

/// Hits among what is loaded or kept, and how many bytes of a room are looked through for a key press.
pub(crate) const HITS_MAX: usize = 100;
const BYTES_MAX: usize = 4 * 1024 * 1024;

impl State {
    /// `in:here` is the open room, unless a room has that name.
    pub(super) fn room_meant(&self, name: &str) -> Option<&Room> {
        self.rooms.named(name).or_else(|| self.room().filter(|_| name.eq_ignore_ascii_case("here")))
    }

    /// The server could not be asked: shows what is here, and asks the disk for more.
    pub(super) fn search_here(&mut self, query: Query) {
        let meant = query.room.as_deref().map(|name| self.room_meant(name).map(|room| room.id));
        // In a room that is not ours there is nothing.
        let Ok(room) = meant.map_or(Ok(None), |room| room.map(Some).ok_or(())) else { return };
        let words = query.words();
        let rooms = self.rooms.iter().filter(|r| room.is_none_or(|id| r.id == id));
        let loaded = rooms.flat_map(|room| loaded_hits(room, &query, &words)).collect();
        self.add_hits(loaded);
        if self.keep.keeps_words {
            self.search.is_looking = true;
            self.emit(Effect::SearchKept { number: self.search.number, query, room });
        }
    }

    /// What the disk has of it.
    pub(crate) fn found_here(&mut self, number: u64, mut found: Vec<Message>) {
        if self.search.number != number || !self.search.is_here() {
            return;
        }
        self.search.is_looking = false;
        found.retain(|message| self.rooms.get(message.room).is_some());
        for message in &mut found {
            let room = message.room;
            clean_message(message, room);
        }
        let query = self.search.query();
        let words = query.words();
        found.retain(|message| self.loaded(message).is_none_or(|message| query.fits(message, &words)));
        self.add_hits(found);
    }

    /// A message as it is now, where that is known: what was kept may be older.
    fn loaded(&self, kept: &Message) -> Option<&Message> {
        self.rooms.get(kept.room)?.timeline.as_ref()?.message(kept.seq)
    }

    /// Adds hits where their time is; what was chosen stays so.
    fn add_hits(&mut self, found: Vec<Message>) {
        let place = |hit: &Message| (hit.room, hit.seq);
        let search = &mut self.search;
        let chosen = search.hits.get(search.at).filter(|_| search.is_chosen).map(place);
        let known: BTreeSet<(RoomId, Seq)> = search.hits.iter().map(place).collect();
        search.hits.extend(found.into_iter().filter(|hit| !known.contains(&place(hit))));
        search.hits.sort_by_key(|hit| Reverse((hit.at, hit.seq)));
        search.hits.truncate(HITS_MAX);
        search.is_complete = search.hits.len() < HITS_MAX;
        search.at = search.hits.iter().position(|hit| Some(place(hit)) == chosen).unwrap_or(0);
    }
}

/// The newest messages of what is loaded that fit.
pub(super) fn loaded_hits(room: &Room, query: &Query, words: &[String]) -> Vec<Message> {
    let Some(timeline) = &room.timeline else { return Vec::new() };
    let mut bytes = 0;
    let newest_first = timeline.entries.values().rev().filter_map(Entry::message);
    let affordable = newest_first.take_while(|message| {
        bytes += message.body.len();
        bytes <= BYTES_MAX
    });
    affordable.filter(|message| query.fits(message, words)).take(HITS_MAX).cloned().collect()
}

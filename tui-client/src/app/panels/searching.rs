//! Searching: at once in what is loaded of a room, then everywhere on the server, and from a hit to its place. Pure.

use std::collections::BTreeSet;

use chat_shared::api::SearchPage;
use chat_shared::{RoomId, Seq, Timestamp};
use crossterm::event::{KeyCode, KeyEvent};

use super::overlay::Overlay;
use super::query::Query;
use super::search::{Asking, PAGE, Search};
use super::search_here::loaded_hits;
use crate::app::clean::clean_message;
use crate::app::effect::Effect;
use crate::app::input::keymap::{Action, Context, is_text};
use crate::app::input::typing::type_into;
use crate::app::notice::Level;
use crate::app::state::State;
use crate::app::text::clean_line;
use crate::app::writing::editor::Editor;
use crate::failure::Failure;

/// Hits that are kept. Who has not found it by then adds a word.
const HITS_MAX: usize = 1_000;
/// So many hits from the last one, the next page is asked for.
const NEAR_END: usize = 10;

impl State {
    /// Opens the panel: as it was left, or with these words, which are asked for at once.
    pub(crate) fn open_search(&mut self, words: &str) {
        self.overlay = Some(Overlay::Search);
        if words.is_empty() {
            self.set_words(self.search.query().words());
        } else {
            self.search = Search { input: Editor::with(words), ..Search::default() };
            self.ask();
        }
    }

    pub(crate) fn search_key(&mut self, key: KeyEvent) {
        let action = self.settings.keys.lookup(&[Context::Overlay], key);
        match action {
            Some(Action::Close) => {
                self.overlay = None;
                self.set_words(Vec::new());
            }
            Some(Action::Accept) if self.search.asks(&self.search.query()) => self.ask(),
            Some(Action::Accept) => self.show_hit(),
            Some(Action::ItemUp) => self.move_hit(-1),
            Some(Action::ItemDown) => self.move_hit(1),
            Some(Action::PageUp) => self.move_hit(-5),
            Some(Action::PageDown) => self.move_hit(5),
            action => {
                let is_typed = action.is_some() || is_text(key) && matches!(key.code, KeyCode::Char(_));
                let before = self.search.input.text().to_owned();
                if is_typed {
                    type_into(&mut self.search.input, action, key);
                }
                // The cursor alone searches nothing anew.
                if self.search.input.text() != before {
                    self.search_loaded();
                }
            }
        }
    }

    /// Text for the panel, typed or pasted.
    pub(crate) fn search_insert(&mut self, text: &str) {
        self.search.input.insert(&clean_line(text));
        self.search_loaded();
    }

    /// Moves among the hits. Near the last one, more of them are asked for.
    pub(crate) fn move_hit(&mut self, by: isize) {
        let Some(last) = self.search.hits.len().checked_sub(1) else { return };
        // The first step only says that one is meant.
        let by = if self.search.is_marked() { by } else { 0 };
        self.search.at = self.search.at.saturating_add_signed(by).min(last);
        self.search.is_chosen = true;
        if self.search.at + NEAR_END > last {
            self.ask_more();
        }
    }

    /// Shows this hit.
    pub(crate) fn go_to_hit(&mut self, at: usize) {
        self.search.at = at;
        self.search.is_chosen = true;
        self.show_hit();
    }

    /// What is loaded of the room is searched with every key: it costs no request.
    fn search_loaded(&mut self) {
        let query = self.search.query();
        let words = query.words();
        let room = match &query.room {
            Some(name) => self.room_meant(name),
            None => self.room(),
        };
        let hits = room.filter(|_| !words.is_empty()).map(|room| loaded_hits(room, &query, &words)).unwrap_or_default();
        let input = std::mem::take(&mut self.search.input);
        self.search = Search { input, hits, is_complete: true, ..Search::default() };
        self.set_words(words);
    }

    fn ask(&mut self) {
        let query = self.search.query();
        self.set_words(query.words());
        if query.is_empty() {
            return;
        }
        let input = std::mem::take(&mut self.search.input);
        self.search = Search { input, asked: Some(query.clone()), ..Search::default() };
        if self.is_online() {
            self.request(None);
        } else {
            self.search.number = self.number();
            self.not_asked("there is no connection".into(), query);
        }
    }

    /// The server has not been asked: what is here is better than nothing.
    fn not_asked(&mut self, reason: String, query: Query) {
        self.search.asked = None;
        self.search.asking = Asking::Failed(reason);
        self.search_here(query);
    }

    fn ask_more(&mut self) {
        let search = &self.search;
        let oldest = search.hits.last().map(|hit| hit.at);
        if search.asked.is_none() || search.is_complete || search.asking == Asking::Busy {
            return;
        }
        if let Some(oldest) = oldest {
            self.request(Some(self.search.before(oldest)));
        }
    }

    fn request(&mut self, before: Option<Timestamp>) {
        let Some(mut query) = self.search.asked.clone() else { return };
        if let Some(room) = query.room.as_deref().and_then(|name| self.room_meant(name)) {
            query.room = Some(room.id.to_string());
        }
        let number = self.number();
        self.search.number = number;
        self.search.asking = Asking::Busy;
        self.emit(Effect::Search { number, query, before, limit: PAGE });
    }

    /// A page of hits is here, or it failed.
    pub(crate) fn found(&mut self, number: u64, result: Result<Box<SearchPage>, Failure>) {
        if self.search.number != number || self.search.asking != Asking::Busy {
            return;
        }
        let goes_on = std::mem::take(&mut self.search.goes_on);
        let page = match result {
            Ok(page) => page,
            Err(failure) => {
                let reason = clean_line(&failure.message);
                if self.overlay.is_none() {
                    self.error(format!("Could not search: {reason}"));
                }
                match self.search.asked.take_if(|_| self.search.hits.is_empty()) {
                    Some(query) => self.not_asked(reason, query),
                    None => self.search.asking = Asking::Failed(reason),
                }
                return;
            }
        };
        self.search.asking = Asking::Idle;
        let is_last = page.is_last(PAGE);
        let search = &mut self.search;
        let known: BTreeSet<(RoomId, Seq)> = search.hits.iter().map(|hit| (hit.room, hit.seq)).collect();
        let before = search.hits.len();
        let new = page.messages.into_iter().filter(|message| !known.contains(&(message.room, message.seq)));
        let rooms = &self.rooms;
        search.hits.extend(new.filter(|m| rooms.get(m.room).is_some()).map(|mut message| {
            let room = message.room;
            clean_message(&mut message, room);
            message
        }));
        search.hits.truncate(HITS_MAX);
        search.is_complete = is_last || search.hits.len() == before || search.hits.len() == HITS_MAX;
        if goes_on {
            self.step_hit(1);
        }
    }

    /// To the next hit (older) or the previous one, from where the last one is shown.
    pub(crate) fn step_hit(&mut self, by: isize) {
        let search = &self.search;
        let next = search.at.checked_add_signed(by);
        match next.filter(|next| *next < search.hits.len()) {
            Some(next) => {
                self.search.at = next;
                self.show_hit();
                if next + NEAR_END > self.search.hits.len() {
                    self.ask_more();
                }
            }
            None if search.hits.is_empty() => {
                let key = self.settings.keys.key_for(Action::Search);
                self.notify(Level::Info, format!("There is no search to go on with: {key} searches."));
            }
            None if by > 0 && !search.is_complete && search.asked.is_some() => {
                self.search.goes_on = true;
                self.ask_more();
            }
            None => {
                let edge = if by > 0 { "the oldest" } else { "the newest" };
                self.notify(Level::Info, format!("This is {edge} hit."));
            }
        }
    }

    /// Shows the current hit among its neighbours, selected.
    fn show_hit(&mut self) {
        let Some((room, seq)) = self.search.hits.get(self.search.at).map(|hit| (hit.room, hit.seq)) else { return };
        self.overlay = None;
        if self.rooms.get(room).is_none() {
            return self.error("You are not in that room any more.");
        }
        self.open(room);
        self.set_words(self.search.query().words());
        self.jump(seq);
    }

    /// These words are marked in the open room, until one is done with the search.
    pub(crate) fn set_words(&mut self, words: Vec<String>) {
        if self.words != words {
            self.words = words;
            self.cache.clear();
        }
    }
}

//! Searching: at once in what is loaded of a room, then everywhere on the server, and from a hit to its place. Pure.

use std::collections::BTreeSet;

use chat_shared::api::SearchPage;
use chat_shared::{Message, RoomId, Seq, Timestamp};
use crossterm::event::{KeyCode, KeyEvent};

use super::overlay::Overlay;
use super::query::Query;
use super::search_here::loaded_hits;
use crate::app::done::clean_message;
use crate::app::effect::Effect;
use crate::app::input::keymap::{Action, Context, Keymap, is_text};
use crate::app::input::type_into;
use crate::app::notice::Level;
use crate::app::rooms::room::Room;
use crate::app::state::State;
use crate::app::text::highlight::hits;
use crate::app::text::row::{Role, Row, Span};
use crate::app::text::{clean_line, name_hash, truncate, width};
use crate::app::writing::editor::Editor;
use crate::failure::Failure;

/// Hits that one request asks for.
pub(crate) const PAGE: usize = 50;
/// Hits that are kept. Who has not found it by then adds a word.
const HITS_MAX: usize = 1_000;
/// So many hits from the last one, the next page is asked for.
const NEAR_END: usize = 10;

/// How the request to the server is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Asking {
    #[default]
    Idle,
    Busy,
    Failed(String),
}

/// A search, which is kept when its panel closes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    pub(crate) input: Editor,
    /// What the server was asked for; before that, the hits are those among what is loaded.
    asked: Option<Query>,
    /// Newest first.
    pub(crate) hits: Vec<Message>,
    pub(crate) at: usize,
    pub(crate) asking: Asking,
    /// The disk looks for more.
    pub(crate) is_looking: bool,
    /// There are no more hits than these.
    pub(super) is_complete: bool,
    /// The user moved among the hits: Enter is meant for the one it stopped at.
    pub(super) is_chosen: bool,
    /// Go on to the next hit when the next page is here.
    goes_on: bool,
    /// Which request is waited for.
    pub(super) number: u64,
}

impl Search {
    pub(super) fn query(&self) -> Query {
        Query::parse(self.input.text())
    }

    /// Whether the server could not be asked.
    pub(super) fn is_here(&self) -> bool {
        self.asked.is_none() && matches!(self.asking, Asking::Failed(_))
    }

    /// Whether Enter asks the server, rather than going to a hit.
    fn asks(&self, query: &Query) -> bool {
        let is_chosen = self.is_chosen && !self.hits.is_empty();
        !is_chosen && self.asked.as_ref() != Some(query)
    }

    /// How many there are, for a list of them.
    pub(crate) fn heading(&self) -> String {
        let more = if self.is_complete { "" } else { " (there are more: one word more narrows it)" };
        match self.hits.len() {
            0 => "Nothing was found.".into(),
            1 => format!("1 hit{more}:"),
            hits => format!("{hits} hits, newest first{more}:"),
        }
    }

    /// Whether Enter goes to the current hit.
    pub(crate) fn is_marked(&self) -> bool {
        !self.asks(&self.query())
    }

    /// What the panel says about itself.
    pub(crate) fn status(&self, keys: &Keymap) -> (String, Role) {
        let query = self.query();
        let [accept, up, down] = [Action::Accept, Action::ItemUp, Action::ItemDown].map(|action| keys.key_for(action));
        let keys = format!("{accept} {}", if self.asks(&query) { "searches everything" } else { "goes there" });
        let count = match (self.hits.len(), self.is_complete) {
            (1, true) => "1 hit".to_owned(),
            (hits, true) => format!("{hits} hits"),
            (hits, false) => format!("{hits} hits and more"),
        };
        match (&self.asking, &self.asked) {
            (Asking::Failed(reason), None) if !self.hits.is_empty() => {
                (format!("{count} in what is kept here · {keys} · {reason}"), Role::Failed)
            }
            (Asking::Failed(reason), _) => (format!("Could not search ({accept} tries again): {reason}"), Role::Failed),
            (Asking::Busy, _) => ("searching …".into(), Role::Dim),
            _ if query.is_empty() => ("words, \"a phrase\", in:#room, from:@name".into(), Role::Dim),
            (Asking::Idle, None) if self.hits.is_empty() => (format!("nothing in what is loaded · {keys}"), Role::Dim),
            (Asking::Idle, None) => (format!("{} in what is loaded · {keys}", self.hits.len()), Role::Dim),
            (Asking::Idle, Some(_)) if self.hits.is_empty() => ("nothing found".into(), Role::Dim),
            (Asking::Idle, Some(_)) => (format!("{count} · {up} {down} · {keys}"), Role::Dim),
        }
    }
}

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

    /// A hit as two rows: where, when and who; and the text around the first match.
    pub(crate) fn hit_rows(&self, hit: &Message, columns: usize) -> [Row; 2] {
        let title = self.rooms.get(hit.room).map(Room::title).unwrap_or_default();
        let day = self.clock.day_name(self.clock.day(hit.at), self.now.at);
        let when = format!("{day} {}  ", self.clock.time(hit.at));
        let mut head = Row::default();
        let mut left = columns;
        let author = Role::Author(name_hash(&hit.name));
        for (text, role) in [(&when, Role::Time), (&hit.name, author), (&format!("  {title}"), Role::Dim)] {
            let shown = truncate(text, left);
            left -= width(&shown);
            head.push(shown, role);
        }
        [head, snippet(&hit.body, &self.words, columns.saturating_sub(2))]
    }
}

impl Search {
    /// Where the next page begins. Messages of the same millisecond may be on both sides of it: they come again, unless nothing
    /// else would ever come.
    fn before(&self, oldest: Timestamp) -> Timestamp {
        let is_one_moment = self.hits.len() >= PAGE && self.hits[self.hits.len() - PAGE].at == oldest;
        if is_one_moment { oldest } else { Timestamp::from_ms(oldest.as_ms().saturating_add(1)) }
    }
}

/// One line of a text, so cut that its first match can be seen, with the matches marked.
fn snippet(body: &str, words: &[String], columns: usize) -> Row {
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = hits(&line, words).first().map_or(0, |range| range.start);
    let before = &line[..first];
    // Some words before the match, when all that comes before it would push it out.
    let start = if width(before) <= columns / 2 {
        0
    } else {
        let near = before.char_indices().rev().nth(columns / 4).map_or(0, |(at, _)| at);
        before[near..].find(' ').map_or(near, |space| near + space + 1)
    };
    let ellipsis = if start > 0 { "…" } else { "" };
    let shown = truncate(&format!("{ellipsis}{}", &line[start..]), columns);
    let mut row = Row::default();
    row.spans.push(Span::new(shown, Role::Plain));
    let mut rows = [row];
    crate::app::text::highlight::mark(&mut rows, words);
    let [row] = rows;
    row
}

//! A search: what was asked for, what was found so far, and how it is doing. It is kept when its panel closes. Pure.

use chat_shared::{Message, Timestamp};

use super::query::Query;
use crate::app::input::keymap::{Action, Keymap};
use crate::app::text::row::Role;
use crate::app::writing::editor::Editor;

/// Hits that one request asks for.
pub(crate) const PAGE: usize = 50;

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
    pub(super) asked: Option<Query>,
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
    pub(super) goes_on: bool,
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
    pub(super) fn asks(&self, query: &Query) -> bool {
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

    /// Where the next page begins. Messages of the same millisecond may be on both sides of it: they come again, unless nothing
    /// else would ever come.
    pub(super) fn before(&self, oldest: Timestamp) -> Timestamp {
        let is_one_moment = self.hits.len() >= PAGE && self.hits[self.hits.len() - PAGE].at == oldest;
        if is_one_moment { oldest } else { Timestamp::from_ms(oldest.as_ms().saturating_add(1)) }
    }
}

//! What lies on top of the chat for a moment: help, the room switcher, the list of rooms; and one-line prompts. Pure.

use std::sync::Arc;

use chat_shared::api::RoomListing;
use chat_shared::{RoomId, Seq};

use super::commands::COMMANDS;
use super::editor::Editor;
use super::keymap::{Context, Keymap, chord_names};
use super::room::Rooms;
use super::text::fold_case;

/// Rooms that a list shows at most.
const LISTED_MAX: usize = 500;

/// A panel on top of the chat.
#[derive(Clone, Debug)]
pub(crate) enum Overlay {
    /// Keys and commands, scrolled down by so many lines.
    Help { scroll: usize },
    /// Rooms that fit what was typed.
    Switcher { query: Editor, at: usize },
    /// The rooms of the server, once they are here.
    Rooms { list: Option<Vec<RoomListing>>, at: usize },
    /// The links of a message.
    Links { list: Vec<Arc<str>>, at: usize },
    /// The search, which stays in the state when this closes.
    Search,
}

/// A question in the bottom line.
#[derive(Clone, Debug)]
pub(crate) enum Prompt {
    /// Really delete this message?
    Delete { room: RoomId, seq: Seq },
    /// With which emoji?
    React { room: RoomId, seq: Seq, text: Editor },
}

/// What choosing a row of the switcher does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Open(RoomId),
    Join(String),
}

/// A row of the switcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) shown: String,
    pub(crate) choice: Choice,
}

/// How well a name fits what was typed: lower is better; `None` where the characters are not in it, in order.
fn rank(name: &str, query: &str) -> Option<(usize, usize)> {
    let (name, query) = (fold_case(name), fold_case(query));
    if name.starts_with(&query) {
        return Some((0, name.len()));
    }
    if let Some(at) = name.find(&query) {
        return Some((1 + at, name.len()));
    }
    let mut rest = name.chars().enumerate();
    let mut first = None;
    let mut last = 0;
    for wanted in query.chars() {
        let (at, _) = rest.find(|(_, c)| *c == wanted)?;
        first.get_or_insert(at);
        last = at;
    }
    // Behind every name that holds it whole: first those where the characters are close together.
    Some((1_000 + last - first.unwrap_or(0), name.len()))
}

/// The rooms that fit, the best first; and the offer to join one that we are not in.
pub(crate) fn offers(rooms: &Rooms, typed: &str) -> Vec<Offer> {
    let typed = typed.trim();
    let query = typed.strip_prefix('#').unwrap_or(typed);
    let mut ranked: Vec<_> = rooms.iter().filter_map(|room| rank(&room.name, query).map(|rank| (rank, room))).collect();
    if !query.is_empty() {
        ranked.sort_by_key(|(rank, _)| *rank);
    }
    let offer = |room: &super::room::Room| Offer { shown: room.title(), choice: Choice::Open(room.id) };
    let mut offers: Vec<Offer> = ranked.into_iter().take(LISTED_MAX).map(|(_, room)| offer(room)).collect();
    if !query.is_empty() && !query.contains(char::is_whitespace) && rooms.named(query).is_none() {
        offers.push(Offer { shown: format!("join #{query}"), choice: Choice::Join(query.to_owned()) });
    }
    offers
}

/// The rooms of the server as they are kept: clean, and not more than fit.
pub(crate) fn listed(rooms: Vec<RoomListing>) -> Vec<RoomListing> {
    let clean = |mut room: RoomListing| {
        room.name = super::text::clean_short(&room.name, chat_shared::limit::ROOM_NAME_CHARS);
        room.topic = super::text::clean_short(&room.topic, super::room::TOPIC_CHARS);
        room
    };
    rooms.into_iter().take(LISTED_MAX).map(clean).collect()
}

/// A line of the help screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HelpLine {
    Heading(&'static str),
    Entry { keys: String, text: String },
    Blank,
}

/// The help screen, from the tables that the keys and the commands themselves come from.
pub(crate) fn help_lines(keys: &Keymap) -> Vec<HelpLine> {
    let sections: [(&'static str, &[Context]); 4] = [
        ("Moving", &[Context::EmptyComposer, Context::Chat]),
        ("Writing", &[Context::Composer]),
        ("A selected message (↑ or Esc selects one)", &[Context::Selection]),
        ("Everywhere", &[Context::Everywhere]),
    ];
    let mut lines = Vec::new();
    for (heading, contexts) in sections {
        lines.push(HelpLine::Heading(heading));
        for binding in keys
            .bindings()
            .iter()
            .filter(|b| contexts.contains(&b.context) && !b.help.is_empty() && !b.chords.is_empty())
        {
            lines.push(HelpLine::Entry { keys: chord_names(binding), text: binding.help.to_owned() });
        }
        lines.push(HelpLine::Blank);
    }
    lines.push(HelpLine::Heading("Commands"));
    for spec in COMMANDS {
        let keys = format!("/{} {}", spec.name, spec.arguments);
        lines.push(HelpLine::Entry { keys: keys.trim_end().to_owned(), text: spec.help.to_owned() });
    }
    lines.push(HelpLine::Entry { keys: "//TEXT".into(), text: "send a text that begins with a slash".into() });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_fit_better_come_first() {
        let mut names = ["design", "random", "dev-ops", "ops", "open-space"];
        names.sort_by_key(|name| rank(name, "ops").unwrap_or((usize::MAX, 0)));
        assert_eq!(names[..3], ["ops", "dev-ops", "open-space"]);
        assert_eq!(rank("design", "ops"), None);
    }

    #[test]
    fn help_knows_every_command() {
        let lines = help_lines(&Keymap::default());
        for spec in COMMANDS {
            assert!(lines.iter().any(
                |line| matches!(line, HelpLine::Entry { keys, .. } if keys.starts_with(&format!("/{}", spec.name)))
            ));
        }
    }
}

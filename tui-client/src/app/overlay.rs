//! What lies on top of the chat for a moment: help, the room switcher, the list of rooms; and one-line prompts. Pure.

use std::sync::Arc;

use chat_shared::api::RoomListing;
use chat_shared::{RoomId, Seq};

use super::closer::Versions;
use super::command_names::ALIASES;
use super::commands::COMMANDS;
use super::conversation::Thread;
use super::editor::Editor;
use super::geometry::Area;
use super::keymap::{Action, Context, Keymap, chord_names};
use super::roster::Roster;
use super::state::State;
use super::wrap::wrap_text;

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
    /// Who is in the open room.
    Members(Roster),
    /// The links of a message.
    Links { list: Vec<Arc<str>>, at: usize },
    /// A conversation.
    Thread(Thread),
    /// What a message said before it was edited.
    Versions(Versions),
    /// The search, which stays in the state when this closes.
    Search,
}

impl Overlay {
    /// What is chosen in a list, and how long the list is. `None` where what there is to choose is not in here.
    pub(crate) fn chosen(&mut self) -> Option<(&mut usize, usize)> {
        match self {
            Self::Rooms { list, at } => Some((at, list.as_ref().map_or(0, Vec::len))),
            Self::Members(roster) => Some((&mut roster.at, roster.people.len())),
            Self::Links { list, at } => Some((at, list.len())),
            Self::Thread(thread) => Some((&mut thread.at, thread.messages.len())),
            Self::Versions(versions) => Some((&mut versions.at, versions.list.as_ref().map_or(0, Vec::len))),
            Self::Help { .. } | Self::Switcher { .. } | Self::Search => None,
        }
    }
}

impl Overlay {
    /// Whether there is nothing to type in it, and it shows one thing to be read.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self, Self::Help { .. } | Self::Thread(_) | Self::Versions(_))
    }
}

/// A question in the bottom line.
#[derive(Clone, Debug)]
pub(crate) enum Prompt {
    /// Really delete this message?
    Delete { room: RoomId, seq: Seq },
    /// With which emoji?
    React { room: RoomId, seq: Seq, text: Editor },
}

macro_rules! layers {
    ($($layer:ident $name:literal,)+) => {
        /// What may lie on top of the chat, by its kind: for tests that go through all of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Layer {
            $(#[doc = $name] $layer,)+
        }

        impl Layer {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$layer),+];

            /// A name for files.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$layer => $name,)+ }
            }
        }
    };
}

layers! {
    Help "help",
    Switcher "switcher",
    Rooms "rooms",
    Members "members",
    Links "links",
    Search "search",
    Thread "thread",
    Versions "earlier",
    Delete "delete",
    React "react",
}

impl State {
    /// What lies on top.
    #[must_use]
    pub fn layer(&self) -> Option<Layer> {
        let overlay = self.overlay.as_ref().map(|overlay| match overlay {
            Overlay::Help { .. } => Layer::Help,
            Overlay::Switcher { .. } => Layer::Switcher,
            Overlay::Rooms { .. } => Layer::Rooms,
            Overlay::Members(_) => Layer::Members,
            Overlay::Links { .. } => Layer::Links,
            Overlay::Search => Layer::Search,
            Overlay::Thread(_) => Layer::Thread,
            Overlay::Versions(_) => Layer::Versions,
        });
        let prompt = self.prompt.as_ref().map(|prompt| match prompt {
            Prompt::Delete { .. } => Layer::Delete,
            Prompt::React { .. } => Layer::React,
        });
        prompt.or(overlay)
    }
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
    Heading(String),
    Entry { keys: String, text: String },
    Blank,
}

impl State {
    /// The last line that the help screen can begin with.
    pub(crate) fn help_end(&self) -> usize {
        let area = super::panel::inside(help_area(self.geometry.screen));
        help_rows(&self.settings.keys, area.width).len().saturating_sub(usize::from(area.height))
    }
}

/// Where the help screen is.
pub(crate) fn help_area(screen: Area) -> Area {
    screen.centred(76, screen.height.saturating_sub(2))
}

/// The cells of the help screen's first column.
pub(crate) fn help_key_width(width: u16) -> u16 {
    32.min(width / 2 + 1)
}

/// The help screen in rows of so many cells: what does not fit goes on below, in its column.
pub(crate) fn help_rows(keys: &Keymap, width: u16) -> Vec<HelpLine> {
    let key_width = help_key_width(width);
    let (left, right) = (usize::from(key_width.saturating_sub(1)), usize::from(width.saturating_sub(key_width + 1)));
    let mut rows = Vec::new();
    for line in help_lines(keys) {
        let HelpLine::Entry { keys, text } = line else {
            rows.push(line);
            continue;
        };
        let cut = |text: &str, cells: usize| -> Vec<String> {
            wrap_text(text, cells.max(1)).into_iter().map(|row| text[row].trim_end().to_owned()).collect()
        };
        let (keys, text) = (cut(&keys, left), cut(&text, right));
        for at in 0..keys.len().max(text.len()) {
            let of = |rows: &[String]| rows.get(at).cloned().unwrap_or_default();
            rows.push(HelpLine::Entry { keys: of(&keys), text: of(&text) });
        }
    }
    rows
}

/// The help screen, from the tables that the keys and the commands themselves come from.
pub(crate) fn help_lines(keys: &Keymap) -> Vec<HelpLine> {
    let [last, any] = [Action::SelectLastOwn, Action::Escape].map(|action| keys.key_for(action));
    let selected = format!("A selected message ({last} or {any} selects one)");
    let sections: [(String, &[Context]); 7] = [
        ("Moving".into(), &[Context::EmptyComposer, Context::Chat]),
        ("Writing".into(), &[Context::Composer]),
        (selected, &[Context::Selection]),
        ("Everywhere".into(), &[Context::Everywhere]),
        ("In panels and lists".into(), &[Context::Overlay]),
        ("When asked before something is deleted".into(), &[Context::Question]),
        ("On the first screen".into(), &[Context::Login]),
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
    lines.push(HelpLine::Heading("Commands".into()));
    for spec in COMMANDS {
        let keys = format!("/{} {}", spec.name, spec.arguments);
        lines.push(HelpLine::Entry { keys: keys.trim_end().to_owned(), text: spec.help.to_owned() });
    }
    for spec in COMMANDS {
        let others: Vec<String> =
            ALIASES.iter().filter(|(_, meant)| *meant == spec.name).map(|(alias, _)| format!("/{alias}")).collect();
        if !others.is_empty() {
            lines.push(HelpLine::Entry { keys: others.join(" "), text: format!("the same as /{}", spec.name) });
        }
    }
    lines.push(HelpLine::Entry { keys: "//TEXT".into(), text: "send a text that begins with a slash".into() });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::text::width as cells;

    #[test]
    fn a_narrow_help_says_all_of_it() {
        let keymap = Keymap::default();
        let words = |lines: &[HelpLine]| -> String {
            let text = |line: &HelpLine| match line {
                HelpLine::Entry { keys, text } => format!("{keys}{text}"),
                _ => String::new(),
            };
            let mut all: Vec<char> = lines.iter().flat_map(|line| text(line).chars().collect::<Vec<_>>()).collect();
            all.retain(|c| !c.is_whitespace());
            all.sort_unstable();
            all.into_iter().collect()
        };
        for width in [18, 36, 60, 72, 200] {
            let rows = help_rows(&keymap, width);
            assert_eq!(words(&rows), words(&help_lines(&keymap)), "nothing is left out at {width}");
            for row in &rows {
                let HelpLine::Entry { keys, text } = row else { continue };
                let column = usize::from(help_key_width(width));
                assert!(cells(keys) < column && cells(text) + column < usize::from(width), "{row:?} at {width}");
            }
        }
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

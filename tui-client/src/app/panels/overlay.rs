//! What lies on top of the chat for a moment: panels, and one-line prompts. Pure.

use std::sync::Arc;

use chat_shared::{RoomId, Seq};

use super::listing::Listing;
use super::roster::Roster;
use super::thread::Thread;
use super::versions::Versions;
use crate::app::notice::Told;
use crate::app::writing::editor::Editor;

/// A panel on top of the chat.
#[derive(Clone, Debug)]
pub(crate) enum Overlay {
    /// Keys and commands, scrolled down by so many lines.
    Help { scroll: usize },
    /// Rooms that fit what was typed.
    Switcher { query: Editor, at: usize },
    /// The rooms of the server that fit what was typed.
    Rooms(Listing),
    /// Who is in the open room.
    Members(Roster),
    /// The links of a message.
    Links { list: Vec<Arc<str>>, at: usize },
    /// A conversation.
    Thread(Thread),
    /// What a message said before it was edited.
    Versions(Versions),
    /// What the program has said of late, the newest first.
    Notices { list: Vec<Told>, at: usize },
    /// The search, which stays in the state when this closes.
    Search,
}

impl Overlay {
    /// What is chosen in a list, and how long the list is. `None` where what there is to choose is not in here.
    pub(crate) fn chosen(&mut self) -> Option<(&mut usize, usize)> {
        match self {
            Self::Rooms(listing) => {
                let len = listing.len();
                Some((&mut listing.at, len))
            }
            Self::Members(roster) => Some((&mut roster.at, roster.people.len())),
            Self::Links { list, at } => Some((at, list.len())),
            Self::Notices { list, at } => Some((at, list.len())),
            Self::Thread(thread) => Some((&mut thread.at, thread.messages.len())),
            Self::Versions(versions) => Some((&mut versions.at, versions.list.as_ref().map_or(0, Vec::len))),
            Self::Help { .. } | Self::Switcher { .. } | Self::Search => None,
        }
    }
}

impl Overlay {
    /// Whether there is nothing to type in it, and it shows one thing to be read.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self, Self::Help { .. } | Self::Thread(_) | Self::Versions(_) | Self::Notices { .. })
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

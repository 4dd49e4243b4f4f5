//! The links of the open room, in a list. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::overlay::Overlay;
use crate::app::notice::Level;
use crate::app::state::State;
use crate::app::text::markdown;
use crate::app::timeline::Entry;

/// Links that a list shows at most.
const LINKS_MAX: usize = 500;

impl State {
    /// `/links`: those of all messages that are loaded, each once, the newest first.
    pub(crate) fn open_room_links(&mut self) {
        let Some(timeline) = self.room().and_then(|room| room.timeline.as_ref()) else { return };
        let messages = timeline.entries.values().rev().filter_map(Entry::message);
        let messages = messages.filter(|message| message.deleted_at.is_none() && message.body.contains(':'));
        let mut seen = BTreeSet::new();
        let all = messages.flat_map(|message| markdown::links(&message.body));
        let list: Vec<Arc<str>> = all.filter(|url| seen.insert(Arc::clone(url))).take(LINKS_MAX).collect();
        if list.is_empty() {
            return self.notify(Level::Info, "There are no links in what is loaded of this room.");
        }
        self.overlay = Some(Overlay::Links { list, at: 0 });
    }
}

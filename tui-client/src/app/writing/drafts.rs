//! Drafts: each is on disk with the key that changed it. Pure.

use chat_shared::RoomId;

use super::written::{draft, is_kept};
use crate::app::event::{Done, Event};
use crate::app::kept::Save;
use crate::app::state::{Screen, State};

impl State {
    /// The rooms whose drafts an event may change.
    pub(crate) fn drafts_touched_by(&self, event: &Event) -> Vec<RoomId> {
        match event {
            Event::Key(_) | Event::Paste(_) | Event::Mouse(_) => self.current.into_iter().collect(),
            // A request that failed gives its text back to the room where it was typed.
            Event::Done(done) if !matches!(done, Done::Heard { .. }) => self.rooms.order().to_vec(),
            _ => Vec::new(),
        }
    }

    /// Keeps the drafts of these rooms, where they are not what is on disk.
    pub(crate) fn keep_drafts(&mut self, rooms: &[RoomId]) {
        if !self.is_keeping() || !matches!(self.screen, Screen::Chat) {
            return;
        }
        for id in rooms {
            let Some(room) = self.rooms.get_mut(*id) else { continue };
            if is_kept(&room.composer, room.keeping.draft.as_deref()) {
                continue;
            }
            room.keeping.draft = draft(&room.composer).map(Box::new);
            let draft = room.keeping.draft.clone();
            self.save(|| Save::Draft { room: *id, draft });
        }
    }
}

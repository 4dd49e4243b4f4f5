//! The rooms of the server, and those of them that fit what is typed. Pure.

use chat_shared::api::RoomListing;

use super::judge::Judge;
use crate::app::writing::editor::Editor;

/// The list of rooms, while it is open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    /// `None` until they are here.
    rooms: Option<Vec<RoomListing>>,
    pub(crate) query: Editor,
    /// Which of them fit: by name where nothing is typed, else the best first.
    fitting: Vec<usize>,
    pub(crate) at: usize,
}

impl Listing {
    /// The rooms are here.
    pub(crate) fn fill(&mut self, rooms: Vec<RoomListing>) {
        self.rooms = Some(rooms);
        self.fit();
    }

    /// Whether they are not here yet.
    pub(crate) fn is_loading(&self) -> bool {
        self.rooms.is_none()
    }

    /// Something may have been typed.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Editor)) {
        let before = self.query.text().to_owned();
        change(&mut self.query);
        if self.query.text() != before {
            self.at = 0;
            self.fit();
        }
    }

    fn fit(&mut self) {
        let rooms = self.rooms.as_deref().unwrap_or_default();
        let typed = self.query.text().trim();
        let query = typed.strip_prefix('#').unwrap_or(typed);
        self.fitting = match query {
            "" => (0..rooms.len()).collect(),
            query => {
                let best_first = Judge::new(query).sorted(rooms.iter().enumerate(), |(_, room)| &room.name);
                best_first.into_iter().map(|(index, _)| index).collect()
            }
        };
        self.at = self.at.min(self.fitting.len().saturating_sub(1));
    }

    pub(crate) fn len(&self) -> usize {
        self.fitting.len()
    }

    /// Those that fit.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &RoomListing> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// One of them.
    pub(crate) fn get(&self, at: usize) -> Option<&RoomListing> {
        self.rooms.as_deref()?.get(*self.fitting.get(at)?)
    }

    /// The chosen one.
    pub(crate) fn chosen(&self) -> Option<&RoomListing> {
        self.get(self.at)
    }
}

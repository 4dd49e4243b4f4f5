//! The order of favourites: moving one among them, seen at once, kept by the server. Pure.

use std::collections::BTreeMap;

use chat_shared::RoomId;
use chat_shared::api::{ChangeSettings, RoomSettings};

use super::room::Rooms;
use crate::app::effect::Effect;
use crate::app::notice::Level;
use crate::app::state::State;
use crate::failure::Failure;

/// Where a favourite is to go, among those of its part: rooms, or conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Towards {
    Up,
    Down,
    First,
    Last,
}

/// Favourites on their way to other places: what is shown runs ahead of the server, so that the next key counts from there, whichever
/// room it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moving {
    /// Where all of them are shown, until the server has answered and told everything.
    places: BTreeMap<RoomId, u64>,
    /// The rooms of the requests that are not answered yet, in their order.
    asked: Vec<RoomId>,
    /// The room of the last request: of all that it leads to, the server tells of this one last.
    last: RoomId,
    /// The server has told of it since it was asked.
    is_told: bool,
}

/// Why a room stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stays {
    NoFavourite,
    /// The server keeps no order.
    NoOrder,
    AtEnd,
}

impl Rooms {
    /// Gives every favourite the place that it is shown in: the server's, or where moves are on their way, the one that they lead to.
    pub(super) fn place_favourites(&mut self) {
        let moved = self.moving.as_ref().map(|moving| &moving.places);
        for room in self.by_id.values_mut() {
            let place = room.settings.place.filter(|_| room.settings.favourite);
            room.place = place.map(|place| moved.and_then(|moved| moved.get(&room.id).copied()).unwrap_or(place));
        }
    }

    /// The favourites beside which a room stands.
    fn beside(&self, id: RoomId) -> Vec<RoomId> {
        let (rooms, direct) = self.parts();
        let part = if self.get(id).is_some_and(super::room::Room::is_direct) { direct } else { rooms };
        let is_favourite = |id: &&RoomId| self.get(**id).is_some_and(|room| room.settings.favourite);
        part.iter().filter(is_favourite).copied().collect()
    }

    /// Moves a favourite. Gives the place to ask the server for.
    pub(crate) fn shift(&mut self, id: RoomId, towards: Towards) -> Result<u64, Stays> {
        let others = self.beside(id);
        let at = others.iter().position(|other| *other == id).ok_or(Stays::NoFavourite)?;
        let target = match towards {
            Towards::Up => at.checked_sub(1),
            Towards::Down => Some(at + 1),
            Towards::First => Some(0),
            Towards::Last => Some(others.len() - 1),
        };
        let target = target.filter(|target| *target != at).and_then(|target| others.get(target)).ok_or(Stays::AtEnd)?;
        let place_of = |id: RoomId| self.get(id).and_then(|room| room.place).ok_or(Stays::NoOrder);
        let (to, from) = (place_of(*target)?, place_of(id)?);
        let shown = self.by_id.values().filter_map(|room| Some((room.id, room.place?)));
        let places =
            shown.map(|(other, place)| (other, if other == id { to } else { made_way(place, from, to) })).collect();
        let mut asked = self.moving.take().map_or_else(Vec::new, |moving| moving.asked);
        asked.push(id);
        self.moving = Some(Moving { places, asked, last: id, is_told: false });
        self.sort();
        Ok(to)
    }

    /// The server has answered a request to move this room, with the place that it has now, or has not moved it (`None`). What a move
    /// has led to comes as news of all rooms that moved, of this one last; until then the moves are shown as they were asked for.
    /// After a failure, what is shown is what the server has.
    ///
    /// Says whether it was the last request for this room.
    pub(crate) fn shifted(&mut self, id: RoomId, place: Option<u64>) -> bool {
        let Some(moving) = &mut self.moving else { return true };
        if let Some(at) = moving.asked.iter().position(|asked| *asked == id) {
            moving.asked.remove(at);
        }
        let is_last = !moving.asked.contains(&id);
        if moving.asked.is_empty() {
            let known = |id: &RoomId| self.by_id.get(id).and_then(|room| room.settings.place);
            let is_shown = moving.places.iter().all(|(id, place)| known(id).is_none_or(|known| known == *place));
            let is_told = moving.is_told && known(&moving.last) == place;
            if place.is_none() || is_shown || is_told {
                self.moving = None;
                self.sort();
            }
        }
        is_last
    }

    /// How the server says that we want a room. Says whether that is new.
    pub(crate) fn settle(&mut self, id: RoomId, settings: RoomSettings) -> bool {
        let Some(room) = self.by_id.get_mut(&id) else { return false };
        let is_new = std::mem::replace(&mut room.settings, settings) != settings;
        if let Some(moving) = self.moving.as_mut().filter(|moving| moving.last == id) {
            moving.is_told = true;
            if moving.asked.is_empty() {
                self.moving = None;
            }
        }
        self.sort();
        is_new
    }
}

/// Where a room stands once another one has moved: those between make way by one, as the server does it.
fn made_way(place: u64, from: u64, to: u64) -> u64 {
    match place {
        place if (to..from).contains(&place) => place.saturating_add(1),
        place if from < place && place <= to => place - 1,
        place => place,
    }
}

impl State {
    /// Moves the open room among the favourites.
    pub(crate) fn move_favourite(&mut self, towards: Towards) {
        let Some((id, title)) = self.room().map(|room| (room.id, room.title())) else { return };
        let text = match self.rooms.shift(id, towards) {
            Ok(place) => {
                let change = ChangeSettings { place: Some(place), ..ChangeSettings::default() };
                self.touch();
                return self.emit(Effect::ChangeSettings { room: id, change });
            }
            Err(Stays::NoFavourite) => format!("{title} is no favourite; /favourite makes it one."),
            Err(Stays::NoOrder) => "This server keeps no order of favourites.".into(),
            Err(Stays::AtEnd) => {
                let end = if matches!(towards, Towards::Up | Towards::First) { "first" } else { "last" };
                format!("{title} is the {end} of the favourites already.")
            }
        };
        self.notify(Level::Info, text);
    }

    /// The server has moved a favourite, or not.
    pub(super) fn favourite_moved(&mut self, id: RoomId, result: Result<RoomSettings, Failure>) {
        let was_last = self.rooms.shifted(id, result.as_ref().ok().and_then(|settings| settings.place));
        self.touch();
        if let Err(failure) = result {
            return self.failed("move the favourite", &failure);
        }
        if !was_last {
            return;
        }
        let others = self.rooms.beside(id);
        let Some(at) = others.iter().position(|other| *other == id) else { return };
        let Some(title) = self.rooms.get(id).map(super::room::Room::title) else { return };
        self.notify(Level::Info, format!("{title} is favourite {} of {}.", at + 1, others.len()));
    }
}

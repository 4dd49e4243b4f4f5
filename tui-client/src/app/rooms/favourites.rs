//! The order of favourites: moving one among them, seen at once, kept by the server. Pure.

use chat_shared::RoomId;
use chat_shared::api::RoomSettings;

use super::moving::{Moving, Towards};
use super::room::Rooms;

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
    pub(super) fn beside(&self, id: RoomId) -> Vec<RoomId> {
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

//! The order of favourites: moving one among them, seen at once, kept by the server. Pure.

use chat_shared::RoomId;
use chat_shared::api::{ChangeSettings, RoomSettings};

use super::effect::Effect;
use super::notice::Level;
use super::room::Rooms;
use super::state::State;
use crate::failure::Failure;

/// Where a favourite is to go, among those of its part: rooms, or conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Towards {
    Up,
    Down,
    First,
    Last,
}

/// A favourite on its way to another place: what is shown runs ahead of the server, so that the next key counts from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moving {
    room: RoomId,
    to: u64,
    /// Requests that are not answered yet.
    asked: u32,
}

/// Why a room stays where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stays {
    NoFavourite,
    /// The server keeps no order.
    NoOrder,
    AtEnd,
}

impl Rooms {
    /// Gives every favourite the place that it is shown in: the server's, with the move that is on its way to it. Others between
    /// there and where the room was make way by one, as the server does it.
    pub(super) fn place_favourites(&mut self) {
        let moving = self.moving.as_ref().and_then(|moving| {
            let settings = self.by_id.get(&moving.room)?.settings;
            Some((moving.room, settings.place.filter(|_| settings.favourite)?, moving.to))
        });
        for room in self.by_id.values_mut() {
            let place = room.settings.place.filter(|_| room.settings.favourite);
            room.place = match (place, moving) {
                (Some(_), Some((id, _, to))) if id == room.id => Some(to),
                (Some(place), Some((_, from, to))) if (to..from).contains(&place) => Some(place.saturating_add(1)),
                (Some(place), Some((_, from, to))) if from < place && place <= to => Some(place - 1),
                _ => place,
            };
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
    pub(super) fn shift(&mut self, id: RoomId, towards: Towards) -> Result<u64, Stays> {
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
        let to = place_of(*target).and_then(|to| place_of(id).map(|_| to))?;
        let before = self.moving.take().filter(|moving| moving.room == id).map_or(0, |moving| moving.asked);
        self.moving = Some(Moving { room: id, to, asked: before.saturating_add(1) });
        self.sort();
        Ok(to)
    }

    /// The server has answered a request to move this room. What it has led to comes as news of all rooms that moved, of this one
    /// last; until then the move is shown as it was asked for. After a failure, what is shown is what the server has.
    ///
    /// Says whether it was the last request for this room.
    pub(super) fn shifted(&mut self, id: RoomId, is_done: bool) -> bool {
        let Some(moving) = self.moving.as_mut().filter(|moving| moving.room == id) else { return true };
        moving.asked = moving.asked.saturating_sub(1);
        let is_there = self.by_id.get(&id).is_none_or(|room| room.settings.place == Some(moving.to));
        if moving.asked == 0 && (is_there || !is_done) {
            self.moving = None;
            self.sort();
            return true;
        }
        moving.asked == 0
    }

    /// How the server says that we want a room. Says whether that is new.
    pub(super) fn settle(&mut self, id: RoomId, settings: RoomSettings) -> bool {
        let Some(room) = self.by_id.get_mut(&id) else { return false };
        let is_new = std::mem::replace(&mut room.settings, settings) != settings;
        if self.moving.as_ref().is_some_and(|moving| moving.room == id && moving.asked == 0) {
            self.moving = None;
        }
        self.sort();
        is_new
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
        let was_last = self.rooms.shifted(id, result.is_ok());
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

//! How the user wants each room: what of it shall call, and where it stands among the favourites. Asked of the server, which keeps it. Pure.

use chat_shared::RoomId;
use chat_shared::api::{ChangeSettings, Level, RoomSettings};

use super::favourites::Stays;
use super::moving::Towards;
use super::room::Room;
use crate::app::effect::Effect;
use crate::app::notice;
use crate::app::state::State;
use crate::failure::Failure;

impl State {
    /// Asks the server for another way to have the open room.
    pub(crate) fn change_settings(&mut self, change: ChangeSettings) {
        if let Some(room) = self.current {
            self.emit(Effect::ChangeSettings { room, change });
        }
    }

    /// How we want a room, as the server has it now. Says whether that is new.
    pub(crate) fn settings(&mut self, id: RoomId, settings: RoomSettings) -> bool {
        let is_new = self.rooms.settle(id, settings);
        if is_new {
            self.keep_room(id);
        }
        is_new
    }

    /// The server did what we asked for, or not.
    pub(crate) fn settings_changed(
        &mut self,
        id: RoomId,
        change: ChangeSettings,
        result: Result<RoomSettings, Failure>,
    ) {
        if change.place.is_some() {
            return self.favourite_moved(id, result);
        }
        let settings = match result {
            Ok(settings) => settings,
            Err(failure) => return self.failed("change this room for you", &failure),
        };
        self.settings(id, settings);
        let Some(room) = self.rooms.get(id) else { return };
        let level = match settings.level {
            Level::Nothing => "nothing in it calls you",
            Level::Mentions => "only mentions in it call you",
            Level::All | Level::Unknown => "everything in it counts",
        };
        let favourite = if settings.favourite { "a favourite; " } else { "" };
        let text = format!("{}: {favourite}{level}.", room.title());
        self.notify(notice::Level::Info, text);
    }

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
        self.notify(notice::Level::Info, text);
    }

    /// The server has moved a favourite, or not.
    fn favourite_moved(&mut self, id: RoomId, result: Result<RoomSettings, Failure>) {
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
        let Some(title) = self.rooms.get(id).map(Room::title) else { return };
        self.notify(notice::Level::Info, format!("{title} is favourite {} of {}.", at + 1, others.len()));
    }
}

//! Tab: completes with the names that are known, and asks for those that it needs. The answer goes on with it. Pure.

use chat_shared::RoomId;
use chat_shared::api::{MembersPage, RoomListing};

use super::completion::{self, Known};
use crate::app::clean::listed;
use crate::app::effect::Effect;
use crate::app::state::State;
use crate::failure::Failure;

impl State {
    /// Tab, or the key that goes back.
    pub(crate) fn complete(&mut self, back: bool) {
        let going = self.completion.take();
        let is_fresh = going.is_none();
        let Some(room) = self.room() else { return };
        let id = room.id;
        let mut editor = room.composer.editor.clone();
        let before = editor.text()[..editor.cursor()].to_owned();
        let ours = self.rooms.iter().filter(|room| !room.is_direct()).map(|room| room.name.as_str());
        // Those that one is not in are for the one command that enters them.
        let others = self.names.rooms.iter().map(String::as_str).filter(|_| is_join(&before));
        let mut rooms: Vec<&str> = ours.collect();
        rooms.extend(others.filter(|name| self.rooms.named(name).is_none()));
        let known = Known { people: room.people.iter().map(|(_, name)| name.as_str()).collect(), rooms };
        let word = completion::word(&editor).map(|word| (word.sigil, word.typed));
        self.completion = completion::complete(&mut editor, going, &known, back);
        let is_found = self.completion.is_some();
        if let Some(room) = self.room_mut() {
            room.composer.editor = editor;
        }
        if let Some((sigil, typed)) = word.filter(|(_, typed)| is_fresh && !typed.is_empty())
            && self.ask_names(id, sigil, &typed, &before)
        {
            self.names.waits = (!is_found).then_some((id, before));
        }
    }

    /// Asks the server for what may be meant. Says whether it did.
    fn ask_names(&mut self, id: RoomId, sigil: char, typed: &str, before: &str) -> bool {
        let Some(room) = self.rooms.get_mut(id) else { return false };
        match sigil {
            '@' if room.people.is_part && room.people.beginning.as_deref() != Some(typed) => {
                room.people.beginning = Some(typed.to_owned());
                self.emit(Effect::LoadMembers { room: id, after: Some(typed.to_owned()) });
                true
            }
            '#' if is_join(before) && self.names.waits.is_none() && self.completion.is_none() => {
                self.emit(Effect::ListRooms);
                true
            }
            _ => false,
        }
    }

    /// A page of a room's members: the first one, or what comes after the beginning of a name.
    pub(crate) fn members(&mut self, id: RoomId, after: Option<&str>, result: Result<Box<MembersPage>, Failure>) {
        self.roster_loaded(id, after, result.as_deref());
        let Some(room) = self.rooms.get_mut(id) else { return };
        match (result, after) {
            (Ok(page), after) => {
                room.people.is_part |= after.is_none() && page.next.is_some();
                page.members.iter().for_each(|member| room.people.meet(&member.name));
            }
            // Completion knows fewer names; the next time that the room is opened, or Tab is pressed, it is asked again.
            (Err(_), None) => room.people.is_asked = false,
            (Err(_), Some(_)) => room.people.beginning = None,
        }
        self.complete_late();
    }

    /// The rooms of the server, for completion.
    pub(crate) fn learn_rooms(&mut self, rooms: Vec<RoomListing>) {
        self.names.rooms = listed(rooms).into_iter().map(|room| room.name).collect();
        self.complete_late();
    }

    /// Goes on with what Tab was pressed for, where it still stands there.
    fn complete_late(&mut self) {
        let Some((id, before)) = self.names.waits.take() else { return };
        let editor = self.room().filter(|room| room.id == id).map(|room| &room.composer.editor);
        if editor.is_some_and(|editor| editor.text()[..editor.cursor()] == before) && self.completion.is_none() {
            // What is not there now is not asked for once more.
            self.names.waits = Some((id, String::new()));
            self.complete(false);
            self.names.waits = None;
        }
    }
}

fn is_join(before: &str) -> bool {
    before.starts_with("/join ")
}

//! Names for completion: those of a room that are known, and those that are asked for when Tab needs them. Pure.

use std::collections::{BTreeMap, VecDeque};

use chat_shared::RoomId;
use chat_shared::api::{MembersPage, RoomListing};
use chat_shared::limit::USER_NAME_CHARS;

use super::completion::{self, Known};
use crate::app::clean::listed;
use crate::app::effect::Effect;
use crate::app::state::State;
use crate::app::text::{clean_short, fold_case};
use crate::failure::Failure;

/// Names that are kept of one room.
pub(crate) const PEOPLE_MAX: usize = 2_000;

/// The people of a room, as far as they are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    /// By their folded form.
    names: BTreeMap<String, String>,
    /// In which order they were met.
    met: VecDeque<String>,
    /// The server has been asked for the first page of them.
    pub(crate) is_asked: bool,
    /// There are more than that page.
    is_part: bool,
    /// The beginning of a name that the server was asked for last.
    beginning: Option<String>,
}

impl People {
    /// Learns a name. Where there are too many, the one that was met first is forgotten.
    pub(crate) fn meet(&mut self, name: &str) {
        let folded = fold_case(name);
        if self.names.get(&folded).is_some_and(|known| known == name) {
            return;
        }
        if name.is_empty() || self.names.insert(folded.clone(), clean_short(name, USER_NAME_CHARS)).is_some() {
            return;
        }
        self.met.push_back(folded);
        if self.met.len() > PEOPLE_MAX
            && let Some(oldest) = self.met.pop_front()
        {
            self.names.remove(&oldest);
        }
    }

    /// Their folded names, and their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.names.iter()
    }
}

/// What Tab knows, and waits for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Rooms that one could join.
    rooms: Vec<String>,
    /// What stood before the cursor where nothing was known to complete it, and where that was. The answer goes on with it, if it
    /// still does.
    waits: Option<(RoomId, String)>,
}

impl Names {
    /// The answer that was waited for does not come.
    pub(crate) fn give_up(&mut self) {
        self.waits = None;
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_met_last_is_known() {
        let mut people = People::default();
        for n in 0..PEOPLE_MAX + 5 {
            people.meet(&format!("name-{n}"));
            people.meet("Name-4");
        }
        let known: Vec<&String> = people.iter().map(|(_, name)| name).collect();
        assert_eq!((known.len(), people.met.len()), (PEOPLE_MAX, PEOPLE_MAX));
        assert!(known.contains(&&format!("name-{}", PEOPLE_MAX + 4)) && !known.contains(&&"name-3".to_owned()));
    }
}

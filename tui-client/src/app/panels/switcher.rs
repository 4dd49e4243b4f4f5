//! The switcher's offers: rooms and people that fit what was typed, the best first. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chat_shared::RoomId;

use super::judge::Judge;
use crate::app::rooms::room::{Room, Rooms};
use crate::app::text::fold_case;

/// Rows that the list has at most.
const LISTED_MAX: usize = 500;
/// People who are offered at most: rooms are what one looks for most of the time.
const PEOPLE_MAX: usize = 20;

/// What choosing a row of the switcher does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Open(RoomId),
    Join(String),
    /// A direct conversation that is to begin.
    Direct(String),
}

/// A row of the switcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) shown: String,
    /// What is unread in it: `3`, `@1`; empty for nothing, and where nothing of it calls.
    pub(crate) unread: String,
    pub(crate) choice: Choice,
}

fn counts(room: &Room) -> String {
    match (room.urgency(), room.reading.mentions) {
        (None, _) => String::new(),
        (_, 0) => room.reading.unread.to_string(),
        (_, mentions) => format!("@{mentions}"),
    }
}

/// Rooms and conversations that fit, the best first; of all of them, those with something unread; then people to begin one with, and a room to join. `@` asks for
/// people only, `#` for rooms only.
pub(crate) fn offers(rooms: &Rooms, typed: &str) -> Vec<Offer> {
    let typed = typed.trim();
    let (people_only, rooms_only) = (typed.starts_with('@'), typed.starts_with('#'));
    let query = typed.strip_prefix(['#', '@']).unwrap_or(typed);
    let mut judge = Judge::new(query);
    let wanted = |room: &&Room| !(people_only && !room.is_direct() || rooms_only && room.is_direct());
    let open = |room: &Room| Offer { shown: room.title(), unread: counts(room), choice: Choice::Open(room.id) };
    let known = rooms.iter().filter(wanted);
    if query.is_empty() {
        // What wants to be read is where one wants to go; the open room is not.
        let mut known: Vec<&Room> = known.collect();
        known.sort_by_key(|room| (rooms.held == Some(room.id), room.urgency().unwrap_or(u8::MAX)));
        return known.into_iter().take(LISTED_MAX).map(open).collect();
    }
    let mut offers: Vec<Offer> =
        judge.sorted(known, |room| &room.name).into_iter().take(LISTED_MAX).map(open).collect();
    if !rooms_only {
        // By their folded names: each once, in however many rooms they are.
        let known: BTreeSet<String> =
            rooms.iter().filter_map(Room::partner).map(|user| fold_case(&user.name)).collect();
        let strangers: BTreeMap<&str, &str> = rooms
            .iter()
            .flat_map(|room| room.people.iter())
            .filter(|(key, _)| !known.contains(*key))
            .map(|(key, name)| (key.as_str(), name.as_str()))
            .collect();
        let fitting = judge.sorted(strangers.into_values(), |name| name).into_iter().take(PEOPLE_MAX);
        offers.extend(fitting.map(|name| Offer {
            shown: format!("start a conversation with {name}"),
            unread: String::new(),
            choice: Choice::Direct(name.to_owned()),
        }));
    }
    if !people_only && !query.contains(char::is_whitespace) && rooms.named(query).is_none() {
        offers.push(Offer {
            shown: format!("join #{query}"),
            unread: String::new(),
            choice: Choice::Join(query.to_owned()),
        });
    }
    offers
}

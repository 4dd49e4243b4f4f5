//! Names that are known for completion: those of a room, and of rooms that one could join. Pure.

use std::collections::{BTreeMap, VecDeque};

use chat_shared::RoomId;
use chat_shared::limit::USER_NAME_CHARS;

use crate::app::text::{clean_short, fold_case};

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
    pub(super) is_part: bool,
    /// The beginning of a name that the server was asked for last.
    pub(super) beginning: Option<String>,
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
    pub(super) rooms: Vec<String>,
    /// What stood before the cursor where nothing was known to complete it, and where that was. The answer goes on with it, if it
    /// still does.
    pub(super) waits: Option<(RoomId, String)>,
}

impl Names {
    /// The answer that was waited for does not come.
    pub(crate) fn give_up(&mut self) {
        self.waits = None;
    }
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

//! Who is in a room, as far as it is here. Pure.

use std::collections::BTreeSet;

use chat_shared::{RoomId, UserId};

/// The members of a room, as far as they are here.
#[derive(Clone, Debug)]
pub(crate) struct Roster {
    pub(crate) room: RoomId,
    /// By name.
    pub(crate) people: Vec<(UserId, String)>,
    /// Who of the others is connected: as it was when they were listed, and kept true for those with whom one talks directly.
    pub(super) online: BTreeSet<UserId>,
    pub(crate) at: usize,
    /// Where the next page begins; `None` where there is none.
    pub(super) next: Option<String>,
    /// A page is on its way: the one after this name.
    pub(super) asked: Option<Option<String>>,
}

impl Roster {
    /// Whether nothing of it is here yet.
    pub(crate) fn is_loading(&self) -> bool {
        self.people.is_empty() && self.asked.is_some()
    }
}

//! Favourites on their way to other places. Pure.

use std::collections::BTreeMap;

use chat_shared::RoomId;

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
    pub(super) places: BTreeMap<RoomId, u64>,
    /// The rooms of the requests that are not answered yet, in their order.
    pub(super) asked: Vec<RoomId>,
    /// The room of the last request: of all that it leads to, the server tells of this one last.
    pub(super) last: RoomId,
    /// The server has told of it since it was asked.
    pub(super) is_told: bool,
}

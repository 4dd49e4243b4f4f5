//! The sidebar's rows: which room is on which, also where they do not all fit. Pure, for drawing and for the mouse.

use chat_shared::RoomId;

use crate::app::state::State;

/// Rows at the bottom that the status takes.
pub(crate) const STATUS_ROWS: u16 = 2;

/// A row of the sidebar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SidebarRow {
    Heading(&'static str),
    Room(RoomId),
    Blank,
}

/// The rows that fit into `height`, with the open room among them. Of thousands of rooms only these are looked at.
pub(crate) fn visible(state: &State, height: u16) -> Vec<SidebarRow> {
    let (rooms, people) = state.rooms.parts();
    // A heading, the rooms; a blank, a heading, the people.
    let before_people = rooms.len() + 3;
    let count = if people.is_empty() { rooms.len() + 1 } else { before_people + people.len() };
    let row = |at: usize| match at {
        0 => SidebarRow::Heading("Rooms"),
        _ if at <= rooms.len() => SidebarRow::Room(rooms[at - 1]),
        _ if at + 2 == before_people => SidebarRow::Blank,
        _ if at + 1 == before_people => SidebarRow::Heading("Direct"),
        _ => SidebarRow::Room(people[at - before_people]),
    };
    let place = |ids: &[RoomId]| ids.iter().position(|id| Some(*id) == state.current);
    let current = place(rooms).map(|at| at + 1).or_else(|| place(people).map(|at| at + before_people)).unwrap_or(0);
    let height = usize::from(height);
    let first = (current + 2).saturating_sub(height).min(count.saturating_sub(height));
    (first..count).take(height).map(row).collect()
}

/// The rows for rooms in a sidebar of this inner height.
pub(crate) fn room_rows(inner_height: u16) -> u16 {
    inner_height.saturating_sub(STATUS_ROWS)
}

//! The sidebar's rows: which room is on which, also where they do not all fit. Pure, for drawing and for the mouse.

use chat_shared::RoomId;

use super::state::State;

/// Rows at the bottom that the status takes.
pub(crate) const STATUS_ROWS: u16 = 2;

/// A row of the sidebar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SidebarRow {
    Heading(&'static str),
    Room(RoomId),
    Blank,
}

/// All rows.
fn rows(state: &State) -> Vec<SidebarRow> {
    let (people, rooms): (Vec<_>, Vec<_>) = state.rooms.iter().partition(|room| room.is_direct());
    let mut rows = vec![SidebarRow::Heading("Rooms")];
    rows.extend(rooms.iter().map(|room| SidebarRow::Room(room.id)));
    if !people.is_empty() {
        rows.extend([SidebarRow::Blank, SidebarRow::Heading("Direct")]);
        rows.extend(people.iter().map(|room| SidebarRow::Room(room.id)));
    }
    rows
}

/// The rows that fit into `height`, with the open room among them.
pub(crate) fn visible(state: &State, height: u16) -> Vec<SidebarRow> {
    let rows = rows(state);
    let height = usize::from(height);
    let current =
        rows.iter().position(|row| matches!(row, SidebarRow::Room(id) if Some(*id) == state.current)).unwrap_or(0);
    let first = (current + 2).saturating_sub(height).min(rows.len().saturating_sub(height));
    rows.into_iter().skip(first).take(height).collect()
}

/// The rows for rooms in a sidebar of this inner height.
pub(crate) fn room_rows(inner_height: u16) -> u16 {
    inner_height.saturating_sub(STATUS_ROWS)
}

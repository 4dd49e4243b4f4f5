//! The open room: its name, its topic, how many are in it.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::geometry::Area;
use crate::app::status::as_of;
use crate::app::text::{counted, truncate};

pub(super) fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    let (x, y, width) = (area.x + 1, area.y, area.width.saturating_sub(2));
    let Some(room) = state.room() else {
        canvas.put(x, y, width, &truncate(&state.server, usize::from(width)), canvas.theme.heading);
        return;
    };
    let members = match state.presence(room) {
        Some(true) if room.others.len() == 1 => "online".into(),
        Some(false) if room.others.len() == 1 => "away".into(),
        _ => counted(room.members, "member"),
    };
    // While we are not online, nobody knows how many there are; how old all of it is says more.
    let (right, style) = match as_of(state) {
        Some(as_of) => (as_of, canvas.theme.warn),
        None => (members, canvas.theme.dim),
    };
    let is_wide = width >= 40;
    let left = if is_wide { canvas.put_right(x, y, width, &right, style).saturating_sub(2) } else { width };
    let used = canvas.put(x, y, left, &truncate(&room.title(), usize::from(left)), canvas.theme.heading);
    let rest = left.saturating_sub(used + 2);
    canvas.put(x + used + 2, y, rest, &truncate(&room.topic, usize::from(rest)), canvas.theme.dim);
}

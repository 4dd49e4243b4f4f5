//! The rooms, what is unread in them, and how the connection is.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::geometry::Area;
use crate::app::rooms::room::Room;
use crate::app::rooms::sidebar::{STATUS_ROWS, SidebarRow, room_rows, visible};
use crate::app::state::Link;
use crate::app::status::status_lines;
use crate::app::text::truncate;

pub(super) fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) {
    canvas.frame(area, &state.server, canvas.theme.border);
    let inner = area.inner();
    for (y, row) in (inner.y..).zip(visible(state, room_rows(inner.height))) {
        match row {
            SidebarRow::Heading(text) => drop(canvas.put(inner.x + 1, y, inner.width - 1, text, canvas.theme.dim)),
            SidebarRow::Room(id) => {
                if let Some(room) = state.rooms.get(id) {
                    draw_room(state, room, Area { y, height: 1, ..inner }, canvas);
                }
            }
            SidebarRow::Blank => {}
        }
    }
    draw_status(state, inner, canvas);
}

/// In front of a name: where we are, what waits to be sent, and who is there or what is dear to us.
fn draw_marks(state: &State, room: &Room, x: u16, y: u16, canvas: &mut Canvas<'_>) {
    canvas.put(x, y, 1, if state.current == Some(room.id) { "▸" } else { " " }, canvas.theme.accent);
    let (mark, style) = match state.presence(room) {
        _ if room.has_draft() => ("»", canvas.theme.warn),
        Some(true) => ("●", canvas.theme.good),
        Some(false) => ("○", canvas.theme.dim),
        None if room.settings.favourite => ("★", canvas.theme.accent),
        None => (" ", canvas.theme.text),
    };
    canvas.put(x + 1, y, 1, mark, style);
}

fn draw_room(state: &State, room: &Room, area: Area, canvas: &mut Canvas<'_>) {
    let Area { x, y, width, .. } = area;
    let reading = room.reading;
    draw_marks(state, room, x, y, canvas);
    let style = match (room.is_muted(), room.urgency()) {
        (true, _) => canvas.theme.dim,
        (false, Some(_)) => canvas.theme.unread_room,
        (false, None) => canvas.theme.text,
    };
    let (count, count_style) = match (reading.mentions, reading.unread) {
        (0, 0) => (String::new(), style),
        (_, unread) if room.is_muted() => (capped(unread), style),
        (0, unread) if room.urgency().is_none() => (capped(unread), canvas.theme.dim),
        (0, unread) => (capped(unread), style),
        (mentions, _) => (format!("@{}", capped(mentions)), canvas.theme.mention_count),
    };
    let left = canvas.put_right(x + 3, y, width.saturating_sub(4), &count, count_style);
    let space = left.saturating_sub(u16::from(!count.is_empty()));
    canvas.put(x + 3, y, space, &truncate(&room.name, usize::from(space)), style);
    if state.current == Some(room.id) {
        canvas.tint(area, canvas.theme.current_room);
    }
}

fn capped(count: u64) -> String {
    if count > 999 { "999+".into() } else { count.to_string() }
}

fn draw_status(state: &State, inner: Area, canvas: &mut Canvas<'_>) {
    let style = match state.link {
        Link::Online => canvas.theme.good,
        Link::Connecting | Link::CatchingUp => canvas.theme.warn,
        Link::Offline { .. } => canvas.theme.bad,
    };
    let first = inner.y + inner.height.saturating_sub(STATUS_ROWS);
    for (y, line) in (first..inner.y + inner.height).zip(status_lines(state)) {
        let width = inner.width.saturating_sub(1);
        canvas.put(inner.x + 1, y, width, &truncate(&line, usize::from(width)), style);
    }
}

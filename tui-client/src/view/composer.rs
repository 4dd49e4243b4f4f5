//! Where messages are written.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::input::keymap::Action;
use crate::app::writing::composer::Mode;

/// Gives the cursor's place.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    let area = state.geometry.composer;
    let room = state.room();
    let cancel = state.settings.keys.key_for(Action::Escape);
    let mode = room.map_or(&Mode::New, |room| &room.composer.mode);
    match state.geometry.composer_box {
        Some(frame) => {
            let title = match (mode, room) {
                (Mode::New, Some(room)) => format!("Message {}", room.title()),
                (Mode::New, None) => String::new(),
                (Mode::Reply { quote, .. }, _) => format!("Reply ({cancel} cancels) to {quote}"),
                (Mode::Edit { .. }, _) => format!("Edit ({cancel} cancels)"),
            };
            canvas.frame(frame, &title, canvas.theme.border);
        }
        None => {
            let sign = match mode {
                Mode::New => "> ",
                Mode::Reply { .. } => "↳ ",
                Mode::Edit { .. } => "✎ ",
            };
            canvas.put(area.x.saturating_sub(2), area.y, 2, sign, canvas.theme.accent);
        }
    }
    let room = room?;
    let text = room.composer.editor.text();
    for (y, range) in (area.y..area.y.saturating_add(area.height)).zip(&state.composer.rows) {
        let row = text.get(range.clone()).unwrap_or_default();
        canvas.put(area.x, y, area.width, row, canvas.theme.text);
    }
    let (row, column) = state.composer.cursor;
    (row < area.height).then(|| (area.x + column.min(area.width), area.y + row))
}

//! The message pane and the row below it.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::geometry::Area;
use crate::app::input::keymap::Action;
use crate::app::status::typing_line;
use crate::app::text::truncate;

pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>) {
    let pane = state.geometry.pane;
    let selected = state.selected();
    for (y, row) in (pane.y..pane.y.saturating_add(pane.height)).zip(&state.pane) {
        let Some(content) = row.row() else { continue };
        let mut used = 0;
        for span in &content.spans {
            let style = canvas.theme.span(span);
            let style = span.link.as_deref().map_or(style, |url| canvas.link(url, style));
            used += canvas.put(pane.x + used, y, pane.width - used, &span.text, style);
        }
        if let Some(mark) = &content.right {
            canvas.put_right(pane.x, y, pane.width.saturating_sub(1), &mark.text, canvas.theme.role(mark.role));
        }
        if !row.is_rule && selected == Some(row.item) {
            canvas.tint(Area { y, height: 1, ..pane }, canvas.theme.selected);
        }
    }
    if state.room().is_none() && pane.height > 0 {
        let key = state.settings.keys.key_for(Action::Switcher);
        let none = format!("No room is open. {key} finds one.");
        let text = if state.is_ready { none } else { "connecting …".into() };
        canvas.put(pane.x, pane.y, pane.width, &truncate(&text, usize::from(pane.width)), canvas.theme.dim);
    }
    draw_below(state, canvas);
}

/// Who is typing, and how much is new further down.
fn draw_below(state: &State, canvas: &mut Canvas<'_>) {
    let pane = state.geometry.pane;
    let area = state.geometry.typing.map(|area| Area { x: pane.x, width: pane.width, ..area });
    let mut left = pane.width;
    if let Some(text) = new_elsewhere(state) {
        // On a screen without the row, it lies over the last messages rather than being lost.
        let y = area.map_or((pane.y + pane.height).saturating_sub(1), |area| area.y);
        left = canvas.put_right(pane.x, y, pane.width, &text, canvas.theme.accent).saturating_sub(1);
    }
    if let Some(area) = area {
        canvas.put(area.x, area.y, left, &truncate(&typing_line(state), usize::from(left)), canvas.theme.dim);
    }
}

/// What is new and out of view, and the key that leads there.
fn new_elsewhere(state: &State) -> Option<String> {
    let keys = &state.settings.keys;
    match (state.room().map_or(0, State::new_below), state.new_above()) {
        (0, 0) => None,
        (0, above) => Some(format!("↑ {above} new above ({})", keys.key_for(Action::FirstNew))),
        (below, _) => Some(format!("↓ {below} new below ({})", keys.key_for(Action::Newest))),
    }
}

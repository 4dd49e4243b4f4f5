//! The search: what is typed, how it is doing, and the hits with their surroundings.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::geometry::Area;
use crate::app::panels::area::{ROWS_PER_HIT, SEARCH_HEAD, first_in_view};
use crate::app::text::row::Row;
use crate::app::text::{truncate, width};

/// Gives the cursor's place.
pub(super) fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    let search = &state.search;
    let typed = search.input.text();
    let before = typed.get(..search.input.cursor()).unwrap_or_default();
    canvas.put(area.x, area.y, area.width, &format!("> {typed}"), canvas.theme.text);
    if area.height > 1 {
        let (status, role) = search.status(&state.settings.keys);
        let status = truncate(&status, usize::from(area.width));
        canvas.put(area.x, area.y + 1, area.width, &status, canvas.theme.role(role));
    }
    let visible = usize::from(area.height.saturating_sub(SEARCH_HEAD) / ROWS_PER_HIT);
    let first = first_in_view(search.at, visible);
    for (place, (index, hit)) in search.hits.iter().enumerate().skip(first).take(visible).enumerate() {
        let y = area.y + SEARCH_HEAD + u16::try_from(place).unwrap_or(0) * ROWS_PER_HIT;
        let [head, text] = state.hit_rows(hit, usize::from(area.width.saturating_sub(2)));
        let is_current = index == search.at && search.is_marked();
        let mark = if is_current { "▸ " } else { "  " };
        canvas.put(area.x, y, area.width, mark, canvas.theme.text);
        put_row(&head, area.x + 2, y, area.width.saturating_sub(2), canvas);
        put_row(&text, area.x + 4, y + 1, area.width.saturating_sub(4), canvas);
        if is_current {
            canvas.tint(Area { y, height: 1, ..area }, canvas.theme.current_room);
        }
    }
    let column = u16::try_from(width(before)).unwrap_or(u16::MAX).saturating_add(2);
    (area.height > 0).then(|| (area.x + column.min(area.width.saturating_sub(1)), area.y))
}

fn put_row(row: &Row, x: u16, y: u16, width: u16, canvas: &mut Canvas<'_>) {
    let mut used = 0;
    for span in &row.spans {
        used += canvas.put(x + used, y, width.saturating_sub(used), &span.text, canvas.theme.role(span.role));
    }
}

//! What lies on top of the chat: help, the switcher, the list of rooms.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::geometry::Area;
use crate::app::input::keymap::{Action, Keymap};
use crate::app::panels::area::first_in_view;
use crate::app::panels::around::around;
use crate::app::panels::help::{HelpLine, help_key_width, help_rows};
use crate::app::panels::listing::Listing;
use crate::app::panels::notices::NOTHING_SAID;
use crate::app::panels::overlay::Overlay;
use crate::app::panels::switcher::offers;
use crate::app::text::row::Row;
use crate::app::text::{truncate, width};
use crate::app::writing::editor::Editor;

/// Gives the cursor's place, where something is typed.
pub(super) fn draw(state: &State, overlay: &Overlay, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    let accept = state.settings.keys.key_for(Action::Accept);
    match overlay {
        Overlay::Search => super::search::draw(state, panel(state, overlay, "Search", canvas), canvas),
        Overlay::Help { scroll } => {
            let area = panel(state, overlay, &help_title(&state.settings.keys), canvas);
            draw_help(&state.settings.keys, *scroll, area, canvas);
            None
        }
        Overlay::Switcher { query, at } => {
            let area = panel(state, overlay, "Jump to", canvas);
            let rows: Vec<(String, String)> =
                offers(&state.rooms, query.text()).into_iter().map(|offer| (offer.shown, offer.unread)).collect();
            draw_list(rows.len(), *at, below_query(area), canvas, |index| rows.get(index).cloned());
            draw_query(query, area, canvas)
        }
        Overlay::Rooms(listing) => draw_rooms(state, overlay, listing, canvas),
        Overlay::Members(roster) => {
            let area = panel(state, overlay, &state.roster_title(roster, &accept), canvas);
            if roster.is_loading() {
                canvas.put(area.x, area.y, area.width, "loading …", canvas.theme.dim);
            } else {
                let row = |index: usize| Some(state.roster_row(roster, roster.people.get(index)?));
                draw_list(roster.people.len(), roster.at, area, canvas, row);
            }
            None
        }
        Overlay::Links { list, at } => {
            let area = panel(state, overlay, &format!("Links ({accept} opens)"), canvas);
            let row = |index: usize| Some((list.get(index)?.to_string(), String::new()));
            draw_list(list.len(), *at, area, canvas, row);
            None
        }
        Overlay::Thread(thread) => {
            let area = panel(state, overlay, &thread.title(&accept), canvas);
            let rows = |index| state.thread_rows(thread, index, area.width);
            draw_blocks(thread.at, around(thread.at, thread.messages.len(), area.height.into(), rows), area, canvas);
            None
        }
        Overlay::Notices { list, at } => {
            let area = panel(state, overlay, "Notices", canvas);
            if list.is_empty() {
                canvas.put(area.x, area.y, area.width, NOTHING_SAID, canvas.theme.dim);
            }
            draw_blocks(*at, state.notices_in_view(list, *at, area), area, canvas);
            None
        }
        Overlay::Versions(versions) => {
            let area = panel(state, overlay, &format!("What {} said", versions.name), canvas);
            match &versions.list {
                None => drop(canvas.put(area.x, area.y, area.width, "loading …", canvas.theme.dim)),
                Some(list) => {
                    let rows = |index| state.version_rows(versions, index, area.width);
                    draw_blocks(versions.at, around(versions.at, list.len(), area.height.into(), rows), area, canvas);
                }
            }
            None
        }
    }
}

/// Where the list is that fits what is typed above it.
fn below_query(area: Area) -> Area {
    Area { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
}

/// What is typed to find something. Gives the cursor's place.
fn draw_query(query: &Editor, area: Area, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    canvas.put(
        area.x,
        area.y,
        if area.height > 0 { area.width } else { 0 },
        &format!("> {}", query.text()),
        canvas.theme.text,
    );
    let before = query.text().get(..query.cursor()).unwrap_or_default();
    let column = u16::try_from(width(before)).unwrap_or(u16::MAX).saturating_add(2);
    (area.height > 0).then(|| (area.x + column.min(area.width.saturating_sub(1)), area.y))
}

/// The rooms of the server, and what chooses among them.
fn draw_rooms(state: &State, overlay: &Overlay, listing: &Listing, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    let accept = state.settings.keys.key_for(Action::Accept);
    let area = panel(state, overlay, &format!("Rooms ({accept} joins)"), canvas);
    let row = |room: &chat_shared::api::RoomListing| {
        let mark = if room.joined { "✓" } else { " " };
        let topic = if room.topic.is_empty() { String::new() } else { format!(" · {}", room.topic) };
        (format!("{mark} #{}", room.name), format!("{}{topic}", room.members))
    };
    let inner = below_query(area);
    if listing.is_loading() {
        canvas.put(inner.x, inner.y, inner.width, "loading …", canvas.theme.dim);
    } else {
        draw_list(listing.len(), listing.at, inner, canvas, |index| listing.get(index).map(row));
    }
    draw_query(&listing.query, area, canvas)
}

/// An empty panel; gives its inside. Where the terminal selects text, it goes from edge to edge, and has no border that would be
/// selected with it.
fn panel(state: &State, overlay: &Overlay, title: &str, canvas: &mut Canvas<'_>) -> Area {
    let area = state.panel_area(overlay);
    canvas.clear(area);
    if state.is_bare {
        canvas.put(area.x, area.y, area.width, title, canvas.theme.heading);
    } else {
        canvas.frame(area, title, canvas.theme.accent);
    }
    state.panel_inside(overlay)
}

/// Blocks of rows, of which one is chosen.
fn draw_blocks(at: usize, rows: Vec<(usize, Row)>, area: Area, canvas: &mut Canvas<'_>) {
    for (y, (index, row)) in (area.y..area.y.saturating_add(area.height)).zip(rows) {
        let mut used = 0;
        for span in &row.spans {
            let style = canvas.theme.span(span);
            let style = span.link.as_deref().map_or(style, |url| canvas.link(url, style));
            used += canvas.put(area.x + used, y, area.width.saturating_sub(used), &span.text, style);
        }
        if index == at {
            canvas.tint(Area { y, height: 1, ..area }, canvas.theme.selected);
        }
    }
}

/// A list of which one item is chosen, with that one in view. Only what is in view is made into rows.
fn draw_list(
    len: usize,
    at: usize,
    area: Area,
    canvas: &mut Canvas<'_>,
    row: impl Fn(usize) -> Option<(String, String)>,
) {
    let height = usize::from(area.height);
    let first = first_in_view(at, height);
    for (y, index) in (area.y..area.y + area.height).zip(first..len) {
        let Some((name, rest)) = row(index) else { break };
        let mark = if index == at { "▸ " } else { "  " };
        let name = truncate(&name, usize::from(area.width.saturating_sub(2)));
        let used = canvas.put(area.x, y, area.width, &format!("{mark}{name}"), canvas.theme.text);
        let space = area.width.saturating_sub(used + 2);
        canvas.put(area.x + used + 2, y, space, &truncate(&rest, usize::from(space)), canvas.theme.dim);
        if index == at {
            canvas.tint(Area { y, height: 1, ..area }, canvas.theme.current_room);
        }
    }
    if len == 0 {
        canvas.put(area.x, area.y, area.width.min(area.height * area.width), "nothing fits", canvas.theme.dim);
    }
}

fn help_title(keys: &Keymap) -> String {
    let [up, down, close] = [Action::ItemUp, Action::ItemDown, Action::Close].map(|action| keys.key_for(action));
    format!("Help ({up} {down} scroll, {close} closes)")
}

fn draw_help(keys: &Keymap, scroll: usize, area: Area, canvas: &mut Canvas<'_>) {
    let lines = help_rows(keys, area.width);
    let first = scroll.min(lines.len().saturating_sub(usize::from(area.height)));
    let (x, room) = (area.x, area.width);
    let key_width = help_key_width(room);
    for (y, line) in (area.y..area.y.saturating_add(area.height)).zip(lines.iter().skip(first)) {
        match line {
            HelpLine::Heading(text) => drop(canvas.put(x, y, room, text, canvas.theme.heading)),
            HelpLine::Entry { keys, text } => {
                canvas.put(x + 1, y, key_width.saturating_sub(1), keys, canvas.theme.accent);
                canvas.put(x + 1 + key_width, y, room.saturating_sub(key_width + 1), text, canvas.theme.text);
            }
            HelpLine::Blank => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::app::settings::LookChoice;
    use crate::app::start::ColourMode;
    use crate::view::links::Links;
    use crate::view::theme::Theme;

    #[test]
    fn of_a_long_list_only_what_is_in_view_is_made() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 10));
        let (theme, mut links) = (Theme::chosen(ColourMode::True, false, &LookChoice::default()), Links::default());
        let mut canvas = Canvas::new(&mut buffer, &theme, &mut links);
        let made = Cell::new(0);
        let row = |index: usize| {
            made.set(made.get() + 1);
            Some((format!("item {index}"), String::new()))
        };
        draw_list(1_000_000, 999_999, Area::new(0, 0, 20, 10), &mut canvas, row);
        assert_eq!(made.get(), 10);
        let last: String = (0..20).map(|x| buffer[(x, 9)].symbol()).collect();
        assert_eq!(last.trim_end(), "▸ item 999999");
    }
}

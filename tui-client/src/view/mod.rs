//! Draws the state, and changes nothing: every decision about what is where has been made in `app`.
//!
//! - `theme`: which look each part has, for 16 million, 256, 16 and no colours, on dark and on light
//! - `links`: where cells lead
//! - `canvas`: the only way to the terminal's cells; nothing that is no visible character gets past it
//! - the rest: one file a part of the screen

mod bottom;
mod canvas;
mod composer;
mod header;
mod hints;
mod links;
mod login;
mod messages;
mod notice;
mod overlay;
mod palette;
mod search;
mod sidebar;
#[cfg(test)]
mod tests;
mod theme;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::State;
use crate::app::geometry::Area;
use crate::app::state::Screen;
use canvas::Canvas;
pub use links::Links;
use theme::Theme;

/// Draws the whole screen, and puts the cursor where the user writes.
pub fn draw(state: &State, frame: &mut Frame<'_>, links: &mut Links) {
    let theme = Theme::chosen(state.colours, state.is_light, &state.settings.look);
    let mut canvas = Canvas::new(frame.buffer_mut(), &theme, links);
    let cursor = match &state.screen {
        Screen::Login(login) => login::draw(state, login, &mut canvas),
        Screen::Chat => draw_chat(state, &mut canvas),
    };
    let area = frame.area();
    if let Some((x, y)) = cursor.filter(|&(x, y)| area.contains((x, y).into())) {
        frame.set_cursor_position((x, y));
    }
}

/// The part of the screen whose rows move together.
pub fn scrolls(state: &State) -> Rect {
    let Area { x, y, width, height } = state.geometry.pane;
    Rect::new(x, y, width, height)
}

fn draw_chat(state: &State, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    if let Some(area) = state.geometry.sidebar {
        sidebar::draw(state, area, canvas);
    }
    if let Some(area) = state.geometry.header {
        header::draw(state, area, canvas);
    }
    messages::draw(state, canvas);
    let writing = composer::draw(state, canvas);
    let prompt = state.geometry.bottom.and_then(|area| bottom::draw(state, area, canvas));
    let overlay = state.overlay.as_ref().map(|overlay| overlay::draw(state, overlay, canvas));
    notice::draw(state, canvas);
    match (overlay, prompt, state.selected()) {
        (Some(cursor), ..) => cursor,
        (None, Some(cursor), _) => Some(cursor),
        // The selection has the keys: no cursor where nothing can be written.
        (None, None, Some(_)) => None,
        (None, None, None) => writing,
    }
}

//! The bottom line: a question, a notice, what is wrong with the connection, or the keys that are worth knowing.

use super::canvas::Canvas;
use super::hints::{hints, typing_hint};
use super::notice;
use crate::app::State;
use crate::app::geometry::Area;
use crate::app::input::keymap::Action;
use crate::app::notice::Level;
use crate::app::panels::overlay::Prompt;
use crate::app::state::Link;
use crate::app::text::emoji::QUICK;
use crate::app::text::{truncate, width};

/// Gives the cursor's place, where something is asked here.
pub(super) fn draw(state: &State, area: Area, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    let (x, y) = (area.x + 1, area.y);
    let mut room = area.width.saturating_sub(2);
    if let Some(prompt) = &state.prompt {
        return Some(draw_prompt(state, prompt, Area { x, width: room, ..area }, canvas));
    }
    let (cells, status) = state.bottom_cells(area);
    if let Some(status) = status {
        let style = if state.is_online() { canvas.theme.good } else { canvas.theme.bad };
        canvas.put_right(x, y, room, &status, style);
    }
    room = cells;
    let (text, style) = match (notice::shown(state), &state.link) {
        (Some(notice), _) if notice.fits_below() => {
            let style = if notice.level == Level::Error { canvas.theme.bad } else { canvas.theme.accent };
            (notice.text, style)
        }
        (_, Link::Offline { reason, .. }) if !reason.is_empty() => (reason.clone(), canvas.theme.bad),
        _ => match typing_hint(state) {
            Some(hint) => (hint, canvas.theme.accent),
            None => (hints(state, usize::from(room)), canvas.theme.dim),
        },
    };
    canvas.put(x, y, room, &truncate(&text, usize::from(room)), style);
    None
}

fn draw_prompt(state: &State, prompt: &Prompt, area: Area, canvas: &mut Canvas<'_>) -> (u16, u16) {
    let (question, answer, cursor) = match prompt {
        Prompt::Delete { .. } => {
            let key = state.settings.keys.key_for(Action::Confirm);
            (format!("Delete this message? {key} deletes it, any other key keeps it "), "", 0)
        }
        Prompt::React { text, .. } => {
            let quick: Vec<String> = (1..).zip(QUICK).map(|(n, emoji)| format!("{n}{emoji}")).collect();
            (format!("{} or :name: or emoji: ", quick.join(" ")), text.text(), text.cursor())
        }
    };
    let mut used = canvas.put(area.x, area.y, area.width, &question, canvas.theme.accent);
    canvas.put(area.x + used, area.y, area.width - used, answer, canvas.theme.text);
    let before = width(answer.get(..cursor).unwrap_or_default());
    used = used.saturating_add(u16::try_from(before).unwrap_or(u16::MAX));
    (area.x + used.min(area.width.saturating_sub(1)), area.y)
}

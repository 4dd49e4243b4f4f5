//! The bottom line: a question, a notice, what is wrong with the connection, or the keys that are worth knowing.

use super::canvas::Canvas;
use super::notice;
use crate::app::State;
use crate::app::commands;
use crate::app::geometry::Area;
use crate::app::input::keymap::{Action, Context};
use crate::app::notice::Level;
use crate::app::panels::overlay::{Overlay, Prompt};
use crate::app::state::Link;
use crate::app::text::emoji::QUICK;
use crate::app::text::{truncate, width};
use crate::app::writing::composer::Mode;

/// Other completions that are named.
const COMPLETIONS_SHOWN: usize = 12;

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

/// What helps with the text that is being typed.
pub(super) fn typing_hint(state: &State) -> Option<String> {
    completion_hint(state).or_else(|| command_hint(state))
}

/// What the command does that is being typed.
fn command_hint(state: &State) -> Option<String> {
    let room = state.room().filter(|room| room.composer.mode == Mode::New && room.selection.is_none())?;
    // A panel has hints of its own.
    let room = Some(room).filter(|_| state.overlay.is_none())?;
    commands::hint(room.composer.editor.text())
}

/// What else the word may become that was completed.
fn completion_hint(state: &State) -> Option<String> {
    let completion = state.completion.as_ref().filter(|_| state.overlay.is_none() && state.selected().is_none())?;
    let others = completion.others().take(COMPLETIONS_SHOWN).collect::<Vec<_>>().join("  ");
    let key = state.settings.keys.key_for(Action::Complete);
    (!others.is_empty()).then(|| format!("{key} again: {others}"))
}

/// What can be done with the panel that is open.
fn overlay_hints(state: &State, overlay: &Overlay) -> Vec<String> {
    let keys = &state.settings.keys;
    let [up, down] = [Action::ItemUp, Action::ItemDown].map(|action| keys.key_for(action));
    let accept = match overlay {
        Overlay::Switcher { .. } | Overlay::Rooms(_) | Overlay::Thread(_) => Some("go there"),
        Overlay::Members(_) => Some("talk"),
        Overlay::Links { .. } => Some("open"),
        // There is nothing to choose, or the panel itself says what Enter does.
        Overlay::Help { .. } | Overlay::Versions(_) | Overlay::Notices { .. } | Overlay::Search => None,
    };
    // In a conversation one answers, too.
    let acts = [(Action::Reply, "reply"), (Action::React, "react"), (Action::Copy, "copy")];
    let acts = acts.into_iter().filter(|(action, _)| match overlay {
        Overlay::Thread(_) => true,
        Overlay::Notices { .. } => *action == Action::Copy,
        _ => false,
    });
    let acts = acts.map(|(action, what)| format!("{} {what}", keys.key_for(action)));
    let accept = accept.map(|what| format!("{} {what}", keys.key_for(Action::Accept)));
    let first = [format!("{up}/{down} move")].into_iter();
    first.chain(accept).chain(acts).chain([format!("{} close", keys.key_for(Action::Close))]).collect()
}

/// What can be done with the selected message.
fn selection_hints(state: &State) -> Vec<String> {
    let keys = &state.settings.keys;
    let [up, down] = [Action::SelectUp, Action::SelectDown].map(|action| keys.key_for(action));
    let is_shown = |action| !matches!(action, Action::SelectUp | Action::SelectDown);
    let bindings = keys.bindings().iter().filter(|b| b.context == Context::Selection && !b.help.is_empty());
    let first = |text: &'static str| text.split(" (").next().unwrap_or_default();
    let mut hints: Vec<String> = bindings
        .filter(|b| is_shown(b.action))
        .map(|b| format!("{} {}", keys.key_for(b.action), first(b.help)))
        .collect();
    hints.insert(0, format!("{up}/{down} move"));
    // Where most of them do not fit, it is known where they are.
    hints.insert(hints.len().min(6), format!("{} help", keys.key_for(Action::Help)));
    hints
}

/// As many hints as fit, the most useful first.
fn hints(state: &State, space: usize) -> String {
    let keys = &state.settings.keys;
    let is_reading = state.overlay.is_some() || state.selected().is_none();
    let hints: Vec<String> = if state.is_bare && is_reading {
        let key = keys.key_for(Action::SelectText);
        vec![format!("{key} back"), "the mouse selects text, as everywhere in the terminal".into()]
    } else if let Some(overlay) = &state.overlay {
        overlay_hints(state, overlay)
    } else if state.selected().is_some() && !state.words.is_empty() {
        let named = [
            (Action::NextHit, "next hit"),
            (Action::PreviousHit, "previous"),
            (Action::Search, "all hits"),
            (Action::Newest, "back to now"),
            (Action::LeaveSelection, "done"),
        ];
        named.into_iter().map(|(action, text)| format!("{} {text}", keys.key_for(action))).collect()
    } else if state.selected().is_some() {
        selection_hints(state)
    } else {
        let named = [
            (Action::NextUnread, "next unread"),
            (Action::Switcher, "jump"),
            (Action::Complete, "complete"),
            (Action::Help, "help"),
            (Action::Escape, "select"),
            (Action::NewLine, "new line"),
            (Action::Quit, "quit"),
        ];
        named.into_iter().map(|(action, text)| format!("{} {text}", keys.key_for(action))).collect()
    };
    let mut line = String::new();
    for hint in hints {
        if width(&line) + width(&hint) + 3 > space {
            break;
        }
        if !line.is_empty() {
            line.push_str("   ");
        }
        line.push_str(&hint);
    }
    line
}

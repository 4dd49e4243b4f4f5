//! Hints: what helps with the text that is being typed, and what the keys do now.

use crate::app::State;
use crate::app::commands;
use crate::app::input::keymap::{Action, Context};
use crate::app::panels::overlay::Overlay;
use crate::app::text::width;
use crate::app::writing::composer::Mode;

/// Other completions that are named.
const COMPLETIONS_SHOWN: usize = 12;

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
pub(super) fn hints(state: &State, space: usize) -> String {
    let keys = &state.settings.keys;
    let named = |named: &[(Action, &str)]| {
        named.iter().map(|(action, text)| format!("{} {text}", keys.key_for(*action))).collect()
    };
    let is_reading = state.overlay.is_some() || state.selected().is_none();
    let hints: Vec<String> = if state.is_bare && is_reading {
        let key = keys.key_for(Action::SelectText);
        vec![format!("{key} back"), "the mouse selects text, as everywhere in the terminal".into()]
    } else if let Some(overlay) = &state.overlay {
        overlay_hints(state, overlay)
    } else if state.selected().is_some() && !state.words.is_empty() {
        named(&[
            (Action::NextHit, "next hit"),
            (Action::PreviousHit, "previous"),
            (Action::Search, "all hits"),
            (Action::Newest, "back to now"),
            (Action::LeaveSelection, "done"),
        ])
    } else if state.selected().is_some() {
        selection_hints(state)
    } else {
        named(&[
            (Action::NextUnread, "next unread"),
            (Action::Switcher, "jump"),
            (Action::Complete, "complete"),
            (Action::Help, "help"),
            (Action::Escape, "select"),
            (Action::NewLine, "new line"),
            (Action::Quit, "quit"),
        ])
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

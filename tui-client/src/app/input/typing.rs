//! Keys that go into a text. Pure.

use crossterm::event::{KeyCode, KeyEvent};

use super::keymap::{Action, is_text};
use crate::app::writing::editor::Editor;

/// A key that goes into a text of one line.
pub(crate) fn type_into(editor: &mut Editor, action: Option<Action>, key: KeyEvent) {
    match (action, key.code) {
        (Some(action), _) => edit(editor, action),
        (None, KeyCode::Char(c)) if is_text(key) => editor.insert(c.encode_utf8(&mut [0; 4])),
        _ => {}
    }
}

pub(super) fn edit(editor: &mut Editor, action: Action) {
    match action {
        Action::NewLine => editor.insert("\n"),
        Action::Move(motion) => editor.go(motion),
        Action::Delete(motion) => editor.delete(motion),
        Action::Kill(motion) => editor.kill(motion),
        Action::KillToWhiteSpace => editor.kill_to_white_space(),
        Action::Yank => editor.yank(),
        Action::Undo => drop(editor.undo()),
        Action::Redo => drop(editor.redo()),
        _ => {}
    }
}

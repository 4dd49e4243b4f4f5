//! What somebody may have meant who wrote the name of an action wrong.

use crate::app::input::keymap::{actions, name};
use crate::app::text::nearest::distance;

/// The actions whose names are most like what was written, with words around them; nothing where none is.
pub(super) fn nearest_action(written: &str) -> String {
    let written: String = written.chars().take(40).collect();
    let mut near: Vec<(usize, String)> =
        actions().into_iter().map(name).map(|name| (distance(&written, &name), name)).collect();
    near.sort();
    let near: Vec<String> =
        near.into_iter().filter(|(far, name)| *far <= name.len() / 2).map(|(_, name)| name).take(3).collect();
    match near.as_slice() {
        [] => "; docs/client.md lists them".into(),
        near => format!("; the nearest are {}", near.join(", ")),
    }
}

//! What somebody may have meant who wrote the name of an action wrong.

use crate::app::keymap::{actions, name};

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

/// The fewest characters to add, drop or change to get from one text to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (done, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], done + 1);
        for (at, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

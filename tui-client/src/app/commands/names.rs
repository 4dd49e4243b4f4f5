//! What commands are called: here, by other programs, and by mistake. Pure.

use crate::app::text::nearest::distance;

/// What other programs call some of them. They are not completed: each command has one name that it teaches.
pub(crate) const ALIASES: &[(&str, &str)] = &[
    ("?", "help"),
    ("close", "leave"),
    ("exit", "quit"),
    ("fav", "favourite"),
    ("favorite", "favourite"),
    ("h", "help"),
    ("j", "join"),
    ("level", "mute"),
    ("list", "rooms"),
    ("msg", "dm"),
    ("names", "members"),
    ("new", "create"),
    ("part", "leave"),
    ("q", "quit"),
    ("query", "dm"),
    ("switch", "join"),
    ("urls", "links"),
    ("who", "members"),
];

/// What a command is called here that may have been called otherwise.
pub(super) fn meant(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, meant)| meant)
}

/// What is wrong with a name that is none of the `known` ones, and which of them may be meant.
pub(super) fn unknown(name: &str, known: &[&'static str]) -> String {
    // The whole of a pasted text may stand here.
    let shown: String = name.chars().take(30).collect();
    let typed = shown.to_ascii_lowercase();
    let is_near = |far: usize, name: &str| far == 1 || far == 2 && name.chars().next() == typed.chars().next();
    let all = known.iter().map(|known| (distance(&typed, known), *known));
    // Somebody who types a part of it may be used to programs that take that.
    let begun = known.iter().find(|known| typed.len() > 1 && known.starts_with(&typed)).copied();
    let near = all.filter(|(far, name)| *far < shown.len() && is_near(*far, name)).min().map(|(_, name)| name);
    match begun.or(near) {
        Some(near) => format!("There is no command /{shown}; did you mean /{near}? //{shown} sends it as text."),
        None => format!("There is no command /{shown}. /help lists them; //{shown} sends it as text."),
    }
}

/// Whether fingers that are used to vi have typed its way out.
pub(crate) fn is_vi_quit(text: &str) -> bool {
    matches!(text.trim(), ":q" | ":q!" | ":qa" | ":qa!" | ":wq" | ":wq!" | ":x" | ":quit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::commands::{COMMANDS, Command, hint, parse};

    #[test]
    fn names_that_other_programs_have() {
        for (alias, name) in ALIASES {
            assert!(COMMANDS.iter().any(|spec| spec.name == *name) && !COMMANDS.iter().any(|spec| spec.name == *alias));
        }
        assert_eq!(parse("/j ops"), Some(Ok(Command::Join("ops".into()))));
        assert_eq!(parse("/Part"), Some(Ok(Command::Leave)));
        assert_eq!(parse("/msg bob hi"), parse("/dm bob hi"));
        assert_eq!(parse("/who"), Some(Ok(Command::Members)));
        assert!(hint("/query b").unwrap().starts_with("/dm NAME"));
        assert!(hint("/j").unwrap().starts_with("/join"), "not all is typed yet");
    }
}

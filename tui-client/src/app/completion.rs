//! Tab: what the word before the cursor may become. Pure.

use super::commands::COMMANDS;
use super::editor::Editor;
use super::emoji;
use super::text::fold_case;

/// Candidates that Tab goes through at most.
const CANDIDATES_MAX: usize = 50;

/// A completion that Tab was pressed for, and may be pressed for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Completion {
    /// Where the word begins.
    start: usize,
    candidates: Vec<String>,
    at: usize,
}

/// Names that can be completed.
pub(crate) struct Known<'a> {
    pub(crate) people: Vec<&'a str>,
    pub(crate) rooms: Vec<&'a str>,
}

/// Completes the word before the cursor, or goes on to the next candidate. `None` where there is nothing to complete.
pub(crate) fn complete(editor: &mut Editor, going: Option<Completion>, known: &Known<'_>) -> Option<Completion> {
    let completion = match going {
        Some(completion) => Completion { at: (completion.at + 1) % completion.candidates.len().max(1), ..completion },
        None => begin(editor, known)?,
    };
    let text = completion.candidates.get(completion.at)?;
    editor.replace_before_cursor(completion.start, text);
    Some(completion)
}

/// The word before the cursor that can be completed.
pub(crate) struct Word {
    /// Where its sigil is.
    start: usize,
    /// `@`, `#`, `:` or `/`.
    pub(crate) sigil: char,
    /// What was typed behind it, folded.
    pub(crate) typed: String,
}

pub(crate) fn word(editor: &Editor) -> Option<Word> {
    let before = &editor.text()[..editor.cursor()];
    let start =
        before.rfind(char::is_whitespace).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let word = &before[start..];
    // An opening bracket or quote before the sigil is not part of the word.
    let offset = word.find(['@', '#', ':', '/'])?;
    if word[..offset].contains(char::is_alphanumeric) {
        return None;
    }
    let mut rest = word[offset..].chars();
    let sigil = rest.next()?;
    Some(Word { start: start + offset, sigil, typed: fold_case(rest.as_str()) })
}

fn begin(editor: &Editor, known: &Known<'_>) -> Option<Completion> {
    let Word { start, sigil, typed } = word(editor)?;
    let fits = |name: &&str| fold_case(name).starts_with(&typed);
    let candidates: Vec<String> = match sigil {
        '@' => known.people.iter().copied().filter(fits).map(|name| format!("@{name} ")).collect(),
        '#' => known.rooms.iter().copied().filter(fits).map(|name| format!("#{name} ")).collect(),
        ':' if !typed.is_empty() => {
            emoji::NAMES.iter().filter(|(name, _)| fits(name)).map(|(_, emoji)| format!("{emoji} ")).collect()
        }
        '/' if start == 0 => COMMANDS.iter().map(|c| c.name).filter(fits).map(|name| format!("/{name} ")).collect(),
        _ => Vec::new(),
    };
    let candidates: Vec<String> = candidates.into_iter().take(CANDIDATES_MAX).collect();
    (!candidates.is_empty()).then_some(Completion { start, candidates, at: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known<'static> {
        Known { people: vec!["ann", "Anton", "bob"], rooms: vec!["general", "ops"] }
    }

    fn completed(text: &str) -> String {
        let mut editor = Editor::with(text);
        complete(&mut editor, None, &known());
        editor.text().to_owned()
    }

    #[test]
    fn each_sigil_has_its_names() {
        assert_eq!(completed("hi (@b"), "hi (@bob ");
        assert_eq!(completed("see #o"), "see #ops ");
        assert_eq!(completed("nice :tad"), "nice 🎉 ");
        assert_eq!(completed("/jo"), "/join ");
        assert_eq!(completed("and /jo"), "and /jo");
        assert_eq!(completed("me@b"), "me@b");
    }

    #[test]
    fn tab_again_takes_the_next_one() {
        let mut editor = Editor::with("@AN");
        let mut going = None;
        let mut seen = Vec::new();
        for _ in 0..3 {
            going = complete(&mut editor, going, &known());
            seen.push(editor.text().to_owned());
        }
        assert_eq!(seen, ["@ann ", "@Anton ", "@ann "]);
    }
}

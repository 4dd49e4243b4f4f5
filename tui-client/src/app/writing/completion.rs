//! Tab: what the word before the cursor may become. A word without a sigil is a name, or what the command takes. Pure.

use super::editor::Editor;
use crate::app::commands::{self, COMMANDS};
use crate::app::text::emoji;
use crate::app::text::fold_case;

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

impl Completion {
    /// What the next Tabs would bring, from the next one on; nothing where there is no choice.
    pub(crate) fn others(&self) -> impl Iterator<Item = &str> {
        let len = self.candidates.len();
        let at = move |by: usize| self.candidates.get((self.at + by) % len.max(1));
        (1..len).filter_map(at).map(|text| text.trim_end())
    }
}

/// Names that can be completed.
pub(crate) struct Known<'a> {
    pub(crate) people: Vec<&'a str>,
    pub(crate) rooms: Vec<&'a str>,
}

/// Completes the word before the cursor, or goes on to the next candidate. `None` where there is nothing to complete.
pub(crate) fn complete(
    editor: &mut Editor,
    going: Option<Completion>,
    known: &Known<'_>,
    back: bool,
) -> Option<Completion> {
    let completion = match going {
        Some(completion) => {
            let len = completion.candidates.len().max(1);
            Completion { at: (completion.at + if back { len - 1 } else { 1 }) % len, ..completion }
        }
        None => {
            let begun = begin(editor, known)?;
            Completion { at: if back { begun.candidates.len().saturating_sub(1) } else { 0 }, ..begun }
        }
    };
    let text = completion.candidates.get(completion.at)?;
    editor.replace_before_cursor(completion.start, text);
    Some(completion)
}

/// The word before the cursor that can be completed.
pub(crate) struct Word {
    /// Where its sigil is.
    start: usize,
    /// `@`, `#`, `:` or `/`; `|` for one of the words that a command takes.
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
    let Some(offset) = word.find(['@', '#', ':', '/']) else {
        let is_name = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
        let meant = sigil_of_argument(before);
        return meant.filter(|_| is_name).map(|sigil| Word { start, sigil, typed: fold_case(word) });
    };
    if word[..offset].contains(char::is_alphanumeric) {
        return None;
    }
    let mut rest = word[offset..].chars();
    let sigil = rest.next()?;
    Some(Word { start: start + offset, sigil, typed: fold_case(rest.as_str()) })
}

/// What a bare word stands for: in a text it is a name of somebody; behind a command, what that takes.
fn sigil_of_argument(before: &str) -> Option<char> {
    let Some((command, _)) =
        before.strip_prefix('/').filter(|rest| !rest.starts_with('/')).and_then(|c| c.split_once(' '))
    else {
        return Some('@');
    };
    let spec = commands::spec(command)?;
    match spec.name {
        "join" => Some('#'),
        _ if spec.arguments.is_empty() || spec.name == "create" => None,
        _ if spec.choices().is_some() => Some('|'),
        _ => Some('@'),
    }
}

fn begin(editor: &Editor, known: &Known<'_>) -> Option<Completion> {
    let Word { start, sigil, typed } = word(editor)?;
    let fits = |name: &&str| fold_case(name).starts_with(&typed);
    let candidates: Vec<String> = match sigil {
        '@' => known.people.iter().copied().filter(fits).map(|name| format!("@{name} ")).collect(),
        '#' => known.rooms.iter().copied().filter(fits).map(|name| format!("#{name} ")).collect(),
        ':' if !typed.is_empty() => emoji::beginning_with(&typed).map(|emoji| format!("{emoji} ")).collect(),
        '|' => {
            let command = editor.text().strip_prefix('/').and_then(|rest| rest.split_once(' '));
            let choices = command.and_then(|(name, _)| commands::spec(name)?.choices());
            choices.into_iter().flatten().filter(fits).map(str::to_owned).collect()
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
        complete(&mut editor, None, &known(), false);
        editor.text().to_owned()
    }

    #[test]
    fn each_sigil_has_its_names() {
        assert_eq!(completed("hi (@b"), "hi (@bob ");
        assert_eq!(completed("see #o"), "see #ops ");
        assert_eq!(completed("nice :tad"), "nice 🎉 ");
        assert_eq!(completed("nice :unicor"), "nice 🦄 ");
        assert_eq!(completed("/jo"), "/join ");
        assert_eq!(completed("and /jo"), "and /jo");
        assert_eq!(completed("me@b"), "me@b");
    }

    #[test]
    fn a_word_without_one_is_a_name_or_what_the_command_takes() {
        assert_eq!(completed("b"), "@bob ");
        assert_eq!(completed("hello an"), "hello @ann ");
        assert_eq!(completed("/dm b"), "/dm @bob ");
        assert_eq!(completed("/join op"), "/join #ops ");
        assert_eq!(completed("/mute men"), "/mute mentions");
        assert_eq!(completed("/read a"), "/read all");
        assert_eq!(completed("/create b"), "/create b");
        for nothing in ["", "hello ", "b!", "/leave b", "/nope b", "(b"] {
            assert_eq!(completed(nothing), nothing);
        }
    }

    #[test]
    fn tab_again_takes_the_next_one() {
        let mut editor = Editor::with("@AN");
        let mut going = None;
        let mut seen = Vec::new();
        for _ in 0..3 {
            going = complete(&mut editor, going, &known(), false);
            seen.push(editor.text().to_owned());
        }
        assert_eq!(seen, ["@ann ", "@Anton ", "@ann "]);
        assert_eq!(going.as_ref().unwrap().others().collect::<Vec<_>>(), ["@Anton"]);
        complete(&mut editor, going, &known(), true);
        assert_eq!(editor.text(), "@Anton ", "and back");
    }
}

//! Where words that one searches for stand in a text, and rows with those places marked. Pure.

use std::ops::Range;

use super::row::{Role, Row, Span};

/// Letters from here on belong to scripts that put no spaces between words: there a word may begin anywhere.
const WITHOUT_SPACES: char = '\u{2E80}';

/// The places where a text holds one of the words, in whatever case, at the beginning of a word of its own. The words are in
/// lower case; the places do not overlap, and are in order.
pub(crate) fn hits(text: &str, words: &[String]) -> Vec<Range<usize>> {
    if words.is_empty() {
        return Vec::new();
    }
    let folded: Vec<(char, usize)> =
        text.char_indices().flat_map(|(at, c)| c.to_lowercase().map(move |lower| (lower, at))).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < folded.len() {
        let longest = if begins_word(&folded, at) {
            words.iter().filter_map(|word| match_at(&folded[at..], word)).max()
        } else {
            None
        };
        match longest {
            Some(chars) => {
                let last = folded[at + chars - 1].1;
                let end = text[last..].chars().next().map_or(text.len(), |c| last + c.len_utf8());
                found.push(folded[at].1..end);
                at += chars;
            }
            None => at += 1,
        }
    }
    found
}

/// Whether a text holds every one of the words.
pub(crate) fn holds_all(text: &str, words: &[String]) -> bool {
    words.iter().all(|word| holds(text, word))
}

/// The same as whether there are [`hits`], for many texts: nothing is copied, and ASCII needs no tables.
fn holds(text: &str, word: &str) -> bool {
    let Some(wanted) = word.chars().next() else { return false };
    if text.is_ascii() {
        return word.is_ascii() && holds_ascii(text.as_bytes(), word.as_bytes());
    }
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        let mut lower = c.to_lowercase();
        let first = lower.next().unwrap_or(c);
        let begins = before.is_none_or(|before| !before.is_alphanumeric() || first >= WITHOUT_SPACES);
        if begins && first == wanted {
            let mut folded = text[at..].chars().flat_map(char::to_lowercase);
            if word.chars().all(|wanted| folded.next() == Some(wanted)) {
                return true;
            }
        }
        before = Some(lower.last().unwrap_or(first));
    }
    false
}

fn holds_ascii(text: &[u8], word: &[u8]) -> bool {
    let begins = |at: usize| at.checked_sub(1).is_none_or(|before| !text[before].is_ascii_alphanumeric());
    text.windows(word.len())
        .enumerate()
        .any(|(at, here)| here[0].eq_ignore_ascii_case(&word[0]) && begins(at) && here.eq_ignore_ascii_case(word))
}

fn begins_word(folded: &[(char, usize)], at: usize) -> bool {
    // The second half of a character that folds into two begins nothing.
    let before = at.checked_sub(1).and_then(|before| folded.get(before));
    before.is_none_or(|&(before, place)| {
        place != folded[at].1 && (!before.is_alphanumeric() || folded[at].0 >= WITHOUT_SPACES)
    })
}

/// How many characters a word takes, where the text begins with it.
fn match_at(folded: &[(char, usize)], word: &str) -> Option<usize> {
    let mut chars = 0;
    for wanted in word.chars() {
        if folded.get(chars)?.0 != wanted {
            return None;
        }
        chars += 1;
    }
    (chars > 0).then_some(chars)
}

/// Marks the words in rows that are laid out already. A word that is broken over two rows stays as it is.
pub(crate) fn mark(rows: &mut [Row], words: &[String]) {
    if words.is_empty() {
        return;
    }
    for row in rows {
        row.spans = std::mem::take(&mut row.spans).into_iter().flat_map(|span| split(span, words)).collect();
    }
}

fn split(span: Span, words: &[String]) -> Vec<Span> {
    // The frame around a text is not what was searched.
    let is_frame = matches!(
        span.role,
        Role::Time | Role::Author(_) | Role::Reaction | Role::ReactionMine | Role::DateRule | Role::NewRule | Role::Dim
    );
    let places = if is_frame { Vec::new() } else { hits(&span.text, words) };
    if places.is_empty() {
        return vec![span];
    }
    let mut spans = Vec::new();
    let mut at = 0;
    let mut push = |range: Range<usize>, role| {
        if !range.is_empty() {
            spans.push(Span { text: span.text[range].to_owned(), role, stress: span.stress, link: span.link.clone() });
        }
    };
    for place in places {
        push(at..place.start, span.role);
        at = place.end;
        push(place, Role::Hit);
    }
    push(at..span.text.len(), span.role);
    spans
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found<'a>(text: &'a str, words: &[&str]) -> Vec<&'a str> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        hits(text, &words).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_are_found_where_they_begin() {
        assert_eq!(found("The Deploy, redeployed; deploys", &["deploy"]), ["Deploy", "deploy"]);
        assert_eq!(found("a green deploy", &["deploy", "gr"]), ["gr", "deploy"]);
        assert_eq!(found("今日はいい日", &["日"]), ["日", "日"]);
        assert_eq!(found("İstanbul ÄRGER", &["i\u{307}st", "ärg"]), ["İst", "ÄRG"]);
        assert_eq!(found("whole phrase here", &["phrase here"]), ["phrase here"]);
        assert!(
            holds_all("one two", &["two".into(), "one".into()]) && !holds_all("one", &["one".into(), "two".into()])
        );
    }

    #[test]
    fn only_the_text_of_a_row_is_marked() {
        let mut row = Row::of("ann ", Role::Author(1));
        row.push("so says ann today", Role::Plain);
        let mut rows = [row];
        mark(&mut rows, &["ann".into()]);
        let roles: Vec<_> = rows[0].spans.iter().map(|span| (span.text.as_str(), span.role)).collect();
        assert_eq!(
            roles,
            [("ann ", Role::Author(1)), ("so says ", Role::Plain), ("ann", Role::Hit), (" today", Role::Plain)]
        );
    }

    proptest! {
        #[test]
        fn a_text_holds_what_it_has_hits_of(
            text in "([a-c ,1İIKßé日本]|\\PC){0,12}",
            word in "([a-c1ikßé日本\u{307}]|\\PC){0,3}",
        ) {
            let word = word.to_lowercase();
            prop_assert_eq!(holds(&text, &word), !hits(&text, &[word]).is_empty());
        }

        #[test]
        fn marking_changes_no_text(text in any::<String>(), words in prop::collection::vec("[a-z日ßİ]{1,3}", 0..4)) {
            let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
            let mut rows = [Row::of(text.clone(), Role::Plain)];
            mark(&mut rows, &words);
            let joined: String = rows[0].spans.iter().map(|span| span.text.as_str()).collect();
            prop_assert_eq!(joined, text);
        }
    }
}

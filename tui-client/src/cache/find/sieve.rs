//! A first look at a message as it stands on disk, unread: it lets through all that may fit, and little else. Pure.

use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// Looks for a part of each word, in whatever case: for the rarer ones first, as far as their lengths tell.
pub(super) struct Sieve(Vec<Regex>);

impl Sieve {
    /// For messages that have to hold all of these, which are in lower case.
    pub(super) fn of(words: &[String]) -> Self {
        let mut pieces: Vec<&str> = words.iter().filter_map(|word| piece(word)).collect();
        // Letters beyond ASCII take the longest to look for.
        pieces.sort_by_key(|piece| (!piece.is_ascii(), std::cmp::Reverse(piece.len())));
        let any_case = syntax::Config::new().case_insensitive(true);
        let pattern = |piece: &str| piece.chars().map(pattern).collect::<String>();
        // Where one is too much for it, all may fit.
        let regex = |piece: &str| Regex::builder().syntax(any_case).build(&pattern(piece)).ok();
        Self(pieces.into_iter().filter_map(regex).collect())
    }

    pub(super) fn passes(&self, text: &[u8]) -> bool {
        self.0.iter().all(|regex| regex.is_match(text))
    }
}

/// The longest part of a word that stands in the file as it is.
fn piece(word: &str) -> Option<&str> {
    let is_escaped = |c: char| c.is_control() || matches!(c, '"' | '\\');
    word.split(is_escaped).max_by_key(|piece| piece.len()).filter(|piece| !piece.is_empty())
}

fn pattern(c: char) -> String {
    match c {
        // The one letter that becomes two in lower case: an i, and a dot above it.
        'i' => "(?:i|İ)".to_owned(),
        '\u{307}' => "\u{307}?".to_owned(),
        // By its number: it might mean something.
        c if c.is_ascii_punctuation() => format!("\\x{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::text::highlight::holds_all;

    fn passes(text: &str, words: &[&str]) -> bool {
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        Sieve::of(&words).passes(&serde_json::to_vec(text).unwrap())
    }

    #[test]
    fn most_does_not_pass() {
        assert!(passes("The NEEDLE\nis here", &["is", "needle"]) && !passes("The needle", &["noodle"]));
        assert!(passes("ДЕЖУРНЫЙ", &["дежурный"]) && !passes("дежурство", &["дежурный"]));
        assert!(passes("İstanbul", &["İst"]) && passes("(a+b) [c]", &["b) [c"]) && !passes("aab c", &["a+b"]));
        assert!(passes(r"C:\dir", &[r"c:\dir"]) && passes("anything", &[]));
    }

    proptest! {
        #[test]
        fn all_that_fits_passes(
            text in "([a-c ,1İIKkſßẞΣς\"\\\\日\n]|\\PC){0,12}",
            from in 0usize..12,
            length in 1usize..4,
        ) {
            let word: String = text.chars().skip(from).take(length).collect();
            let words = [word.to_lowercase()];
            if holds_all(&text, &words) {
                prop_assert!(Sieve::of(&words).passes(&serde_json::to_vec(&text).unwrap()), "{words:?}");
            }
        }
    }
}

//! What one searches for: words and "whole phrases", and the operators `in:` and `from:` among them. Pure.

use chat_shared::Message;

use crate::app::text::fold_case;
use crate::app::text::highlight::holds_all;

/// A search, as the server takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The words, and phrases in quotation marks: a message has to hold all of them.
    pub text: String,
    /// Only in this room: its name, without `#`.
    pub room: Option<String>,
    /// Only by this author: the name, without `@`.
    pub from: Option<String>,
}

impl Query {
    /// Reads what was typed. Inside of quotation marks nothing is an operator, nor is one without a value.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let mut query = Self::default();
        let mut text: Vec<String> = Vec::new();
        for (number, part) in typed.split('"').enumerate() {
            if number % 2 == 1 {
                text.push(format!("\"{}\"", part.trim()));
                continue;
            }
            for word in part.split_whitespace() {
                if let Some(room) = operator(word, "in:", '#') {
                    query.room = Some(room);
                } else if let Some(name) = operator(word, "from:", '@') {
                    query.from = Some(name);
                } else {
                    text.push(word.to_owned());
                }
            }
        }
        text.retain(|part| part != "\"\"");
        query.text = text.join(" ");
        query
    }

    /// Whether there is nothing to search for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The words and phrases that a match shows, in the form of [`crate::app::text::highlight`].
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (number, part) in self.text.split('"').enumerate() {
            if number % 2 == 1 {
                words.push(part.to_lowercase());
            } else {
                words.extend(part.split_whitespace().map(str::to_lowercase));
            }
        }
        // Punctuation around a word is none of the server's index either.
        words.iter_mut().for_each(|word| *word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned());
        words.retain(|word| !word.is_empty());
        words
    }

    /// Whether a message, wherever it is, is by whom is meant and holds all of these: [`Self::words`]. Without any, none is.
    pub(crate) fn fits(&self, message: &Message, words: &[String]) -> bool {
        let is_by = |from: &String| fold_case(from) == fold_case(&message.name);
        !words.is_empty()
            && message.deleted_at.is_none()
            && self.from.as_ref().is_none_or(is_by)
            && holds_all(&message.body, words)
    }
}

/// `in:#general`: the value behind an operator, without its sigil.
fn operator(word: &str, name: &str, sigil: char) -> Option<String> {
    let start = word.get(..name.len())?;
    let value = word[name.len()..].strip_prefix(sigil).unwrap_or(&word[name.len()..]);
    (start.eq_ignore_ascii_case(name) && !value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn operators_are_taken_out() {
        let query = Query::parse("deploy In:#ops from:@ann  green");
        assert_eq!(query.text, "deploy green");
        assert_eq!((query.room.as_deref(), query.from.as_deref()), (Some("ops"), Some("ann")));
        assert_eq!(
            Query::parse("in:general from:bob"),
            Query { text: String::new(), room: Some("general".into()), from: Some("bob".into()) }
        );
        assert_eq!(Query::parse("in: from:@ logged in:").text, "in: from:@ logged in:");
    }

    #[test]
    fn phrases_stay_whole() {
        let query = Query::parse(r#"say "in:ops  and" now "open"#);
        assert_eq!(query.text, r#"say "in:ops  and" now "open""#);
        assert_eq!(query.room, None);
        assert_eq!(query.words(), ["say", "in:ops  and", "now", "open"]);
        assert_eq!(Query::parse("(Hello), --").words(), ["hello"]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(text in any::<String>()) {
            let query = Query::parse(&text);
            prop_assert_eq!(query.text.matches('"').count() % 2, 0);
            prop_assert!(query.words().iter().all(|word| !word.is_empty()));
        }
    }
}

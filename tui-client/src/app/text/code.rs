//! Code blocks and the parts of speech in them. Finding those is work for another thread: a block is shown plainly, asked for
//! once, and shown in colours when they come. Pure.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Blocks whose parts are remembered; then all are forgotten, and what is visible is asked for anew.
const REMEMBERED_MAX: usize = 256;
/// The longest block that is asked for.
const CODE_BYTES: usize = 32 * 1024;

/// A code block, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// What its author says it is: `rust`, `sh`.
    pub language: String,
    /// Its text.
    pub text: String,
}

/// A part of speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `if`, `fn`, `+`
    Keyword,
    /// A text in the code.
    String,
    /// What is not run.
    Comment,
    /// Numbers and other constants.
    Constant,
    /// The name of a function.
    Function,
    /// The name of a type or a tag.
    Type,
}

/// Which bytes of a block are what, in order, without overlaps.
pub type Tokens = Arc<[(Range<usize>, Token)]>;

/// What is known about the blocks that were seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Colourings {
    /// `None` for those that were asked for.
    known: HashMap<Code, Option<Tokens>>,
    wanted: Vec<Code>,
}

impl Colourings {
    /// The parts of a block, where they are known; otherwise they will be asked for.
    pub(crate) fn of(&mut self, code: &Code) -> Option<Tokens> {
        if let Some(tokens) = self.known.get(code) {
            return tokens.clone();
        }
        if !code.language.is_empty() && code.text.len() <= CODE_BYTES {
            if self.known.len() >= REMEMBERED_MAX {
                self.known.clear();
            }
            self.known.insert(code.clone(), None);
            self.wanted.push(code.clone());
        }
        None
    }

    /// The blocks to ask for, once each.
    pub(crate) fn take_wanted(&mut self) -> Vec<Code> {
        std::mem::take(&mut self.wanted)
    }

    /// The parts of a block are here. Ranges that do not fit it are dropped.
    pub(crate) fn insert(&mut self, code: Code, tokens: &Tokens) {
        let mut end = 0;
        let fits = |(range, _): &&(Range<usize>, Token)| {
            let fits = range.start >= end && code.text.get(range.clone()).is_some();
            end = if fits { range.end } else { end };
            fits
        };
        let tokens: Tokens = tokens.iter().filter(fits).cloned().collect();
        self.known.insert(code, Some(tokens));
    }
}

/// Where the parts of code are looked up.
pub(crate) enum Lookup<'a> {
    /// What is not known is asked for.
    Asking(&'a mut Colourings),
    /// Somebody else asks.
    Known(&'a Colourings),
}

impl Lookup<'_> {
    pub(crate) fn of(&mut self, code: &Code) -> Option<Tokens> {
        match self {
            Self::Asking(colourings) => colourings.of(code),
            Self::Known(colourings) => colourings.known.get(code).cloned().flatten(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Code {
        Code { language: "rust".into(), text: text.into() }
    }

    #[test]
    fn a_block_is_asked_for_once() {
        let mut colourings = Colourings::default();
        assert_eq!(colourings.of(&code("fn")), None);
        assert_eq!(colourings.of(&code("fn")), None);
        assert_eq!(colourings.take_wanted(), [code("fn")]);
        colourings.insert(code("fn"), &Arc::from([(0..2, Token::Keyword), (1..9, Token::Type)]));
        assert_eq!(colourings.of(&code("fn")).as_deref(), Some(&[(0..2, Token::Keyword)][..]));
        assert_eq!(colourings.take_wanted(), []);
    }

    #[test]
    fn what_has_no_language_or_no_end_stays_plain() {
        let mut colourings = Colourings::default();
        colourings.of(&Code { language: String::new(), text: "x".into() });
        colourings.of(&code(&"x".repeat(CODE_BYTES + 1)));
        assert_eq!(colourings.take_wanted(), []);
        for n in 0..REMEMBERED_MAX * 2 {
            colourings.of(&code(&n.to_string()));
        }
        assert!(colourings.known.len() <= REMEMBERED_MAX);
    }
}

//! Finds the parts of speech in code. It may take a while and a few MiB, so it runs in a thread of its own, and nothing of it is
//! loaded before the first code block is seen.

use std::ops::Range;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use crate::app::text::code::{Code, Token, Tokens};

/// Longer lines are data rather than code; their parts are not told apart.
const LINE_BYTES: usize = 1_000;
/// How long one block may take. What is found until then is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// Grammars that were used stay compiled, at 5 to 10 MiB each. With one more than so many, all are dropped and loaded anew,
/// which takes some 50 ms: the parts of a block are asked for once, so memory is what counts.
const GRAMMARS_MAX: usize = 2;

/// The grammars, once there is a need for them. The lock also keeps it to one thread.
static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);

struct Loaded {
    syntaxes: SyntaxSet,
    /// Names of the grammars that were used.
    used: Vec<String>,
}

/// What a scope means; the most specific one of the innermost scope counts.
static MEANINGS: LazyLock<Vec<(Scope, Option<Token>)>> = LazyLock::new(|| {
    let table = [
        ("comment", Some(Token::Comment)),
        ("string", Some(Token::String)),
        ("constant.character.escape", Some(Token::Constant)),
        ("constant", Some(Token::Constant)),
        ("keyword", Some(Token::Keyword)),
        ("storage", Some(Token::Keyword)),
        ("variable.language", Some(Token::Keyword)),
        ("entity.name.function", Some(Token::Function)),
        ("support.function", Some(Token::Function)),
        ("variable.function", Some(Token::Function)),
        ("support.macro", Some(Token::Function)),
        ("entity.name.tag", Some(Token::Type)),
        ("entity.name", Some(Token::Type)),
        ("entity.other", Some(Token::Function)),
        ("support", Some(Token::Type)),
        ("markup.inserted", Some(Token::String)),
        ("markup.deleted", Some(Token::Keyword)),
        ("markup.heading", Some(Token::Type)),
        // What is computed inside of a string is no string.
        ("meta.interpolation", None),
        ("source", None),
    ];
    table.into_iter().filter_map(|(name, token)| Some((Scope::new(name).ok()?, token))).collect()
});

/// The parts of speech; `None` where the language is not known.
#[must_use]
pub fn tokens(code: &Code) -> Option<Tokens> {
    // A panic in a grammar leaves nothing half done that matters here.
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = name(&code.language)?;
    if loaded.as_ref().is_some_and(|loaded| !loaded.used.contains(&wanted) && loaded.used.len() >= GRAMMARS_MAX) {
        *loaded = None;
    }
    let loaded =
        loaded.get_or_insert_with(|| Loaded { syntaxes: SyntaxSet::load_defaults_newlines(), used: Vec::new() });
    let syntax = loaded.syntaxes.find_syntax_by_token(&wanted)?;
    if !loaded.used.contains(&wanted) {
        loaded.used.push(wanted);
    }
    let syntaxes = &loaded.syntaxes;
    let began = Instant::now();
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut found: Vec<(Range<usize>, Token)> = Vec::new();
    let mut start = 0;
    for line in code.text.split_inclusive('\n') {
        if line.len() > LINE_BYTES || began.elapsed() > PATIENCE {
            break;
        }
        // A grammar that fails on a line has nothing to say about the rest either.
        let Ok(output) = state.parse_line(line, syntaxes) else { break };
        let mut at = 0;
        for (to, operation) in output {
            push(&mut found, start + at..start + to.max(at), meaning(&stack));
            at = to.max(at);
            if stack.apply(&operation).is_err() {
                return Some(found.into());
            }
        }
        push(&mut found, start + at..start + line.len(), meaning(&stack));
        start += line.len();
    }
    Some(found.into())
}

/// Languages by the names that people put behind a fence.
fn name(language: &str) -> Option<String> {
    let known = match language {
        "rs" => "rust",
        "python" => "py",
        "sh" | "shell" | "console" | "zsh" => "bash",
        "ts" | "tsx" | "jsx" | "typescript" => "js",
        "golang" => "go",
        "jsonc" | "json5" => "json",
        "text" | "txt" | "plain" => return None,
        other => other,
    };
    Some(known.to_owned())
}

fn push(found: &mut Vec<(Range<usize>, Token)>, range: Range<usize>, token: Option<Token>) {
    let Some(token) = token.filter(|_| !range.is_empty()) else { return };
    match found.last_mut() {
        Some((last, same)) if *same == token && last.end == range.start => last.end = range.end,
        _ => found.push((range, token)),
    }
}

fn meaning(stack: &ScopeStack) -> Option<Token> {
    let meaning =
        |scope: &Scope| MEANINGS.iter().find(|(known, _)| known.is_prefix_of(*scope)).map(|(_, token)| *token);
    stack.scopes.iter().rev().find_map(meaning).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(language: &str, text: &str) -> Vec<(String, Token)> {
        let code = Code { language: language.into(), text: text.into() };
        let tokens = tokens(&code).unwrap();
        tokens.iter().map(|(range, token)| (text[range.clone()].to_owned(), *token)).collect()
    }

    #[test]
    fn parts_of_speech_are_told_apart() {
        let rust = found("rust", "fn main() { // hi\n    let x = \"a\";\n}\n");
        for (text, token) in
            [("fn", Token::Keyword), ("main", Token::Function), ("// hi\n", Token::Comment), ("\"a\"", Token::String)]
        {
            assert!(rust.contains(&(text.to_owned(), token)), "{text}: {rust:?}");
        }
        assert!(
            found("sh", "echo \"$HOME\" # home\n")
                .iter()
                .any(|(text, token)| { text.contains("# home") && *token == Token::Comment })
        );
        assert!(found("json", "{\"a\": 1}\n").contains(&("1".to_owned(), Token::Constant)));
    }

    #[test]
    fn what_nobody_knows_stays_plain() {
        assert!(tokens(&Code { language: "klingon".into(), text: "nuqneH".into() }).is_none());
    }

    #[test]
    fn a_huge_line_takes_no_time() {
        let code = Code { language: "rust".into(), text: "(".repeat(30_000) };
        assert_eq!(tokens(&code).as_deref(), Some(&[][..]));
    }
}

//! A row of the message pane before it has colours: pieces of text, each with the part it plays. Pure.

use std::sync::Arc;

use super::code::Token;

/// The part that a piece of text plays; the theme gives it a look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// A message's text.
    #[default]
    Plain,
    /// What stands back: joins, "(edited)", quotes, hints.
    Dim,
    /// The time of a message.
    Time,
    /// An author, by [`text::name_hash`].
    Author(u32),
    /// `@somebody`.
    Mention,
    /// `@me`.
    MentionMe,
    /// `#room`.
    RoomName,
    /// What leads to a web address.
    Link,
    /// Code in a line.
    Code,
    /// Code in a block of its own.
    CodeBlock,
    /// A part of speech in a code block.
    Token(Token),
    /// What somebody quotes.
    Quoted,
    /// What was searched for.
    Hit,
    /// An emoji and its count.
    Reaction,
    /// An emoji that is mine too.
    ReactionMine,
    /// Not sent yet.
    Sending,
    /// Not sent, and why; or something else that went wrong.
    Failed,
    /// The rule between two days.
    DateRule,
    /// The rule before what is new.
    NewRule,
}

/// How a piece of text is stressed, whatever its part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stress {
    pub(crate) bold: bool,
    pub(crate) italic: bool,
    pub(crate) strike: bool,
}

/// A piece of text and its part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) role: Role,
    pub(crate) stress: Stress,
    /// Where it leads; from [`super::links::safe_url`], so it is harmless.
    pub(crate) link: Option<Arc<str>>,
}

impl Span {
    pub(crate) fn new(text: impl Into<String>, role: Role) -> Self {
        Self { text: text.into(), role, ..Self::default() }
    }
}

/// One row: spans from the left edge, and perhaps a mark at the right edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) spans: Vec<Span>,
    pub(crate) right: Option<Span>,
}

impl Row {
    /// A row of one span.
    pub(crate) fn of(text: impl Into<String>, role: Role) -> Self {
        Self { spans: vec![Span::new(text, role)], right: None }
    }

    /// Where the cell at a column leads.
    pub(crate) fn link_at(&self, column: usize) -> Option<&Arc<str>> {
        let mut end = 0;
        let span = self.spans.iter().find(|span| {
            end += super::width(&span.text);
            column < end
        });
        span?.link.as_ref()
    }

    pub(crate) fn push(&mut self, text: impl Into<String>, role: Role) {
        let text = text.into();
        if !text.is_empty() {
            self.spans.push(Span::new(text, role));
        }
    }

    /// A title in the middle of a line that goes from edge to edge.
    pub(crate) fn rule(title: &str, width: usize, role: Role) -> Self {
        let title = super::truncate(title, width.saturating_sub(2));
        let rest = width.saturating_sub(super::width(&title) + 2);
        let left = "─".repeat(rest / 2);
        let right = "─".repeat(rest - rest / 2);
        let line = if rest == 0 { super::truncate(&title, width) } else { format!("{left} {title} {right}") };
        Self::of(line, role)
    }
}

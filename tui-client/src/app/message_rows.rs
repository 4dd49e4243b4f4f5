//! A message as rows: time, author, hanging indent, quote, reactions, state. Pure.

use std::ops::Range;

use chat_shared::Reaction;
use chat_shared::text::mentions;

use super::row::{Role, Row, Span};
use super::text::{fold_case, name_hash, truncate, width};
use super::wrap::wrap_text;

/// `09:12 `
const TIME_WIDTH: usize = 6;
/// Kept free at the right edge for the mark of a message that is being sent, so that nothing shifts when it is gone.
const MARK_WIDTH: usize = 2;
/// Rows for why a message was not sent, at most.
const FAILURE_ROWS: usize = 4;
/// A pane that is narrower has no columns: the author gets a row, the text goes below.
const COLUMNS_FROM: usize = 36;

/// How the pane's width is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    width: usize,
    author: usize,
    indent: usize,
    is_narrow: bool,
}

impl Columns {
    pub(crate) fn new(width: u16) -> Self {
        let width = usize::from(width);
        if width < COLUMNS_FROM {
            return Self {
                width,
                author: width.saturating_sub(TIME_WIDTH),
                indent: usize::from(width >= 12),
                is_narrow: true,
            };
        }
        let author = (width / 8).clamp(6, 14);
        Self { width, author, indent: TIME_WIDTH + author + 1, is_narrow: false }
    }

    /// The cells for text behind an indent.
    fn text(self, indent: usize) -> usize {
        self.width.saturating_sub(indent + MARK_WIDTH).max(1)
    }
}

/// What there is to say about a message's delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery<'a> {
    /// The server has it.
    Sent,
    /// On its way, or waiting for its turn.
    Sending,
    /// It will not be sent, and why.
    Failed(&'a str),
}

/// A message, ready to be laid out.
pub(crate) struct MessageView<'a> {
    pub(crate) time: String,
    pub(crate) name: &'a str,
    pub(crate) body: &'a str,
    pub(crate) quote: Option<String>,
    pub(crate) reactions: &'a [Reaction],
    pub(crate) is_edited: bool,
    pub(crate) is_deleted: bool,
    pub(crate) delivery: Delivery<'a>,
    /// The reader's own name, to tell `@me` from `@others`.
    pub(crate) me: &'a str,
}

/// The text of a `/me` message, without the command.
pub(crate) fn action_text(body: &str) -> Option<&str> {
    body.strip_prefix("/me ").filter(|text| !text.trim().is_empty())
}

/// The first line of a text, for quotes.
pub(crate) fn first_line(body: &str) -> &str {
    body.lines().find(|line| !line.trim().is_empty()).unwrap_or("").trim()
}

/// Lays a message out.
pub(crate) fn message_rows(message: &MessageView<'_>, columns: Columns) -> Vec<Row> {
    let action = action_text(message.body).filter(|_| !message.is_deleted);
    let mut rows = Vec::new();
    let mut indent = columns.indent;
    let mut first = Row::default();
    first.push(format!("{} ", truncate(&message.time, columns.width.saturating_sub(1))), Role::Time);
    if action.is_some() && !columns.is_narrow {
        indent = TIME_WIDTH;
    } else if action.is_none() {
        push_author(&mut first, message.name, columns);
    }
    if columns.is_narrow {
        rows.push(std::mem::take(&mut first));
        pad(&mut first, indent);
    }
    let text_width = columns.text(indent);
    if let Some(quote) = &message.quote {
        first.push(truncate(&format!("↳ {quote}"), text_width), Role::Dim);
        rows.push(std::mem::take(&mut first));
        pad(&mut first, indent);
    }
    for spans in text_rows(message, action, text_width) {
        first.spans.extend(spans);
        rows.push(std::mem::take(&mut first));
        pad(&mut first, indent);
    }
    rows.extend(reaction_rows(message.reactions, indent, text_width));
    mark_delivery(&mut rows, message.delivery, columns, indent);
    rows
}

fn push_author(row: &mut Row, name: &str, columns: Columns) {
    let shown = truncate(name, columns.author);
    let padding = (columns.author + 1).saturating_sub(width(&shown));
    row.push(shown, Role::Author(name_hash(name)));
    if !columns.is_narrow {
        row.push(" ".repeat(padding), Role::Plain);
    }
}

fn pad(row: &mut Row, indent: usize) {
    row.push(" ".repeat(indent), Role::Plain);
}

fn mark_delivery(rows: &mut Vec<Row>, delivery: Delivery<'_>, columns: Columns, indent: usize) {
    let (mark, role) = match delivery {
        Delivery::Sent => return,
        Delivery::Sending => ("⧗", Role::Sending),
        Delivery::Failed(_) => ("✗", Role::Failed),
    };
    if let Some(first) = rows.first_mut().filter(|_| columns.width > MARK_WIDTH) {
        first.right = Some(Span { text: mark.into(), role });
    }
    if let Delivery::Failed(reason) = delivery {
        let text = format!("not sent: {reason} (select it: r sends it again, d gives it up)");
        for range in wrap_text(&text, columns.text(indent)).into_iter().take(FAILURE_ROWS) {
            let mut row = Row::default();
            pad(&mut row, indent);
            row.push(truncate(text[range].trim_end(), columns.text(indent)), Role::Failed);
            rows.push(row);
        }
    }
}

/// The text with the roles of its parts, wrapped.
fn text_rows(message: &MessageView<'_>, action: Option<&str>, width: usize) -> Vec<Vec<Span>> {
    if message.is_deleted {
        return vec![vec![Span { text: truncate("(deleted)", width), role: Role::Dim }]];
    }
    let mut text = String::new();
    let mut roles: Vec<(Range<usize>, Role)> = Vec::new();
    if action.is_some() {
        text.push_str("* ");
        roles.push((2..2 + message.name.len(), Role::Author(name_hash(message.name))));
        text.push_str(message.name);
        text.push(' ');
    }
    let body_start = text.len();
    text.push_str(&action.unwrap_or(message.body).replace('\t', "    "));
    roles.extend(
        mention_ranges(&text[body_start..], message.me)
            .into_iter()
            .map(|(range, role)| (range.start + body_start..range.end + body_start, role)),
    );
    if message.is_edited {
        let start = text.len();
        text.push_str(" (edited)");
        roles.push((start..text.len(), Role::Dim));
    }
    wrap_text(&text, width).into_iter().map(|row| slice(&text, &roles, &row)).collect()
}

/// Where a text mentions somebody. `mentions` says whom, once each; here every place counts.
fn mention_ranges(text: &str, me: &str) -> Vec<(Range<usize>, Role)> {
    let names = mentions(text);
    if names.is_empty() {
        return Vec::new();
    }
    let me = fold_case(me);
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        let rest = &text[at + 1..];
        if let Some(name) = names.iter().filter(|name| rest.starts_with(**name)).max_by_key(|name| name.len()) {
            let role = if fold_case(name) == me { Role::MentionMe } else { Role::Mention };
            found.push((at..at + 1 + name.len(), role));
        }
    }
    found
}

/// The part of a text in `row`, cut where its roles change; without white space at its end.
fn slice(text: &str, roles: &[(Range<usize>, Role)], row: &Range<usize>) -> Vec<Span> {
    let end = row.start + text[row.clone()].trim_end().len();
    let mut spans = Vec::new();
    let mut at = row.start;
    let mut push = |range: Range<usize>, role| {
        if !range.is_empty() {
            spans.push(Span { text: text[range].to_owned(), role });
        }
    };
    for (range, role) in roles {
        let (from, to) = (range.start.clamp(at, end.max(at)), range.end.clamp(at, end.max(at)));
        if from < to {
            push(at..from, Role::Plain);
            push(from..to, *role);
            at = to;
        }
    }
    push(at..end.max(at), Role::Plain);
    spans
}

fn reaction_rows(reactions: &[Reaction], indent: usize, text_width: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = Row::default();
    let mut used = 0;
    for reaction in reactions {
        let text = truncate(&format!("{} {}", reaction.emoji, reaction.count), text_width);
        let cells = width(&text);
        if used > 0 && used + 2 + cells > text_width {
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
        if used == 0 {
            pad(&mut row, indent);
        } else {
            row.push("  ", Role::Plain);
            used += 2;
        }
        row.push(text, if reaction.mine { Role::ReactionMine } else { Role::Reaction });
        used += cells;
    }
    if used > 0 {
        rows.push(row);
    }
    rows
}

#[cfg(test)]
#[path = "message_rows_tests.rs"]
mod tests;

//! A message as rows: time, author, hanging indent, quote, reactions, state. Pure.

use chat_shared::Reaction;

use crate::app::settings::{Density, TimeFormat};
use crate::app::text::body::{Reader, body_rows};
use crate::app::text::markdown;
use crate::app::text::row::{Role, Row, Span};
use crate::app::text::wrap::wrap_text;
use crate::app::text::{name_hash, truncate, width};

/// Kept free at the right edge for the mark of a message that is being sent, so that nothing shifts when it is gone.
const MARK_WIDTH: usize = 2;
/// Rows for why a message was not sent, at most.
const FAILURE_ROWS: usize = 4;
/// Characters of a text that are looked at for its first line.
const HEAD_CHARS: usize = 500;
/// A pane that is narrower has no columns: the author gets a row, the text goes below.
const COLUMNS_FROM: usize = 36;

/// How the pane's width is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    width: usize,
    author: usize,
    time: usize,
    indent: usize,
    is_narrow: bool,
    /// The text begins right behind the author.
    is_compact: bool,
}

impl Columns {
    pub(crate) fn new(width: u16, time: TimeFormat, density: Density) -> Self {
        let time = time.width();
        let width = usize::from(width);
        if width < COLUMNS_FROM {
            return Self {
                width,
                author: width.saturating_sub(time),
                time,
                indent: usize::from(width >= 12),
                is_narrow: true,
                is_compact: false,
            };
        }
        let author = (width / 8).clamp(6, 14);
        let is_compact = density == Density::Compact;
        let indent = if is_compact { time } else { time + author + 1 };
        Self { width, author, time, indent, is_narrow: false, is_compact }
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
}

/// The text of a `/me` message, without the command.
pub(crate) fn action_text(body: &str) -> Option<&str> {
    body.strip_prefix("/me ").filter(|text| !text.trim().is_empty())
}

/// The first line of a text as it reads, for quotes.
pub(crate) fn first_line(body: &str) -> String {
    let head = body.char_indices().nth(HEAD_CHARS).map_or(body, |(at, _)| &body[..at]);
    let shown = markdown::visible(&head.replace('\t', " "));
    shown.lines().find(|line| !line.trim().is_empty()).unwrap_or("").trim().to_owned()
}

/// Lays a message out.
pub(crate) fn message_rows(message: &MessageView<'_>, columns: Columns, reader: &mut Reader<'_>) -> Vec<Row> {
    let action = action_text(message.body).filter(|_| !message.is_deleted);
    let mut rows = Vec::new();
    let indent = columns.indent;
    let mut first = Row::default();
    first.push(format!("{} ", truncate(&message.time, columns.width.saturating_sub(1))), Role::Time);
    if action.is_some() && !columns.is_narrow && !columns.is_compact {
        // Who does it is part of the text, which begins where all texts do.
        first.push(format!("*{}", " ".repeat(columns.author)), Role::Plain);
    } else if action.is_none() && !columns.is_compact {
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
    let name = (columns.is_compact && action.is_none()).then(|| truncate(message.name, columns.author));
    for spans in text_rows(message, action, name, text_width, columns, reader) {
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
        first.right = Some(Span::new(mark, role));
    }
    if let Delivery::Failed(reason) = delivery {
        let text = format!("not sent: {reason}");
        for range in wrap_text(&text, columns.text(indent)).into_iter().take(FAILURE_ROWS) {
            let mut row = Row::default();
            pad(&mut row, indent);
            row.push(truncate(text[range].trim_end(), columns.text(indent)), Role::Failed);
            rows.push(row);
        }
    }
}

/// The text with the looks of its parts, wrapped.
fn text_rows(
    message: &MessageView<'_>,
    action: Option<&str>,
    name: Option<String>,
    width: usize,
    columns: Columns,
    reader: &mut Reader<'_>,
) -> Vec<Vec<Span>> {
    let mut first = Vec::new();
    if let Some(name) = name {
        first.push(Span::new(name, Role::Author(name_hash(message.name))));
        first.push(Span::new(" ", Role::Plain));
    }
    if message.is_deleted {
        first.push(Span::new(truncate("(deleted)", width), Role::Dim));
        return vec![first];
    }
    if action.is_some() {
        if columns.is_narrow || columns.is_compact {
            first.push(Span::new("* ", Role::Plain));
        }
        first.push(Span::new(message.name, Role::Author(name_hash(message.name))));
        first.push(Span::new(" ", Role::Plain));
    }
    let rich = markdown::parse(&action.unwrap_or(message.body).replace('\t', "    "));
    let last = if message.is_edited { " (edited)" } else { "" };
    body_rows(&rich, width, &first, last, reader)
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

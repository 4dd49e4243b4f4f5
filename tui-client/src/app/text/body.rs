//! The text of a message as rows of spans: markdown, code, names and links, wrapped. Pure.

use std::ops::Range;
use std::sync::Arc;

use chat_shared::text::is_name_char;

use super::code::{Lookup, Tokens};
use super::row::{Role, Span, Stress};
use super::wrap::wrap_line;
use super::{fold_case, truncate, width};
use crate::app::text::markdown::rich::{Line, Mark, Rich};

/// In front of a quoted line, and of a line of code.
const QUOTE_MARK: &str = "▌ ";
const CODE_MARK: &str = "│ ";
/// Narrower than this, quotes and lists have no marks of their own: the text needs the cells.
const MARKS_FROM: usize = 12;

/// What the text is read by.
pub(crate) struct Reader<'a> {
    /// The reader's own name, to tell `@me` from `@others`.
    pub(crate) me: &'a str,
    pub(crate) colourings: Lookup<'a>,
}

/// A piece of a line and its look. Pieces are in order and do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    range: Range<usize>,
    role: Role,
    stress: Stress,
    link: Option<Arc<str>>,
}

/// Cells of the widest sign, see `text`.
const WIDEST: usize = 4;

/// Lays a text out in rows of at most `columns` cells; `last` is appended to the end of it.
pub(crate) fn body_rows(
    rich: &Rich,
    columns: usize,
    first: &[Span],
    last: &str,
    reader: &mut Reader<'_>,
) -> Vec<Vec<Span>> {
    let tokens: Vec<Option<Tokens>> = rich.blocks.iter().map(|code| reader.colourings.of(code)).collect();
    let mut rows = Vec::new();
    let mut lines = rich.lines.iter().peekable();
    // What comes first stands on the text's own first line, unless that is a quote or the like.
    let joins = lines.peek().is_some_and(|line| line.quotes == 0 && line.lead.is_empty() && line.code.is_none());
    if !first.is_empty() && !joins {
        rows.push(first.to_vec());
    }
    let mut first = if joins { first } else { &[] };
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none() && line.code.is_none();
        let tail = if is_last { last } else { "" };
        let (text, pieces) = pieces_of(line, first, tail, &tokens, reader.me);
        first = &[];
        wrap_into(&mut rows, line, &text, &pieces, columns);
    }
    if !last.is_empty() && rich.lines.last().is_none_or(|line| line.code.is_some()) {
        rows.push(vec![Span::new(truncate(last.trim_start(), columns), Role::Dim)]);
    }
    rows
}

fn wrap_into(rows: &mut Vec<Vec<Span>>, line: &Line, text: &str, pieces: &[Piece], columns: usize) {
    let mut marks = QUOTE_MARK.repeat(line.quotes);
    if line.code.is_some() {
        marks.push_str(CODE_MARK);
    }
    let mut lead = line.lead.clone();
    if columns < MARKS_FROM || width(&marks) + width(&lead) > columns / 2 {
        (marks, lead) = (String::new(), lead.trim_start().to_owned());
        // The widest sign there is has to fit beside it.
        if width(&lead) > columns / 2 || columns < width(&lead) + WIDEST {
            lead.clear();
        }
    }
    let room = columns.saturating_sub(width(&marks) + width(&lead)).max(1);
    let hang = " ".repeat(width(&lead));
    let mut at = 0;
    for (number, range) in wrap_line(text, room).into_iter().enumerate() {
        let mut row = Vec::new();
        if !marks.is_empty() {
            row.push(Span::new(marks.as_str(), Role::Dim));
        }
        if !lead.is_empty() {
            row.push(Span::new(if number == 0 { lead.as_str() } else { &hang }, Role::Dim));
        }
        at = slice_into(&mut row, text, pieces, at, &range);
        rows.push(row);
    }
}

/// Appends the pieces of a row, without white space at its end. `at` is the piece to begin with; gives the one for the next row.
fn slice_into(row: &mut Vec<Span>, text: &str, pieces: &[Piece], mut at: usize, range: &Range<usize>) -> usize {
    let end = range.start + text[range.clone()].trim_end().len();
    while let Some(piece) = pieces.get(at).filter(|piece| piece.range.start < range.end) {
        let (from, to) = (piece.range.start.max(range.start), piece.range.end.min(end));
        if from < to {
            let Piece { role, stress, ref link, .. } = *piece;
            row.push(Span { text: text[from..to].to_owned(), role, stress, link: link.clone() });
        }
        if piece.range.end > range.end {
            break;
        }
        at += 1;
    }
    at
}

/// A line's text, with what stands before and behind it, and the looks of all its parts.
fn pieces_of(line: &Line, first: &[Span], tail: &str, tokens: &[Option<Tokens>], me: &str) -> (String, Vec<Piece>) {
    let base = match (line.code, line.quotes) {
        (Some(_), _) => Role::CodeBlock,
        (None, 0) => Role::Plain,
        (None, _) => Role::Quoted,
    };
    let mut sweep = Sweep::new(base, line);
    match line.code.and_then(|(block, start)| Some((tokens.get(block)?.as_ref()?, start))) {
        Some((tokens, start)) => sweep.tokens(tokens, start, line.text.len()),
        None if line.code.is_none() => sweep.names(&line.text, me),
        None => {}
    }
    let mut text = String::new();
    let mut pieces = Vec::new();
    let mut add = |shown: &str, role| {
        let start = text.len();
        text.push_str(shown);
        pieces.push(Piece { range: start..text.len(), role, stress: Stress::default(), link: None });
    };
    first.iter().for_each(|span| add(&span.text, span.role));
    let offset = text.len();
    text.push_str(&line.text);
    pieces.extend(sweep.pieces(line.text.len()).into_iter().map(|mut piece| {
        piece.range = piece.range.start + offset..piece.range.end + offset;
        piece
    }));
    if !tail.is_empty() {
        let start = text.len();
        text.push_str(tail);
        pieces.push(Piece { range: start..text.len(), role: Role::Dim, stress: Stress::default(), link: None });
    }
    (text, pieces)
}

/// Overlapping looks on their way to pieces that do not overlap.
struct Sweep<'a> {
    base: Role,
    /// Stresses; they may overlap anything.
    stresses: Vec<(&'a Range<usize>, &'a Mark)>,
    /// Parts, with where they lead; in order and apart.
    roles: Vec<(Range<usize>, Role, Option<Arc<str>>)>,
}

impl<'a> Sweep<'a> {
    fn new(base: Role, line: &'a Line) -> Self {
        let mut sweep = Self { base, stresses: Vec::new(), roles: Vec::new() };
        for (range, mark) in &line.marks {
            match mark {
                Mark::Bold | Mark::Italic | Mark::Strike => sweep.stresses.push((range, mark)),
                Mark::Code => sweep.roles.push((range.clone(), Role::Code, None)),
                Mark::Link(url) => sweep.roles.push((range.clone(), Role::Link, Some(Arc::clone(url)))),
                Mark::Hint => sweep.roles.push((range.clone(), Role::Dim, None)),
            }
        }
        sweep.settle();
        sweep
    }

    /// Puts the parts in order; of two that overlap, the first one stays. (Code inside of a link is a part of the link.)
    fn settle(&mut self) {
        self.roles.sort_by_key(|(range, _, link)| (range.start, link.is_none()));
        let mut end = 0;
        self.roles.retain(|(range, ..)| {
            let is_free = range.start >= end;
            end = if is_free { range.end } else { end };
            is_free
        });
    }

    /// The parts of speech of the line that begins at `start` in its block.
    fn tokens(&mut self, tokens: &Tokens, start: usize, len: usize) {
        let first = tokens.partition_point(|(range, _)| range.end <= start);
        for (range, token) in tokens[first..].iter().take_while(|(range, _)| range.start < start + len) {
            let range = range.start.saturating_sub(start)..range.end - start;
            self.roles.push((range, Role::Token(*token), None));
        }
        self.settle();
    }

    fn names(&mut self, text: &str, me: &str) {
        let me = fold_case(me);
        let mut found = Vec::new();
        let mut before = ' ';
        for (at, c) in text.char_indices() {
            let is_name = c == '@' || (c == '#' && !matches!(before, '/' | '&' | '#'));
            if is_name && !before.is_alphanumeric() {
                found.extend(name_at(text, at, &me));
            }
            before = c;
        }
        // Names count last: what is code or a link stays that.
        found.retain(|(range, _)| {
            let next = self.roles.partition_point(|(other, ..)| other.end <= range.start);
            self.roles.get(next).is_none_or(|(other, ..)| other.start >= range.end)
        });
        self.roles.extend(found.into_iter().map(|(range, role)| (range, role, None)));
        self.settle();
    }

    /// Everything up to `len`, cut where any look changes.
    fn pieces(&self, len: usize) -> Vec<Piece> {
        let mut edges: Vec<usize> = vec![0, len];
        edges.extend(self.stresses.iter().flat_map(|(range, _)| [range.start, range.end]));
        edges.extend(self.roles.iter().flat_map(|(range, ..)| [range.start, range.end]));
        edges.retain(|edge| *edge <= len);
        edges.sort_unstable();
        edges.dedup();
        let mut begins: Vec<_> = self.stresses.clone();
        begins.sort_by_key(|(range, _)| range.start);
        let (mut next, mut until) = (0, [0; 3]);
        let mut roles = self.roles.iter().peekable();
        let mut pieces = Vec::new();
        for pair in edges.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            while let Some((range, mark)) = begins.get(next).filter(|(range, _)| range.start <= from) {
                let kind = match mark {
                    Mark::Bold => 0,
                    Mark::Italic => 1,
                    _ => 2,
                };
                until[kind] = until[kind].max(range.end);
                next += 1;
            }
            while roles.next_if(|(range, ..)| range.end <= from).is_some() {}
            let role = roles.peek().filter(|(range, ..)| range.start <= from);
            pieces.push(Piece {
                range: from..to,
                role: role.map_or(self.base, |(_, role, _)| *role),
                stress: Stress { bold: until[0] > from, italic: until[1] > from, strike: until[2] > from },
                link: role.and_then(|(_, _, link)| link.clone()),
            });
        }
        pieces
    }
}

/// The name that begins at a sigil: `@ann`, `#ops`. As `chat_shared::text::mentions` has it; `#1` is a number and no room.
fn name_at(text: &str, at: usize, me: &str) -> Option<(Range<usize>, Role)> {
    let rest = &text[at + 1..];
    let end = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
    let name = rest[..end].trim_end_matches(['.', '-', '_', '\'']);
    let range = at..at + 1 + name.len();
    match (text.as_bytes()[at], name.chars().next()?) {
        (b'@', _) if fold_case(name) == me => Some((range, Role::MentionMe)),
        (b'@', _) => Some((range, Role::Mention)),
        (_, c) => c.is_alphabetic().then_some((range, Role::RoomName)),
    }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;

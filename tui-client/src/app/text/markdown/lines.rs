//! Applies what was found to the lines of a text. Pure.

use std::ops::Range;

use super::marks::{Block, Marks};
use super::rich::{Line, Mark, Rich};
use crate::app::text::code::Code;

/// Deeper quotes look like this depth.
const QUOTES_MAX: usize = 3;

/// A line of the source while it is being read.
struct Source {
    range: Range<usize>,
    /// The first byte that has not been taken away as a mark of a quote.
    begin: usize,
    quotes: usize,
    /// Which block it belongs to.
    block: Option<usize>,
    /// A fence: not shown.
    is_fence: bool,
    looks: Vec<usize>,
}

pub(super) fn build(text: &str, mut marks: Marks) -> Rich {
    marks.blocks.retain(|block| {
        block.begins_on_fence || block.pieces.iter().any(|piece| !text[piece.clone()].trim().is_empty())
    });
    marks.looks.sort_by_key(|(range, _)| range.start);
    marks.hidden.sort_by_key(|range| range.start);
    marks.added.sort_by_key(|(at, _)| *at);
    let mut sources = split(text);
    apply_quotes(text, &mut sources, &marks.quotes);
    for (number, block) in marks.blocks.iter().enumerate() {
        apply_block(text, &mut sources, number, block);
    }
    for (number, (range, _)) in marks.looks.iter().enumerate() {
        let touched = lines_of(&sources, range);
        sources[touched].iter_mut().for_each(|source| source.looks.push(number));
    }
    let blocks = marks.blocks.iter().map(|block| Code { language: block.language.clone(), text: String::new() });
    let mut rich = Rich { lines: Vec::with_capacity(sources.len()), blocks: blocks.collect() };
    for source in sources.iter().filter(|source| !source.is_fence) {
        let line = match source.block {
            Some(block) => code_line(text, source, block, &mut rich.blocks),
            None => text_line(text, source, &marks),
        };
        rich.lines.push(line);
    }
    rich
}

fn split(text: &str) -> Vec<Source> {
    let mut start = 0;
    let line = |line: &str| {
        let range = start..start + line.len();
        start = range.end + 1;
        Source { begin: range.start, range, quotes: 0, block: None, is_fence: false, looks: Vec::new() }
    };
    text.split('\n').map(line).collect()
}

/// The lines that a range of the text touches.
fn lines_of(sources: &[Source], range: &Range<usize>) -> Range<usize> {
    let first = sources.partition_point(|source| source.range.end < range.start);
    let end = sources.partition_point(|source| source.range.start < range.end);
    first..end.max(first)
}

/// A line is quoted as deep as it says itself: an answer right below a quote is no part of it.
fn apply_quotes(text: &str, sources: &mut [Source], quotes: &[Range<usize>]) {
    for quote in quotes {
        let touched = lines_of(sources, quote);
        for source in &mut sources[touched] {
            let rest = &text[source.begin..source.range.end];
            let indent = rest.len() - rest.trim_start_matches(' ').len();
            if source.quotes < QUOTES_MAX && indent <= 3 && rest[indent..].starts_with('>') {
                source.begin += indent + 1;
                source.begin += usize::from(text[source.begin..source.range.end].starts_with(' '));
                source.quotes += 1;
            }
        }
    }
}

fn apply_block(text: &str, sources: &mut [Source], number: usize, block: &Block) {
    let touched = lines_of(sources, &block.range);
    let Some(last) = touched.clone().last() else { return };
    let mut pieces = block.pieces.iter().peekable();
    for at in touched.clone() {
        let source = &mut sources[at];
        while pieces.next_if(|piece| piece.end <= source.range.start).is_some() {}
        let piece = pieces.peek().filter(|piece| piece.start <= source.range.end);
        source.block = Some(number);
        if at == touched.start {
            // The fence; where code stands behind it, that is shown.
            let fence = &text[block.range.start..source.range.end];
            source.begin = block.range.start + (fence.len() - fence.trim_start_matches(['`', '~']).len());
            source.is_fence = !block.begins_on_fence;
        } else if let Some(piece) = piece {
            source.begin = source.begin.max(piece.start.min(source.range.end));
        } else {
            let rest = text[source.begin..source.range.end].trim();
            source.is_fence = at == last && (rest.starts_with("```") || rest.starts_with("~~~"));
        }
    }
}

fn code_line(text: &str, source: &Source, block: usize, blocks: &mut [Code]) -> Line {
    let shown = &text[source.begin..source.range.end];
    let mut start = 0;
    if let Some(code) = blocks.get_mut(block) {
        start = code.text.len();
        code.text.push_str(shown);
        code.text.push('\n');
    }
    Line { quotes: source.quotes, text: shown.to_owned(), code: Some((block, start)), ..Line::default() }
}

fn text_line(text: &str, source: &Source, marks: &Marks) -> Line {
    let mut begin = source.begin;
    let lead = lead(text, source, &marks.items).map(|(lead, end)| {
        begin = end;
        lead
    });
    let map = Map::new(text, begin..source.range.end, marks);
    let mut looks = Vec::new();
    for (range, mark) in source.looks.iter().map(|&number| &marks.looks[number]) {
        let range = map.start(range.start)..map.end(range.end);
        if range.start < range.end {
            looks.push((range, mark.clone()));
        }
    }
    looks.extend(map.added.iter().map(|range| (range.clone(), Mark::Hint)));
    Line { quotes: source.quotes, lead: lead.unwrap_or_default(), text: map.shown, marks: looks, code: None }
}

/// The mark of a list's item that begins on this line, as it is shown, and where the item's text begins.
fn lead(text: &str, source: &Source, items: &[usize]) -> Option<(String, usize)> {
    let at = *items.get(items.partition_point(|item| *item < source.begin))?;
    let indent = text.get(source.begin..at).filter(|indent| indent.chars().all(|c| c == ' '))?;
    let rest = &text[at..source.range.end.max(at)];
    let (mark, body) = rest.split_once(' ')?;
    let shown = if matches!(mark, "-" | "*" | "+") { "•" } else { mark };
    let is_number = mark.trim_end_matches(['.', ')']).bytes().all(|b| b.is_ascii_digit());
    let is_mark = shown == "•" || (is_number && mark.len() > 1);
    (is_mark && !body.trim().is_empty()).then(|| (format!("{indent}{shown} "), at + mark.len() + 1))
}

/// A line without its markers, and where its source's bytes went.
struct Map {
    shown: String,
    /// Pieces that are shown: where they begin in the source, their length, and where they begin in what is shown.
    pieces: Vec<(usize, usize, usize)>,
    /// What was added.
    added: Vec<Range<usize>>,
}

impl Map {
    fn new(text: &str, line: Range<usize>, marks: &Marks) -> Self {
        let mut map = Self { shown: String::new(), pieces: Vec::new(), added: Vec::new() };
        let mut at = line.start;
        let first = marks.hidden.partition_point(|range| range.start < line.start);
        // One that began on an earlier line may reach into this one; markers are short, so it is the one right before.
        let first = first.saturating_sub(1);
        let added = marks.added.partition_point(|(place, _)| *place <= line.start);
        let mut added = marks.added[added..].iter().take_while(|(place, _)| *place <= line.end).peekable();
        for hidden in marks.hidden[first..].iter().take_while(|range| range.start < line.end) {
            if hidden.end > at {
                while let Some((place, hint)) = added.next_if(|(place, _)| *place <= hidden.start) {
                    map.keep(text, at..*place);
                    at = at.max(*place);
                    map.add(hint);
                }
                map.keep(text, at..hidden.start);
                at = hidden.end;
            }
        }
        for (place, hint) in added {
            map.keep(text, at..*place);
            at = at.max(*place);
            map.add(hint);
        }
        map.keep(text, at..line.end);
        map
    }

    fn keep(&mut self, text: &str, range: Range<usize>) {
        if let Some(piece) = text.get(range.clone()).filter(|piece| !piece.is_empty()) {
            self.pieces.push((range.start, piece.len(), self.shown.len()));
            self.shown.push_str(piece);
        }
    }

    fn add(&mut self, hint: &str) {
        let start = self.shown.len();
        self.shown.push_str(hint);
        self.added.push(start..self.shown.len());
    }

    /// Where the first shown byte from `at` on is.
    fn start(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|(start, len, _)| start + len <= at);
        self.pieces.get(next).map_or(self.shown.len(), |(start, _, to)| to + at.saturating_sub(*start))
    }

    /// Where the last shown byte before `at` ends.
    fn end(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|(start, _, _)| *start < at);
        let piece = next.checked_sub(1).map(|index| self.pieces[index]);
        piece.map_or(0, |(start, len, to)| to + (at - start).min(len))
    }
}

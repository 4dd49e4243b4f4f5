//! Markdown as chat has it: the text stays the text. What the parser recognises is only hidden markers and looks for ranges of
//! the source; everything else (line breaks, indents, headings, HTML, images, tables) is shown as it was written. Pure.
//!
//! `marks` finds the looks, `lines` applies them. A message without any marker never meets the parser.

mod lines;
mod marks;
pub(crate) mod rich;

use std::ops::Range;
use std::sync::Arc;

use self::rich::{Line, Mark, Rich};

/// The longest text whose markers are looked at; a longer one is no chat, and is shown as it is.
const MARKDOWN_BYTES: usize = 64 * 1024;

/// Links of one message that are offered.
const LINKS_MAX: usize = 100;

/// Reads a text. Tabs have to be spaces by now.
pub(crate) fn parse(text: &str) -> Rich {
    let mut found = marks::Marks::default();
    if text.len() <= MARKDOWN_BYTES {
        let may_be_list = |line: &str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
        let has_marker = text.contains(['*', '_', '~', '`', '[', '<', '>', '#', '-', '+', '\\']);
        if has_marker || text.split('\n').any(may_be_list) {
            marks::find(text, &mut found);
        }
        marks::find_bare_urls(text, &mut found);
    }
    lines::build(text, found)
}

/// The ranges of a text that are code, in order: nothing in them is to be replaced.
pub(crate) fn code_ranges(text: &str) -> Vec<Range<usize>> {
    let mut found = marks::Marks::default();
    if text.contains(['`', '~']) {
        marks::find(text, &mut found);
    }
    let blocks = found.blocks.into_iter().map(|block| block.range);
    let spans = found.looks.into_iter().filter(|(_, mark)| *mark == Mark::Code).map(|(range, _)| range);
    let mut ranges: Vec<_> = blocks.chain(spans).collect();
    ranges.sort_by_key(|range| range.start);
    ranges
}

/// Where the links of a text lead, in order, each once.
pub(crate) fn links(text: &str) -> Vec<Arc<str>> {
    let mut links: Vec<Arc<str>> = Vec::new();
    for (_, mark) in parse(&text.replace('\t', "    ")).lines.into_iter().flat_map(|line| line.marks) {
        match mark {
            Mark::Link(url) if links.len() < LINKS_MAX && !links.contains(&url) => links.push(url),
            _ => {}
        }
    }
    links
}

/// The code blocks of a text, in order, as they were written.
pub(crate) fn code_blocks(text: &str) -> Vec<String> {
    parse(text).blocks.into_iter().map(|block| block.text.trim_end_matches('\n').to_owned()).collect()
}

/// A text as it reads: without the markers.
pub(crate) fn visible(text: &str) -> String {
    let line = |line: &Line| format!("{}{}", line.lead, line.text);
    parse(text).lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;

//! Which ranges of a text have which look, and which bytes are only markers. Pure.

use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::rich::Mark;
use crate::app::text::links::{bare_urls, destination, safe_url};

/// The longest word behind a fence that is taken for a language.
const LANGUAGE_BYTES: usize = 20;

/// All that was found, as byte ranges of the text.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) looks: Vec<(Range<usize>, Mark)>,
    /// Markers: what is not shown.
    pub(super) hidden: Vec<Range<usize>>,
    /// What is shown in addition, and where.
    pub(super) added: Vec<(usize, String)>,
    pub(super) quotes: Vec<Range<usize>>,
    /// Where the items of lists begin.
    pub(super) items: Vec<usize>,
    pub(super) blocks: Vec<Block>,
    /// Explicit links, in order; a bare address inside of them is part of them.
    links: Vec<Range<usize>>,
}

/// A fenced code block.
#[derive(Debug)]
pub(super) struct Block {
    /// All of it, with its fences.
    pub(super) range: Range<usize>,
    pub(super) language: String,
    /// The pieces of its text, without the fences and without the marks of quotes around it.
    pub(super) pieces: Vec<Range<usize>>,
    /// Behind the opening fence is no language but code.
    pub(super) begins_on_fence: bool,
}

/// A link whose end has not come yet.
struct OpenLink {
    range: Range<usize>,
    url: Arc<str>,
    /// The text between the brackets, as far as it has come.
    inner: Option<Range<usize>>,
}

/// One walk over a text.
struct Walk<'a> {
    text: &'a str,
    marks: &'a mut Marks,
    /// The bare addresses, in which nothing is a marker.
    urls: Vec<Range<usize>>,
    link: Option<OpenLink>,
    /// How many of each kind are open; only the outermost counts.
    depth: [usize; 3],
    in_block: bool,
}

pub(super) fn find(text: &str, marks: &mut Marks) {
    let urls = bare_urls(text).into_iter().map(|(range, _)| range).collect();
    let mut walk = Walk { text, marks, urls, link: None, depth: [0; 3], in_block: false };
    for (event, range) in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).into_offset_iter() {
        walk.event(event, range);
    }
}

/// Adds the addresses that stand by themselves, outside of code and links.
pub(super) fn find_bare_urls(text: &str, marks: &mut Marks) {
    let mut taken: Vec<Range<usize>> = marks.links.clone();
    taken.extend(marks.blocks.iter().map(|block| block.range.clone()));
    taken.extend(marks.looks.iter().filter(|(_, mark)| *mark == Mark::Code).map(|(range, _)| range.clone()));
    taken.sort_by_key(|range| range.start);
    for (range, url) in bare_urls(text) {
        if !overlaps(&taken, &range) {
            marks.looks.push((range, Mark::Link(url)));
        }
    }
}

/// Whether a range meets one of these, which are in order and apart.
fn overlaps(ranges: &[Range<usize>], range: &Range<usize>) -> bool {
    let next = ranges.partition_point(|other| other.end <= range.start);
    ranges.get(next).is_some_and(|other| other.start < range.end)
}

impl Walk<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        let is_end_of_link = matches!(event, Event::End(TagEnd::Link));
        if let Some(link) = self.link.as_mut().filter(|_| !is_end_of_link) {
            let inner = link.inner.get_or_insert(range.clone());
            inner.end = inner.end.max(range.end);
        }
        match event {
            Event::Start(Tag::Emphasis) => self.stress(range, 0, 1, Mark::Italic),
            Event::Start(Tag::Strong) => self.stress(range, 1, 2, Mark::Bold),
            // A single tilde means "about" more often than it strikes anything out.
            Event::Start(Tag::Strikethrough) if self.text[range.clone()].starts_with("~~") => {
                self.stress(range, 2, 2, Mark::Strike);
            }
            Event::Start(Tag::Strikethrough) => self.depth[2] += 1,
            Event::End(TagEnd::Emphasis) => self.depth[0] = self.depth[0].saturating_sub(1),
            Event::End(TagEnd::Strong) => self.depth[1] = self.depth[1].saturating_sub(1),
            Event::End(TagEnd::Strikethrough) => self.depth[2] = self.depth[2].saturating_sub(1),
            Event::Start(Tag::Heading { .. }) if self.text[range.clone()].starts_with('#') => {
                self.marks.looks.push((range, Mark::Bold));
            }
            Event::Start(Tag::Link { link_type, dest_url, .. }) => self.begin_link(link_type, &dest_url, range),
            Event::End(TagEnd::Link) => self.end_link(),
            Event::Start(Tag::BlockQuote(_)) => self.marks.quotes.push(range),
            Event::Start(Tag::Item) => self.marks.items.push(range.start),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => self.begin_block(&info, range),
            Event::End(TagEnd::CodeBlock) => self.in_block = false,
            Event::Text(_) if self.in_block => {
                if let Some(block) = self.marks.blocks.last_mut() {
                    block.pieces.push(range);
                }
            }
            Event::Text(_) => self.escape(range.start),
            Event::Code(_) => self.code(range),
            _ => {}
        }
    }

    /// Something between two markers of so many bytes.
    fn stress(&mut self, range: Range<usize>, kind: usize, marker: usize, mark: Mark) {
        self.depth[kind] += 1;
        let (open, close) = (range.start..range.start + marker, range.end.saturating_sub(marker)..range.end);
        let is_apart = open.end <= close.start && !overlaps(&self.urls, &open) && !overlaps(&self.urls, &close);
        if !is_apart || self.is_inside_words(&range) {
            return;
        }
        self.marks.hidden.extend([open, close]);
        if self.depth[kind] == 1 {
            self.marks.looks.push((range, mark));
        }
    }

    /// `2*3*4` and `a**b**c` are sums, not stresses. (Not so where words are written without spaces between them.)
    fn is_inside_words(&self, range: &Range<usize>) -> bool {
        let is_word = |c: char| c.is_ascii_alphanumeric();
        self.text[..range.start].ends_with(is_word) && self.text[range.end..].starts_with(is_word)
    }

    /// A backslash before a marker is one itself. (Before `_` it stays, for the sake of all who shrug.)
    fn escape(&mut self, at: usize) {
        let is_marker = self.text[at..].starts_with(['*', '`', '~']);
        if is_marker && self.text[..at].ends_with('\\') && !overlaps(&self.urls, &(at - 1..at)) {
            self.marks.hidden.push(at - 1..at);
        }
    }

    fn code(&mut self, range: Range<usize>) {
        let source = &self.text[range.clone()];
        let ticks = source.len() - source.trim_start_matches('`').len();
        let Some(inner) = source.get(ticks..source.len() - ticks) else { return };
        // A space on both sides belongs to the markers, so that code may begin and end with a backtick.
        let is_padded = inner.len() > 2 && inner.starts_with(' ') && inner.ends_with(' ') && !inner.trim().is_empty();
        let marker = ticks + usize::from(is_padded);
        self.marks.hidden.extend([range.start..range.start + marker, range.end - marker..range.end]);
        self.marks.looks.push((range, Mark::Code));
    }

    fn begin_link(&mut self, kind: LinkType, url: &str, range: Range<usize>) {
        let url = match kind {
            LinkType::Inline | LinkType::Autolink => safe_url(url),
            LinkType::Email => safe_url(&format!("mailto:{url}")),
            _ => None,
        };
        self.link = url.map(|url| OpenLink { range, url, inner: None });
    }

    fn end_link(&mut self) {
        let Some(OpenLink { range, url, inner: Some(inner) }) = self.link.take() else { return };
        let is_hint_needed = {
            let shown = self.text[inner.clone()].to_lowercase();
            !shown.contains(&destination(&url))
        };
        self.marks.hidden.extend([range.start..inner.start, inner.end..range.end]);
        self.marks.looks.push((inner, Mark::Link(Arc::clone(&url))));
        if is_hint_needed {
            self.marks.added.push((range.end, format!(" ({})", destination(&url))));
        }
        self.marks.links.push(range);
    }

    fn begin_block(&mut self, info: &str, range: Range<usize>) {
        self.in_block = true;
        let is_language = info.len() <= LANGUAGE_BYTES
            && info.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '.' | '_' | '-'));
        let language = if is_language { info.to_ascii_lowercase() } else { String::new() };
        self.marks.blocks.push(Block { range, language, pieces: Vec::new(), begins_on_fence: !is_language });
    }
}

//! A text with its looks: lines, and what ranges of them look like. Pure.

use std::ops::Range;
use std::sync::Arc;

use crate::app::text::code::Code;

/// A text, ready to be wrapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rich {
    pub(crate) lines: Vec<Line>,
    /// The code blocks, in order.
    pub(crate) blocks: Vec<Code>,
}

/// One line of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// How deep it is quoted.
    pub(crate) quotes: usize,
    /// The mark of a list's item with its indent; wrapped rows hang under the text behind it.
    pub(crate) lead: String,
    pub(crate) text: String,
    /// Looks of ranges of the text; they may overlap.
    pub(crate) marks: Vec<(Range<usize>, Mark)>,
    /// Where this line is in a code block: which one, and the byte where it begins.
    pub(crate) code: Option<(usize, usize)>,
}

/// The look of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Bold,
    Italic,
    Strike,
    Code,
    /// Leads to a harmless address.
    Link(Arc<str>),
    /// Was not written by the author: where a link leads.
    Hint,
}

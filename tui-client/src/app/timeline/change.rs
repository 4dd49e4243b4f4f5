//! What an event or a page has done to the window. Pure.

use chat_shared::Seq;

/// What a change did to the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    /// One entry is new or different.
    Entry(Seq),
    /// Entries came at an edge.
    Grown,
    /// Everything may be different.
    Replaced,
    /// Events are missing: the window can no longer be continued.
    Gap,
    /// The page cannot be used; ask for it again.
    AskAgain,
}

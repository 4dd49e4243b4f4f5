//! What the message pane is made of: items, each with its rows; and where a view of them stands. Pure.

use std::sync::Arc;

use chat_shared::Seq;

use crate::app::text::row::Row;

/// Something in the pane that has rows, in the order of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ItemId {
    /// The row above the oldest message: older ones load, or this is the beginning.
    Top,
    /// A message or a line, by its number.
    Seq(Seq),
    /// The row below the newest message, where it is not the newest of the room.
    Bottom,
    /// A message that is on its way, by its local number.
    Pending(u64),
}

/// An item's rows: the rules above it, then its own.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) rules: Arc<[Row]>,
    pub(crate) body: Arc<[Row]>,
}

impl Block {
    pub(crate) fn len(&self) -> usize {
        self.rules.len() + self.body.len()
    }
}

/// A visible row: which item it belongs to, and which of its rows it is.
#[derive(Clone, Debug)]
pub(crate) struct PaneRow {
    pub(crate) item: ItemId,
    /// The row is a rule above the item, not part of it.
    pub(crate) is_rule: bool,
    pub(super) rows: Arc<[Row]>,
    pub(super) index: usize,
}

impl PaneRow {
    pub(crate) fn row(&self) -> Option<&Row> {
        self.rows.get(self.index)
    }
}

/// Where the view stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scroll {
    /// At the newest message, and follows.
    #[default]
    End,
    /// The view's first row is `offset` rows below the first row of an item's own text. Negative: in the rules above it,
    /// or further up, should those go away.
    At { item: ItemId, offset: isize },
}

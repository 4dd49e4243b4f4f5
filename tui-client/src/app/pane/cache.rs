//! Rows of messages that were laid out, kept from one drawing to the next. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use chat_shared::RoomId;

use super::item::ItemId;
use crate::app::text::code::Colourings;
use crate::app::text::row::Row;
use crate::app::timeline::Timeline;

/// Laid out messages that are kept; then all are dropped, and what is needed is laid out anew.
const CACHE_MAX: usize = 2_000;

/// The rows of the open room's messages at the current width.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cache {
    of: Option<(RoomId, u16)>,
    pub(super) rows: HashMap<ItemId, Arc<[Row]>>,
    /// The parts of code blocks; they stay when rows are forgotten.
    pub(crate) colourings: Colourings,
}

impl Cache {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }

    /// Forgets a message that changed, and the quotes of it.
    pub(crate) fn forget(&mut self, item: ItemId, timeline: Option<&Timeline>) {
        self.rows.remove(&item);
        if let (ItemId::Seq(seq), Some(timeline)) = (item, timeline) {
            self.rows.retain(|kept, _| match kept {
                ItemId::Seq(kept) => timeline.message(*kept).is_none_or(|m| m.reply_to != Some(seq)),
                _ => true,
            });
        }
    }

    /// Makes it the cache of this room at this width.
    pub(super) fn tune(&mut self, room: RoomId, width: u16) {
        if self.of != Some((room, width)) {
            self.of = Some((room, width));
            self.rows.clear();
        }
    }

    pub(super) fn insert(&mut self, item: ItemId, rows: Arc<[Row]>) {
        if self.rows.len() >= CACHE_MAX {
            self.rows.clear();
        }
        self.rows.insert(item, rows);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

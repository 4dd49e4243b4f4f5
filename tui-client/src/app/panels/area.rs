//! Where the panels on top of the chat are, and which part of a list is in view. Pure.

use super::help::help_area;
use super::overlay::Overlay;
use crate::app::geometry::Area;

/// Rows of a hit of the search: where and who, then its text.
pub(crate) const ROWS_PER_HIT: u16 = 2;
/// Rows above the hits: what is typed, and how the search is doing.
pub(crate) const SEARCH_HEAD: u16 = 2;

impl Overlay {
    /// The panel with its border.
    pub(crate) fn area(&self, screen: Area) -> Area {
        let width = match self {
            Self::Help { .. } => return help_area(screen),
            Self::Switcher { .. } | Self::Members(_) => 50,
            Self::Rooms { .. } => 70,
            Self::Links { .. } | Self::Notices { .. } => 76,
            Self::Search | Self::Versions(_) => 90,
            Self::Thread(_) => 100,
        };
        screen.centred(width, (screen.height * 2 / 3).max(5))
    }
}

/// The inside of a panel.
pub(crate) fn inside(panel: Area) -> Area {
    let inner = panel.inner();
    Area::new(inner.x + 1, inner.y, inner.width.saturating_sub(2), inner.height)
}

/// The first item of a list that is in view when this one is to be.
pub(crate) fn first_in_view(at: usize, space: usize) -> usize {
    (at + 1).saturating_sub(space)
}

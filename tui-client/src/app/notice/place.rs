//! Where a notice stands: in the bottom line where it fits there; else in rows of its own, which cover the last messages, or are
//! those below an open panel. Nothing that a panel shows is covered: where it reaches down to these rows, it ends above them. Pure.

use crate::app::geometry::Area;
use crate::app::panels::area::inside;
use crate::app::panels::overlay::Overlay;
use crate::app::state::State;
use crate::app::status::status_line;
use crate::app::text::wrap::wrap_line;
use crate::app::text::{truncate, width};

/// The most rows that a notice takes.
const ROWS_MAX: u16 = 6;
/// A panel that has to make room keeps so many rows, with its border, where it has them.
const PANEL_ROWS: u16 = 5;
/// So many cells beside the text of a notice in rows of its own.
const MARGIN: u16 = 2;

impl State {
    /// The cells of the bottom line, and those that the state of the connection takes of them where there is no sidebar for it.
    pub(crate) fn bottom_cells(&self, area: Area) -> (u16, Option<String>) {
        let room = area.width.saturating_sub(2);
        if self.geometry.sidebar.is_some() {
            return (room, None);
        }
        let status = truncate(&status_line(self), usize::from(room));
        let taken = u16::try_from(width(&status)).unwrap_or(room);
        (room.saturating_sub(taken).saturating_sub(2), Some(status))
    }

    /// The rows for a notice that the bottom line is too short for, as many as it may take.
    pub(crate) fn notice_rows_for(&self, text: &str) -> Option<Area> {
        let below = self.geometry.bottom.map_or(0, |area| self.bottom_cells(area).0);
        if width(text) <= usize::from(below) {
            return None;
        }
        let pane = self.geometry.pane;
        let area = match &self.overlay {
            Some(overlay) => self.below_panel(overlay, text),
            // From the composer upwards: who is typing, and the last messages.
            None => {
                let typing = self.geometry.typing.map_or(0, |area| area.height);
                let height = (pane.height + typing).min(ROWS_MAX);
                Area::new(pane.x, pane.y + pane.height + typing - height, pane.width, height)
            }
        };
        // Of two rows only does it make more than the bottom line does.
        (area.height >= 2 && area.width >= 10).then_some(area)
    }

    /// The rows above the bottom line: nobody writes below an open panel.
    fn below_panel(&self, overlay: &Overlay, text: &str) -> Area {
        let Area { x, width, .. } = self.geometry.pane;
        let columns = usize::from(width.saturating_sub(MARGIN)).max(1);
        let needed = u16::try_from(wrap_line(text, columns).len()).unwrap_or(u16::MAX).min(ROWS_MAX);
        let end = self.panel_end();
        let space = end.saturating_sub(self.whole_panel(overlay).y.saturating_add(PANEL_ROWS));
        let height = needed.min(space);
        Area::new(x, end - height, width, height)
    }

    /// The row that a panel ends before, whatever is said: that of the bottom line.
    fn panel_end(&self) -> u16 {
        self.geometry.screen.height.saturating_sub(u16::from(self.geometry.bottom.is_some()))
    }

    /// A panel with its border, as long as nothing is said.
    fn whole_panel(&self, overlay: &Overlay) -> Area {
        let screen = self.geometry.screen;
        if self.is_bare { Area { height: self.panel_end(), ..screen } } else { overlay.area(screen) }
    }

    /// A panel with its border. (Where the terminal selects text, it goes from edge to edge, and has none.)
    pub(crate) fn panel_area(&self, overlay: &Overlay) -> Area {
        let area = self.whole_panel(overlay);
        let Some(notice) = self.notices.current().filter(|_| self.prompt.is_none()) else { return area };
        let rows = self.notice_rows_for(&notice.shown()).map_or(0, |area| area.height);
        let end = self.panel_end().saturating_sub(rows);
        Area { height: area.height.min(end.saturating_sub(area.y)), ..area }
    }
    /// What is inside of it.
    pub(crate) fn panel_inside(&self, overlay: &Overlay) -> Area {
        let area = self.panel_area(overlay);
        if !self.is_bare {
            return inside(area);
        }
        let title = area.height.min(1);
        Area { y: area.y + title, height: area.height - title, ..area }
    }
}

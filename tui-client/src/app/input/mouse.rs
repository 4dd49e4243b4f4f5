//! The mouse: the wheel scrolls, a click opens a room or a link, or selects a message; panels have their own. Pure.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::keymap::Action;
use crate::app::effect::Effect;
use crate::app::notice::Level;
use crate::app::pane::item::ItemId;
use crate::app::rooms::sidebar::{self, SidebarRow};
use crate::app::state::{Screen, State};

/// Rows that one notch of the wheel moves.
const WHEEL_ROWS: isize = 3;
/// The click that brings the terminal to the front comes within so many microseconds behind that.
const FRONT_US: u64 = 300_000;

impl State {
    /// Says whether anything visible may have changed.
    pub(crate) fn mouse(&mut self, mouse: MouseEvent) -> bool {
        if matches!(self.screen, Screen::Login(_)) {
            return false;
        }
        match mouse.kind {
            MouseEventKind::ScrollUp => self.wheel(-WHEEL_ROWS),
            MouseEventKind::ScrollDown => self.wheel(WHEEL_ROWS),
            MouseEventKind::Down(MouseButton::Left) => {
                // A question is about what was chosen before. Whoever turns to something else has not said yes.
                self.prompt = None;
                self.click(mouse.column, mouse.row);
            }
            MouseEventKind::Drag(MouseButton::Left) => return self.drag(),
            _ => return false,
        }
        true
    }

    fn wheel(&mut self, rows: isize) {
        if self.overlay.is_some() {
            self.wheel_panel(rows);
        } else {
            self.scroll_rows(rows);
        }
    }

    /// Whoever drags wants to select text, which only the terminal can do: says how, once.
    fn drag(&mut self) -> bool {
        if std::mem::replace(&mut self.has_dragged, true) {
            return false;
        }
        let key = self.settings.keys.key_for(Action::SelectText);
        let text = format!("To select text, hold Shift, or press {key}: the mouse is the terminal's then.");
        self.notify(Level::Info, text);
        true
    }

    fn click(&mut self, x: u16, y: u16) {
        if self.overlay.is_some() {
            return self.click_panel(x, y);
        }
        if let Some(area) = self.geometry.sidebar.filter(|area| area.contains(x, y)) {
            let inner = area.inner();
            let rows = sidebar::visible(self, sidebar::room_rows(inner.height));
            let row = y.checked_sub(inner.y).and_then(|row| rows.get(usize::from(row)));
            if let Some(SidebarRow::Room(id)) = row {
                self.open(*id);
            }
        } else if self.geometry.pane.contains(x, y) {
            let row = self.pane.get(usize::from(y - self.geometry.pane.y));
            let column = usize::from(x - self.geometry.pane.x);
            if let Some(url) = row.and_then(|row| row.row()?.link_at(column)).map(ToString::to_string) {
                self.emit(Effect::OpenUrl(url));
            } else if let Some(item) = row.map(|row| row.item).filter(|item| self.is_selectable(*item))
                && !self.comes_to_front()
            {
                self.select(item);
            }
        } else {
            self.leave_selection();
            if self.geometry.header.is_some_and(|area| area.contains(x, y)) {
                return self.open_roster();
            }
            // The row that counts what is new below, or above.
            if self.geometry.typing.is_some_and(|area| area.contains(x, y)) {
                let is_below = self.room().is_some_and(|room| State::new_below(room) > 0);
                if self.new_above() > 0 && !is_below { self.go_to_new() } else { self.go_to_newest() }
            }
        }
    }

    /// Whether a click is only meant to bring the terminal to the front. Had it selected a message, what is typed next would be
    /// taken for commands.
    fn comes_to_front(&self) -> bool {
        self.focused_us.is_some_and(|focused_us| self.now.mono_us.saturating_sub(focused_us) < FRONT_US)
    }

    fn is_selectable(&self, item: ItemId) -> bool {
        match item {
            ItemId::Seq(seq) => self.room().and_then(|room| room.timeline.as_ref()?.message(seq)).is_some(),
            ItemId::Pending(_) => true,
            ItemId::Top | ItemId::Bottom => false,
        }
    }
}

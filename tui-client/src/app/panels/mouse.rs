//! The mouse over a panel: which of its items is where, and what a click or the wheel does to it. Pure.

use super::area::{ROWS_PER_HIT, SEARCH_HEAD, first_in_view};
use super::around::around;
use super::overlay::Overlay;
use super::switcher::offers;
use crate::app::effect::Effect;
use crate::app::state::State;
use crate::app::text::row::Row;

impl State {
    /// The item of the open panel that this cell is part of.
    fn item_at(&self, x: u16, y: u16) -> Option<usize> {
        let overlay = self.overlay.as_ref()?;
        let area = self.panel_inside(overlay);
        let row = Some(usize::from(y.checked_sub(area.y)?)).filter(|_| area.contains(x, y))?;
        let height = usize::from(area.height);
        match overlay {
            Overlay::Help { .. } => None,
            Overlay::Switcher { query, at } => {
                let item = row.checked_sub(1)? + first_in_view(*at, height.saturating_sub(1));
                Some(item).filter(|item| *item < offers(&self.rooms, query.text()).len())
            }
            Overlay::Rooms(listing) => {
                let item = row.checked_sub(1)? + first_in_view(listing.at, height.saturating_sub(1));
                Some(item).filter(|item| *item < listing.len())
            }
            Overlay::Members(roster) => {
                Some(row + first_in_view(roster.at, height)).filter(|item| *item < roster.people.len())
            }
            Overlay::Links { list, at } => Some(row + first_in_view(*at, height)).filter(|item| *item < list.len()),
            Overlay::Thread(_) | Overlay::Versions(_) | Overlay::Notices { .. } => {
                self.read_row_at(x, y).map(|(index, _)| index)
            }
            Overlay::Search => {
                let place = row.checked_sub(usize::from(SEARCH_HEAD))? / usize::from(ROWS_PER_HIT);
                let visible = usize::from(area.height.saturating_sub(SEARCH_HEAD) / ROWS_PER_HIT);
                let item = place + first_in_view(self.search.at, visible);
                Some(item).filter(|item| place < visible && *item < self.search.hits.len())
            }
        }
    }

    /// Where one reads, in a conversation, in what a message said before or in what was said: the row in this cell, and of which item it is.
    fn read_row_at(&self, x: u16, y: u16) -> Option<(usize, Row)> {
        let overlay = self.overlay.as_ref()?;
        let area = self.panel_inside(overlay);
        let row = Some(usize::from(y.checked_sub(area.y)?)).filter(|_| area.contains(x, y))?;
        let height = usize::from(area.height);
        let mut rows = match overlay {
            Overlay::Thread(thread) => {
                around(thread.at, thread.messages.len(), height, |index| self.thread_rows(thread, index, area.width))
            }
            Overlay::Versions(versions) => {
                let list = versions.list.as_ref().filter(|list| !list.is_empty())?;
                around(versions.at, list.len(), height, |index| self.version_rows(versions, index, area.width))
            }
            Overlay::Notices { list, at } => self.notices_in_view(list, *at, area),
            _ => return None,
        };
        (row < rows.len()).then(|| rows.swap_remove(row))
    }

    /// The link in this cell of what one reads.
    pub(crate) fn panel_link(&self, x: u16, y: u16) -> Option<String> {
        let left = self.panel_inside(self.overlay.as_ref()?).x;
        let (_, row) = self.read_row_at(x, y)?;
        row.link_at(usize::from(x - left)).map(ToString::to_string)
    }

    /// A click while a panel is open: opens what it hits; in a conversation, where one reads, only a link, or what is chosen
    /// already. One beside the panel closes it.
    pub(crate) fn click_panel(&mut self, x: u16, y: u16) {
        if !self.overlay.as_ref().is_some_and(|overlay| self.panel_area(overlay).contains(x, y)) {
            if let Some(Overlay::Search) = self.overlay.take() {
                self.set_words(Vec::new());
            }
            return;
        }
        if let Some(url) = self.panel_link(x, y) {
            return self.emit(Effect::OpenUrl(url));
        }
        let Some(item) = self.item_at(x, y) else { return };
        let opens = match &mut self.overlay {
            Some(Overlay::Search) => return self.go_to_hit(item),
            Some(Overlay::Switcher { at, .. }) => {
                *at = item;
                true
            }
            Some(overlay) => {
                let reads = overlay.is_read_only();
                let goes_there = !matches!(overlay, Overlay::Versions(_) | Overlay::Notices { .. });
                overlay.chosen().is_some_and(|(at, _)| {
                    let is_chosen = std::mem::replace(at, item) == item;
                    goes_there && (is_chosen || !reads)
                })
            }
            None => false,
        };
        if opens {
            self.accept();
        }
    }

    /// The wheel over the open panel: the next item, or the one before.
    pub(crate) fn wheel_panel(&mut self, rows: isize) {
        let end = self.help_end();
        match &mut self.overlay {
            Some(Overlay::Help { scroll }) => *scroll = (*scroll).min(end).saturating_add_signed(rows).min(end),
            Some(Overlay::Search) => self.move_hit(rows.signum()),
            Some(Overlay::Switcher { query, at }) => {
                let last = offers(&self.rooms, query.text()).len().saturating_sub(1);
                *at = at.saturating_add_signed(rows.signum()).min(last);
            }
            Some(overlay) => {
                if let Some((at, len)) = overlay.chosen() {
                    *at = at.saturating_add_signed(rows.signum()).min(len.saturating_sub(1));
                }
            }
            None => {}
        }
    }
}

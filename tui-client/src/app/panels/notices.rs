//! What the program has said of late, to be read again. Pure.

use super::around::around;
use super::overlay::Overlay;
use crate::app::effect::TimerPurpose;
use crate::app::geometry::Area;
use crate::app::notice::{Level, Told};
use crate::app::state::State;
use crate::app::text::row::{Role, Row};
use crate::app::text::width as cells;
use crate::app::text::wrap::wrap_text;

/// What stands there where nothing was said.
pub(crate) const NOTHING_SAID: &str = "Nothing was said yet.";
/// Cells of text from which on it has a column beside the times.
const COLUMN: usize = 24;

impl State {
    /// `/notices`: what waits to be said is in it, too.
    pub(crate) fn open_notices(&mut self) {
        let list: Vec<Told> = self.notices.told().cloned().collect();
        self.notices.clear();
        self.timers.stop(TimerPurpose::NoticeFades);
        self.overlay = Some(Overlay::Notices { list, at: 0 });
    }

    /// When it was said: the day is named where it is not today.
    fn notice_time(&self, told: &Told) -> String {
        let (day, time) = (self.clock.day(told.at), self.clock.time(told.at));
        let is_today = day == self.clock.day(self.now.at);
        if is_today { time } else { format!("{} {time}", self.clock.day_name(day, self.now.at)) }
    }

    /// A notice in rows: when it was said, and what, in a column of its own where there is room for one.
    fn notice_rows(&self, told: &Told, width: u16) -> Vec<Row> {
        let (width, time, text) = (usize::from(width), self.notice_time(told), told.notice.shown());
        let indent = cells(&time) + 2;
        let has_column = width >= indent + COLUMN;
        let indent = if has_column { indent } else { 2 };
        let role = if told.notice.level == Level::Error { Role::Failed } else { Role::Plain };
        let mut rows: Vec<Row> = Vec::new();
        for range in wrap_text(&text, width.saturating_sub(indent).max(1)) {
            let mut row = Row::default();
            let lead = if has_column && rows.is_empty() { format!("{time}  ") } else { " ".repeat(indent) };
            row.push(lead, Role::Time);
            row.push(text[range].trim_end(), role);
            rows.push(row);
        }
        if !has_column {
            rows.insert(0, Row::of(time, Role::Time));
        }
        rows
    }

    /// Those around the chosen one, as many rows as fit.
    pub(crate) fn notices_in_view(&self, list: &[Told], at: usize, area: Area) -> Vec<(usize, Row)> {
        let rows = |index: usize| list.get(index).map(|told| self.notice_rows(told, area.width)).unwrap_or_default();
        around(at, list.len(), area.height.into(), rows)
    }

    /// The chosen notice goes to the clipboard.
    pub(crate) fn copy_notice(&mut self) {
        let Some(Overlay::Notices { list, at }) = &self.overlay else { return };
        if let Some(told) = list.get(*at) {
            let text = told.notice.text().to_owned();
            self.copy(text);
        }
    }

    /// For linear mode, oldest first.
    pub(crate) fn notice_lines(&self, list: &[Told]) -> Vec<String> {
        let line = |told: &Told| format!("{} {}", self.notice_time(told), told.notice.shown());
        list.iter().rev().map(line).collect()
    }
}

//! The only way to the terminal's cells: graphemes at their width, clipped, never a control character.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::links::Links;
use super::theme::Theme;
use crate::app::geometry::Area;
use crate::app::text;

/// A buffer to draw into, and the look of things.
pub(super) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    pub(super) theme: &'a Theme,
    links: &'a mut Links,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, theme: &'a Theme, links: &'a mut Links) -> Self {
        Self { buffer, theme, links }
    }

    /// A look that leads somewhere.
    pub(super) fn link(&mut self, url: &str, style: Style) -> Style {
        self.links.mark(url, style)
    }

    /// Writes a line into `width` cells from here on, and clips what does not fit. Gives the cells that were used.
    pub(super) fn put(&mut self, x: u16, y: u16, width: u16, line: &str, style: Style) -> u16 {
        let mut used = 0;
        for grapheme in text::graphemes(line) {
            let (shown, cells) = text::cell(grapheme);
            let cells = u16::try_from(cells).unwrap_or(u16::MAX);
            if cells == 0 {
                continue;
            }
            // A wide character in a space that is too narrow: clip, so that it cannot run into the neighbour.
            let fits = cells <= width.saturating_sub(used);
            let last_column = x.saturating_add(used).saturating_add(cells - 1);
            if !fits || !self.buffer.area.contains((last_column, y).into()) {
                break;
            }
            for cell in 0..cells {
                if let Some(target) = self.buffer.cell_mut((x + used + cell, y)) {
                    target.reset();
                    target.set_symbol(if cell == 0 { shown } else { " " }).set_style(style);
                }
            }
            used += cells;
        }
        used
    }

    /// Writes a line so that it ends at the right edge of `width` cells; gives the cells that are left of it.
    pub(super) fn put_right(&mut self, x: u16, y: u16, width: u16, line: &str, style: Style) -> u16 {
        let cells = u16::try_from(text::width(line)).unwrap_or(u16::MAX);
        if cells > width {
            return width;
        }
        self.put(x + (width - cells), y, cells, line, style);
        width - cells
    }

    /// Lays a style over cells that are there already.
    pub(super) fn tint(&mut self, area: Area, style: Style) {
        self.buffer.set_style(rect(area).intersection(self.buffer.area), style);
    }

    /// Empties an area.
    pub(super) fn clear(&mut self, area: Area) {
        for y in area.y..area.y.saturating_add(area.height) {
            self.put(area.x, y, area.width, &" ".repeat(usize::from(area.width)), self.theme.text);
        }
    }

    /// A border with a title in its upper edge.
    pub(super) fn frame(&mut self, area: Area, title: &str, style: Style) {
        let Area { x, y, width, height } = area;
        if width < 2 || height < 2 {
            return;
        }
        let inner = usize::from(width - 2);
        self.put(x, y, width, &format!("┌{}┐", "─".repeat(inner)), style);
        for row in y + 1..y + height - 1 {
            self.put(x, row, 1, "│", style);
            self.put(x + width - 1, row, 1, "│", style);
        }
        self.put(x, y + height - 1, width, &format!("└{}┘", "─".repeat(inner)), style);
        if !title.is_empty() && inner > 4 {
            let title = format!(" {} ", text::truncate(title, inner - 3));
            self.put(x + 1, y, width - 2, &title, self.theme.heading);
        }
    }
}

fn rect(area: Area) -> ratatui::layout::Rect {
    ratatui::layout::Rect::new(area.x, area.y, area.width, area.height)
}

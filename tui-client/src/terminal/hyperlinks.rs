//! A backend that moves what has moved, and writes links: cells that carry a link's number are wrapped into OSC 8,
//! everything else goes through.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Color;

use super::glyphs;
use super::manners::Manners;
use super::moved::{Cells, Shown};
use crate::view::Links;

/// Crossterm's backend, with links.
pub(super) struct Hyperlinks<W: Write> {
    inner: CrosstermBackend<W>,
    links: Rc<RefCell<Links>>,
    /// Whether the terminal is told where a link leads; it is underlined in any case.
    speaks: bool,
    /// The font has few signs.
    is_console: bool,
    shown: Shown,
    /// The part of the screen whose rows move together.
    pub(super) scrolls: Rect,
    /// Where the cursor is seen.
    cursor: Option<Position>,
    /// Something was written that is seen, since this was last set to `false`.
    pub(super) is_changed: bool,
}

impl<W: Write> Hyperlinks<W> {
    pub(super) fn new(inner: CrosstermBackend<W>, links: Rc<RefCell<Links>>, manners: Manners) -> Self {
        let (shown, scrolls) = (Shown::empty(Rect::default()), Rect::default());
        let Manners { hyperlinks: speaks, is_console, .. } = manners;
        Self { inner, links, speaks, is_console, shown, scrolls, cursor: None, is_changed: true }
    }

    /// The terminal has this size, and is empty.
    pub(super) fn emptied(&mut self, area: Rect) {
        (self.shown, self.cursor, self.is_changed) = (Shown::empty(area), None, true);
    }

    fn paint(&mut self, cells: &[(u16, u16, &Cell)]) -> io::Result<()> {
        if self.is_console {
            return self.paint_simply(cells);
        }
        if cells.iter().all(|(_, _, cell)| cell.underline_color == Color::Reset) {
            return self.inner.draw(cells.iter().copied());
        }
        let links = Rc::clone(&self.links);
        for run in cells.chunk_by(|(_, _, a), (_, _, b)| a.underline_color == b.underline_color) {
            let number = run.first().map_or(Color::Reset, |(_, _, cell)| cell.underline_color);
            let link = links.borrow().of(number).map(|(number, url)| (number, Arc::clone(url)));
            self.draw_run(run, link.as_ref().filter(|_| self.speaks))?;
        }
        Ok(())
    }

    /// Without links, and with signs that the font has.
    fn paint_simply(&mut self, cells: &[(u16, u16, &Cell)]) -> io::Result<()> {
        let simple: Vec<Cell> = cells
            .iter()
            .map(|(_, _, cell)| {
                let mut cell = plain(cell);
                if let Some(symbol) = glyphs::console(cell.symbol()) {
                    cell.set_symbol(symbol);
                }
                cell
            })
            .collect();
        self.inner.draw(cells.iter().zip(&simple).map(|((x, y, _), cell)| (*x, *y, cell)))
    }

    /// One run of cells with the same link.
    fn draw_run(&mut self, run: &[(u16, u16, &Cell)], link: Option<&(u32, Arc<str>)>) -> io::Result<()> {
        if let Some((number, url)) = link {
            // The number tells the terminal which cells belong together, also on the next row. The address is visible ASCII.
            write!(self.inner, "\x1b]8;id={number};{url}\x1b\\")?;
        }
        let plain: Vec<Cell> = run.iter().map(|(_, _, cell)| plain(cell)).collect();
        self.inner.draw(run.iter().zip(&plain).map(|((x, y, _), cell)| (*x, *y, cell)))?;
        if link.is_some() {
            write!(self.inner, "\x1b]8;;\x1b\\")?;
        }
        Ok(())
    }
}

fn borrowed(cells: &Cells) -> Vec<(u16, u16, &Cell)> {
    cells.iter().map(|(x, y, cell)| (*x, *y, cell)).collect()
}

/// The cell without its number.
fn plain(cell: &Cell) -> Cell {
    let mut cell = cell.clone();
    cell.underline_color = Color::Reset;
    cell
}

impl<W: Write> Write for Hyperlinks<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.inner)
    }
}

impl<W: Write> Backend for Hyperlinks<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let cells: Vec<(u16, u16, &Cell)> = content.collect();
        if cells.is_empty() {
            return Ok(());
        }
        self.is_changed = true;
        match self.shown.paint(&cells, self.scrolls) {
            Some((step, rest)) => {
                step.write(&mut self.inner)?;
                self.paint(&borrowed(&rest))?;
            }
            None => self.paint(&cells)?,
        }
        let loose = self.shown.take_loose();
        if loose.is_empty() { Ok(()) } else { self.paint(&borrowed(&loose)) }
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.is_changed |= self.cursor.take().is_some();
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        self.is_changed |= self.cursor.replace(position) != Some(position);
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, part: ClearType) -> io::Result<()> {
        self.inner.clear_region(part)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

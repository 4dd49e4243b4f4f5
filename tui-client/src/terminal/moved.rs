//! What the terminal shows, and rows that can be moved there instead of being painted anew: a message that comes moves all
//! those above it.
//!
//! Whole rows move (DECSTBM, and lines that are deleted or inserted in it: every terminal knows them), also what stands beside the part that
//! scrolls; where that is different afterwards it is painted anew. So it is done only where it saves most of the painting.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Write};

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr as _};

/// With fewer different cells than so many rows have there is nothing to save.
const ROWS_WORTH_IT: usize = 3;

/// What the terminal shows.
pub(super) struct Shown {
    buffer: Buffer,
    hashes: RandomState,
    /// What is to be painted behind the last cells, see [`Self::take_loose`].
    loose: Vec<(u16, u16)>,
}

/// Text of more bytes than any character has: a cluster, which terminals may not know as one.
const CHARACTER_BYTES: usize = 4;

/// Cells and where they are.
pub(super) type Cells = Vec<(u16, u16, Cell)>;

/// Rows that move: those from `top` on, before `bottom`; up where `by` is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    top: u16,
    bottom: u16,
    by: i16,
}

impl Shown {
    /// An empty terminal of this size.
    pub(super) fn empty(area: Rect) -> Self {
        Self { buffer: Buffer::empty(area), hashes: RandomState::new(), loose: Vec::new() }
    }

    /// Paints these cells, and says what else is to be done for that: the move that goes first, and the cells that are
    /// different after it. `None`: just paint the cells.
    pub(super) fn paint(&mut self, cells: &[(u16, u16, &Cell)], scrolls: Rect) -> Option<(Move, Cells)> {
        let scrolls = scrolls.intersection(self.buffer.area);
        if cells.len() < ROWS_WORTH_IT * usize::from(scrolls.width.max(1)) || scrolls.height < 4 {
            self.loosen(cells.iter().copied());
            set(&mut self.buffer, cells);
            return None;
        }
        let mut after = self.buffer.clone();
        set(&mut after, cells);
        let best = self.best_move(&after, scrolls);
        let result = best.and_then(|step| {
            self.shift(step);
            let rest = self.buffer.diff(&after);
            let is_worth_it = rest.len() * 2 <= cells.len();
            let rest = || rest.into_iter().map(|(x, y, cell)| (x, y, cell.clone())).collect::<Cells>();
            is_worth_it.then(|| (step, rest()))
        });
        match &result {
            Some((_, rest)) => self.loosen(rest.iter().map(|(x, y, cell)| (*x, *y, cell))),
            None => self.loosen(cells.iter().copied()),
        }
        self.buffer = after;
        result
    }

    /// Notes where these cells leave something behind in a terminal that shows a flag, or a family, as several characters: what
    /// stood beyond the first of them, and what stands beyond the cells that they are to have.
    fn loosen<'a>(&mut self, cells: impl Iterator<Item = (u16, u16, &'a Cell)>) {
        for (x, y, cell) in cells {
            let old = self.buffer.cell((x, y)).map_or("", Cell::symbol);
            let new = cell.symbol();
            if old.len().max(new.len()) <= CHARACTER_BYTES {
                continue;
            }
            let width = new.width().max(1);
            let was: usize = if old.len() > CHARACTER_BYTES { old.width() } else { 0 };
            let may_be: usize =
                if new.len() > CHARACTER_BYTES { new.chars().filter_map(UnicodeWidthChar::width).sum() } else { 0 };
            let ends = (width..was.max(may_be)).filter_map(|by| x.checked_add(u16::try_from(by).ok()?));
            let right = self.buffer.area.right();
            self.loose.extend(ends.filter(|x| *x < right).map(|x| (x, y)));
        }
    }

    /// The cells that are to be painted after the last ones, so that nothing is left behind.
    pub(super) fn take_loose(&mut self) -> Cells {
        let (buffer, mut places) = (&self.buffer, std::mem::take(&mut self.loose));
        places.sort_unstable_by_key(|(x, y)| (*y, *x));
        places.dedup();
        // What is the second half of another text is painted with its first half.
        let is_half = |x: u16, y: u16| {
            let before = x.checked_sub(1).and_then(|x| buffer.cell((x, y)));
            before.is_some_and(|cell| cell.symbol().width() > 1)
        };
        let places = places.into_iter().filter(|(x, y)| !is_half(*x, *y));
        places.filter_map(|(x, y)| Some((x, y, buffer.cell((x, y))?.clone()))).collect()
    }

    /// The move after which most rows are what they are to be.
    fn best_move(&self, after: &Buffer, scrolls: Rect) -> Option<Move> {
        let (old, new) = (self.rows(&self.buffer, scrolls), self.rows(after, scrolls));
        let height = old.len();
        let matches = |by: usize, up: bool| {
            let (from, to) = if up { (&old[by..], &new[..]) } else { (&old[..], &new[by..]) };
            from.iter().zip(to).filter(|(a, b)| a == b && a.is_some()).count()
        };
        let moves = (1..height).flat_map(|by| [(matches(by, true), by, true), (matches(by, false), by, false)]);
        // Of equal ones the shortest.
        let (count, by, up) = moves.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        let by = i16::try_from(by).ok()?;
        let step = Move { top: scrolls.y, bottom: scrolls.bottom(), by: if up { by } else { -by } };
        (count >= height / 3).then_some(step)
    }

    /// Each row of the part as a number; `None` where it is blank, which says nothing.
    fn rows(&self, buffer: &Buffer, part: Rect) -> Vec<Option<u64>> {
        let row = |y| {
            let mut hasher = self.hashes.build_hasher();
            let mut is_blank = true;
            for cell in (part.left()..part.right()).filter_map(|x| buffer.cell((x, y))) {
                is_blank &= cell.symbol() == " ";
                hasher.write(cell.symbol().as_bytes());
            }
            (!is_blank).then(|| hasher.finish())
        };
        (part.top()..part.bottom()).map(row).collect()
    }

    /// Does to the buffer what the terminal does.
    fn shift(&mut self, step: Move) {
        let width = usize::from(self.buffer.area.width);
        let at = |y: u16| usize::from(y.saturating_sub(self.buffer.area.y)) * width;
        let cells = &mut self.buffer.content[at(step.top)..at(step.bottom)];
        let by = (usize::from(step.by.unsigned_abs()) * width).min(cells.len());
        if step.by > 0 {
            cells.rotate_left(by);
            let from = cells.len() - by;
            cells[from..].fill(Cell::default());
        } else {
            cells.rotate_right(by);
            cells[..by].fill(Cell::default());
        }
    }
}

/// What is told of a wide character is its first cell; what was behind that is gone, too.
fn set(buffer: &mut Buffer, cells: &[(u16, u16, &Cell)]) {
    for (x, y, cell) in cells {
        let Some(target) = buffer.cell_mut((*x, *y)) else { continue };
        target.clone_from(cell);
        for by in 1..u16::try_from(cell.symbol().width()).unwrap_or(1) {
            if let Some(half) = x.checked_add(by).and_then(|x| buffer.cell_mut((x, *y))) {
                half.clone_from(cell);
                half.set_symbol(" ");
            }
        }
    }
}

impl Move {
    /// Tells the terminal. Its looks are the default ones before and after each painting, so the rows that come in are blank.
    pub(super) fn write(self, out: &mut impl Write) -> io::Result<()> {
        let Self { top, bottom, by } = self;
        let (first, count, deletes) = (top + 1, by.unsigned_abs(), by > 0);
        write!(out, "\x1b[{first};{bottom}r\x1b[{first};1H\x1b[{count}{}\x1b[r", if deletes { 'M' } else { 'L' })
    }
}

#[cfg(test)]
#[path = "moved_tests.rs"]
mod tests;

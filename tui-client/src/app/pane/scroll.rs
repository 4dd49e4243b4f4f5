//! Where the message pane stands: anchored by message, moved by rendered row. Pure.
//!
//! Nothing here costs more than what is visible: a room's items are walked from the anchor, and a message's rows are
//! kept for as long as its text and the width stay the same.

use std::sync::Arc;

use super::Painter;
use super::item::{ItemId, PaneRow, Scroll};

/// A row of the whole room, counted inside of its item's block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    item: ItemId,
    row: usize,
}

/// Lays out what is visible from `scroll` on in `height` rows, and says where the view stands then: a view that reaches
/// the end of a complete window follows it, one whose anchor is gone stands at its neighbour.
pub(crate) fn visible(painter: &mut Painter<'_>, scroll: Scroll, height: usize) -> (Scroll, Vec<PaneRow>) {
    let Scroll::At { item, offset } = scroll else {
        let top = top_of_end(painter, height);
        return (Scroll::End, collect(painter, top, height));
    };
    let top = resolve(painter, item, offset);
    let rows = collect(painter, top, height);
    if !reaches_end(painter, &rows, height) {
        return (anchor(painter, top), rows);
    }
    let top = top_of_end(painter, height);
    let scroll = if painter.is_complete() { Scroll::End } else { anchor(painter, top) };
    (scroll, collect(painter, top, height))
}

/// Moves the view by rendered rows; negative is up.
pub(crate) fn moved(painter: &mut Painter<'_>, scroll: Scroll, height: usize, delta: isize) -> Scroll {
    let top = match scroll {
        Scroll::End => top_of_end(painter, height),
        Scroll::At { item, offset } => resolve(painter, item, offset),
    };
    let rows = delta.unsigned_abs();
    let to = if delta < 0 { up(painter, top, rows) } else { down(painter, top, rows) };
    anchor(painter, to)
}

/// A view that begins with the first row of all. It costs what is visible there, not what is between.
pub(crate) fn oldest(painter: &mut Painter<'_>) -> Scroll {
    anchor(painter, Position { item: ItemId::Top, row: 0 })
}

/// A view that shows all of an item, and moves no further than that takes.
pub(crate) fn showing(painter: &mut Painter<'_>, scroll: Scroll, height: usize, item: ItemId) -> Scroll {
    let (scroll, rows) = visible(painter, scroll, height);
    let len = painter.block(item).len();
    let seen = rows.iter().filter(|row| row.item == item).count();
    if seen >= len.min(height) {
        return scroll;
    }
    let first = rows.first().map_or(ItemId::Top, |row| row.item);
    if item <= first || len >= height {
        return anchor(painter, Position { item, row: 0 });
    }
    let last = Position { item, row: len - 1 };
    let top = up(painter, last, height.saturating_sub(1));
    anchor(painter, top)
}

/// A view with an item in its upper third.
pub(crate) fn around(painter: &mut Painter<'_>, height: usize, item: ItemId) -> Scroll {
    let top = up(painter, Position { item, row: 0 }, height / 3);
    anchor(painter, top)
}

fn reaches_end(painter: &mut Painter<'_>, rows: &[PaneRow], height: usize) -> bool {
    let last_item = painter.last();
    let len = painter.block(last_item).len();
    rows.len() < height || rows.last().is_some_and(|row| row.item == last_item && painter_row(painter, row) + 1 == len)
}

/// The number of a visible row inside of its block.
fn painter_row(painter: &mut Painter<'_>, row: &PaneRow) -> usize {
    row.index + if row.is_rule { 0 } else { painter.block(row.item).rules.len() }
}

/// Where the view begins when it ends with the last row of all.
fn top_of_end(painter: &mut Painter<'_>, height: usize) -> Position {
    let item = painter.last();
    let row = painter.block(item).len().saturating_sub(1);
    up(painter, Position { item, row }, height.saturating_sub(1))
}

fn up(painter: &mut Painter<'_>, from: Position, mut rows: usize) -> Position {
    let Position { mut item, mut row } = from;
    while rows > row {
        let Some(before) = painter.before(item) else { return Position { item, row: 0 } };
        rows -= row + 1;
        item = before;
        row = painter.block(item).len().saturating_sub(1);
    }
    Position { item, row: row - rows }
}

fn down(painter: &mut Painter<'_>, from: Position, mut rows: usize) -> Position {
    let Position { mut item, mut row } = from;
    loop {
        let last = painter.block(item).len().saturating_sub(1);
        if row + rows <= last {
            return Position { item, row: row + rows };
        }
        let Some(after) = painter.after(item) else { return Position { item, row: last } };
        rows -= last + 1 - row;
        item = after;
        row = 0;
    }
}

fn collect(painter: &mut Painter<'_>, from: Position, height: usize) -> Vec<PaneRow> {
    let mut rows = Vec::with_capacity(height.min(512));
    let mut next = Some(from);
    while let Some(Position { item, row }) = next.filter(|_| rows.len() < height) {
        let block = painter.block(item);
        for at in (row..block.len()).take(height - rows.len()) {
            let is_rule = at < block.rules.len();
            let (part, index) = if is_rule { (&block.rules, at) } else { (&block.body, at - block.rules.len()) };
            rows.push(PaneRow { item, is_rule, rows: Arc::clone(part), index });
        }
        next = painter.after(item).map(|item| Position { item, row: 0 });
    }
    rows
}

/// The row that an anchor means now.
fn resolve(painter: &mut Painter<'_>, item: ItemId, offset: isize) -> Position {
    let Some(item) = painter.nearest(item) else { return Position { item: ItemId::Top, row: 0 } };
    let block = painter.block(item);
    let first = block.rules.len();
    match offset {
        0.. => Position { item, row: (first + offset.unsigned_abs()).min(block.len().saturating_sub(1)) },
        _ => up(painter, Position { item, row: first }, offset.unsigned_abs()),
    }
}

/// Names a row by a message: the row above the oldest one would move away when older ones come.
fn anchor(painter: &mut Painter<'_>, at: Position) -> Scroll {
    let block = painter.block(at.item);
    let signed = |n: usize| isize::try_from(n).unwrap_or(isize::MAX);
    if at.item == ItemId::Top
        && let Some(item) = painter.after(at.item)
    {
        let rules = painter.block(item).rules.len();
        return Scroll::At { item, offset: -signed(rules + block.len().saturating_sub(at.row)) };
    }
    Scroll::At { item: at.item, offset: signed(at.row) - signed(block.rules.len()) }
}

#[cfg(test)]
#[path = "scroll_tests.rs"]
mod tests;

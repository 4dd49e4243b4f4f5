//! Which part of the screen is what: arithmetic that `update` (scrolling, mouse) and `view` (drawing) share. Pure.

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: u16,
    pub(crate) y: u16,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Area {
    pub(crate) fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    pub(crate) fn contains(self, x: u16, y: u16) -> bool {
        x >= self.x && y >= self.y && x - self.x < self.width && y - self.y < self.height
    }

    /// Without a border of one cell.
    pub(crate) fn inner(self) -> Self {
        if self.width < 2 || self.height < 2 {
            return Self { width: 0, height: 0, ..self };
        }
        Self::new(self.x + 1, self.y + 1, self.width - 2, self.height - 2)
    }

    /// A rectangle of at most this size in the middle of this one.
    pub(crate) fn centred(self, width: u16, height: u16) -> Self {
        let (width, height) = (width.min(self.width), height.min(self.height));
        Self::new(self.x + (self.width - width) / 2, self.y + (self.height - height) / 2, width, height)
    }
}

/// Narrower than this, the sidebar folds away.
const SIDEBAR_FROM: u16 = 60;

/// The parts of the chat screen. A part that has no room is `None` or empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// The whole screen.
    pub(crate) screen: Area,
    /// The sidebar with its border.
    pub(crate) sidebar: Option<Area>,
    /// The room's name, topic and member count.
    pub(crate) header: Option<Area>,
    /// The messages.
    pub(crate) pane: Area,
    /// Who is typing; always reserved, so that nothing shifts.
    pub(crate) typing: Option<Area>,
    /// The border around the composer.
    pub(crate) composer_box: Option<Area>,
    /// The composer's text.
    pub(crate) composer: Area,
    /// Notices, prompts and key hints.
    pub(crate) bottom: Option<Area>,
}

/// The most rows that the composer's text may take: a third of the screen.
pub(crate) fn composer_rows_max(height: u16) -> u16 {
    (height / 3).max(1)
}

/// Whether the composer has a border on a screen of this size.
fn composer_is_boxed(width: u16, height: u16) -> bool {
    width >= 24 && height >= 10
}

/// The width of the sidebar, border included; 0 where it is folded.
pub(crate) fn sidebar_width(width: u16, height: u16) -> u16 {
    match width {
        _ if height < 8 => 0,
        0..SIDEBAR_FROM => 0,
        SIDEBAR_FROM..100 => 23,
        _ => 27,
    }
}

/// The width of the composer's text, which decides how many rows it takes.
pub(crate) fn composer_width(width: u16, height: u16) -> u16 {
    let main = width - sidebar_width(width, height);
    // A border and a space on each side, or a prompt of two cells.
    main.saturating_sub(if composer_is_boxed(width, height) { 4 } else { 2 })
}

/// Divides a screen, when the composer's text takes `composer_rows`.
pub(crate) fn geometry(width: u16, height: u16, composer_rows: u16) -> Geometry {
    let sidebar_width = sidebar_width(width, height);
    let is_boxed = composer_is_boxed(width, height);
    let bottom_rows = u16::from(height >= 4);
    let main = Area::new(sidebar_width, 0, width - sidebar_width, height - bottom_rows);
    let header_rows = u16::from(height >= 6);
    let typing_rows = u16::from(height >= 8);
    let rows = composer_rows.clamp(1, composer_rows_max(height)).min(main.height);
    let composer_height = if is_boxed { rows + 2 } else { rows };
    let pane_height = main.height.saturating_sub(header_rows + typing_rows + composer_height);
    let typing_y = header_rows + pane_height;
    let composer_y = typing_y + typing_rows;
    let strip = |y, rows| (rows > 0).then(|| Area::new(main.x, y, main.width, rows));
    let composer_area = Area::new(main.x, composer_y, main.width, composer_height);
    let composer = if is_boxed {
        let inner = composer_area.inner();
        Area::new(inner.x + 1, inner.y, inner.width.saturating_sub(2), inner.height)
    } else {
        let prompt = main.width.min(2);
        Area::new(main.x + prompt, composer_y, main.width - prompt, composer_height)
    };
    Geometry {
        screen: Area::new(0, 0, width, height),
        sidebar: (sidebar_width > 0).then(|| Area::new(0, 0, sidebar_width, main.height)),
        header: strip(0, header_rows),
        pane: Area::new(
            main.x + u16::from(sidebar_width > 0),
            header_rows,
            main.width - u16::from(sidebar_width > 0),
            pane_height,
        ),
        typing: strip(typing_y, typing_rows),
        composer_box: is_boxed.then_some(composer_area),
        composer,
        bottom: (bottom_rows > 0).then(|| Area::new(0, height - 1, width, 1)),
    }
}

/// The width of the composer's text on a bare screen: behind a prompt of two cells.
pub(crate) fn bare_composer_width(width: u16) -> u16 {
    width.saturating_sub(2)
}

/// Divides a screen that shows messages from edge to edge, so that the terminal can select them; below them one writes.
pub(crate) fn bare_geometry(width: u16, height: u16, composer_rows: u16) -> Geometry {
    let bottom_rows = u16::from(height >= 4);
    let above = height - bottom_rows;
    let rows = composer_rows.clamp(1, composer_rows_max(height)).min(above);
    let prompt = width.min(2);
    Geometry {
        screen: Area::new(0, 0, width, height),
        pane: Area::new(0, 0, width, above - rows),
        composer: Area::new(prompt, above - rows, width - prompt, rows),
        bottom: (bottom_rows > 0).then(|| Area::new(0, height - 1, width, 1)),
        ..Geometry::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_ordinary_terminal_has_everything() {
        let g = geometry(80, 24, 1);
        assert_eq!(g.sidebar, Some(Area::new(0, 0, 23, 23)));
        assert_eq!(g.pane, Area::new(24, 1, 56, 18));
        assert_eq!(g.typing, Some(Area::new(23, 19, 57, 1)));
        assert_eq!(g.composer, Area::new(25, 21, 53, 1));
        assert_eq!(g.composer.width, composer_width(80, 24));
    }

    #[test]
    fn the_sidebar_folds_and_a_sliver_still_has_messages() {
        assert_eq!(geometry(59, 24, 1).sidebar, None);
        let g = geometry(20, 5, 1);
        assert_eq!((g.pane.height, g.composer.height), (3, 1));
    }

    proptest! {
        #[test]
        fn every_part_is_on_the_screen(width in 0u16..300, height in 0u16..120, rows in 0u16..50) {
            for g in [geometry(width, height, rows), bare_geometry(width, height, rows)] {
            let parts = [g.sidebar, g.header, Some(g.pane), g.typing, g.composer_box, Some(g.composer), g.bottom];
            for part in parts.into_iter().flatten() {
                prop_assert!(part.x + part.width <= width && part.y + part.height <= height, "{part:?} of {g:?}");
            }
            }
        }
    }
}

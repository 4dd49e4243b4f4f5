//! Whatever is painted over whatever: a terminal that follows shows what it was to show.

use proptest::prelude::*;
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::style::{Color, Style};

use super::*;

const WIDTH: u16 = 30;
const HEIGHT: u16 = 12;
const PANE: Rect = Rect { x: 8, y: 1, width: 22, height: 10 };

/// A screen with a fixed part at the left, and these lines in the pane.
fn screen(lines: &[String]) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, WIDTH, HEIGHT));
    for y in 0..HEIGHT {
        buffer.set_string(0, y, format!("room{y:02}│"), Style::new());
    }
    for (y, line) in (PANE.y..PANE.bottom()).zip(lines) {
        buffer.set_stringn(PANE.x, y, line, usize::from(PANE.width), Style::new().fg(Color::Red));
    }
    buffer
}

/// A terminal, and what we know of it.
struct World {
    terminal: vt100::Parser,
    shown: Shown,
    last: Buffer,
    moves: usize,
    bytes: usize,
}

impl World {
    fn new() -> Self {
        // Whoever runs the tests may want no colours (NO_COLOR); a terminal that has them is what this is about.
        crossterm::style::force_color_output(true);
        let area = Rect::new(0, 0, WIDTH, HEIGHT);
        let cells = |n| std::num::NonZeroU16::new(n).unwrap();
        Self {
            terminal: vt100::Parser::new(cells(HEIGHT), cells(WIDTH), 0),
            shown: Shown::empty(area),
            last: Buffer::empty(area),
            moves: 0,
            bytes: 0,
        }
    }

    fn paint(&mut self, next: &Buffer) {
        self.put(next);
        self.check();
    }

    /// Without a look at each cell: of a cluster, this terminal shows other cells.
    fn put(&mut self, next: &Buffer) {
        let cells = self.last.diff(next);
        let mut out = Vec::new();
        match self.shown.paint(&cells, PANE) {
            Some((step, rest)) => {
                self.moves += 1;
                step.write(&mut out).unwrap();
                CrosstermBackend::new(&mut out).draw(rest.iter().map(|(x, y, cell)| (*x, *y, cell))).unwrap();
            }
            None => CrosstermBackend::new(&mut out).draw(cells.into_iter()).unwrap(),
        }
        let loose = self.shown.take_loose();
        CrosstermBackend::new(&mut out).draw(loose.iter().map(|(x, y, cell)| (*x, *y, cell))).unwrap();
        self.terminal.process(&out);
        self.bytes = out.len();
        self.last = next.clone();
        // What is remembered of the terminal is what was drawn, also behind what is wide.
        let symbols = |buffer: &Buffer| buffer.content.iter().map(|cell| cell.symbol().to_owned()).collect::<Vec<_>>();
        assert_eq!(symbols(&self.shown.buffer), symbols(next));
    }

    fn check(&self) {
        for y in 0..HEIGHT {
            let is_half = |x: u16| x > 0 && self.last.cell((x - 1, y)).unwrap().symbol().width() > 1;
            let wholes = (0..WIDTH).filter(|x| !is_half(*x));
            let expected: String = wholes.clone().map(|x| self.last.cell((x, y)).unwrap().symbol()).collect();
            let row = self.terminal.screen().rows(0, WIDTH).nth(usize::from(y)).unwrap();
            assert_eq!(row.trim_end(), expected.trim_end(), "row {y}");
            // A colour is not seen on a blank.
            for x in wholes.filter(|x| self.last.cell((*x, y)).unwrap().symbol() != " ") {
                let is_red = self.last.cell((x, y)).unwrap().fg == Color::Red;
                let cell = self.terminal.screen().cell(y, x).unwrap();
                assert_eq!(cell.fgcolor() != vt100::Color::Default, is_red, "colour at {x}, {y}");
            }
        }
    }
}

fn lines(from: u32) -> Vec<String> {
    let word = |n: u32| char::from_u32(u32::from('a') + n % 26).unwrap().to_string().repeat(15);
    (from..from + u32::from(PANE.height)).map(|n| format!("{n:04} {}", word(n))).collect()
}

#[test]
fn a_new_line_moves_the_others() {
    let mut world = World::new();
    world.paint(&screen(&lines(0)));
    let all = world.bytes;
    world.paint(&screen(&lines(1)));
    assert!(world.moves == 1 && world.bytes * 3 < all * 2, "{} bytes of {all}", world.bytes);
    world.paint(&screen(&lines(0)));
    assert_eq!(world.moves, 2, "and back");
    world.paint(&screen(&lines(500)));
    assert_eq!(world.moves, 2, "nothing of it was there before");
}

#[test]
fn one_that_is_smaller_than_what_it_was_told_of_is_no_problem() {
    let mut shown = Shown::empty(Rect::new(0, 0, 3, 2));
    let buffer = screen(&lines(0));
    assert!(shown.paint(&Shown::empty(Rect::new(0, 0, WIDTH, HEIGHT)).buffer.diff(&buffer), PANE).is_none());
}

proptest! {
    #[test]
    fn the_terminal_shows_what_it_is_to_show(
        frames in prop::collection::vec((0u32..12, prop::collection::vec((0usize..10, "[a-c今日 ]{0,22}"), 0..3)), 1..12)
    ) {
        let mut world = World::new();
        for (from, changes) in frames {
            let mut lines = lines(from);
            for (at, text) in changes {
                lines[at] = text;
            }
            world.paint(&screen(&lines));
        }
    }
}

#[test]
fn a_flag_leaves_nothing_behind() {
    // Terminals that know no clusters show a flag as two letters, and a family as four people.
    for cluster in ["🇩🇪", "👨\u{200D}👩\u{200D}👧\u{200D}👦"] {
        let mut world = World::new();
        world.put(&screen(&[format!("a {cluster}"), "below".into()]));
        let row =
            |world: &World| world.terminal.screen().contents().lines().nth(1).unwrap_or_default().trim_end().to_owned();
        assert!(row(&world).starts_with("room01│ a"), "{}", row(&world));
        world.put(&screen(&["a".into(), "below".into()]));
        assert_eq!(row(&world), "room01│ a", "after {cluster}");
        world.put(&screen(&[format!("{cluster}bc"), "below".into()]));
        world.put(&screen(&["xyz".into(), "below".into()]));
        assert_eq!(row(&world), "room01│ xyz", "after {cluster}");
        // Nor does what stood there before the cluster come back with its end.
        world.put(&screen(&[format!("x{cluster}"), "below".into()]));
        world.put(&screen(&["x".into(), "below".into()]));
        assert_eq!(row(&world), "room01│ x", "after {cluster}");
    }
}

//! A notice: in the bottom line where it fits there, else on top of the last messages, in as many rows as it needs. Nothing moves for it.

use super::bottom::typing_hint;
use super::canvas::Canvas;
use crate::app::State;
use crate::app::geometry::Area;
use crate::app::notice::Level;
use crate::app::status::status_line;
use crate::app::text::wrap::wrap_line;
use crate::app::text::{truncate, width};

/// The most rows that a notice takes.
const ROWS_MAX: u16 = 6;

/// A notice that is to be seen now.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) level: Level,
    /// The place for one that the bottom line is too short for.
    on_top: Option<Area>,
}

impl Shown {
    pub(super) fn fits_below(&self) -> bool {
        self.on_top.is_none()
    }
}

/// The cells of the bottom line, and those that the state of the connection takes of them where there is no sidebar for it.
pub(super) fn bottom_cells(state: &State, area: Area) -> (u16, Option<String>) {
    let room = area.width.saturating_sub(2);
    if state.geometry.sidebar.is_some() {
        return (room, None);
    }
    let status = truncate(&status_line(state), usize::from(room));
    let taken = u16::try_from(width(&status)).unwrap_or(room);
    (room.saturating_sub(taken).saturating_sub(2), Some(status))
}

/// What there is to say, unless a question is asked. What is being typed matters more than what went well a moment ago.
pub(super) fn shown(state: &State) -> Option<Shown> {
    let notice = state.notices.current().filter(|_| state.prompt.is_none())?;
    if notice.level != Level::Error && typing_hint(state).is_some() {
        return None;
    }
    let (text, level) = (notice.shown(), notice.level);
    let below = state.geometry.bottom.map_or(0, |area| bottom_cells(state, area).0);
    let on_top = if width(&text) > usize::from(below) { space(state) } else { None };
    Some(Shown { text, level, on_top })
}

/// From the composer upwards: who is typing, and the last messages.
fn space(state: &State) -> Option<Area> {
    let pane = state.geometry.pane;
    let typing = state.geometry.typing.map_or(0, |area| area.height);
    let height = (pane.height + typing).min(ROWS_MAX);
    let y = pane.y + pane.height + typing - height;
    // Of two rows only does it make more than the bottom line does.
    (height >= 2 && pane.width >= 10).then(|| Area::new(pane.x, y, pane.width, height))
}

pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>) {
    let Some(Shown { text, level, on_top: Some(area) }) = shown(state) else { return };
    let columns = area.width - 2;
    let ranges = wrap_line(&text, usize::from(columns));
    let count = u16::try_from(ranges.len()).unwrap_or(u16::MAX).min(area.height);
    let style = if level == Level::Error { canvas.theme.bad } else { canvas.theme.accent };
    for (row, range) in (0..count).zip(ranges) {
        let y = area.y + area.height - count + row;
        canvas.clear(Area::new(area.x, y, area.width, 1));
        canvas.put(area.x, y, 1, "▌", style);
        let line = if row + 1 == count { &text[range.start..] } else { &text[range] };
        canvas.put(area.x + 2, y, columns, &truncate(line.trim_end(), usize::from(columns)), style);
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use crate::app::event::Event;
    use crate::app::notice::Level;
    use crate::app::testing::{World, key};

    /// The screen, row by row.
    fn screen(world: &World) -> Vec<String> {
        let (width, height) = (world.state.width, world.state.height);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| crate::view::draw(&world.state, frame, &mut crate::view::Links::default())).unwrap();
        let cells = terminal.backend().buffer().content();
        cells.chunks(usize::from(width)).map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect()).collect()
    }

    /// The notice as it stands in the rows that are its own.
    fn notice(screen: &[String]) -> String {
        let rows = screen.iter().filter_map(|row| row.split_once("▌"));
        rows.map(|(_, text)| text.trim()).collect::<Vec<_>>().join(" ")
    }

    const LONG: &str = "Could not set the topic: the server at chat.example takes no more than 250 characters for one, and says \
                        that this one has 311; Alt+p brings back what you had written.";

    #[test]
    fn a_long_notice_can_be_read_and_moves_nothing() {
        for (width, height) in [(120, 40), (80, 24), (59, 24), (40, 12), (30, 12)] {
            let mut world = World::chatting(width, height, 50);
            world.type_text("what I write");
            let before = screen(&world);
            world.state.error(LONG);
            let during = screen(&world);
            assert_eq!(notice(&during), LONG, "{width}x{height}");
            let (rows, own) = (before.iter().zip(&during), |row: &str| row.contains('▌'));
            assert!(rows.clone().all(|(before, during)| before == during || own(during)), "{during:#?}");
            assert!(during.iter().any(|row| row.contains("what I write")));
            world.send(key(KeyCode::Esc));
            assert_eq!(notice(&screen(&world)), "", "it gives way");
        }
    }

    #[test]
    fn where_there_is_little_room_it_is_cut() {
        let mut world = World::chatting(20, 5, 50);
        world.state.error(LONG);
        let cut = notice(&screen(&world));
        assert!(cut.starts_with("Could not set the topic:") && cut.ends_with('…'), "{cut}");
        world.send(Event::Resize { width: 20, height: 3 });
        assert!(notice(&screen(&world)).starts_with("Could not set"), "where there is no bottom line");
        world.send(Event::Resize { width: 20, height: 2 });
        assert_eq!(notice(&screen(&world)), "");
    }

    #[test]
    fn a_short_one_stays_in_the_bottom_line() {
        let mut world = World::chatting(80, 24, 50);
        world.state.notify(Level::Info, "Copied.");
        let screen = screen(&world);
        assert!(screen[23].contains("Copied.") && notice(&screen).is_empty(), "{screen:#?}");
    }
}

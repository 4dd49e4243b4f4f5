//! A notice: in the bottom line where it fits there, else on top of the last messages, in as many rows as it needs; below a panel that
//! is open. Nothing moves for it but the end of a panel that reaches down to it.

use super::canvas::Canvas;
use super::hints::typing_hint;
use crate::app::State;
use crate::app::geometry::Area;
use crate::app::notice::Level;
use crate::app::text::truncate;
use crate::app::text::wrap::wrap_line;

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

/// What there is to say, unless a question is asked. What is being typed matters more than what went well a moment ago.
pub(super) fn shown(state: &State) -> Option<Shown> {
    let notice = state.notices.current().filter(|_| state.prompt.is_none())?;
    if notice.level != Level::Error && typing_hint(state).is_some() {
        return None;
    }
    let (text, level) = (notice.shown(), notice.level);
    let on_top = state.notice_rows_for(&text);
    Some(Shown { text, level, on_top })
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
    use crate::app::panels::overlay::Overlay;
    use crate::app::testing::{World, key};
    use crate::app::writing::editor::Editor;

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

    /// Panels, long and short.
    fn panels() -> Vec<Overlay> {
        let links = (0..99).map(|n| std::sync::Arc::from(format!("https://h.example/{n}").as_str())).collect();
        vec![
            Overlay::Help { scroll: 0 },
            Overlay::Switcher { query: Editor::default(), at: 0 },
            Overlay::Links { list: links, at: 98 },
            Overlay::Notices { list: Vec::new(), at: 0 },
            Overlay::Search,
        ]
    }

    #[test]
    fn a_notice_never_covers_what_a_panel_shows() {
        for (width, height) in [(120, 40), (80, 24), (59, 24), (40, 12), (30, 12), (30, 8), (20, 5), (20, 4)] {
            for (panel, is_bare, text) in panels().into_iter().flat_map(|panel| {
                [(panel.clone(), false, LONG), (panel.clone(), true, LONG), (panel, false, "Copied.")]
            }) {
                let mut world = World::chatting(width, height, 50);
                world.state.overlay = Some(panel.clone());
                world.send(Event::Focus(true));
                if is_bare {
                    world.send(key(KeyCode::F(2)));
                }
                world.state.error(text);
                let (screen, area) = (screen(&world), world.state.panel_area(&panel));
                let said = format!("{:?} {width}x{height}: {screen:#?}", world.state.layer());
                let rows = &screen[usize::from(area.y)..usize::from(area.y + area.height)];
                assert!(rows.iter().all(|row| !row.contains('▌')), "{said}");
                assert!(is_bare || rows.last().unwrap().contains('└') && rows.len() >= 2, "{said}");
                let below = screen[usize::from(area.y + area.height)..].join(" ");
                assert!(below.contains(&text[..7]), "{said}");
                if let (Overlay::Links { .. }, true) = (&panel, area.height > 2) {
                    assert!(rows.iter().any(|row| row.contains("▸")), "what is chosen stays in view: {said}");
                }
                if width >= 80 && text == LONG {
                    assert_eq!(notice(&screen), LONG, "{said}");
                }
            }
        }
    }
}

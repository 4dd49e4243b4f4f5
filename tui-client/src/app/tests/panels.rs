//! What lies on top of the chat: its keys, whichever the user wants, and the mouse in it.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Done, Event};
use crate::app::input::chord::Chord;
use crate::app::input::keymap::Action;
use crate::app::pane::item::ItemId;
use crate::app::panels::area::inside;
use crate::app::panels::help::{HelpLine, help_lines};
use crate::app::panels::overlay::Overlay;
use crate::app::panels::thread::Thread;
use crate::app::testing::*;
use crate::app::text::row::Row;
use crate::app::writing::outbox::Stage as Sending;
use crate::failure::FailureKind;

fn click(x: u16, y: u16) -> Event {
    let kind = MouseEventKind::Down(MouseButton::Left);
    Event::Mouse(MouseEvent { kind, column: x, row: y, modifiers: KeyModifiers::NONE })
}

fn wheel(up: bool) -> Event {
    let kind = if up { MouseEventKind::ScrollUp } else { MouseEventKind::ScrollDown };
    Event::Mouse(MouseEvent { kind, column: 40, row: 10, modifiers: KeyModifiers::NONE })
}

/// Clicks on this row of the open panel.
fn click_row(world: &mut World, row: u16) {
    let area = inside(world.state.overlay.as_ref().unwrap().area(world.state.geometry.screen));
    world.send(click(area.x + 1, area.y + row));
}

fn at(world: &mut World) -> usize {
    match &mut world.state.overlay {
        Some(Overlay::Switcher { at, .. } | Overlay::Help { scroll: at }) => *at,
        Some(overlay) => *overlay.chosen().unwrap().0,
        None => panic!("no panel"),
    }
}

fn rebound(world: &mut World, action: Action, key: &str) {
    world.state.settings.keys.rebind(&[(action, vec![Chord::parse(key).unwrap()])]).unwrap();
}

/// A conversation of messages 1 to 4, with the first one chosen.
fn reading() -> World {
    let mut world = World::chatting(80, 24, 9);
    let said: Vec<_> = (1..=4).map(|seq| says(GENERAL, seq, "a line")).collect();
    let mut thread = Thread::new(GENERAL, 1, Vec::new());
    thread.begin(PageFrom::Around(1), 9);
    thread.merge(PageFrom::Around(1), page_of(&said, 9), ME);
    world.state.overlay = Some(Overlay::Thread(thread));
    world
}

#[test]
fn the_cursor_moves_in_what_is_typed_and_what_was_found_stays() {
    let mut world = World::chatting(80, 24, 9);
    world.send(ctrl('f')).type_text("essage").send(key(KeyCode::Home)).type_text("m").send(key(KeyCode::End));
    assert_eq!(world.state.search.input.text(), "message");
    let (count, input) = (world.state.search.hits.len(), &world.state.search.input);
    assert_eq!((count, input.cursor()), (9, 7));
    world.send(key(KeyCode::Down)).send(key(KeyCode::Down)).send(key(KeyCode::Left));
    assert_eq!((world.state.search.at, world.state.search.input.cursor()), (1, 6), "the choice stays");
    world.send(ctrl('w')).send(ctrl('y'));
    assert_eq!(world.state.search.input.text(), "message", "what was cut comes back");
    world.send(key(KeyCode::Esc)).send(ctrl('k')).type_text("p").send(ctrl('a')).type_text("o");
    let Some(Overlay::Switcher { query, .. }) = &world.state.overlay else { panic!("no switcher") };
    assert_eq!(query.text(), "op");
    world.send(key(KeyCode::Delete)).send(ctrl('_'));
    let Some(Overlay::Switcher { query, .. }) = &world.state.overlay else { panic!("no switcher") };
    assert_eq!(query.text(), "op");
}

#[test]
fn only_the_key_itself_confirms_and_closes() {
    let mut world = World::chatting(80, 24, 3);
    world.send(live(mine(GENERAL, 4, "mine", "k"))).take();
    let deletions = |world: &mut World| world.take().iter().filter(|e| matches!(e, Effect::Delete { .. })).count();
    world.send(key(KeyCode::Up)).send(key(KeyCode::Char('d'))).send(ctrl('y'));
    assert_eq!(deletions(&mut world), 0, "Ctrl+y is not y");
    rebound(&mut world, Action::Confirm, "j");
    world.send(key(KeyCode::Char('d'))).send(key(KeyCode::Char('y')));
    assert_eq!(deletions(&mut world), 0, "another key is wanted");
    world.send(key(KeyCode::Char('d'))).send(key(KeyCode::Char('j')));
    assert_eq!(deletions(&mut world), 1);
    let mut world = reading();
    world.send(ctrl('q'));
    assert!(world.state.overlay.is_some(), "Ctrl+q is not q");
    world.send(key(KeyCode::Char('j')));
    assert_eq!(at(&mut world), 1);
    rebound(&mut world, Action::SelectDown, "s");
    world.send(key(KeyCode::Char('s'))).send(key(KeyCode::Char('j')));
    assert_eq!(at(&mut world), 2, "the selection's keys are those that the user wants");
    world.send(key(KeyCode::Char('q')));
    assert!(world.state.overlay.is_none());
}

#[test]
fn what_is_said_of_keys_holds() {
    let mut world = World::chatting(80, 24, 3);
    for (action, key) in
        [(Action::Reply, "s"), (Action::SelectText, "F9"), (Action::ItemDown, "F8"), (Action::Search, "F7")]
    {
        rebound(&mut world, action, key);
    }
    world.enter("hello");
    let key_of = world.posts().remove(0).0;
    let result = Err(failure(FailureKind::Refused(chat_shared::ErrorCode::Forbidden)));
    world.send(Event::Done(Done::Posted { key: key_of, result }));
    let room = world.state.room().unwrap();
    assert!(matches!(room.outbox.waiting[0].stage, Sending::Failed { .. }));
    let pane = world.pane().join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(pane.contains("s sends it again"), "{pane}");
    world.send(Event::Done(Done::NotCopied));
    assert!(world.notice().contains("F9 lets you"), "{}", world.notice());
    world.state.step_hit(1);
    assert!(world.state.notices.current().is_some());
    let lines = help_lines(&world.state.settings.keys);
    let says = |wanted: &str, text: &str| {
        lines.iter().any(|line| matches!(line, HelpLine::Entry { keys, text: t } if keys == wanted && t == text))
    };
    assert!(says("F8", "down") && says("Enter", "go on") && says("y Y", "yes, delete it; every other key means no"));
}

#[test]
fn the_wheel_moves_what_is_chosen_and_stops_at_the_ends() {
    let mut world = World::chatting(80, 24, 3);
    world.send(ctrl('k')).send(wheel(false)).send(wheel(false)).send(wheel(false));
    assert_eq!(at(&mut world), 1, "there are two rooms");
    world.send(wheel(true)).send(wheel(true));
    assert_eq!(at(&mut world), 0);
    let mut world = reading();
    for _ in 0..9 {
        world.send(wheel(false));
    }
    assert_eq!(at(&mut world), 3);
    world.send(key(KeyCode::Esc)).send(key(KeyCode::F(1)));
    for _ in 0..500 {
        world.send(wheel(false));
    }
    let end = at(&mut world);
    assert!(end > 10 && end < help_lines(&world.state.settings.keys).len());
    world.send(wheel(true)).send(key(KeyCode::Up));
    assert_eq!(at(&mut world), end - 4, "the way back begins at once");
    world.send(key(KeyCode::Home));
    assert_eq!(at(&mut world), 0);
}

#[test]
fn a_click_takes_what_it_hits() {
    let mut world = World::chatting(80, 24, 9);
    world.send(ctrl('k'));
    click_row(&mut world, 9);
    assert!(world.state.overlay.is_some(), "there is nothing");
    // The open room is the last one.
    click_row(&mut world, 1);
    assert_eq!((world.state.overlay.is_none(), world.state.current), (true, Some(OPS)));
    world.send(alt('1')).send(ctrl('f')).type_text("message");
    click_row(&mut world, 5);
    assert_eq!((world.state.overlay.is_none(), world.state.selected()), (true, Some(ItemId::Seq(8))));
    let links = ["https://a.example/", "https://b.example/"].map(std::sync::Arc::from).to_vec();
    world.take();
    world.state.overlay = Some(Overlay::Links { list: links, at: 0 });
    click_row(&mut world, 1);
    assert_eq!(world.take(), [Effect::OpenUrl("https://b.example/".into())]);
    let mut world = reading();
    let area = inside(world.state.overlay.as_ref().unwrap().area(world.state.geometry.screen));
    click_row(&mut world, area.height.min(3));
    let chosen = at(&mut world);
    assert!(chosen > 0 && world.state.overlay.is_some(), "one reads there");
    click_row(&mut world, area.height.min(3));
    assert!(world.state.overlay.is_none() && world.state.selected().is_some());
}

#[test]
fn what_was_said_can_be_read_again() {
    let mut world = World::chatting(80, 24, 3);
    let said = |world: &World| -> Vec<String> {
        let Some(Overlay::Notices { list, .. }) = &world.state.overlay else { panic!("{:?}", world.state.overlay) };
        list.iter().map(|told| told.notice.shown()).collect()
    };
    world.enter("/notices");
    assert_eq!(said(&world), [""; 0]);
    world.send(key(KeyCode::Esc)).enter("/nope").send(ctrl('u'));
    world.send(Event::Done(Done::NotOpened("no browser".into())));
    world.type_text("a draft").send(alt('m'));
    let list = said(&world);
    assert!(list.len() == 2 && list[0].contains("no browser") && list[1].contains("no command /nope"), "{list:?}");
    assert!(world.state.notices.current().is_none(), "whoever reads them all is told nothing twice");
    world.take();
    world.send(key(KeyCode::Char('j'))).send(key(KeyCode::Char('y')));
    assert!(world.take().contains(&Effect::Copy(list[1].clone())));
    click_row(&mut world, 0);
    click_row(&mut world, 0);
    assert_eq!(at(&mut world), 0, "a click chooses, and closes nothing");
    world.send(key(KeyCode::Esc));
    assert_eq!(world.draft(), "a draft");
    world.now_us += 86_400_000_000;
    world.send(alt('m'));
    let Some(Overlay::Notices { list, at }) = &world.state.overlay else { panic!() };
    let area = inside(world.state.panel_area(world.state.overlay.as_ref().unwrap()));
    let rows = world.state.notices_in_view(list, *at, area);
    let text = |row: &Row| row.spans.iter().map(|span| span.text.as_str()).collect::<String>();
    assert!(text(&rows[0].1).starts_with("Sun 22 Nov 11:00  Copied."), "{:?}", rows[0]);
    // They are the account's.
    world.send(key(KeyCode::Esc)).send(ctrl('u')).enter("/nope").send(ctrl('u')).enter("/logout");
    assert_eq!((world.state.notices.told().count(), world.state.notices.current()), (0, None), "also what still waits");
}

#[test]
fn a_click_beside_a_panel_closes_it_and_one_on_a_link_opens_that() {
    let mut world = World::chatting(80, 24, 9);
    world.send(ctrl('f')).type_text("message").send(click(1, 23));
    assert!(world.state.overlay.is_none() && world.state.words.is_empty());
    let mut world = reading();
    let said = [says(GENERAL, 5, "look at https://a.example/x there")];
    let mut thread = Thread::new(GENERAL, 5, Vec::new());
    thread.begin(PageFrom::Around(5), 9);
    thread.merge(PageFrom::Around(5), page_of(&said, 9), ME);
    world.state.overlay = Some(Overlay::Thread(thread));
    let area = inside(world.state.overlay.as_ref().unwrap().area(world.state.geometry.screen));
    let cells = (area.y..area.y + area.height).flat_map(|y| (area.x..area.x + area.width).map(move |x| (x, y)));
    let opened = cells.filter(|(x, y)| world.state.panel_link(*x, *y).is_some()).collect::<Vec<_>>();
    assert_eq!(opened.len(), "https://a.example/x".len());
    world.take();
    world.send(click(opened[0].0, opened[0].1));
    assert_eq!(world.take(), [Effect::OpenUrl("https://a.example/x".into())]);
    assert!(world.state.overlay.is_some(), "one reads on");
}

#[test]
fn a_click_elsewhere_is_no_yes() {
    let mut world = World::chatting(80, 24, 9);
    world.send(live(mine(GENERAL, 10, "mine", "k"))).send(key(KeyCode::Up)).send(key(KeyCode::Char('d'))).take();
    assert!(world.state.prompt.is_some());
    world.send(click(40, 10));
    assert!(world.state.prompt.is_none() && world.state.selected() != Some(ItemId::Seq(10)));
    world.send(key(KeyCode::Char('y')));
    assert!(!world.take().iter().any(|effect| matches!(effect, Effect::Delete { .. })));
}

#[test]
fn the_click_that_brings_the_terminal_to_the_front_selects_no_message() {
    let mut world = World::chatting(80, 24, 200);
    world.send(Event::Focus(false)).send(Event::Focus(true)).send(click(40, 10));
    assert_eq!(world.state.selected(), None, "what is typed next is text");
    world.now_us += 1_000_000;
    world.send(click(40, 10));
    assert!(world.state.selected().is_some());
    // Not all terminals say that they are in front again, and some say it behind the click.
    world.send(key(KeyCode::Esc)).send(Event::Focus(false)).send(click(40, 10));
    assert_eq!((world.state.selected(), world.state.has_focus), (None, true));
}

#[test]
fn a_page_of_a_list_is_what_is_in_view_of_it() {
    let mut world = World::chatting(80, 24, 9);
    let list = (0..100).map(|n| std::sync::Arc::from(format!("https://a.example/{n}"))).collect();
    world.state.overlay = Some(Overlay::Links { list, at: 0 });
    let rows = inside(world.state.overlay.as_ref().unwrap().area(world.state.geometry.screen)).height;
    world.send(key(KeyCode::PageDown));
    assert_eq!(at(&mut world), usize::from(rows) - 1);
    world.send(key(KeyCode::PageUp));
    assert_eq!(at(&mut world), 0);
    // A notice takes rows of it.
    world.state.error("a long story ".repeat(40));
    let left = world.state.panel_inside(world.state.overlay.as_ref().unwrap()).height;
    assert!(left < rows);
    world.send(key(KeyCode::PageDown));
    assert_eq!(at(&mut world), usize::from(left) - 1);
}

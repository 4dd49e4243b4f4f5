//! Tests of `scroll`, through `update`: the view does not move unless the user moves it.

use chat_shared::EventKind;
use crossterm::event::KeyCode;

use super::*;
use crate::app::effect::{Effect, PageFrom};
use crate::app::event::Event;
use crate::app::testing::{ANN, GENERAL, World, event, key, live, says};

/// A room of 300 messages, scrolled up by a page.
fn scrolled_up() -> World {
    let mut world = World::chatting(80, 24, 300);
    world.send(key(KeyCode::PageUp));
    world.take();
    world
}

fn first(world: &World) -> String {
    world.pane().first().cloned().unwrap_or_default()
}

#[test]
fn at_the_end_it_follows() {
    let mut world = World::chatting(80, 24, 50);
    assert!(world.last_row().ends_with("message 50"));
    world.send(live(says(GENERAL, 51, "hello")));
    assert!(world.last_row().ends_with("hello"));
    assert_eq!(world.state.room().unwrap().scroll, Scroll::End);
}

#[test]
fn new_messages_below_do_not_move_it() {
    let mut world = scrolled_up();
    let before = world.pane();
    world.send(live(says(GENERAL, 301, "one")));
    world.send(live(says(GENERAL, 302, "two")));
    assert_eq!(world.pane(), before);
    assert_eq!(world.state.room().unwrap().new_below, 2);
    world.send(key(KeyCode::End));
    assert!(world.last_row().ends_with("two"));
    assert_eq!(world.state.room().unwrap().new_below, 0);
}

#[test]
fn older_messages_above_do_not_move_it() {
    let mut world = World::chatting(80, 24, 300);
    world.send(key(KeyCode::Home));
    assert_eq!(first(&world), "loading older messages …");
    let shown: Vec<String> = world.pane()[2..].to_vec();
    world.page(GENERAL, PageFrom::Before(201), 101..=200, 300);
    assert_eq!(world.pane()[2..], shown[..]);
    assert!(first(&world).ends_with("message 199"), "the rule and the hint made room for messages: {}", first(&world));
}

#[test]
fn edits_above_do_not_move_it() {
    let mut world = scrolled_up();
    let before = world.pane();
    let long = "word ".repeat(60);
    world.send(live(event(GENERAL, 301, ANN, EventKind::Edited { target: 230, body: long })));
    assert_eq!(world.pane(), before);
    world.send(live(event(GENERAL, 302, ANN, EventKind::Deleted { target: 231 })));
    assert_eq!(world.pane(), before);
}

#[test]
fn an_edit_in_view_moves_only_what_is_below_it() {
    let mut world = scrolled_up();
    let before = world.pane();
    let Some(PaneRow { item: ItemId::Seq(middle), .. }) = world.state.pane.get(5).cloned() else { panic!() };
    let body = "word ".repeat(30);
    world.send(live(event(GENERAL, 301, ANN, EventKind::Edited { target: middle, body })));
    assert_eq!(world.pane()[..5], before[..5]);
    assert!(world.pane()[5].contains("word word"));
}

#[test]
fn an_edit_that_shrinks_the_first_message_keeps_it_first() {
    let mut world = World::chatting(80, 24, 0);
    world.send(live(says(GENERAL, 1, &"word ".repeat(300))));
    for seq in 2..=40 {
        world.send(live(says(GENERAL, seq, "short")));
    }
    world.send(key(KeyCode::Home));
    (0..10).for_each(|_| world.state.scroll_rows(1));
    world.send(live(event(GENERAL, 41, ANN, EventKind::Edited { target: 1, body: "tiny".into() })));
    assert!(first(&world).contains("tiny"), "{:?}", world.pane());
    world.send(live(event(GENERAL, 42, ANN, EventKind::Deleted { target: 1 })));
    assert!(first(&world).contains("(deleted)"), "{:?}", world.pane());
}

#[test]
fn resizing_and_folding_the_sidebar_keep_the_first_message() {
    let mut world = scrolled_up();
    for _ in 0..3 {
        world.send(key(KeyCode::PageUp));
    }
    let before = first(&world);
    for (width, height) in [(120, 40), (40, 10), (20, 5), (1, 1), (500, 60), (80, 24)] {
        world.send(Event::Resize { width, height });
    }
    assert_eq!(first(&world), before);
}

#[test]
fn growing_the_composer_keeps_the_first_message() {
    let mut world = scrolled_up();
    let before = first(&world);
    world.send(Event::Paste("1\n2\n3\n4".into()));
    assert_eq!(first(&world), before);
    assert_eq!(world.state.geometry.composer.height, 4);
}

#[test]
fn pages_have_two_rows_in_common() {
    let mut world = World::chatting(80, 24, 300);
    let before = world.pane();
    world.send(key(KeyCode::PageUp));
    assert_eq!(world.pane()[before.len() - 2..], before[..2]);
    world.send(key(KeyCode::PageDown));
    assert_eq!(world.pane(), before);
    assert_eq!(world.state.room().unwrap().scroll, Scroll::End);
}

#[test]
fn one_page_at_a_time_is_asked_for_near_the_top() {
    let mut world = World::chatting(80, 24, 300);
    world.send(key(KeyCode::Home));
    world.send(key(KeyCode::PageUp));
    let loads = world.take_only(|e| if let Effect::LoadPage { from, .. } = e { Some(*from) } else { None });
    assert_eq!(loads, [PageFrom::Before(201)]);
    world.page(GENERAL, PageFrom::Before(201), 101..=200, 300);
    world.send(key(KeyCode::Home));
    world.page(GENERAL, PageFrom::Before(101), 1..=100, 300);
    world.send(key(KeyCode::Home));
    world.page(GENERAL, PageFrom::Before(1), [], 300);
    world.send(key(KeyCode::Home));
    assert_eq!(first(&world), "This is the beginning of #general.");
}

#[test]
fn a_hundred_thousand_messages_are_not_walked() {
    let mut world = World::chatting(80, 24, 100_000);
    for page in 0..60 {
        world.send(key(KeyCode::Home));
        let oldest = 99_901 - 100 * page;
        world.page(GENERAL, PageFrom::Before(oldest), oldest - 100..oldest, 100_000);
    }
    let timeline = world.state.room().unwrap().timeline.as_ref().unwrap();
    assert!(timeline.entries.len() <= crate::app::timeline::ENTRIES_MAX);
    assert!(!timeline.at_end, "the far end was dropped");
    world.take();
    world.send(key(KeyCode::End));
    let loads = world.take_only(|e| if let Effect::LoadPage { from, .. } = e { Some(*from) } else { None });
    assert_eq!(loads, [PageFrom::Latest]);
    world.page(GENERAL, PageFrom::Latest, 99_901..=100_000, 100_000);
    assert!(world.last_row().ends_with("message 100000"));
}

#[test]
fn home_lays_out_what_it_shows_and_the_way_there_is_bounded() {
    let mut world = World::chatting(80, 24, 10_000);
    for oldest in (5_101..=9_901).rev().step_by(100) {
        world.send(key(KeyCode::Home));
        world.page(GENERAL, PageFrom::Before(oldest), oldest - 100..oldest, 10_000);
    }
    let entries = |world: &World| world.state.room().unwrap().timeline.as_ref().unwrap().entries.len();
    world.send(key(KeyCode::End)).send(Event::Resize { width: 90, height: 24 });
    assert_eq!((entries(&world), world.state.room().unwrap().scroll), (5_000, Scroll::End));
    world.send(key(KeyCode::Home));
    assert!(first(&world).ends_with("loading older messages …") && world.state.cache.len() < 100);
    // Whoever goes through all of it, in one event, does not keep all of it laid out.
    world.state.scroll_rows(5_000);
    assert!(world.state.cache.len() <= 2_000, "{}", world.state.cache.len());
}

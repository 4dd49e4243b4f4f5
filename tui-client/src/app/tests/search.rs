//! Searching, and going to what was found.

use chat_shared::api::SearchPage;
use chat_shared::{EventKind, Message};
use crossterm::event::KeyCode;

use super::super::effect::{Effect, PageFrom};
use super::super::event::{Done, Event};
use super::super::overlay::Overlay;
use super::super::query::Query;
use super::super::row::Role;
use super::super::scroll::{ItemId, Scroll};
use super::super::search::PAGE;
use super::super::testing::*;
use crate::failure::FailureKind;

/// The searches that were asked for: number, what for, and before when.
fn asked(world: &mut World) -> Vec<(u64, Query, Option<chat_shared::Timestamp>)> {
    world.take_only(|effect| match effect {
        Effect::Search { number, query, before, .. } => Some((*number, query.clone(), *before)),
        _ => None,
    })
}

fn message(room: chat_shared::RoomId, seq: u64, body: &str) -> Message {
    Message::posted(&says(room, seq, body)).unwrap()
}

fn answer(world: &mut World, number: u64, messages: Vec<Message>) {
    world.send(Event::Done(Done::Found { number, result: Ok(Box::new(SearchPage { messages })) }));
}

/// Asks for "deploy", and gets these.
fn searched(messages: Vec<Message>) -> World {
    let mut world = World::chatting(80, 24, 300);
    world.enter("/search deploy");
    let number = asked(&mut world)[0].0;
    answer(&mut world, number, messages);
    world
}

fn press(world: &mut World, code: KeyCode, times: usize) {
    for _ in 0..times {
        world.send(key(code));
    }
}

fn marked(world: &World) -> Vec<String> {
    let rows = world.state.pane.iter().filter_map(|row| row.row());
    let spans = rows.flat_map(|row| &row.spans).filter(|span| span.role == Role::Hit);
    spans.map(|span| span.text.clone()).collect()
}

#[test]
fn what_is_loaded_is_found_with_every_key() {
    let mut world = World::chatting(80, 24, 9);
    world.send(live(says(GENERAL, 10, "The Deploy is green")));
    world.send(live(says(GENERAL, 11, "redeployed")));
    world.send(ctrl('f')).type_text("dep");
    assert!(asked(&mut world).is_empty(), "it costs no request");
    assert_eq!(world.state.search.hits.iter().map(|hit| hit.seq).collect::<Vec<_>>(), [10]);
    assert_eq!(marked(&world), ["Dep"], "behind the panel too");
    world.type_text(" from:bob");
    assert!(world.state.search.hits.is_empty());
    world.send(key(KeyCode::Esc));
    assert!(world.state.overlay.is_none() && marked(&world).is_empty());
    assert_eq!(world.draft(), "");
}

#[test]
fn enter_asks_the_server_and_enter_again_goes_there() {
    let mut world = World::chatting(80, 24, 300);
    world.send(ctrl('f')).type_text("deploy in:#ops from:@ann").send(key(KeyCode::Enter));
    let asked = asked(&mut world);
    let expected = Query { text: "deploy".into(), room: Some(OPS.to_string()), from: Some("ann".into()) };
    assert_eq!(asked.iter().map(|(_, query, before)| (query, before)).collect::<Vec<_>>(), [(&expected, &None)]);
    answer(&mut world, asked[0].0 + 1, vec![message(OPS, 4, "stale")]);
    assert!(world.state.search.hits.is_empty(), "an answer to another question");
    answer(&mut world, asked[0].0, vec![message(OPS, 4, "a deploy"), message(OPS, 2, "deploy")]);
    world.send(key(KeyCode::Down)).send(key(KeyCode::Enter));
    assert!(world.state.overlay.is_none());
    assert_eq!(world.state.current, Some(OPS));
    assert!(world.take().contains(&Effect::LoadPage { room: OPS, from: PageFrom::Around(2), limit: 100 }));
    let events: Vec<_> = (1..=5).map(|seq| says(OPS, seq, "we deploy")).collect();
    world.page_with(OPS, PageFrom::Around(2), &events, 5);
    assert_eq!(world.state.selected(), Some(ItemId::Seq(2)));
    assert_eq!(marked(&world).len(), 5);
    world.send(key(KeyCode::Esc));
    assert!(marked(&world).is_empty());
}

#[test]
fn a_place_in_the_middle_of_history_stays_true_and_end_goes_back() {
    let mut world = searched(vec![message(GENERAL, 50, "deploy 50")]);
    world.send(key(KeyCode::Enter));
    assert!(world.take().contains(&Effect::LoadPage { room: GENERAL, from: PageFrom::Around(50), limit: 100 }));
    // While the page is on its way: a new message, and an edit of one that is on the page.
    world.send(live(says(GENERAL, 301, "something new")));
    world.send(live(event(GENERAL, 302, ANN, EventKind::Edited { target: 50, body: "deploy, edited".into() })));
    world.page(GENERAL, PageFrom::Around(50), 1..=100, 300);
    assert_eq!(world.state.selected(), Some(ItemId::Seq(50)));
    assert!(world.pane().iter().any(|row| row.contains("deploy, edited")), "{:#?}", world.pane());
    world.send(live(says(GENERAL, 303, "newer still")));
    assert!(!world.pane().iter().any(|row| row.contains("new")), "there is a hole between here and there");
    let room = world.state.room().unwrap();
    assert_eq!((room.new_below, room.timeline.as_ref().unwrap().newest()), (1, Some(100)));
    assert!(room.reading.unread > 0, "what is not seen is not read");

    world.take();
    world.send(key(KeyCode::End));
    assert!(world.take().contains(&Effect::LoadPage { room: GENERAL, from: PageFrom::Latest, limit: 100 }));
    world.page(GENERAL, PageFrom::Latest, 204..=303, 303);
    let room = world.state.room().unwrap();
    assert_eq!((room.scroll, room.selection, room.reading.unread), (Scroll::End, None, 0));
    assert!(world.last_row().contains("message 303"));
}

#[test]
fn scrolling_down_from_there_reaches_the_present() {
    let mut world = searched(vec![message(GENERAL, 190, "deploy")]);
    world.send(key(KeyCode::Enter));
    world.page(GENERAL, PageFrom::Around(190), 141..=240, 300);
    world.take();
    press(&mut world, KeyCode::PageDown, 10);
    assert!(world.take().contains(&Effect::LoadPage { room: GENERAL, from: PageFrom::After(240), limit: 100 }));
    world.send(live(says(GENERAL, 301, "while it loads")));
    world.page(GENERAL, PageFrom::After(240), 241..=300, 300);
    press(&mut world, KeyCode::PageDown, 20);
    assert!(world.last_row().contains("while it loads"));
    world.send(live(says(GENERAL, 302, "live again")));
    assert!(world.last_row().contains("live again"));
}

#[test]
fn next_and_previous_go_from_hit_to_hit() {
    let mut world = searched(vec![message(GENERAL, 290, "deploy"), message(GENERAL, 280, "deploy")]);
    world.send(key(KeyCode::Enter)).send(key(KeyCode::Char('n')));
    assert_eq!(world.state.selected(), Some(ItemId::Seq(280)));
    world.send(key(KeyCode::Char('n')));
    assert!(world.notice().contains("oldest hit"));
    world.send(key(KeyCode::Char('N')));
    assert_eq!(world.state.selected(), Some(ItemId::Seq(290)));
    world.send(ctrl('f'));
    assert!(
        matches!(world.state.overlay, Some(Overlay::Search)) && world.state.search.hits.len() == 2,
        "as it was left"
    );
}

#[test]
fn the_same_number_in_another_room_is_another_message() {
    let mut world = searched(vec![message(OPS, 300, "deploy"), message(GENERAL, 300, "deploy")]);
    let events: Vec<_> = (250..=349).map(|seq| says(OPS, seq, "deploy")).collect();
    world.send(key(KeyCode::Enter));
    world.page_with(OPS, PageFrom::Around(300), &events, 400);
    world.send(key(KeyCode::Char('n')));
    assert_eq!(world.state.current, Some(GENERAL));
    world.send(key(KeyCode::Char('N')));
    assert_eq!((world.state.current, world.state.selected()), (Some(OPS), Some(ItemId::Seq(300))));
    assert!(world.state.pane.iter().any(|row| row.item == ItemId::Seq(300)));
}

#[test]
fn more_come_when_one_gets_near_the_end_and_none_is_left_out() {
    let page: Vec<_> = (0..PAGE as u64).map(|n| message(GENERAL, 250 - n, "deploy")).collect();
    let mut world = searched(page.clone());
    press(&mut world, KeyCode::Down, 45);
    let more = asked(&mut world);
    let oldest = page.last().unwrap().at;
    assert_eq!(more.len(), 1, "one request at a time");
    assert_eq!(more[0].2.unwrap().as_ms(), oldest.as_ms() + 1, "others may be of the same millisecond");
    answer(&mut world, more[0].0, vec![page.last().unwrap().clone(), message(GENERAL, 150, "deploy")]);
    assert_eq!(world.state.search.hits.len(), PAGE + 1);
    press(&mut world, KeyCode::Down, 9);
    assert!(asked(&mut world).is_empty(), "there are no more");
    assert_eq!(world.state.search.at, PAGE);
}

#[test]
fn a_page_of_one_moment_does_not_come_for_ever() {
    let mut same = message(GENERAL, 1, "deploy");
    same.at = at(9);
    let page = (0..PAGE as u64).map(|n| Message { seq: 250 - n, ..same.clone() }).collect();
    let mut world = searched(page);
    world.send(key(KeyCode::PageDown));
    press(&mut world, KeyCode::PageDown, 9);
    assert_eq!(asked(&mut world)[0].2, Some(at(9)), "goes on before it");
}

#[test]
fn a_failure_says_why_and_enter_tries_again() {
    let mut world = World::chatting(80, 24, 9);
    world.enter("/search deploy");
    let number = asked(&mut world)[0].0;
    let refused = failure(FailureKind::NoAnswer);
    world.send(Event::Done(Done::Found { number, result: Err(refused) }));
    assert!(world.state.search.status(&world.state.settings.keys).0.contains("it did not work"));
    world.send(key(KeyCode::Enter));
    assert_eq!(asked(&mut world).len(), 1);
}

#[test]
fn hits_are_harmless_and_of_rooms_that_we_know() {
    let evil = message(GENERAL, 9, "deploy \x1b]0;x\x07 \u{202E}");
    let elsewhere = message(chat_shared::RoomId(uuid::Uuid::from_u128(99)), 9, "deploy");
    let world = searched(vec![evil, elsewhere]);
    let hits = &world.state.search.hits;
    assert_eq!(hits.len(), 1);
    assert!(hits[0].body.chars().all(|c| !c.is_control() && c != '\u{202E}'));
    let rows = world.state.hit_rows(&hits[0], 10);
    assert!(rows.iter().all(|row| row.spans.iter().map(|s| super::super::text::width(&s.text)).sum::<usize>() <= 10));
}

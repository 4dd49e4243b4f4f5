//! Searching, and going to what was found.

use std::collections::BTreeMap;

use chat_shared::api::SearchPage;
use chat_shared::{EventKind, Message};
use crossterm::event::KeyCode;

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::kept::{Kept, KeptMessage, Past, Restored, Window};
use crate::app::pane::item::{ItemId, Scroll};
use crate::app::panels::overlay::Overlay;
use crate::app::panels::query::Query;
use crate::app::panels::search::PAGE;
use crate::app::testing::*;
use crate::app::text::row::Role;
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
    world.send(Event::Done(Done::Found { number, result: Ok(Box::new(SearchPage { messages, more: false })) }));
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

/// #ops with unread messages, known from the disk, where a hit is about to be shown.
fn jumping() -> (World, Event) {
    let mut world = World::new(80, 24, true);
    let rooms = vec![summary(GENERAL, "general", 0, 0, 0), summary(OPS, "ops", 900, 890, 10)];
    let Event::Link(LinkEvent::Bootstrapped(bootstrap)) = bootstrap(rooms) else { unreachable!() };
    let kept = |seq| KeptMessage { as_of: 900, message: message(OPS, seq, &format!("message {seq}")) };
    let messages = (851..=900).map(kept).collect();
    let window = Box::new(Window { room: OPS, head: 900, floor: 851, is_stale: false, messages, lines: Vec::new() });
    let windows = BTreeMap::from([(OPS, Some(900))]);
    let past = Past { bootstrap: *bootstrap.clone(), as_of: at(0), windows, current: Some(GENERAL), window: None };
    world.send(Event::Kept(Kept::Restored(Box::new(Restored { past: Some(Box::new(past)), ..Restored::default() }))));
    world.send(Event::Link(LinkEvent::Bootstrapped(bootstrap))).send(Event::Link(LinkEvent::Online));
    world.page(GENERAL, PageFrom::Latest, [], 0);
    world.enter("/search deploy");
    let number = asked(&mut world)[0].0;
    answer(&mut world, number, vec![message(OPS, 50, "deploy"), message(OPS, 870, "message 870")]);
    (world, Event::Kept(Kept::Window { room: OPS, window: Some(window) }))
}

fn pages(world: &mut World) -> Vec<PageFrom> {
    world.take_only(|effect| if let Effect::LoadPage { from, .. } = effect { Some(*from) } else { None })
}

#[test]
fn a_hit_in_a_room_that_is_on_disk_is_reached_whatever_comes_first() {
    let (mut world, window) = jumping();
    world.send(key(KeyCode::Enter));
    assert_eq!(pages(&mut world), [PageFrom::Around(50)]);
    world.send(window);
    assert_eq!(world.notice(), "");
    let effects = world.take();
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::MarkRead { .. })), "nobody looks at its end yet");
    world.page(OPS, PageFrom::Around(50), 1..=100, 900);
    assert_eq!(world.state.selected(), Some(ItemId::Seq(50)));
    assert!(world.pane().iter().any(|row| row.ends_with("message 50")), "{:?}", world.pane());
    assert_eq!(pages(&mut world), []);
}

#[test]
fn a_hit_that_is_on_disk_needs_no_page() {
    let (mut world, window) = jumping();
    press(&mut world, KeyCode::Down, 2);
    world.send(key(KeyCode::Enter)).send(window);
    assert_eq!(world.state.selected(), Some(ItemId::Seq(870)));
    world.page(OPS, PageFrom::Around(870), 821..=900, 900);
    assert!(world.state.room().unwrap().timeline.as_ref().unwrap().at_end, "what is not waited for changes nothing");
}

#[test]
fn who_goes_elsewhere_meanwhile_is_not_taken_back() {
    let mut world = searched(vec![message(GENERAL, 50, "deploy")]);
    world.send(key(KeyCode::Enter)).send(key(KeyCode::End));
    world.page(GENERAL, PageFrom::Around(50), 1..=100, 300);
    assert!(world.last_row().ends_with("message 300"), "{}", world.last_row());
    assert_eq!((pages(&mut world), world.state.selected()), (vec![PageFrom::Around(50)], None));
    // The same from another room; and a reset on the way does not make it forget where it goes.
    world.send(key(KeyCode::Esc)).send(ctrl('f')).send(key(KeyCode::Enter)).send(alt('2')).send(alt('1'));
    world.page(GENERAL, PageFrom::Around(50), 1..=100, 300);
    assert!(world.last_row().ends_with("message 300"), "{}", world.last_row());
    world.send(ctrl('f')).send(key(KeyCode::Enter));
    pages(&mut world);
    world.send(Event::Link(LinkEvent::Reset { room: GENERAL, head: 400 }));
    assert_eq!(pages(&mut world), [PageFrom::Around(50)]);
    world.page(GENERAL, PageFrom::Around(50), (1..=100).filter(|seq| *seq != 50), 400);
    assert_eq!(world.notice(), "That message is not there.");
    assert!(world.pane()[0].ends_with("message 51"), "{:?}", world.pane());
    assert_eq!(pages(&mut world), [], "its neighbours are shown, and not what is between them and the present");
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
fn a_page_that_was_cut_for_its_size_is_not_the_last_one() {
    let mut world = World::chatting(80, 24, 300);
    world.enter("/search deploy");
    let number = asked(&mut world)[0].0;
    let page = vec![message(GENERAL, 250, "deploy")];
    world.send(Event::Done(Done::Found { number, result: Ok(Box::new(SearchPage { messages: page, more: true })) }));
    press(&mut world, KeyCode::Down, 1);
    assert_eq!(asked(&mut world).len(), 1, "there are more");
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
    assert!(rows.iter().all(|row| row.spans.iter().map(|s| crate::app::text::width(&s.text)).sum::<usize>() <= 10));
}

/// The searches that the disk was asked for.
fn asked_here(world: &mut World) -> Vec<(u64, Option<chat_shared::RoomId>)> {
    world.take_only(|effect| match effect {
        Effect::SearchKept { number, room, .. } => Some((*number, *room)),
        _ => None,
    })
}

#[test]
fn without_the_server_what_is_here_is_searched() {
    let mut world = World::chatting(80, 24, 9);
    world.send(Event::Kept(Kept::Restored(Box::default())));
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 5_000 }));
    world.take();
    world.enter("/search message");
    assert!(!world.effects.iter().any(|effect| matches!(effect, Effect::Search { .. })));
    let status = |world: &World| world.state.search.status(&world.state.settings.keys).0;
    assert_eq!(world.state.search.hits.len(), 9, "what is loaded, at once");
    let [(number, None)] = asked_here(&mut world)[..] else { panic!("the disk is not asked") };
    world.send(key(KeyCode::Down)).send(key(KeyCode::Down));
    let chosen = world.state.search.hits[world.state.search.at].seq;
    let evil = Message { seq: 70, at: at(70), ..message(OPS, 70, "message \x1b]0;x\x07") };
    let stranger = message(chat_shared::RoomId(uuid::Uuid::from_u128(99)), 1, "message");
    let older = message(GENERAL, 8, "a message, as it was before");
    let messages = vec![message(OPS, 2, "message"), message(GENERAL, 9, "message 9"), evil, stranger, older];
    world.send(Event::Kept(Kept::Found { number: number + 1, messages: messages.clone() }));
    assert_eq!(world.state.search.hits.len(), 9, "another search");
    world.send(Event::Kept(Kept::Found { number, messages }));
    let search = &world.state.search;
    assert_eq!((search.hits.len(), search.hits[0].seq, search.hits[search.at].seq), (11, 70, chosen));
    assert!(search.hits.iter().all(|hit| hit.body.chars().all(|c| !c.is_control())));
    assert!(status(&world).contains("11 hits in what is kept here") && status(&world).contains("no connection"));
    world.send(key(KeyCode::Enter));
    assert_eq!((world.state.overlay.is_none(), world.state.selected()), (true, Some(ItemId::Seq(chosen))));
    // A room that is named is the only one; in one that is not ours nothing is found.
    world.enter("/search message in:ops");
    assert!(matches!(asked_here(&mut world)[..], [(_, Some(OPS))]));
    world.send(key(KeyCode::Esc)).enter("/search message in:nowhere");
    assert!(asked_here(&mut world).is_empty() && status(&world).contains("Enter tries again"));
    // With the connection, Enter asks the server.
    world.send(Event::Link(LinkEvent::Online)).send(key(KeyCode::Enter));
    let number = asked(&mut world)[0].0;
    let refused = Err(failure(FailureKind::NoAnswer));
    world.send(Event::Done(Done::Found { number, result: refused }));
    world.send(key(KeyCode::Esc)).enter("/search message");
    let number = asked(&mut world)[0].0;
    world.send(Event::Done(Done::Found { number, result: Err(failure(FailureKind::NoAnswer)) }));
    assert_eq!((world.state.search.hits.len(), asked_here(&mut world).len()), (9, 1), "a request that fails, too");
}

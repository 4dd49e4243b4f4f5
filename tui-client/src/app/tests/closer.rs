//! Conversations, and what messages said before.

use chat_shared::api::{History, MessagesPage, Version};
use chat_shared::{EventKind, Message};
use crossterm::event::KeyCode;

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::panels::overlay::Overlay;
use crate::app::panels::thread::Stage;
use crate::app::testing::{ANN, GENERAL, World, at, event, failure, key, live, says};
use crate::app::text::code::{Code, Colourings, Token, Tokens};
use crate::app::text::row::Role;
use crate::failure::FailureKind;

fn answers(seq: u64, to: u64) -> chat_shared::Event {
    event(GENERAL, seq, ANN, EventKind::Posted { body: format!("answer {seq}"), key: None, reply_to: Some(to) })
}

/// 1 to 5 are messages; 6 and 8 answer 3, 7 answers 6.
fn world() -> World {
    let mut world = World::chatting(80, 24, 5);
    for reply in [answers(6, 3), answers(7, 6), answers(8, 3)] {
        world.send(live(reply));
    }
    world.take();
    world
}

fn numbers(world: &World) -> Vec<u64> {
    let Some(Overlay::Thread(thread)) = &world.state.overlay else { panic!("no conversation") };
    thread.messages.iter().map(|message| message.seq).collect()
}

fn open(world: &mut World, up: usize) {
    world.send(key(KeyCode::Esc));
    (0..up).for_each(|_| {
        world.send(key(KeyCode::Up));
    });
    world.send(key(KeyCode::Enter));
}

#[test]
fn what_is_loaded_is_shown_at_once_and_the_rest_when_it_comes() {
    let mut world = world();
    open(&mut world, 1);
    assert_eq!(numbers(&world), [3, 6, 7, 8]);
    assert!(world.take().contains(&Effect::LoadThread {
        room: GENERAL,
        seq: 7,
        from: PageFrom::Around(7),
        limit: 400
    }));
    // The root answers something that is not loaded; an answer comes while the page is on its way.
    world.send(live(answers(9, 7))).send(live(says(GENERAL, 10, "something else")));
    let events = [says(GENERAL, 2, "root"), answers(3, 2), answers(6, 3), answers(7, 6), answers(8, 3)];
    let messages = events.iter().filter_map(Message::posted).collect();
    let page = MessagesPage { messages, head: 8, ..MessagesPage::default() };
    world.send(Event::Done(Done::Thread {
        room: GENERAL,
        seq: 7,
        from: PageFrom::Around(7),
        result: Ok(Box::new(page)),
    }));
    assert_eq!(numbers(&world), [2, 3, 6, 7, 8, 9]);
    world.send(live(event(GENERAL, 11, ANN, EventKind::Deleted { target: 8 })));
    let Some(Overlay::Thread(thread)) = &world.state.overlay else { panic!() };
    assert!(thread.messages[4].deleted_at.is_some() && thread.at == 3);
    // Enter goes there: it is loaded, or its surroundings are asked for.
    world.send(key(KeyCode::Up)).send(key(KeyCode::Char('k'))).send(key(KeyCode::Enter));
    assert_eq!(world.state.selected(), Some(crate::app::pane::item::ItemId::Seq(3)));
}

#[test]
fn without_a_connection_there_is_what_is_loaded() {
    let mut world = world();
    open(&mut world, 0);
    let result = Err(failure(FailureKind::NoAnswer));
    world.send(Event::Done(Done::Thread { room: GENERAL, seq: 8, from: PageFrom::Around(8), result }));
    let Some(Overlay::Thread(thread)) = &world.state.overlay else { panic!() };
    assert_eq!(thread.stage, Stage::Failed("it did not work".into()));
    assert_eq!(numbers(&world), [3, 6, 7, 8]);
    // What is far away is asked for.
    world.send(key(KeyCode::Esc));
    assert!(world.state.overlay.is_none() && world.state.selected().is_some());
    world.send(key(KeyCode::Char('g')));
    assert_eq!(world.state.selected(), Some(crate::app::pane::item::ItemId::Seq(3)));
    assert!(!world.take().iter().any(|e| matches!(e, Effect::LoadPage { from: PageFrom::Around(_), .. })));
}

#[test]
fn earlier_texts_are_shown_until_the_message_is_deleted() {
    let mut world = world();
    world.send(key(KeyCode::Esc)).send(key(KeyCode::Char('h')));
    assert!(world.notice().contains("was not edited"), "{}", world.notice());
    world.send(live(event(GENERAL, 9, ANN, EventKind::Edited { target: 8, body: "edited".into() })));
    world.send(key(KeyCode::Char('h')));
    assert!(world.take().contains(&Effect::LoadHistory { room: GENERAL, seq: 8 }));
    let version = |seq, body: &str| Version { at: at(seq), body: body.into() };
    let versions = vec![version(8, "answer 8\u{1b}[31m"), version(9, "edited")];
    world.send(Event::Done(Done::History { room: GENERAL, seq: 8, result: Ok(Box::new(History { versions })) }));
    world.send(live(event(GENERAL, 10, ANN, EventKind::Edited { target: 8, body: "again".into() })));
    let Some(Overlay::Versions(versions)) = &world.state.overlay else { panic!() };
    let texts: Vec<_> = versions.list.iter().flatten().map(|version| version.body.as_str()).collect();
    assert_eq!(texts.len(), 3);
    assert!(!texts[0].contains('\u{1b}') && texts[2] == "again", "{texts:?}");
    world.send(live(event(GENERAL, 11, ANN, EventKind::Deleted { target: 8 })));
    assert!(world.state.overlay.is_none());
}

#[test]
fn a_refusal_closes_what_it_was_asked_for() {
    let mut world = world();
    world.send(live(event(GENERAL, 9, ANN, EventKind::Edited { target: 8, body: "edited".into() })));
    world.send(key(KeyCode::Esc)).send(key(KeyCode::Char('h')));
    let refused = || Err(failure(FailureKind::NoAnswer));
    world.send(Event::Done(Done::History { room: GENERAL, seq: 7, result: refused() }));
    assert!(world.state.overlay.is_some(), "of another message");
    world.send(Event::Done(Done::History { room: GENERAL, seq: 8, result: refused() }));
    assert!(world.state.overlay.is_none() && world.notice().contains("earlier texts"), "{}", world.notice());
}

#[test]
fn code_in_conversations_and_earlier_texts_gets_its_colours() {
    let mut world = world();
    let code = Code { language: "rust".into(), text: "fn main() {}\n".into() };
    let body = "```rust\nfn main() {}\n```";
    world.send(live(event(GENERAL, 9, ANN, EventKind::Posted { body: body.into(), key: None, reply_to: Some(3) })));
    world.state.cache.colourings = Colourings::default();
    world.take();
    open(&mut world, 0);
    let asked =
        |world: &mut World| world.take_only(|e| if let Effect::Colour(code) = e { Some(code.clone()) } else { None });
    assert_eq!(asked(&mut world), std::slice::from_ref(&code), "once");
    let is_coloured = |rows: Vec<crate::app::text::row::Row>| {
        let is_token = |span: &crate::app::text::row::Span| matches!(span.role, Role::Token(Token::Keyword));
        rows.iter().flat_map(|row| &row.spans).any(is_token)
    };
    let shown = |world: &World| match &world.state.overlay {
        Some(Overlay::Thread(thread)) => is_coloured(world.state.thread_rows(thread, 4, 80)),
        Some(Overlay::Versions(versions)) => is_coloured(world.state.version_rows(versions, 0, 80)),
        _ => panic!(),
    };
    assert!(!shown(&world));
    let tokens: Tokens = [(0..2, Token::Keyword)].into();
    world.send(Event::Done(Done::Coloured { code: code.clone(), tokens: tokens.clone() }));
    assert!(shown(&world));

    world.send(key(KeyCode::Esc)).send(live(event(
        GENERAL,
        10,
        ANN,
        EventKind::Edited { target: 9, body: "x".into() },
    )));
    world.state.cache.colourings = Colourings::default();
    world.send(key(KeyCode::Char('h')));
    let versions = vec![Version { at: at(9), body: body.into() }, Version { at: at(10), body: "x".into() }];
    world.take();
    world.send(Event::Done(Done::History { room: GENERAL, seq: 9, result: Ok(Box::new(History { versions })) }));
    assert_eq!(asked(&mut world), std::slice::from_ref(&code));
    world.send(Event::Done(Done::Coloured { code, tokens }));
    assert!(shown(&world));
}

fn thread_loads(world: &mut World) -> Vec<PageFrom> {
    world.take_only(|e| if let Effect::LoadThread { from, .. } = e { Some(*from) } else { None })
}

fn part(world: &mut World, of: u64, from: PageFrom, seqs: std::ops::RangeInclusive<u64>, head: u64) {
    let messages = seqs.filter_map(|seq| Message::posted(&answers(seq, seq.max(2) - 1))).collect();
    let page = MessagesPage { messages, head, ..MessagesPage::default() };
    world.send(Event::Done(Done::Thread { room: GENERAL, seq: of, from, result: Ok(Box::new(page)) }));
}

#[test]
fn a_long_conversation_loads_as_one_moves_through_it() {
    let mut world = World::chatting(80, 24, 1_000);
    open(&mut world, 0);
    assert_eq!(thread_loads(&mut world), [PageFrom::Around(1_000)]);
    part(&mut world, 1_000, PageFrom::Around(1_000), 801..=1_000, 1_000);
    assert_eq!(thread_loads(&mut world), []);
    let Some(Overlay::Thread(thread)) = &mut world.state.overlay else { panic!() };
    thread.at = 10;
    world.send(key(KeyCode::Up));
    assert_eq!(thread_loads(&mut world), [PageFrom::Before(801)]);
    // It fails: the edge says so, and the next key tries again, once.
    let fails = Err(failure(FailureKind::NoAnswer));
    world.send(Event::Done(Done::Thread { room: GENERAL, seq: 1_000, from: PageFrom::Before(801), result: fails }));
    assert_eq!(thread_loads(&mut world), []);
    world.send(key(KeyCode::Up));
    assert_eq!(thread_loads(&mut world), [PageFrom::Before(801)]);
    part(&mut world, 1_000, PageFrom::Before(801), 601..=800, 1_000);
    assert_eq!((numbers(&world).len(), numbers(&world)[0]), (400, 601));
    // Events are left out: all of it is loaded anew, around what is chosen.
    world.take();
    world.send(Event::Link(LinkEvent::Reset { room: GENERAL, head: 2_000 }));
    assert_eq!(thread_loads(&mut world), [PageFrom::Around(809)]);
    part(&mut world, 809, PageFrom::Around(809), 701..=900, 1_500);
    assert_eq!(thread_loads(&mut world), [PageFrom::Around(809)], "that was read before the reset");
    part(&mut world, 809, PageFrom::Around(809), 701..=900, 2_000);
    assert_eq!(thread_loads(&mut world), []);
}

#[test]
fn the_next_connection_tries_again() {
    let mut world = world();
    open(&mut world, 0);
    let result = Err(failure(FailureKind::NoAnswer));
    world.send(Event::Done(Done::Thread { room: GENERAL, seq: 8, from: PageFrom::Around(8), result }));
    world.take();
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 1 }));
    world.send(Event::Link(LinkEvent::Online));
    assert_eq!(thread_loads(&mut world), [PageFrom::Around(8)]);
}

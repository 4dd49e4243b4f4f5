//! What others do: messages while pages load, hostile text, resets, typing, bells.

use chat_shared::EventKind;
use crossterm::event::KeyCode;

use crate::app::effect::{Effect, PageFrom, TimerPurpose};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::testing::*;
use crate::failure::FailureKind;

#[test]
fn events_that_arrive_while_the_page_loads_are_not_lost() {
    let mut world = World::new(80, 24, true);
    world.send(bootstrap(vec![summary(GENERAL, "general", 3, 3, 0)]));
    world.send(live(says(GENERAL, 4, "in the page too"))).send(live(says(GENERAL, 5, "only live")));
    world.page(GENERAL, PageFrom::Latest, 1..=4, 4);
    assert!(world.last_row().ends_with("only live"));
    assert_eq!(world.pane().iter().filter(|row| row.contains("message 4") || row.contains("too")).count(), 1);
}

#[test]
fn a_page_that_fails_says_so_and_is_tried_again() {
    let mut world = World::new(80, 24, true);
    world.send(bootstrap(vec![summary(GENERAL, "general", 3, 3, 0)])).send(Event::Link(LinkEvent::Online));
    let fails = || {
        Event::Done(Done::Page { room: GENERAL, from: PageFrom::Latest, result: Err(failure(FailureKind::NoAnswer)) })
    };
    world.send(fails());
    assert!(world.last_row().starts_with("Could not load messages (PgUp tries again)"), "{:?}", world.pane());
    world.take();
    world.send(key(KeyCode::PageUp));
    assert!(world.take().iter().any(|effect| matches!(effect, Effect::LoadPage { from: PageFrom::Latest, .. })));
    world.send(fails());
    world.send(Event::Link(LinkEvent::Online));
    assert!(
        world.take().iter().any(|effect| matches!(effect, Effect::LoadPage { .. })),
        "the next connection does too"
    );
}

#[test]
fn a_reset_keeps_the_old_view_until_the_new_one_is_here() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Link(LinkEvent::Reset { room: GENERAL, head: 900 }));
    assert!(world.pane().iter().any(|row| row.ends_with("message 3")));
    assert_eq!(world.last_row(), "loading the room anew …");
    world.send(live(says(GENERAL, 901, "meanwhile")));
    world.page(GENERAL, PageFrom::Latest, 801..=900, 900);
    assert!(world.last_row().ends_with("meanwhile"));
    assert!(!world.pane().iter().any(|row| row.ends_with("message 3")));
    world.send(alt('2')).send(Event::Link(LinkEvent::Reset { room: GENERAL, head: 950 }));
    assert!(world.state.rooms.get(GENERAL).unwrap().timeline.is_none(), "a closed room loads when it is opened");
}

#[test]
fn hostile_text_is_harmless_everywhere() {
    let mut world = World::chatting(80, 24, 3);
    let evil = "\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}x\r";
    let mut said = says(GENERAL, 4, evil);
    said.name = evil.into();
    world.send(live(said));
    world.send(live(event(GENERAL, 5, ANN, EventKind::ReactionAdded { target: 4, emoji: evil.into() })));
    world.send(Event::Link(LinkEvent::Typing { room: GENERAL, by: ANN, name: evil.into() }));
    world.send(Event::Link(LinkEvent::Offline { reason: evil.into(), retry_in_ms: 0 }));
    let mut seen = world.pane().join("|");
    seen.push_str(&crate::app::status::status_line(&world.state));
    let bad = seen.chars().find(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}'));
    assert_eq!(bad, None, "{seen:?}");
}

#[test]
fn typing_fades_and_ends_with_the_message() {
    let mut world = World::chatting(80, 24, 3);
    let types = || Event::Link(LinkEvent::Typing { room: GENERAL, by: ANN, name: "ann".into() });
    world.send(types());
    assert_eq!(crate::app::status::typing_line(&world.state), "ann is typing…");
    let timers =
        world.take_only(|e| if let Effect::StartTimer { id, after_ms } = e { Some((*id, *after_ms)) } else { None });
    assert_eq!((timers.len(), timers[0].0.purpose, timers[0].1), (1, TimerPurpose::TypingFades, 6_000));
    world.now_us += 6_000_000;
    world.send(Event::Timer(timers[0].0));
    assert_eq!(crate::app::status::typing_line(&world.state), "");
    world.send(types()).send(live(says(GENERAL, 4, "here it is")));
    assert_eq!(crate::app::status::typing_line(&world.state), "");
    let _ = world.state.take_dirty();
    world.send(Event::Link(LinkEvent::Typing { room: OPS, by: ANN, name: "ann".into() }));
    assert!(!world.state.is_dirty(), "another room's typing is not shown");
}

#[test]
fn quotes_change_with_their_messages() {
    let mut world = World::chatting(80, 24, 3);
    let answer = EventKind::Posted { body: "yes".into(), key: None, reply_to: Some(3) };
    world.send(live(event(GENERAL, 4, ANN, answer)));
    assert!(world.pane().iter().any(|row| row.contains("↳ ann: message 3")));
    world.send(live(event(GENERAL, 5, ANN, EventKind::Edited { target: 3, body: "other words".into() })));
    assert!(world.pane().iter().any(|row| row.contains("↳ ann: other words")));
    world.send(live(event(GENERAL, 6, ANN, EventKind::Deleted { target: 3 })));
    assert!(world.pane().iter().any(|row| row.contains("↳ ann: (deleted)")));
}

#[test]
fn events_that_come_together_do_what_they_do_one_by_one() {
    let events: Vec<_> = (4..40)
        .flat_map(|seq| [(GENERAL, seq), (OPS, 1_000 + seq)])
        .map(|(room, seq)| match seq % 6 {
            _ if room == OPS => says(OPS, seq, "elsewhere, @me"),
            0 => event(GENERAL, seq, ANN, EventKind::Edited { target: seq - 2, body: format!("better {seq}") }),
            1 => event(GENERAL, seq, ANN, EventKind::Deleted { target: seq - 5 }),
            _ => says(GENERAL, seq, &format!("text {seq}")),
        })
        .collect();
    let (mut single, mut together) = (World::chatting(80, 24, 3), World::chatting(80, 24, 3));
    for event in events.clone() {
        single.send(live(event));
    }
    together.send(Event::Rooms(events));
    assert_eq!(single.pane(), together.pane());
    assert_eq!(single.state.title, together.state.title);
    let reading = |world: &World, room| {
        let reading = world.state.rooms.get(room).unwrap().reading;
        (reading.read, reading.unread, reading.mentions, reading.counted_to)
    };
    for room in [GENERAL, OPS] {
        assert_eq!(reading(&single, room), reading(&together, room));
    }
}

#[test]
fn what_is_read_already_is_not_painted_again() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Link(LinkEvent::Online)).send(live(says(GENERAL, 4, "news")));
    assert!(world.take().iter().any(|effect| matches!(effect, Effect::MarkRead { seq: 4, .. })));
    let _ = world.state.take_dirty();
    world.send(Event::Link(LinkEvent::Read { room: GENERAL, seq: 4, unread: 0, mentions: 0, unread_from: None }));
    assert!(!world.state.is_dirty(), "the answer shows nothing new");
    world.send(live(says(OPS, 6, "elsewhere")));
    let _ = world.state.take_dirty();
    world.send(Event::Link(LinkEvent::Read { room: OPS, seq: 6, unread: 0, mentions: 0, unread_from: None }));
    assert!(world.state.is_dirty(), "what was read elsewhere does");
}

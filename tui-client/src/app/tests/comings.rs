//! Who came and went, in pages of history and from the disk.

use chat_shared::api::{MessagesPage, RoomKind, RoomSummary};
use chat_shared::{EventKind, Message, RoomId, UserRef};
use uuid::Uuid;

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::kept::{Kept, KeptLine, Line, Past, Restored, Save, Window};
use crate::app::testing::*;

fn joins(room: RoomId, seq: u64, name: &str) -> chat_shared::Event {
    event(room, seq, ANN, EventKind::Joined { user: UserRef { id: ANN, name: name.into() } })
}

fn page(world: &mut World, room: RoomId, from: PageFrom, messages: &[u64], events: Vec<chat_shared::Event>, head: u64) {
    let messages = messages.iter().filter_map(|seq| Message::posted(&says(room, *seq, &format!("message {seq}"))));
    let page = MessagesPage { messages: messages.collect(), events, head, ..MessagesPage::default() };
    world.send(Event::Done(Done::Page { room, from, result: Ok(Box::new(page)) }));
}

fn tells(world: &World, words: &str) -> usize {
    world.pane().iter().filter(|row| row.contains(words)).count()
}

#[test]
fn history_tells_who_came_and_went() {
    let mut world = World::new(80, 24, true);
    world.send(bootstrap(vec![summary(GENERAL, "general", 9, 9, 0)])).send(Event::Link(LinkEvent::Online));
    let events = vec![joins(GENERAL, 1, "me"), joins(GENERAL, 3, "bob\u{1b}[2J"), joins(GENERAL, 4, "carol")];
    page(&mut world, GENERAL, PageFrom::Latest, &[2, 5, 9], events, 9);
    assert_eq!((tells(&world, "→ me joined"), tells(&world, "→ bob␛[2J, carol joined")), (1, 1), "{:?}", world.pane());
    // What was seen live is still there after a reset brings the page anew.
    world.send(live(joins(GENERAL, 10, "dave")));
    world.send(Event::Link(LinkEvent::Reset { room: GENERAL, head: 12 }));
    page(&mut world, GENERAL, PageFrom::Latest, &[5, 9, 12], vec![joins(GENERAL, 10, "dave")], 12);
    assert_eq!(tells(&world, "→ dave joined"), 1);
}

#[test]
fn a_direct_conversation_does_not_tell_who_is_in_it() {
    let mut world = World::new(80, 24, true);
    let room = RoomId(Uuid::from_u128(21));
    let people = vec![UserRef { id: ANN, name: "ann".into() }];
    let direct = RoomSummary { kind: RoomKind::Dm, people, ..summary(room, "", 3, 3, 0) };
    world.send(bootstrap(vec![direct])).send(Event::Link(LinkEvent::Online));
    page(&mut world, room, PageFrom::Latest, &[3], vec![joins(room, 1, "ann"), joins(room, 2, "me")], 3);
    assert_eq!((tells(&world, "message 3"), tells(&world, "joined")), (1, 0));
}

#[test]
fn what_was_seen_is_kept_and_comes_back() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Kept(Kept::Restored(Box::default())));
    world.send(Event::Link(LinkEvent::Reset { room: GENERAL, head: 5 }));
    world.take();
    page(&mut world, GENERAL, PageFrom::Latest, &[2, 5], vec![joins(GENERAL, 3, "bob"), joins(GENERAL, 4, "eve")], 5);
    let kept = world.take_only(|effect| match effect {
        Effect::Save(Save::Window(window)) => Some(window.lines.clone()),
        _ => None,
    });
    let mut line = Line::of(&joins(GENERAL, 3, "bob")).unwrap();
    assert!(line.take(&joins(GENERAL, 4, "eve")));
    assert_eq!(kept, [[KeptLine { seq: 3, line: line.clone() }]]);

    let Event::Link(LinkEvent::Bootstrapped(before)) = bootstrap(vec![summary(GENERAL, "general", 5, 5, 0)]) else {
        panic!()
    };
    let lines = vec![KeptLine { seq: 3, line }];
    let window = Window { room: GENERAL, head: 4, floor: 0, is_stale: false, messages: Vec::new(), lines };
    let past = Past {
        bootstrap: *before,
        as_of: at(0),
        windows: [(GENERAL, Some(4))].into(),
        current: Some(GENERAL),
        window: Some(Box::new(window)),
    };
    let mut world = World::new(80, 24, true);
    world.send(Event::Kept(Kept::Restored(Box::new(Restored { past: Some(Box::new(past)), ..Restored::default() }))));
    assert_eq!(tells(&world, "→ bob, eve joined"), 1, "{:?}", world.pane());
    world.send(bootstrap(vec![summary(GENERAL, "general", 5, 5, 0)])).send(live(joins(GENERAL, 5, "zoe")));
    assert_eq!(tells(&world, "→ bob, eve, zoe joined"), 1, "the next one joins the line");
}

#[test]
fn a_gap_is_drawn_until_what_is_missing_has_come() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("mine");
    let posts = world.posts();
    let mine = mine(GENERAL, 6, "mine", &posts[0].0);
    world.send(Event::Done(Done::Posted { key: posts[0].0.clone(), result: Ok(Box::new(mine.clone())) }));
    let pane = world.pane();
    let gap = pane.iter().position(|row| row.contains("on its way")).unwrap();
    assert!(pane[gap - 1].ends_with("message 3") && pane[gap + 1].contains("mine"), "{pane:?}");
    world.send(live(says(GENERAL, 4, "message 4")));
    assert_eq!(tells(&world, "something of what came before is on its way"), 1);
    world.send(live(says(GENERAL, 5, "message 5"))).send(live(mine));
    assert_eq!((tells(&world, "on its way"), tells(&world, "mine")), (0, 1));
}

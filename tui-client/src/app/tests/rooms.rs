//! Rooms: the list, moving between them, unread counts, membership, commands.

use chat_shared::api::{RoomKind, RoomListing};
use chat_shared::{ErrorCode, EventKind, RoomId, UserRef};
use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};
use uuid::Uuid;

use crate::app::effect::{Asked, Effect, PageFrom, TimerId, TimerPurpose};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::kept::{Kept, Save};
use crate::app::panels::overlay::Overlay;
use crate::app::testing::*;
use crate::failure::FailureKind;

const NEW: RoomId = RoomId(Uuid::from_u128(13));

fn unread(world: &World, room: RoomId) -> (u64, u64) {
    let reading = world.state.rooms.get(room).unwrap().reading;
    (reading.unread, reading.mentions)
}

/// Asked for in #general, with these words.
fn asked(text: &str) -> Asked {
    Asked { room: Some(GENERAL), text: text.into() }
}

fn current(world: &World) -> String {
    world.state.room().unwrap().title()
}

fn loads(world: &mut World) -> Vec<(RoomId, PageFrom)> {
    world.take_only(|e| if let Effect::LoadPage { room, from, .. } = e { Some((*room, *from)) } else { None })
}

#[test]
fn a_room_loads_when_it_is_opened_and_not_before() {
    let mut world = World::chatting(80, 24, 3);
    world.send(alt('2'));
    assert_eq!(current(&world), "#ops");
    assert_eq!(loads(&mut world), [(OPS, PageFrom::Latest)]);
    world.send(ctrl('p')).send(ctrl('p')).send(ctrl('n'));
    assert_eq!(loads(&mut world), [], "it is on its way, and #general is here");
}

#[test]
fn messages_of_others_count_and_ours_do_not() {
    let mut world = World::chatting(80, 24, 3);
    world.send(live(says(OPS, 6, "hello")));
    world.send(live(says(OPS, 7, "hello @ME!")));
    world.send(live(mine(OPS, 8, "from my other screen", "k")));
    world.send(live(event(OPS, 9, ANN, EventKind::ReactionAdded { target: 6, emoji: "👍".into() })));
    assert_eq!(unread(&world, OPS), (2, 1));
    let titles = world.take_only(|e| if let Effect::SetTitle(title) = e { Some(title.clone()) } else { None });
    assert_eq!(titles, ["(1) chat: #general", "(@1 2) chat: #general"]);
    world.send(Event::Link(LinkEvent::Read { room: OPS, seq: 9, unread: 0, mentions: 0, unread_from: None }));
    assert_eq!(unread(&world, OPS), (0, 0));
}

#[test]
fn a_reconnect_never_counts_twice() {
    let mut world = World::chatting(80, 24, 3);
    world.send(live(says(OPS, 6, "one")));
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 100 }));
    let mut ops = summary(OPS, "ops", 8, 5, 3);
    ops.mentions = 1;
    world.send(bootstrap(vec![summary(GENERAL, "general", 3, 3, 0), ops]));
    assert_eq!(unread(&world, OPS), (3, 1));
    world.send(live(says(OPS, 7, "two @me")));
    world.send(live(says(OPS, 8, "three")));
    assert_eq!(unread(&world, OPS), (3, 1), "the bootstrap knew them");
    world.send(live(says(OPS, 9, "four")));
    assert_eq!(unread(&world, OPS), (4, 1));
}

#[test]
fn reading_is_looking_at_the_end() {
    let mut world = World::chatting(80, 24, 50);
    let marks = |world: &mut World| {
        world.take_only(|e| if let Effect::MarkRead { room, seq } = e { Some((*room, *seq)) } else { None })
    };
    world.send(live(says(GENERAL, 51, "seen")));
    assert_eq!(marks(&mut world), [(GENERAL, 51)]);
    world.send(live(event(GENERAL, 52, ANN, EventKind::Edited { target: 51, body: "seen!".into() })));
    assert_eq!(marks(&mut world), []);
    world.send(live(says(GENERAL, 53, "while the first is on its way")));
    world.now_us += 500_000;
    world.send(live(says(GENERAL, 54, "and another")));
    assert_eq!(marks(&mut world), [], "one at a time");
    world.send(Event::Link(LinkEvent::Read { room: GENERAL, seq: 51, unread: 2, mentions: 0, unread_from: None }));
    assert_eq!(marks(&mut world), [(GENERAL, 54)]);
    assert_eq!(unread(&world, GENERAL), (0, 0));
    world.send(Event::Link(LinkEvent::Read { room: GENERAL, seq: 54, unread: 0, mentions: 0, unread_from: None }));

    world.send(Event::Focus(false)).send(live(says(GENERAL, 55, "nobody looks")));
    assert_eq!((marks(&mut world), unread(&world, GENERAL)), (vec![], (1, 0)));
    world.now_us += 500_000;
    world.send(Event::Focus(true));
    assert_eq!(marks(&mut world), [(GENERAL, 55)]);
    assert!(world.pane().iter().any(|row| row.contains(" new ")), "{:?}", world.pane());

    world.send(key(KeyCode::PageUp)).send(live(says(GENERAL, 56, "further down")));
    assert_eq!((marks(&mut world), unread(&world, GENERAL)), (vec![], (1, 0)));
}

#[test]
fn the_new_rule_stays_where_the_cursor_was() {
    let mut world = World::chatting(80, 24, 3);
    world.send(live(says(OPS, 6, "new to me")));
    world.send(live(mine(OPS, 7, "mine", "k")));
    world.send(alt('2'));
    world.page(OPS, PageFrom::Latest, 1..=6, 7);
    let rule = world.pane().iter().position(|row| row.contains(" new ")).expect("the rule");
    assert!(world.pane()[rule + 1].ends_with("message 6"), "{:?}", world.pane());
    world.send(live(says(OPS, 8, "later")));
    assert_eq!(world.pane().iter().position(|row| row.contains(" new ")), Some(rule));
}

#[test]
fn alt_a_goes_to_mentions_first() {
    let mut world = World::new(80, 24, true);
    let mut mentioned = summary(NEW, "zoo", 1, 0, 1);
    mentioned.mentions = 1;
    world.send(bootstrap(vec![summary(GENERAL, "general", 1, 1, 0), summary(OPS, "ops", 1, 0, 1), mentioned]));
    world.send(Event::Link(LinkEvent::Online)).send(alt('a'));
    assert_eq!(current(&world), "#zoo");
    world.page(NEW, PageFrom::Latest, 1..=1, 1);
    world.send(alt('a'));
    assert_eq!(current(&world), "#ops");
    world.page(OPS, PageFrom::Latest, 1..=1, 1);
    world.send(alt('a'));
    assert_eq!(world.notice(), "Nothing is unread.");
}

#[test]
fn leaving_and_being_removed() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("/leave");
    assert_eq!(world.take(), [Effect::Leave { room: GENERAL }]);
    let user = UserRef { id: ME, name: "me".into() };
    world.send(live(event(GENERAL, 4, ME, EventKind::Left { user })));
    assert_eq!(current(&world), "#ops");
    assert!(world.state.rooms.get(GENERAL).is_none());
    world.type_text("a draft");
    world.send(bootstrap(vec![summary(NEW, "new", 1, 1, 0)]));
    world.enter(" that goes on");
    assert_eq!((world.state.current, world.posts()), (None, vec![]), "who writes is not moved elsewhere");
    world.send(ctrl('n'));
    assert_eq!(current(&world), "#new");
    world.send(Event::Timer(TimerId { purpose: TimerPurpose::NoticeFades, number: 2 }));
    assert_eq!(world.notice(), "You are no longer in #ops; Alt+p brings back what you had not sent.");
    world.send(alt('p'));
    assert_eq!(world.draft(), "a draft");
}

#[test]
fn what_was_written_in_a_lost_room_waits_for_it() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Kept(Kept::Restored(Box::default()))).send(live(mine(GENERAL, 4, "mine", "k")));
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 100 }));
    let long = "x\n".repeat(10_000) + "x";
    world.enter("queued").send(Event::Paste(long.clone())).send(key(KeyCode::Esc)).type_text("k").type_text("e!");
    assert_eq!(world.draft(), "mine!");
    world.take();
    world.send(bootstrap(vec![summary(OPS, "ops", 5, 5, 0)]));
    assert_eq!(world.notice(), "You are no longer in #general; Alt+p brings back the 3 texts that you had not sent.");
    let deletes = |save: &Save| matches!(save, Save::Draft { .. } | Save::Settled { .. });
    let saves = world.take_only(|e| if let Effect::Save(save) = e { Some(save.clone()) } else { None });
    assert!(saves.contains(&Save::Forget { room: GENERAL }) && !saves.iter().any(deletes), "{saves:?}");
    world.send(Event::Link(LinkEvent::Online)).send(alt('1')).send(alt('p'));
    assert_eq!(world.draft(), long);
    // Back in the room all of it is there, and nothing is sent that nobody thinks of any more.
    world.take();
    world.send(bootstrap(vec![summary(GENERAL, "general", 4, 4, 0), summary(OPS, "ops", 5, 5, 0)])).send(alt('1'));
    assert_eq!((current(&world).as_str(), world.draft()), ("#general", "mine!"));
    assert!(world.pane().iter().any(|row| row.contains("queued ✗")), "{:?}", world.pane());
    assert!(world.pane().iter().any(|row| row.contains("You left the room")), "{:?}", world.pane());
    assert_eq!(world.posts(), []);
    world.send(key(KeyCode::Esc));
    assert_eq!(world.draft(), long);
    // What cannot be remembered is not promised.
    world.send(ctrl('u')).send(Event::Paste("y\n".repeat(600_000)));
    world.send(bootstrap(vec![summary(OPS, "ops", 5, 5, 0)]));
    let notices = std::iter::from_fn(|| {
        let notice = Some(world.notice()).filter(|notice| !notice.is_empty());
        world.state.dismiss_notice();
        notice
    });
    let last = notices.last().unwrap_or_default();
    assert_eq!(last, "You are no longer in #general; Alt+p brings back 1 of the 2 texts that you had not sent.");
}

#[test]
fn what_was_sent_in_the_moment_of_the_loss_does_not_wait() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Kept(Kept::Restored(Box::default()))).enter("hello");
    let key = world.posts().remove(0).0;
    world.send(bootstrap(vec![summary(OPS, "ops", 5, 5, 0)])).take();
    let result = Ok(Box::new(mine(GENERAL, 4, "hello", &key)));
    world.send(Event::Done(Done::Posted { key: key.clone(), result }));
    assert_eq!(world.take(), [Effect::Save(Save::Settled { key })]);
    world.send(bootstrap(vec![summary(GENERAL, "general", 4, 4, 0), summary(OPS, "ops", 5, 5, 0)]));
    assert!(world.state.rooms.get(GENERAL).unwrap().outbox.waiting.is_empty());
}

#[test]
fn others_come_and_go_and_rename() {
    let mut world = World::chatting(80, 24, 3);
    let user = || UserRef { id: ANN, name: "ann\u{1b}[31m".into() };
    world.send(live(event(GENERAL, 4, ANN, EventKind::Joined { user: user() })));
    assert_eq!(world.state.room().unwrap().members, 13);
    assert!(world.last_row().ends_with("→ ann␛[31m joined"), "{}", world.last_row());
    world.send(live(event(GENERAL, 5, ANN, EventKind::Left { user: user() })));
    let changed = EventKind::RoomChanged { name: "lobby\u{202e}".into(), topic: "a\nb".into() };
    world.send(live(event(GENERAL, 6, ANN, changed)));
    let room = world.state.room().unwrap();
    assert_eq!((room.title().as_str(), room.topic.as_str(), room.members), ("#lobby", "a b", 12));
    assert_eq!(world.state.rooms.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["lobby", "ops"]);
}

#[test]
fn joining_and_creating() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("/join ops");
    assert_eq!(current(&world), "#ops", "we are in it already");
    world.send(alt('1')).take();
    world.enter("/create #new with a topic");
    assert_eq!(
        world.take(),
        [Effect::Create {
            name: "new".into(),
            topic: "with a topic".into(),
            asked: asked("/create #new with a topic")
        }]
    );
    let failed = failure(FailureKind::Refused(ErrorCode::RoomNameTaken));
    world.send(Event::Done(Done::Entered {
        name: "new".into(),
        asked: Box::new(asked("/create #new with a topic")),
        result: Err(failed),
    }));
    assert!(world.notice().contains("Could not make #new"));
    assert_eq!(world.draft(), "/create #new with a topic");
    let room = Box::new(summary(NEW, "new", 1, 1, 0));
    world.send(key(KeyCode::Enter));
    world.send(Event::Done(Done::Entered { name: "new".into(), asked: Box::new(asked("")), result: Ok(room) }));
    assert_eq!(current(&world), "#new");
}

#[test]
fn what_was_asked_for_does_not_interrupt_who_writes_meanwhile() {
    let mut world = World::chatting(80, 24, 3);
    let entered = |id, name: &str, asked| {
        let result = Ok(Box::new(summary(id, name, 1, 1, 0)));
        Event::Done(Done::Entered { name: name.into(), asked: Box::new(asked), result })
    };
    world.enter("/join new").type_text("half a ");
    world.send(entered(NEW, "new", asked("/join new"))).type_text("thought").send(key(KeyCode::Enter));
    assert_eq!(world.posts().into_iter().map(|(_, body)| body).collect::<Vec<_>>(), ["half a thought"]);
    assert_eq!(
        (current(&world).as_str(), world.notice().as_str()),
        ("#general", "You are in #new now; Ctrl+k goes there.")
    );
    // The same for who went on to another room, and for a conversation in which something is to be said.
    world.enter("/join newer").send(alt('3'));
    world.send(entered(RoomId(Uuid::from_u128(14)), "newer", asked("/join newer")));
    assert_eq!(current(&world), "#ops");
    world.send(alt('1')).enter("/dm bob psst").type_text("x").take();
    let mut with_bob = summary(RoomId(Uuid::from_u128(15)), "", 1, 1, 0);
    with_bob.kind = RoomKind::Dm;
    let id = with_bob.id;
    let (say, result) = (Some("psst".to_owned()), Ok(Box::new(with_bob)));
    world.send(Event::Done(Done::Direct { name: "bob".into(), say, asked: Box::new(asked("/dm bob psst")), result }));
    let posts =
        world.take_only(|e| if let Effect::Post { room, body, .. } = e { Some((*room, body.clone())) } else { None });
    assert_eq!((posts, world.draft(), current(&world).as_str()), (vec![(id, "psst".into())], "x", "#general"));
}

#[test]
fn the_switcher_opens_and_joins() {
    let mut world = World::chatting(80, 24, 3);
    world.send(ctrl('k')).enter("op");
    assert_eq!(current(&world), "#ops");
    world.take();
    world.send(ctrl('k')).enter("#elsewhere");
    assert_eq!(
        world.take(),
        [Effect::Join { name: "elsewhere".into(), asked: Asked { room: Some(OPS), text: String::new() } }]
    );
    world.send(ctrl('k')).send(key(KeyCode::Down)).send(key(KeyCode::Up)).send(key(KeyCode::Enter));
    assert_eq!(current(&world), "#general");
}

#[test]
fn the_list_of_rooms() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("/rooms");
    assert_eq!(world.take(), [Effect::ListRooms]);
    let listing = |id, name: &str, joined| RoomListing {
        id,
        name: name.into(),
        topic: "x\u{9b}y".into(),
        kind: RoomKind::Public,
        head: 0,
        members: 1,
        joined,
    };
    world.send(Event::Done(Done::RoomList(Ok(vec![listing(GENERAL, "general", true), listing(NEW, "new", false)]))));
    world.send(key(KeyCode::Down)).send(key(KeyCode::Enter));
    assert_eq!(world.take(), [Effect::Join { name: "new".into(), asked: asked("") }]);
    // What is typed, or pasted, chooses among many.
    world.enter("/rooms");
    world.take();
    let many = (0..5_000).map(|n| listing(chat_shared::RoomId(uuid::Uuid::from_u128(n)), &format!("room-{n}"), false));
    world.type_text("early").send(Event::Done(Done::RoomList(Ok(many.collect()))));
    let fitting = |world: &World| match &world.state.overlay {
        Some(Overlay::Rooms(listing)) => listing.iter().map(|room| room.name.clone()).collect::<Vec<_>>(),
        _ => panic!("no list"),
    };
    assert!(fitting(&world).is_empty(), "nothing fits");
    world.send(key(KeyCode::Enter));
    assert!(world.take().is_empty() && world.state.overlay.is_none());
    world.enter("/rooms");
    let many = (0..5_000).map(|n| listing(chat_shared::RoomId(uuid::Uuid::from_u128(n)), &format!("room-{n}"), false));
    world.send(Event::Done(Done::RoomList(Ok(many.collect()))));
    assert_eq!(fitting(&world).len(), 5_000);
    world.send(key(KeyCode::PageDown)).send(Event::Paste("#room-49".into())).type_text("99");
    assert_eq!(fitting(&world)[0], "room-4999", "the best first");
    world.take();
    world.send(key(KeyCode::Enter));
    assert_eq!(world.take(), [Effect::Join { name: "room-4999".into(), asked: asked("") }]);
    // A list that was asked for before takes the place of a longer one: something of it stays chosen.
    world.enter("/rooms");
    let some =
        |count| (0..count).map(|n| listing(chat_shared::RoomId(uuid::Uuid::from_u128(n)), &format!("r{n}"), false));
    world.send(Event::Done(Done::RoomList(Ok(some(50).collect())))).send(key(KeyCode::End));
    world.send(Event::Done(Done::RoomList(Ok(some(3).collect()))));
    let Some(Overlay::Rooms(list)) = &world.state.overlay else { panic!("no list") };
    assert_eq!(list.chosen().map(|room| room.name.as_str()), Some("r2"));
}

#[test]
fn clicks_and_the_wheel() {
    let mut world = World::chatting(80, 24, 200);
    let mouse = |kind, column, row| {
        Event::Mouse(MouseEvent { kind, column, row, modifiers: crossterm::event::KeyModifiers::NONE })
    };
    world.send(mouse(MouseEventKind::ScrollUp, 40, 10));
    assert!(world.last_row().ends_with("message 197"));
    world.send(mouse(MouseEventKind::ScrollDown, 40, 10));
    assert!(world.last_row().ends_with("message 200"));
    world.send(mouse(MouseEventKind::Down(MouseButton::Left), 40, 18));
    assert!(world.state.selected().is_some());
    world.send(mouse(MouseEventKind::ScrollUp, 40, 10)).send(live(says(GENERAL, 201, "message 201")));
    let typing = world.state.geometry.typing.unwrap();
    world.send(mouse(MouseEventKind::Down(MouseButton::Left), typing.x + 40, typing.y));
    assert!(world.last_row().ends_with("message 201"), "a click on what counts the new ones goes there");
    world.send(mouse(MouseEventKind::Down(MouseButton::Left), 4, 3));
    assert_eq!(current(&world), "#ops");
    let _ = world.state.take_dirty();
    world.send(mouse(MouseEventKind::Moved, 4, 3));
    assert!(!world.state.is_dirty());
    // Text is selected by the terminal: who tries it is told how, once.
    world.send(mouse(MouseEventKind::Drag(MouseButton::Left), 5, 3));
    assert!(world.notice().contains("press F2"), "{}", world.notice());
    world.send(key(KeyCode::Esc)).send(mouse(MouseEventKind::Drag(MouseButton::Left), 6, 3));
    assert_eq!(world.notice(), "");
    world.send(ctrl('k'));
    for (kind, at) in [(MouseEventKind::ScrollDown, 1), (MouseEventKind::ScrollDown, 1), (MouseEventKind::ScrollUp, 0)]
    {
        world.send(mouse(kind, 40, 10));
        assert!(matches!(world.state.overlay, Some(Overlay::Switcher { at: chosen, .. }) if chosen == at));
    }
}

#[test]
fn a_new_room_while_online_does_not_stop_anything() {
    let mut world = World::chatting(80, 24, 3);
    let rooms = vec![summary(GENERAL, "general", 3, 3, 0), summary(OPS, "ops", 5, 5, 0), summary(NEW, "new", 1, 1, 0)];
    world.send(bootstrap(rooms));
    world.enter("still online");
    assert_eq!(world.posts().len(), 1, "it is sent, not queued");
}

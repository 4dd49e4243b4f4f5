//! People: direct conversations, presence, and how we want each room.

use chat_shared::api::{ChangeSettings, Level, RoomKind, RoomSettings, RoomSummary};
use chat_shared::{ErrorCode, RoomId, UserId, UserRef};
use crossterm::event::KeyCode;
use uuid::Uuid;

use crate::app::effect::{Asked, Effect};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::panels::switcher::{Choice, offers};
use crate::app::testing::*;
use crate::failure::FailureKind;

const DIRECT: RoomId = RoomId(Uuid::from_u128(21));
const BOB: UserId = UserId(Uuid::from_u128(3));

fn direct(id: RoomId, people: &[(UserId, &str)], unread: u64) -> RoomSummary {
    let people = people.iter().map(|(id, name)| UserRef { id: *id, name: (*name).into() }).collect();
    RoomSummary { kind: RoomKind::Dm, topic: String::new(), people, ..summary(id, "", 5, 5 - unread, unread) }
}

fn with_level(room: RoomSummary, level: Level) -> RoomSummary {
    RoomSummary { settings: RoomSettings { level, ..Default::default() }, ..room }
}

/// Asked for in #general, with these words.
fn asked(text: &str) -> Asked {
    Asked { room: Some(GENERAL), text: text.into() }
}

fn current(world: &World) -> String {
    world.state.room().unwrap().title()
}

#[test]
fn a_conversation_begins_with_a_name() {
    let mut world = World::new(80, 24, true);
    world.send(bootstrap(vec![direct(DIRECT, &[(ANN, "ann")], 0)])).send(Event::Link(LinkEvent::Online));
    world.page(DIRECT, crate::app::effect::PageFrom::Latest, 1..=5, 5);
    assert_eq!(world.pane()[0], "This is the beginning of your conversation with ann.");
}

/// In #general, with #ops and a conversation with ann beside it.
fn world() -> World {
    let mut world = World::chatting(80, 24, 3);
    let rooms = vec![
        summary(GENERAL, "general", 3, 3, 0),
        summary(OPS, "ops", 5, 5, 0),
        direct(DIRECT, &[(ANN, "ann\u{1b}[2J")], 0),
    ];
    world.send(bootstrap(rooms));
    world.take();
    world
}

#[test]
fn a_conversation_is_called_by_the_others() {
    let mut world = world();
    world.send(alt('3'));
    assert_eq!(current(&world), "ann␛[2J", "and is harmless");
    let three = direct(RoomId(Uuid::from_u128(22)), &[(ANN, "ann"), (BOB, "bob")], 0);
    let notes = direct(RoomId(Uuid::from_u128(23)), &[], 0);
    world.send(bootstrap(vec![summary(GENERAL, "ann", 3, 3, 0), three, notes]));
    let names: Vec<_> = world.state.rooms.iter().map(crate::app::rooms::room::Room::title).collect();
    assert_eq!(names, ["#ann", "ann, bob", "notes to myself"]);
    assert_eq!(world.state.rooms.named("ann, bob").map(|room| room.id), None, "only rooms are found by their names");
    world.send(alt('1')).enter("/leave");
    assert_eq!(world.take_only(|e| matches!(e, Effect::Leave { .. }).then_some(())).len(), 1);
    world.send(alt('2')).enter("/leave");
    assert_eq!(
        world.take_only(|e| matches!(e, Effect::Leave { .. }).then_some(())),
        [],
        "nobody leaves a conversation"
    );
    assert_eq!(world.draft(), "/leave");
}

#[test]
fn dm_goes_to_the_conversation_and_says_something() {
    let mut world = world();
    world.send(alt('3')).type_text("a draft").send(alt('1'));
    world.send(bootstrap(vec![
        summary(GENERAL, "general", 3, 3, 0),
        summary(OPS, "ops", 5, 5, 0),
        direct(DIRECT, &[(ANN, "Ann")], 0),
    ]));
    world.take();
    world.enter("/dm @ann lunch?");
    assert_eq!(current(&world), "Ann");
    assert_eq!(world.posts().into_iter().map(|(_, body)| body).collect::<Vec<_>>(), ["lunch?"]);
    assert_eq!(world.draft(), "a draft", "what was there stays");

    world.send(alt('1')).enter("/dm ann, bob hi both");
    let opens =
        Effect::OpenDm { name: "ann,bob".into(), say: Some("hi both".into()), asked: asked("/dm ann, bob hi both") };
    assert_eq!(world.take_only(|e| (*e == opens).then_some(())).len(), 1, "ann alone is somebody else");
    let both = Box::new(direct(RoomId(Uuid::from_u128(23)), &[(ANN, "Ann"), (BOB, "bob")], 0));
    world.send(Event::Done(Done::Direct {
        name: "ann,bob".into(),
        say: None,
        asked: Box::new(asked("")),
        result: Ok(both),
    }));
    assert_eq!(current(&world), "Ann, bob");
    world.send(alt('1')).enter("/dm @bob @ann");
    assert_eq!(current(&world), "Ann, bob");
    assert!(world.take_only(|e| matches!(e, Effect::OpenDm { .. }).then_some(())).is_empty());

    world.send(alt('1')).enter("/dm bob hi there");
    let opens = Effect::OpenDm { name: "bob".into(), say: Some("hi there".into()), asked: asked("/dm bob hi there") };
    assert_eq!(world.take_only(|e| (*e == opens).then_some(())).len(), 1);
    let refused = Err(failure(FailureKind::Refused(ErrorCode::UserNotFound)));
    let say = Some("hi there".to_owned());
    let direct_with = |asked: Asked, result| {
        Event::Done(Done::Direct { name: "bob".into(), say: say.clone(), asked: Box::new(asked), result })
    };
    world.send(direct_with(asked("/dm bob hi there"), refused));
    assert!(world.notice().contains("Could not talk to bob"), "{}", world.notice());
    assert_eq!(world.draft(), "/dm bob hi there");
    let room = Box::new(direct(RoomId(Uuid::from_u128(22)), &[(BOB, "bob")], 0));
    world.send(key(KeyCode::Enter)).send(direct_with(asked("/dm bob hi there"), Ok(room)));
    assert_eq!(current(&world), "bob");
    assert_eq!(world.posts().into_iter().map(|(_, body)| body).collect::<Vec<_>>(), ["hi there"]);
}

#[test]
fn presence_is_the_latest_word_and_wakes_nobody_else() {
    let mut world = world();
    let shown = |world: &World| world.state.presence(world.state.rooms.get(DIRECT).unwrap());
    assert_eq!(shown(&world), Some(false));
    let _ = world.state.take_dirty();
    world.send(Event::Link(LinkEvent::Presence { user: BOB, online: true }));
    assert!(!world.state.take_dirty(), "nobody who is shown");
    world.send(Event::Link(LinkEvent::Presence { user: ANN, online: true }));
    assert!(world.state.take_dirty());
    assert_eq!(shown(&world), Some(true));
    world.send(Event::Link(LinkEvent::Presence { user: ANN, online: true }));
    assert!(!world.state.take_dirty(), "no news");
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 100 }));
    assert_eq!(shown(&world), None, "nobody knows");
    world.send(Event::Link(LinkEvent::Online)).send(Event::Link(LinkEvent::Present(vec![BOB])));
    assert_eq!(shown(&world), Some(false));
}

#[test]
fn settings_are_asked_for_and_come_from_anywhere() {
    let mut world = world();
    world.enter("/mute mentions");
    let change = ChangeSettings { level: Some(Level::Mentions), ..Default::default() };
    assert_eq!(world.take(), [Effect::ChangeSettings { room: GENERAL, change }]);
    let result = Ok(RoomSettings { level: Level::Mentions, ..Default::default() });
    world.send(Event::Done(Done::Settings { room: GENERAL, change, result }));
    assert!(world.notice().contains("only mentions"), "{}", world.notice());
    // On another device, #ops became a favourite: it stands first now.
    let settings = RoomSettings { favourite: true, ..Default::default() };
    world.send(Event::Link(LinkEvent::Settings { room: OPS, settings }));
    assert_eq!(world.state.rooms.order(), [OPS, GENERAL, DIRECT]);
    world.send(alt('1')).enter("/favourite");
    let change = ChangeSettings { favourite: Some(false), ..Default::default() };
    assert_eq!(
        world.take_only(|e| if let Effect::ChangeSettings { room, change } = e {
            Some((*room, *change))
        } else {
            None
        }),
        [(OPS, change)]
    );
}

#[test]
fn what_is_unread_comes_in_the_order_of_its_urgency() {
    let mut world = World::new(80, 24, true);
    let (muted, quiet) = (RoomId(Uuid::from_u128(31)), RoomId(Uuid::from_u128(32)));
    let mut named = with_level(summary(quiet, "zoo", 5, 4, 1), Level::Mentions);
    named.mentions = 1;
    let mut loud = with_level(summary(muted, "muted", 5, 2, 3), Level::Nothing);
    loud.mentions = 1;
    let rooms = vec![
        summary(GENERAL, "general", 1, 1, 0),
        summary(OPS, "ops", 5, 4, 1),
        loud,
        named,
        direct(DIRECT, &[(ANN, "ann")], 1),
    ];
    world.send(bootstrap(rooms)).send(Event::Link(LinkEvent::Online));
    let mut went = Vec::new();
    for _ in 0..3 {
        world.send(alt('a'));
        went.push(current(&world));
        let room = world.state.current.unwrap();
        world.page(room, crate::app::effect::PageFrom::Latest, 1..=5, 5);
    }
    assert_eq!(went, ["#zoo", "ann", "#ops"]);
    world.send(alt('a'));
    assert_eq!(world.notice(), "Nothing is unread.");
    world.send(live(says(quiet, 6, "nobody in particular")));
    world.send(alt('a'));
    assert_eq!(current(&world), "#ops", "only mentions count there");
    world.send(alt('`'));
    assert_eq!(current(&world), "ann");
    world.send(alt('`'));
    assert_eq!(current(&world), "#ops");
}

#[test]
fn a_direct_message_rings_and_a_muted_room_does_not() {
    let mut world = world();
    let bells = |world: &mut World| world.take_only(|e| matches!(e, Effect::Notify { .. }).then_some(())).len();
    world.send(Event::Focus(false)).send(live(says(DIRECT, 6, "psst")));
    assert_eq!(bells(&mut world), 1);
    let settings = RoomSettings { level: Level::Nothing, ..Default::default() };
    world.send(Event::Link(LinkEvent::Settings { room: OPS, settings }));
    world.send(live(says(OPS, 6, "hey @me")));
    assert_eq!(bells(&mut world), 0);
}

#[test]
fn the_switcher_offers_people() {
    let mut world = world();
    world.send(bootstrap(vec![
        summary(GENERAL, "general", 3, 3, 0),
        summary(OPS, "bobs-room", 5, 5, 0),
        direct(DIRECT, &[(ANN, "ann")], 0),
    ]));
    world.state.rooms.get_mut(GENERAL).unwrap().meet("bob");
    let choices = |typed: &str| -> Vec<Choice> {
        offers(&world.state.rooms, typed).into_iter().map(|offer| offer.choice).collect()
    };
    let with_bob = Choice::Direct("bob".into());
    assert_eq!(choices("bob"), [Choice::Open(OPS), with_bob.clone(), Choice::Join("bob".into())]);
    assert_eq!(choices("@bo"), [with_bob]);
    assert_eq!(choices("#bo"), [Choice::Open(OPS), Choice::Join("bo".into())]);
    assert_eq!(choices("@ann"), [Choice::Open(DIRECT)]);
    world.take();
    world.send(ctrl('k')).type_text("@bob").send(key(KeyCode::Enter));
    assert_eq!(world.take(), [Effect::OpenDm { name: "bob".into(), say: None, asked: asked("") }]);
}

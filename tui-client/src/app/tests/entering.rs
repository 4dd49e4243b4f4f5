//! Rooms that the server was asked for, and which of them is opened.

use chat_shared::RoomId;
use chat_shared::api::{RoomKind, RoomSummary};
use uuid::Uuid;

use crate::app::effect::Asked;
use crate::app::event::{Done, Event};
use crate::app::testing::*;
use crate::failure::FailureKind;

const NEW: RoomId = RoomId(Uuid::from_u128(13));

/// Asked for in #general, with these words.
fn asked(text: &str) -> Asked {
    Asked { room: Some(GENERAL), text: text.into() }
}

#[test]
fn of_several_rooms_the_one_that_was_asked_for_last_is_opened() {
    let newer = RoomId(Uuid::from_u128(14));
    let current = |world: &World| world.state.room().map(crate::app::rooms::room::Room::title).unwrap_or_default();
    let entered = |id, name: &str, line: &str| {
        let result = Ok(Box::new(summary(id, name, 1, 1, 0)));
        Event::Done(Done::Entered { name: name.into(), asked: Box::new(asked(line)), result })
    };
    let asks = || {
        let mut world = World::chatting(80, 24, 3);
        world.enter("/create new").enter("/join newer");
        world
    };
    // Whichever answer comes first.
    let mut world = asks();
    world.send(entered(NEW, "new", "/create new"));
    assert_eq!((current(&world).as_str(), world.notice().contains("in #new now")), ("#general", true));
    world.send(entered(newer, "newer", "/join newer"));
    assert_eq!(current(&world), "#newer");
    let mut world = asks();
    world.send(entered(newer, "newer", "/join newer")).send(entered(NEW, "new", "/create new"));
    assert_eq!(current(&world), "#newer");
    // A room that is known is there at once, and was asked for last.
    let mut world = asks();
    world.enter("/join ops").enter("/join general");
    world.send(entered(newer, "newer", "/join newer")).send(entered(NEW, "new", "/create new"));
    assert_eq!(current(&world), "#general");
    // The next wish is one again; and where the last one fails, the one before counts.
    world.enter("/dm ann").enter("/join third");
    let failed = failure(FailureKind::NoAnswer);
    world.send(Event::Done(Done::Entered { name: "third".into(), asked: Box::default(), result: Err(failed) }));
    let direct = RoomSummary { kind: RoomKind::Dm, ..summary(RoomId(Uuid::from_u128(15)), "", 1, 1, 0) };
    let (name, say, result) = ("ann".into(), None, Ok(Box::new(direct)));
    world.send(Event::Done(Done::Direct { name, say, asked: Box::new(asked("/dm ann")), result }));
    assert_eq!(world.state.current, Some(RoomId(Uuid::from_u128(15))));
}

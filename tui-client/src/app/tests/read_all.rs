//! Marking as read without looking.

use chat_shared::{RoomId, Seq};
use uuid::Uuid;

use crate::app::effect::Effect;
use crate::app::event::{Event, LinkEvent};
use crate::app::testing::{GENERAL, OPS, World, alt, bootstrap, live, says, summary};

fn told(world: &mut World) -> Vec<(RoomId, Seq)> {
    world.take_only(|effect| match effect {
        Effect::MarkRead { room, seq } => Some((*room, *seq)),
        _ => None,
    })
}

fn unread(world: &World) -> u64 {
    world.state.rooms.values().map(|room| room.reading.unread).sum()
}

#[test]
fn all_rooms_are_read_at_once() {
    let mut world = World::chatting(80, 24, 50);
    world.send(live(says(OPS, 6, "hello @me"))).send(live(says(OPS, 7, "there")));
    told(&mut world);
    world.enter("/read");
    assert_eq!((told(&mut world), unread(&world)), (vec![], 2), "that is about the open room");
    world.enter("/read all");
    assert_eq!((told(&mut world), unread(&world)), (vec![(OPS, 7)], 0));
    assert!(world.notice().contains("1 room"), "{}", world.notice());
    // What comes afterwards counts again.
    world.send(live(says(OPS, 8, "more")));
    assert_eq!(unread(&world), 1);
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 1_000 })).enter("/read all");
    assert_eq!((told(&mut world), unread(&world)), (vec![], 0), "it counts here, and waits");
    let rooms = vec![summary(GENERAL, "general", 50, 50, 0), summary(OPS, "ops", 8, 7, 1)];
    world.send(bootstrap(rooms)).send(Event::Link(LinkEvent::Online));
    assert_eq!((told(&mut world), unread(&world)), (vec![(OPS, 8)], 0), "and is told with the next connection");
}

#[test]
fn a_mark_ends_with_it() {
    let mut world = World::chatting(80, 24, 50);
    world.enter("/unread 48");
    told(&mut world);
    world.enter("/read");
    assert_eq!(told(&mut world), [(GENERAL, 50)]);
    assert_eq!(world.state.room().unwrap().reading.unread_from, None);
    world.send(alt('2'));
    assert_eq!(unread(&world), 0);
}

#[test]
fn of_very_many_rooms_some_wait_for_the_next_time() {
    let mut world = World::new(80, 24, true);
    let room = |n: u128| summary(RoomId(Uuid::from_u128(1_000 + n)), &format!("room-{n:03}"), 9, 4, 5);
    world.send(bootstrap((0..120).map(room).collect())).send(Event::Link(LinkEvent::Online));
    for (left, words) in [(70, "70 more"), (20, "20 more"), (0, "20 rooms")] {
        world.enter("/read all");
        let unread = world.state.rooms.values().filter(|room| room.reading.unread > 0).count();
        assert_eq!(unread, left);
        assert!(world.notice().contains(words), "{}", world.notice());
    }
    let told = told(&mut world);
    assert_eq!(told.len(), 120);
    assert!(told.iter().all(|(_, seq)| *seq == 9));
}

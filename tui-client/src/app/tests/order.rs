//! The order of the rooms: on the screen, and for the keys that follow it.

use chat_shared::api::{Level, RoomKind, RoomSettings, RoomSummary};
use chat_shared::{RoomId, UserRef};
use crossterm::event::KeyCode;
use proptest::prelude::*;
use uuid::Uuid;

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::kept::Save;
use crate::app::rooms::room::Rooms;
use crate::app::settings::{Reread, Settings, Sort};
use crate::app::testing::*;

const ZOO: RoomId = RoomId(Uuid::from_u128(13));
const BETA: RoomId = RoomId(Uuid::from_u128(14));

fn settings(sort: Sort) -> Event {
    let settings = Settings { sort, ..Settings::default() };
    Event::Done(Done::Configured(Ok(Box::new(Reread { settings, other_servers: false }))))
}

fn active(room: RoomSummary, seq: u64) -> RoomSummary {
    RoomSummary { last_message_at: Some(at(seq)), ..room }
}

/// #general (open), #beta, #ops, #zoo (unread), and a conversation with ann.
fn world(sort: Sort) -> World {
    let mut world = World::new(80, 24, true);
    world.send(settings(sort));
    let people = vec![UserRef { id: ANN, name: "ann".into() }];
    let direct = RoomSummary { kind: RoomKind::Dm, people, ..summary(RoomId(Uuid::from_u128(20)), "", 5, 5, 0) };
    let rooms = vec![
        active(summary(GENERAL, "general", 3, 3, 0), 30),
        active(summary(OPS, "ops", 5, 5, 0), 10),
        active(summary(ZOO, "Zoo", 5, 4, 1), 20),
        summary(BETA, "beta", 1, 1, 0),
        active(direct, 99),
    ];
    world.send(bootstrap(rooms)).send(Event::Link(LinkEvent::Online));
    world.page(GENERAL, PageFrom::Latest, 1..=3, 3);
    world
}

fn names(world: &World) -> Vec<&str> {
    world.state.rooms.iter().map(|room| room.name.as_str()).collect()
}

fn current(world: &World) -> String {
    world.state.room().unwrap().title()
}

#[test]
fn the_settings_choose_the_order() {
    let mut world = world(Sort::Name);
    assert_eq!(names(&world), ["beta", "general", "ops", "Zoo", "ann"]);
    world.send(settings(Sort::Unread));
    assert_eq!(names(&world), ["Zoo", "beta", "general", "ops", "ann"]);
    world.send(settings(Sort::Activity));
    assert_eq!(names(&world), ["general", "Zoo", "ops", "beta", "ann"], "a room without messages is the last");
    assert!(world.state.is_dirty());
    let favourite = RoomSettings { favourite: true, ..Default::default() };
    world.send(Event::Link(LinkEvent::Settings { room: OPS, settings: favourite }));
    assert_eq!(names(&world), ["ops", "general", "Zoo", "beta", "ann"]);
}

#[test]
fn keys_follow_the_order_on_the_screen() {
    let mut world = world(Sort::Activity);
    world.send(ctrl('n'));
    assert_eq!(current(&world), "#Zoo");
    world.send(alt('3'));
    assert_eq!(current(&world), "#ops");
    world.send(ctrl('p')).send(ctrl('p'));
    assert_eq!(current(&world), "#general");
    world.send(with(crossterm::event::KeyModifiers::ALT, KeyCode::Up));
    assert_eq!(current(&world), "ann");
}

#[test]
fn a_message_takes_its_room_to_the_top() {
    let mut world = world(Sort::Activity);
    let _ = world.state.take_dirty();
    world.send(live(mine(OPS, 100, "from another device", "k")));
    assert_eq!(names(&world)[0], "ops");
    assert!(world.state.is_dirty(), "that can be seen");
    world.send(live(says(BETA, 101, "first")));
    assert_eq!(names(&world), ["beta", "ops", "general", "Zoo", "ann"]);
    let joined = chat_shared::EventKind::Joined { user: UserRef { id: ANN, name: "ann".into() } };
    world.send(live(event(ZOO, 102, ANN, joined)));
    assert_eq!(names(&world)[3], "Zoo", "who comes says nothing");
}

#[test]
fn what_is_read_keeps_its_place_until_it_is_left() {
    let mut world = world(Sort::Unread);
    world.send(live(says(OPS, 6, "hello @me")));
    assert_eq!(names(&world), ["ops", "Zoo", "beta", "general", "ann"]);
    world.send(alt('1'));
    world.page(OPS, PageFrom::Latest, 1..=6, 6);
    assert_eq!(world.state.room().unwrap().reading.mentions, 0, "it is read");
    assert_eq!(names(&world)[0], "ops");
    world.send(ctrl('n'));
    assert_eq!(current(&world), "#Zoo");
    assert_eq!(names(&world), ["Zoo", "beta", "general", "ops", "ann"]);
    // Read on another device.
    world.send(alt('2'));
    world.send(Event::Link(LinkEvent::Read { room: ZOO, seq: 5, unread: 0, mentions: 0, unread_from: None }));
    assert_eq!(names(&world), ["beta", "general", "ops", "Zoo", "ann"]);
}

#[test]
fn a_muted_room_does_not_come_up() {
    let mut world = world(Sort::Unread);
    let muted = RoomSettings { level: Level::Nothing, ..Default::default() };
    world.send(Event::Link(LinkEvent::Settings { room: ZOO, settings: muted }));
    assert_eq!(names(&world), ["beta", "general", "ops", "Zoo", "ann"]);
}

#[test]
fn the_newest_message_is_kept_on_disk() {
    let mut world = world(Sort::Activity);
    world.send(Event::Kept(crate::app::kept::Kept::Restored(Box::default())));
    world.take();
    world.send(live(says(OPS, 100, "now")));
    let kept = world.take_only(|effect| match effect {
        Effect::Save(Save::Room(room)) if room.id == OPS => room.last_message_at,
        _ => None,
    });
    assert_eq!(kept.last(), Some(&at(100)));
}

proptest! {
    #[test]
    fn moving_one_room_is_the_same_as_sorting_all(
        sort in prop::sample::select(vec![Sort::Name, Sort::Unread, Sort::Activity]),
        changes in prop::collection::vec((0_u128..12, 0_u64..4, 0_u64..3, 0_u64..9), 0..40),
    ) {
        let mut rooms = Rooms::sorted_by(sort);
        for id in 0..12_u128 {
            let people = vec![UserRef { id: ANN, name: format!("p{}", id % 5) }];
            let kind = if id % 3 == 0 { RoomKind::Dm } else { RoomKind::Public };
            let settings = RoomSettings { favourite: id % 4 == 0, ..Default::default() };
            let room = summary(RoomId(Uuid::from_u128(id)), &format!("r{}", id % 7), 0, 0, 0);
            rooms.know(&RoomSummary { kind, people, settings, ..room });
        }
        rooms.sort();
        for (id, unread, mentions, time) in changes {
            let id = RoomId(Uuid::from_u128(id));
            let room = rooms.get_mut(id).unwrap();
            (room.reading.unread, room.reading.mentions, room.last_at) = (unread, mentions, Some(at(time)));
            let before = rooms.order().to_vec();
            let has_moved = rooms.place(id);
            let placed = rooms.order().to_vec();
            rooms.sort();
            prop_assert_eq!(&placed, rooms.order());
            prop_assert_eq!(has_moved, before != placed);
        }
    }
}

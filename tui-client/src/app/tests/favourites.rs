//! The order of favourites: keys, commands, news from other devices, and requests that fail.

use chat_shared::api::{ChangeSettings, RoomKind, RoomSettings, RoomSummary};
use chat_shared::{RoomId, UserRef};
use crossterm::event::{KeyCode, KeyModifiers};
use proptest::prelude::*;
use uuid::Uuid;

use crate::app::effect::Effect;
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::kept::{Kept, Save};
use crate::app::rooms::moving::Towards;
use crate::app::rooms::room::Rooms;
use crate::app::settings::{Reread, Settings, Sort};
use crate::app::testing::*;
use crate::failure::FailureKind;

fn id(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(n))
}

fn at_place(place: Option<u64>) -> RoomSettings {
    RoomSettings { favourite: place.is_some(), place, ..RoomSettings::default() }
}

fn room(n: u128, name: &str, place: Option<u64>) -> RoomSummary {
    RoomSummary { settings: at_place(place), ..summary(id(n), name, 1, 1, 0) }
}

/// #c is open; the favourites are #c, #b and #a, and two conversations; #z is none.
fn world() -> World {
    let mut world = World::new(80, 24, true);
    let direct = |n, name: &str, place| RoomSummary {
        kind: RoomKind::Dm,
        people: vec![UserRef { id: ANN, name: name.into() }],
        ..room(n, "", place)
    };
    let (ann, bob) = (direct(5, "ann", Some(5)), direct(6, "bob", Some(4)));
    let rooms = vec![room(1, "a", Some(6)), room(2, "b", Some(3)), room(3, "c", Some(1)), room(4, "z", None), ann, bob];
    world.send(bootstrap(rooms)).send(Event::Link(LinkEvent::Online)).send(alt('1'));
    world.take();
    world
}

fn names(world: &World) -> Vec<&str> {
    world.state.rooms.iter().map(|room| room.name.as_str()).collect()
}

fn press(world: &mut World, code: KeyCode) {
    world.send(with(KeyModifiers::ALT | KeyModifiers::SHIFT, code));
}

/// The places that were asked for since the last call.
fn asked(world: &mut World) -> Vec<(RoomId, Option<u64>)> {
    world.take_only(|effect| match effect {
        Effect::ChangeSettings { room, change } => Some((*room, change.place)),
        _ => None,
    })
}

fn answer(world: &mut World, n: u128, place: u64) {
    let change = ChangeSettings { place: Some(place), ..ChangeSettings::default() };
    world.send(Event::Done(Done::Settings { room: id(n), change, result: Ok(at_place(Some(place))) }));
}

fn refuse(world: &mut World, n: u128) {
    let change = ChangeSettings { place: Some(1), ..ChangeSettings::default() };
    let result = Err(failure(FailureKind::NoAnswer));
    world.send(Event::Done(Done::Settings { room: id(n), change, result }));
}

fn hears(world: &mut World, n: u128, place: Option<u64>) {
    world.send(Event::Link(LinkEvent::Settings { room: id(n), settings: at_place(place) }));
}

#[test]
fn favourites_stand_in_their_own_order_whatever_the_settings_sort_by() {
    let mut world = world();
    for sort in [Sort::Name, Sort::Unread, Sort::Activity] {
        let settings = Settings { sort, ..Settings::default() };
        world.send(Event::Done(Done::Configured(Ok(Box::new(Reread { settings, other_servers: false })))));
        world.send(live(says(id(1), 2, "news")));
        assert_eq!(names(&world), ["c", "b", "a", "z", "bob", "ann"]);
    }
}

#[test]
fn keys_move_the_open_favourite_at_once() {
    let mut world = world();
    press(&mut world, KeyCode::Down);
    assert_eq!(names(&world)[..3], ["b", "c", "a"]);
    press(&mut world, KeyCode::Down);
    assert_eq!(names(&world)[..3], ["b", "a", "c"], "the second press counts from where the first one led");
    assert_eq!(asked(&mut world), [(id(3), Some(3)), (id(3), Some(6))]);
    // The server's news of the first move come in between: nothing jumps back.
    hears(&mut world, 2, Some(2));
    hears(&mut world, 3, Some(3));
    answer(&mut world, 3, 3);
    assert_eq!(names(&world)[..3], ["b", "a", "c"]);
    for (n, place) in [(1, 5), (5, 4), (6, 3)] {
        hears(&mut world, n, Some(place));
        assert_eq!(names(&world)[..3], ["b", "a", "c"]);
    }
    answer(&mut world, 3, 6);
    hears(&mut world, 3, Some(6));
    assert_eq!(names(&world), ["b", "a", "c", "z", "bob", "ann"]);
    assert_eq!(world.state.rooms.moving, None);
    assert_eq!(world.notice(), "#c is favourite 3 of 3.");
    press(&mut world, KeyCode::Down);
    assert_eq!((asked(&mut world), world.state.rooms.order()[2]), (vec![], id(3)), "behind it there is none");
}

#[test]
fn the_answer_may_come_before_the_news_of_those_that_made_way() {
    let mut world = world();
    press(&mut world, KeyCode::Down);
    answer(&mut world, 3, 3);
    assert_eq!(names(&world)[..3], ["b", "c", "a"]);
    hears(&mut world, 2, Some(2));
    hears(&mut world, 3, Some(3));
    assert_eq!(names(&world)[..3], ["b", "c", "a"]);
}

#[test]
fn a_second_favourite_moves_before_the_first_is_confirmed() {
    let mut world = world();
    press(&mut world, KeyCode::Down);
    assert_eq!(names(&world)[..3], ["b", "c", "a"]);
    world.send(alt('3'));
    press(&mut world, KeyCode::Up);
    let order = ["b", "a", "c"];
    assert_eq!((asked(&mut world), &names(&world)[..3]), (vec![(id(3), Some(3)), (id(1), Some(3))], &order[..]));
    // Whatever comes of the first one, and of the second before its answer: nothing jumps.
    for (n, place) in [(2, 2), (3, 3)] {
        hears(&mut world, n, Some(place));
        assert_eq!(names(&world)[..3], order);
    }
    answer(&mut world, 3, 3);
    for (n, place) in [(3, 4), (6, 5), (5, 6), (1, 3)] {
        assert_eq!(names(&world)[..3], order);
        hears(&mut world, n, Some(place));
    }
    answer(&mut world, 1, 3);
    assert_eq!((&names(&world)[..3], &world.state.rooms.moving), (&order[..], &None));
}

#[test]
fn a_move_on_another_device_meanwhile_is_shown_in_the_end() {
    let mut world = world();
    press(&mut world, KeyCode::Down);
    // The news are of both: #a has come first, before #c had moved.
    for (n, place) in [(1, 1), (2, 3), (3, 2)] {
        hears(&mut world, n, Some(place));
    }
    assert_eq!(names(&world)[..3], ["b", "c", "a"], "what was asked for");
    answer(&mut world, 3, 2);
    assert_eq!((&names(&world)[..3], &world.state.rooms.moving), (&["a", "c", "b"][..], &None));
}

#[test]
fn what_the_server_refuses_goes_back() {
    let mut world = world();
    press(&mut world, KeyCode::Down);
    refuse(&mut world, 3);
    assert_eq!(names(&world)[..3], ["c", "b", "a"]);
    assert!(world.notice().contains("Could not move the favourite"), "{}", world.notice());
    // Of two requests one fails: what the other one has led to stays.
    press(&mut world, KeyCode::Down);
    press(&mut world, KeyCode::Up);
    refuse(&mut world, 3);
    assert_eq!(names(&world)[..3], ["c", "b", "a"]);
    answer(&mut world, 3, 1);
    assert_eq!(names(&world)[..3], ["c", "b", "a"]);
}

#[test]
fn commands_move_too_and_say_where_nothing_can_move() {
    let mut world = world();
    world.enter("/move last");
    assert_eq!(asked(&mut world), [(id(3), Some(6))]);
    assert_eq!(names(&world)[..4], ["b", "a", "c", "z"]);
    answer(&mut world, 3, 6);
    for (n, place) in [(2, 2), (6, 3), (5, 4), (1, 5), (3, 6)] {
        hears(&mut world, n, Some(place));
    }
    world.send(key(KeyCode::Esc)).send(alt('5')).enter("/move up");
    assert_eq!(asked(&mut world), []);
    assert_eq!(world.notice(), "bob is the first of the favourites already.", "among conversations");
    world.enter("/move down");
    assert_eq!((asked(&mut world), &names(&world)[4..]), (vec![(id(6), Some(4))], &["ann", "bob"][..]));
    world.send(alt('4')).enter("/move first");
    world.send(key(KeyCode::Esc));
    assert_eq!(asked(&mut world), []);
    // A server of before has favourites without places.
    let mut world = world_of_before();
    press(&mut world, KeyCode::Down);
    assert_eq!((asked(&mut world), world.notice().as_str()), (vec![], "This server keeps no order of favourites."));
}

fn world_of_before() -> World {
    let mut world = World::new(80, 24, true);
    let favourite = RoomSettings { favourite: true, ..RoomSettings::default() };
    let rooms = [(1, "a"), (2, "b")].map(|(n, name)| RoomSummary { settings: favourite, ..room(n, name, None) });
    world.send(bootstrap(rooms.to_vec())).send(Event::Link(LinkEvent::Online)).send(alt('1'));
    world.take();
    world
}

#[test]
fn another_devices_order_is_shown_and_kept() {
    let mut world = world();
    world.send(Event::Kept(Kept::Restored(Box::default())));
    world.take();
    hears(&mut world, 1, Some(2));
    hears(&mut world, 4, Some(7));
    hears(&mut world, 2, None);
    assert_eq!(names(&world), ["c", "a", "z", "b", "bob", "ann"]);
    let kept = world.take_only(|effect| match effect {
        Effect::Save(Save::Room(room)) => Some((room.id, room.settings.place)),
        _ => None,
    });
    assert_eq!(kept, [(id(1), Some(2)), (id(4), Some(7)), (id(2), None)]);
}

proptest! {
    /// Whatever is pressed, what is asked for leads a server that moves as it says to the order that is shown.
    #[test]
    fn what_is_shown_is_what_the_server_makes_of_it(
        places in prop::collection::btree_set(1_u64..20, 2..8),
        presses in prop::collection::vec((0_usize..8, 0_u8..4, any::<bool>()), 0..20),
    ) {
        let mut rooms = Rooms::default();
        let mut server: Vec<(RoomId, u64)> = (0..).map(id).zip(places).collect();
        for (id, place) in &server {
            rooms.know(&RoomSummary { settings: at_place(Some(*place)), ..summary(*id, "x", 0, 0, 0) });
        }
        rooms.sort();
        for (which, towards, tells) in presses {
            let room = server[which % server.len()].0;
            if tells {
                for (id, place) in &server {
                    rooms.settle(*id, at_place(Some(*place)));
                }
            }
            let towards = [Towards::Up, Towards::Down, Towards::First, Towards::Last][usize::from(towards)];
            let Ok(to) = rooms.shift(room, towards) else { continue };
            let shown = rooms.order().to_vec();
            let from = server.iter().find(|(id, _)| *id == room).unwrap().1;
            for (id, place) in &mut server {
                *place = match *place {
                    _ if *id == room => to,
                    place if (to..from).contains(&place) => place + 1,
                    place if from < place && place <= to => place - 1,
                    place => place,
                };
            }
            let mut sorted = server.clone();
            sorted.sort_unstable_by_key(|(_, place)| *place);
            prop_assert!(sorted.iter().map(|(id, _)| *id).eq(shown.iter().copied()));
            rooms.shifted(room, Some(to));
            prop_assert_eq!(rooms.order(), &shown[..]);
        }
    }
}

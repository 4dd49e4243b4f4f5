//! The order of favourites: everybody's own, without repeats, whatever moves where.

use chat_server::store::{Now, Personal, RoomRef, StoreError, Who};
use chat_shared::api::{ChangeSettings, User};
use proptest::prelude::*;

use super::world::{Sqlite, World, general};

for_every_store!(
    they_stand_where_they_are_put,
    whoever_makes_way_is_told,
    moves_on_two_devices_come_one_after_the_other,
    only_favourites_have_a_place,
);

async fn rooms(world: &World, user: &User, count: usize) -> Vec<RoomRef> {
    let mut rooms = vec![general()];
    for number in 1..count {
        rooms.push(world.room(user, &format!("room{number}")).await);
    }
    rooms
}

async fn favourite(world: &World, user: &User, room: &RoomRef, favourite: bool) {
    let change = ChangeSettings { favourite: Some(favourite), ..ChangeSettings::default() };
    world.store.change_settings(user.id, room.clone(), change).await.unwrap();
}

async fn put(world: &World, user: &User, room: &RoomRef, place: u64) -> Vec<Option<u64>> {
    let change = ChangeSettings { place: Some(place), ..ChangeSettings::default() };
    let before = world.heard.personal().len();
    world.store.change_settings(user.id, room.clone(), change).await.unwrap();
    let mut heard = world.heard.personal().split_off(before);
    // Moves on several devices are told together; whoever asks for one alone hears of it last.
    heard.pop();
    let place = |personal: &Personal| if let Now::Settings(settings) = personal.now { settings.place } else { None };
    heard.iter().map(place).collect()
}

/// The favourites, as indexes of these rooms, in their order.
async fn order(world: &World, user: &User, rooms: &[RoomRef]) -> Vec<usize> {
    let mut found = Vec::new();
    for (index, room) in rooms.iter().enumerate() {
        let settings = world.summary(user, room).await.settings;
        assert_eq!(settings.place.is_some(), settings.favourite);
        found.extend(settings.place.map(|place| (place, index)));
    }
    found.sort_unstable();
    assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0), "two in one place: {found:?}");
    found.into_iter().map(|(_, index)| index).collect()
}

async fn they_stand_where_they_are_put(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let rooms = rooms(&world, &ann, 4).await;
    for room in &rooms {
        favourite(&world, &ann, room, true).await;
    }
    favourite(&world, &bob, &rooms[0], true).await;
    assert_eq!(order(&world, &ann, &rooms).await, [0, 1, 2, 3], "a new one is the last");
    put(&world, &ann, &rooms[3], 2).await;
    assert_eq!(order(&world, &ann, &rooms).await, [0, 3, 1, 2]);
    put(&world, &ann, &rooms[0], 3).await;
    assert_eq!(order(&world, &ann, &rooms).await, [3, 1, 0, 2]);
    put(&world, &ann, &rooms[3], u64::MAX).await;
    assert_eq!(order(&world, &ann, &rooms).await, [1, 0, 2, 3]);
    favourite(&world, &ann, &rooms[1], true).await;
    assert_eq!(order(&world, &ann, &rooms).await, [1, 0, 2, 3], "it was one already");
    // One goes, and comes back as the last; holes mean nothing.
    favourite(&world, &ann, &rooms[0], false).await;
    put(&world, &ann, &rooms[1], world.summary(&ann, &rooms[2]).await.settings.place.unwrap()).await;
    assert_eq!(order(&world, &ann, &rooms).await, [2, 1, 3]);
    favourite(&world, &ann, &rooms[0], true).await;
    let world = world.reopen();
    assert_eq!(order(&world, &ann, &rooms).await, [2, 1, 3, 0]);
    assert_eq!(world.summary(&bob, &rooms[0]).await.settings.place, Some(1), "everybody has their own order");
}

async fn whoever_makes_way_is_told(world: World) {
    let ann = world.user("ann").await;
    let rooms = rooms(&world, &ann, 4).await;
    for room in &rooms {
        favourite(&world, &ann, room, true).await;
    }
    assert_eq!(put(&world, &ann, &rooms[1], 1).await, [Some(2)], "only the neighbour");
    assert_eq!(put(&world, &ann, &rooms[1], 2).await, [Some(1)]);
    assert_eq!(put(&world, &ann, &rooms[1], 2).await, [], "it is there already");
    let change = ChangeSettings { favourite: Some(false), place: Some(1), ..ChangeSettings::default() };
    let before = world.heard.personal().len();
    let (_, settings) = world.store.change_settings(ann.id, rooms[0].clone(), change).await.unwrap();
    assert_eq!((settings.place, world.heard.personal().len() - before), (None, 1));
}

async fn moves_on_two_devices_come_one_after_the_other(world: World) {
    let ann = world.user("ann").await;
    let rooms = rooms(&world, &ann, 6).await;
    for room in &rooms {
        favourite(&world, &ann, room, true).await;
    }
    let moves = (0..60).map(|number| put(&world, &ann, &rooms[number % 6], (number * 7 % 6) as u64 + 1));
    futures_util::future::join_all(moves).await;
    let mut all = order(&world, &ann, &rooms).await;
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3, 4, 5], "all are there, each in a place of its own");
}

async fn only_favourites_have_a_place(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    assert_eq!(put(&world, &ann, &general(), 1).await, []);
    assert_eq!(world.summary(&ann, &general()).await.settings.place, None);
    let room = world.room(&ann, "ops").await;
    let change = ChangeSettings { favourite: Some(true), place: Some(1), ..ChangeSettings::default() };
    assert_eq!(world.store.change_settings(bob.id, room.clone(), change).await.err(), Some(StoreError::NotAMember));
    // A place goes with the membership, and does not come back with it.
    world.join(&bob, &room).await;
    world.store.change_settings(bob.id, room.clone(), change).await.unwrap();
    world.store.leave(world.actor(&bob), room.clone()).await.unwrap();
    world.join(&bob, &room).await;
    assert_eq!(world.summary(&bob, &room).await.settings.place, None);
    // Conversations are in the same order.
    favourite(&world, &bob, &general(), true).await;
    let (talk, _) = world.store.open_dm(world.actor(&bob), vec![Who::Id(ann.id)]).await.unwrap();
    let talk = RoomRef::Id(talk.id);
    world.store.change_settings(bob.id, talk.clone(), change).await.unwrap();
    assert_eq!(order(&world, &bob, &[general(), talk]).await, [1, 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Against a list from which one is taken, and put in again.
    #[test]
    fn any_moves_are_those_of_a_list(ops in prop::collection::vec((0_usize..5, 0_usize..7), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new(Sqlite::new());
            let ann = world.user("ann").await;
            let rooms = rooms(&world, &ann, 5).await;
            let mut list: Vec<usize> = Vec::new();
            for (room, op) in ops {
                let at = list.iter().position(|known| *known == room);
                match op {
                    5 => {
                        favourite(&world, &ann, &rooms[room], false).await;
                        list.retain(|known| *known != room);
                    }
                    6 => {
                        favourite(&world, &ann, &rooms[room], true).await;
                        if at.is_none() {
                            list.push(room);
                        }
                    }
                    // In the place of the one that stands there now.
                    to => if let (Some(at), Some(other)) = (at, list.get(to)) {
                        let place = world.summary(&ann, &rooms[*other]).await.settings.place.unwrap();
                        put(&world, &ann, &rooms[room], place).await;
                        let room = list.remove(at);
                        list.insert(to, room);
                    },
                }
                assert_eq!(order(&world, &ann, &rooms).await, list);
            }
        });
    }
}

//! Many writers at once: numbers without holes, one order for all.

use std::collections::BTreeMap;
use std::sync::Arc;

use chat_server::store::{Actor, Now, RoomRef, StoreError};
use chat_shared::api::{ChangeSettings, RoomKind};

use super::world::{World, draft, general, room_name, token, user_name};

for_every_store!(
    numbers_have_no_holes_under_load,
    a_refused_change_takes_back_only_itself,
    a_dropped_request_harms_nobody,
    how_things_stand_is_told_in_the_order_of_the_commits,
);

async fn numbers_have_no_holes_under_load(world: World) {
    let ann = world.user("ann").await;
    let rooms = [general(), world.room(&ann, "a").await, world.room(&ann, "b").await];
    let mut tasks = Vec::new();
    for task in 0..8 {
        let (store, rooms, actor) = (world.store.clone(), rooms.clone(), world.actor(&ann));
        tasks.push(tokio::spawn(async move {
            let mut last = BTreeMap::new();
            for number in 0..30 {
                let room = rooms[(task + number) % rooms.len()].clone();
                let event = store.post(actor.clone(), draft(room, &format!("{task} {number}"))).await.unwrap();
                let before = last.insert(event.room, event.seq);
                assert!(before < Some(event.seq), "one's own messages are in order");
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut posted = 0;
    for room in &rooms {
        let events = world.events(&ann, room).await;
        let heard = world.heard.of(events[0].room);
        assert!(events.iter().map(|event| event.seq).eq(1..=events.len() as u64));
        assert!(events.iter().eq(heard.iter().map(Arc::as_ref)), "the observer hears the order of the log");
        posted += events.len() - 1;
    }
    assert_eq!(posted, 240);
}

async fn a_refused_change_takes_back_only_itself(world: World) {
    let ann = world.user("ann").await;
    let store = &world.store;
    // All of these wait for the same writer, and most likely share a transaction.
    let registered = futures_util::future::join_all(
        ["bob", "carl", "BOB", "dora", "Carl"]
            .map(|name| store.register(user_name(name), "x".into(), token(name), world.now())),
    );
    let rooms = futures_util::future::join_all(
        ["one", "two", "ONE"]
            .map(|name| store.create_room(world.actor(&ann), room_name(name), String::new(), RoomKind::Public)),
    );
    let posts = futures_util::future::join_all((0..10).map(|number| {
        let room = if number % 2 == 0 { general() } else { RoomRef::Name("nowhere".into()) };
        world.try_post(&ann, draft(room, "hello"))
    }));
    let (registered, rooms, posts) = futures_util::join!(registered, rooms, posts);
    assert_eq!(registered.iter().filter(|result| result == &&Err(StoreError::NameTaken)).count(), 2);
    assert_eq!(registered.iter().filter(|result| result.is_ok()).count(), 3);
    assert_eq!(rooms.iter().filter(|result| result == &&Err(StoreError::RoomNameTaken)).count(), 1);
    assert_eq!(posts.iter().filter(|result| result == &&Err(StoreError::RoomNotFound)).count(), 5);
    let general = world.summary(&ann, &general()).await;
    assert_eq!((general.head, general.members), (1 + 3 + 5, 4));
    assert_eq!(world.store.token_owner(token("BOB")).await, Ok(None));
    assert_eq!(world.store.rooms(ann.id).await.unwrap().len(), 3);
}

async fn a_dropped_request_harms_nobody(world: World) {
    let ann = world.user("ann").await;
    let actor = Actor { user: ann.clone(), at: world.now() };
    for _ in 0..20 {
        let mut post = world.store.post(actor.clone(), draft(general(), "maybe"));
        // Polled once, so that it is under way, then dropped.
        let _ = futures_util::poll!(&mut post);
    }
    world.post(&ann, &general(), "surely").await;
    let events = world.events(&ann, &general()).await;
    assert!(events.iter().map(|event| event.seq).eq(1..=events.len() as u64));
    assert_eq!(world.heard.of(events[0].room).len(), events.len());
}

async fn how_things_stand_is_told_in_the_order_of_the_commits(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let mut last = 0;
    for _ in 0..40 {
        last = world.post(&ann, &general(), "x").await;
    }
    let mut tasks = tokio::task::JoinSet::new();
    for seq in (last - 40..=last).rev() {
        let store = world.store.clone();
        tasks.spawn(async move { store.mark_read(bob.id, general(), seq).await.map(drop) });
        let (store, favourite) = (world.store.clone(), Some(seq % 2 == 0));
        tasks.spawn(async move {
            let change = ChangeSettings { favourite, ..ChangeSettings::default() };
            store.change_settings(bob.id, general(), change).await.map(drop)
        });
    }
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    let told = world.heard.personal();
    assert!(told.iter().all(|personal| personal.user == bob.id));
    let read: Vec<_> =
        told.iter().filter_map(|told| if let Now::Read(state) = told.now { Some(state.seq) } else { None }).collect();
    assert!(read.len() == 41 && read.is_sorted(), "{read:?}");
    let settings = told.iter().rev().find_map(|told| if let Now::Settings(now) = told.now { Some(now) } else { None });
    assert_eq!(settings, Some(world.summary(&bob, &general()).await.settings));
}

//! Rooms and their members.

use chat_server::store::{RoomRef, StoreError};
use chat_shared::api::RoomKind;

use super::world::{World, general, room_name};

for_every_store!(
    names_are_unique_by_key,
    general_keeps_its_name,
    a_change_that_changes_nothing_is_no_event,
    joining_twice_is_joining_once,
    members_come_in_pages,
);

async fn names_are_unique_by_key(world: World) {
    let ann = world.user("ann").await;
    let ops = world.room(&ann, "ops").await;
    let again = |name| world.store.create_room(world.actor(&ann), room_name(name), String::new(), RoomKind::Public);
    assert_eq!(again("OPS").await.err(), Some(StoreError::RoomNameTaken));
    assert_eq!(again("General").await.err(), Some(StoreError::RoomNameTaken));
    let dev = RoomRef::Id(again("dev").await.unwrap().id);
    let rename = |room: &RoomRef, name| {
        world.store.change_room(world.actor(&ann), room.clone(), Some(room_name(name)), Some("t".into()))
    };
    let head = world.summary(&ann, &dev).await.head;
    assert_eq!(rename(&dev, "Ops").await.err(), Some(StoreError::RoomNameTaken));
    let untouched = world.summary(&ann, &dev).await;
    assert_eq!((untouched.name.as_str(), untouched.topic.as_str(), untouched.head), ("dev", "", head));
    // Its own name in another case is free.
    assert_eq!(rename(&ops, "Ops").await.unwrap().name, "Ops");
    assert_eq!(rename(&dev, "development").await.unwrap().name, "development");
    let found = world.store.summary(ann.id, RoomRef::Name("development".into())).await.unwrap();
    assert_eq!(RoomRef::Id(found.id), dev);
    assert_eq!(world.store.summary(ann.id, RoomRef::Name("dev".into())).await.err(), Some(StoreError::RoomNotFound));
}

async fn general_keeps_its_name(world: World) {
    let ann = world.user("ann").await;
    let renamed = world.store.change_room(world.actor(&ann), general(), Some(room_name("General")), None).await;
    assert_eq!(renamed.err(), Some(StoreError::Forbidden));
    let described = world.store.change_room(world.actor(&ann), general(), None, Some("hi".into())).await.unwrap();
    assert_eq!((described.name.as_str(), described.topic.as_str()), ("general", "hi"));
}

async fn a_change_that_changes_nothing_is_no_event(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let ops = world.room(&ann, "ops").await;
    world.join(&bob, &ops).await;
    let heard = world.heard.count();
    let (name, topic) = (Some(room_name("ops")), Some(String::new()));
    // Bob may not rename it; but he does not.
    let same = world.store.change_room(world.actor(&bob), ops.clone(), name, topic).await.unwrap();
    assert_eq!((same.head, world.heard.count()), (2, heard));
    let renamed = world.store.change_room(world.actor(&bob), ops, Some(room_name("bobs")), None).await;
    assert_eq!(renamed.err(), Some(StoreError::Forbidden));
}

async fn joining_twice_is_joining_once(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let ops = world.room(&ann, "ops").await;
    world.post(&ann, &ops, "before").await;
    let (first, again) = (world.join(&bob, &ops).await, world.join(&bob, &ops).await);
    assert_eq!(first, again);
    assert_eq!((first.read, first.unread, first.members), (3, 0, 2));
    world.store.leave(world.actor(&bob), ops.clone()).await.unwrap();
    assert_eq!(world.store.leave(world.actor(&bob), ops.clone()).await.err(), Some(StoreError::NotAMember));
    world.post(&ann, &ops, "meanwhile, @bob").await;
    let back = world.join(&bob, &ops).await;
    assert_eq!((back.read, back.unread, back.mentions, back.members), (6, 0, 0, 2));
}

async fn members_come_in_pages(world: World) {
    let mut users = Vec::new();
    for name in ["dora", "Ann", "carl", "bob", "Émile"] {
        users.push(world.user(name).await);
    }
    // A room of few among many users, and one of all of them.
    let few = world.room(&users[0], "few").await;
    world.join(&users[3], &few).await;
    world.join(&users[4], &few).await;
    for (room, limit, expected) in [
        (general(), 2, ("Ann bob carl dora Émile", 3)),
        (few.clone(), 2, ("bob dora Émile", 2)),
        (few, 1, ("bob dora Émile", 3)),
    ] {
        let (mut names, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = world.store.members(users[0].id, room.clone(), after, limit).await.unwrap();
            names.extend(page.members.into_iter().map(|member| member.name));
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!((names.join(" ").as_str(), pages), expected);
    }
    assert_eq!(world.store.members(users[0].id, general(), None, 5).await.unwrap().next, None);
}

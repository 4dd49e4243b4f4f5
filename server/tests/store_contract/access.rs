//! Who may do what, as far as the store decides it.

use chat_server::store::{RoomRef, StoreError, Window};
use chat_shared::RoomId;
use chat_shared::api::RoomKind;

use super::world::{World, draft, general, room_name};

for_every_store!(
    strangers_may_only_join,
    private_rooms_are_not_there_for_others,
    words_belong_to_their_author,
    what_is_not_there_is_not_found,
);

async fn strangers_may_only_join(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let room = world.room(&ann, "ops").await;
    let seq = world.post(&ann, &room, "hello").await;
    let heard = world.heard.count();
    let refused = Some(StoreError::NotAMember);
    assert_eq!(world.try_post(&bob, draft(room.clone(), "x")).await.err(), refused);
    assert_eq!(world.react(&bob, &room, seq, "👍", true).await.err(), refused);
    assert_eq!(world.edit(&bob, &room, seq, "x").await.err(), refused);
    assert_eq!(world.delete(&bob, &room, seq).await.err(), refused);
    let store = &world.store;
    assert_eq!(store.messages(bob.id, room.clone(), Window::Latest, 9).await.err(), refused);
    assert_eq!(store.events(bob.id, room.clone(), 0, 9).await.err(), refused);
    assert_eq!(store.members(bob.id, room.clone(), None, 9).await.err(), refused);
    assert_eq!(store.mark_read(bob.id, room.clone(), 1).await.err(), refused);
    assert_eq!(store.summary(bob.id, room.clone()).await.err(), refused);
    assert_eq!(store.writable_room(bob.id, room.clone()).await.err(), refused);
    assert_eq!(store.leave(world.actor(&bob), room.clone()).await.err(), refused);
    assert_eq!(store.change_room(world.actor(&bob), room.clone(), None, Some("x".into())).await.err(), refused);
    assert_eq!(world.heard.count(), heard, "a refusal is no event");
    world.join(&bob, &room).await;
    assert!(store.writable_room(bob.id, room).await.is_ok());
}

async fn private_rooms_are_not_there_for_others(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let (name, kind) = (room_name("secret"), RoomKind::Private);
    let made = world.store.create_room(world.actor(&bob), name, String::new(), kind).await.unwrap();
    let room = RoomRef::Id(made.id);
    world.post(&bob, &room, "only for us").await;
    // Ann administers the server, and still does not learn of it.
    assert_eq!(world.store.join(world.actor(&ann), room.clone()).await.err(), Some(StoreError::RoomNotFound));
    assert_eq!(world.store.events(ann.id, room.clone(), 0, 9).await.err(), Some(StoreError::RoomNotFound));
    assert_eq!(world.try_post(&ann, draft(room.clone(), "x")).await.err(), Some(StoreError::RoomNotFound));
    assert!(world.store.rooms(ann.id).await.unwrap().iter().all(|room| room.id != made.id));
    assert!(world.store.rooms(bob.id).await.unwrap().iter().any(|room| room.id == made.id && room.joined));
}

async fn words_belong_to_their_author(world: World) {
    let (ann, bob, eve) = (world.user("ann").await, world.user("bob").await, world.user("eve").await);
    let room = general();
    let (one, two) = (world.post(&bob, &room, "one").await, world.post(&bob, &room, "two").await);
    assert_eq!(world.edit(&eve, &room, one, "x").await.err(), Some(StoreError::Forbidden));
    assert_eq!(world.edit(&ann, &room, one, "x").await.err(), Some(StoreError::Forbidden));
    assert_eq!(world.delete(&eve, &room, one).await.err(), Some(StoreError::Forbidden));
    world.delete(&ann, &room, one).await.unwrap().expect("an administrator may delete");
    assert_eq!(world.delete(&ann, &room, one).await, Ok(None), "once is enough");
    assert_eq!(world.edit(&bob, &room, one, "x").await.err(), Some(StoreError::MessageDeleted));
    assert_eq!(world.react(&eve, &room, one, "👍", true).await.err(), Some(StoreError::MessageDeleted));
    world.edit(&bob, &room, two, "zwei").await.unwrap().unwrap();
    assert_eq!(world.edit(&bob, &room, two, "zwei").await, Ok(None), "the same text is no change");
}

async fn what_is_not_there_is_not_found(world: World) {
    let ann = world.user("ann").await;
    let nowhere = RoomRef::Id(RoomId(ann.id.0));
    assert_eq!(world.try_post(&ann, draft(nowhere.clone(), "x")).await.err(), Some(StoreError::RoomNotFound));
    assert_eq!(world.store.log(RoomId(ann.id.0), 0, 9, 9).await.err(), Some(StoreError::RoomNotFound));
    assert_eq!(
        world.store.join(world.actor(&ann), RoomRef::Name("nowhere".into())).await.err(),
        Some(StoreError::RoomNotFound)
    );
    // The first event is no message, and neither is any number that was never given.
    for seq in [0, 1, 2, 1 << 39, (1 << 40) - 1, 1 << 40, (1 << 40) | 1, u64::MAX] {
        assert_eq!(world.delete(&ann, &general(), seq).await.err(), Some(StoreError::MessageNotFound), "{seq}");
        assert_eq!(world.edit(&ann, &general(), seq, "x").await.err(), Some(StoreError::MessageNotFound), "{seq}");
        assert_eq!(
            world.react(&ann, &general(), seq, "👍", true).await.err(),
            Some(StoreError::MessageNotFound),
            "{seq}"
        );
        let mut answer = draft(general(), "x");
        answer.reply_to = Some(seq);
        assert_eq!(world.try_post(&ann, answer).await.err(), Some(StoreError::InvalidReply), "{seq}");
    }
    assert_eq!(world.summary(&ann, &general()).await.head, 1);
}

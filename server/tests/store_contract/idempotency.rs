//! A post with a key happens once.

use chat_server::store::{Draft, RoomRef, StoreError};
use chat_shared::EventKind;

use super::world::{World, draft, general, room_name};

for_every_store!(
    the_same_again_is_the_first_answer,
    another_request_is_refused,
    edits_and_deletions_do_not_confuse_it,
    twins_at_the_same_time_are_one,
    what_is_not_allowed_any_more_was_done_none_the_less,
    a_deleted_text_is_known_again_and_no_other_taken_for_it,
);

fn keyed(room: RoomRef, key: &str, body: &str) -> Draft {
    Draft { key: Some(key.into()), ..draft(room, body) }
}

async fn the_same_again_is_the_first_answer(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let first = world.try_post(&ann, keyed(general(), "k", "hello @bob")).await.unwrap();
    let heard = world.heard.count();
    assert_eq!(world.try_post(&ann, keyed(general(), "k", "hello @bob")).await.unwrap(), first);
    assert_eq!(world.heard.count(), heard);
    let world = world.reopen();
    assert_eq!(world.try_post(&ann, keyed(general(), "k", "hello @bob")).await.unwrap(), first);
    assert_eq!(world.counts(&bob, &general()).await, (1, 1));
    // Keys are per user; and without a key, the same text is another message.
    let other = world.try_post(&bob, keyed(general(), "k", "hello @bob")).await.unwrap();
    assert_eq!(other.seq, first.seq + 1);
    assert_eq!(world.post(&bob, &general(), "hello @bob").await, first.seq + 2);
    assert_eq!(world.counts(&ann, &general()).await, (2, 0));
}

async fn another_request_is_refused(world: World) {
    let ann = world.user("ann").await;
    let ops = world.room(&ann, "ops").await;
    let first = world.post(&ann, &general(), "first").await;
    world.try_post(&ann, keyed(general(), "k", "hello")).await.unwrap();
    let heard = world.heard.count();
    let reply = Draft { reply_to: Some(first), ..keyed(general(), "k", "hello") };
    for other in [keyed(general(), "k", "hallo"), keyed(ops.clone(), "k", "hello"), reply] {
        assert_eq!(world.try_post(&ann, other).await.err(), Some(StoreError::KeyReused));
    }
    assert_eq!(world.heard.count(), heard);
    assert_eq!(world.summary(&ann, &ops).await.head, 1);
    assert_eq!(world.counts(&ann, &ops).await, (0, 0));
}

async fn edits_and_deletions_do_not_confuse_it(world: World) {
    let ann = world.user("ann").await;
    let post = || world.try_post(&ann, keyed(general(), "k", "hello"));
    let first = post().await.unwrap();
    world.edit(&ann, &general(), first.seq, "changed").await.unwrap();
    assert_eq!(post().await.unwrap(), first, "the first answer, whatever became of the message");
    world.delete(&ann, &general(), first.seq).await.unwrap();
    let again = post().await.unwrap();
    assert_eq!(again.seq, first.seq);
    assert!(matches!(&again.kind, EventKind::Posted { body, .. } if body.is_empty()), "its text is gone");
    let elsewhere = world.room(&ann, "ops").await;
    assert_eq!(world.try_post(&ann, keyed(elsewhere, "k", "hello")).await.err(), Some(StoreError::KeyReused));
}

async fn twins_at_the_same_time_are_one(world: World) {
    let ann = world.user("ann").await;
    for round in 0..5 {
        let key = format!("k{round}");
        let posts = (0..8).map(|_| world.try_post(&ann, keyed(general(), &key, "hello")));
        let answers = futures_util::future::try_join_all(posts).await.unwrap();
        assert!(answers.iter().all(|answer| answer == &answers[0]));
    }
    assert_eq!(world.summary(&ann, &general()).await.head, 6);
    assert_eq!(world.heard.count(), 6);
}

async fn what_is_not_allowed_any_more_was_done_none_the_less(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let ops = world.room(&ann, "ops").await;
    world.join(&bob, &ops).await;
    let by_name = RoomRef::Name("ops".into());
    let first = world.try_post(&bob, keyed(ops.clone(), "k", "hello")).await.unwrap();
    world.store.leave(world.actor(&bob), ops.clone()).await.unwrap();
    world.store.change_room(world.actor(&ann), ops.clone(), Some(room_name("others")), None).await.unwrap();
    let heard = world.heard.count();
    for room in [ops.clone(), by_name.clone(), RoomRef::Name("others".into())] {
        assert_eq!(world.try_post(&bob, keyed(room, "k", "hello")).await.as_ref(), Ok(&first));
    }
    for other in [keyed(ops.clone(), "k", "hallo"), keyed(general(), "k", "hello")] {
        assert_eq!(world.try_post(&bob, other).await.err(), Some(StoreError::KeyReused));
    }
    assert_eq!(world.try_post(&bob, keyed(ops, "another", "hello")).await.err(), Some(StoreError::NotAMember));
    assert_eq!(
        world.try_post(&bob, keyed(by_name.clone(), "another", "x")).await.err(),
        Some(StoreError::RoomNotFound)
    );
    assert_eq!(world.heard.count(), heard);
    // Another room has the name now: it is another request.
    world.room(&ann, "ops").await;
    assert_eq!(world.try_post(&bob, keyed(by_name, "k", "hello")).await.err(), Some(StoreError::KeyReused));
}

async fn a_deleted_text_is_known_again_and_no_other_taken_for_it(world: World) {
    let ann = world.user("ann").await;
    let post = |body| world.try_post(&ann, keyed(general(), "k", body));
    let first = post("hello").await.unwrap().seq;
    world.edit(&ann, &general(), first, "edited").await.unwrap();
    world.delete(&ann, &general(), first).await.unwrap();
    assert_eq!(post("hello").await.map(|event| event.seq), Ok(first));
    for other in ["hallo", "edited", ""] {
        assert_eq!(post(other).await.err(), Some(StoreError::KeyReused), "{other}");
    }
}

//! Read cursors, unread messages and mentions, case by case. `random` compares them with a naive model.

use chat_server::store::RoomRef;

use super::world::{World, general};

for_every_store!(
    the_cursor_never_moves_back,
    own_messages_are_never_unread,
    the_newest_message_has_a_time,
    deleted_messages_are_not_unread,
    mentions_follow_the_text,
    a_mark_lies_before_the_cursor,
    a_mark_reaches_back_so_far,
);

async fn the_cursor_never_moves_back(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    for number in 0..5 {
        world.post(&ann, &general(), &number.to_string()).await;
    }
    let read = |seq| world.store.mark_read(bob.id, general(), seq);
    let unread = |state: chat_shared::api::ReadState| (state.seq, state.unread);
    assert_eq!(unread(read(4).await.unwrap().1), (4, 3));
    assert_eq!(unread(read(3).await.unwrap().1), (4, 3));
    assert_eq!(unread(read(0).await.unwrap().1), (4, 3));
    assert_eq!(unread(read(u64::MAX).await.unwrap().1), (7, 0));
    assert_eq!(unread(read(5).await.unwrap().1), (7, 0));
}

async fn own_messages_are_never_unread(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let mut last = 0;
    for _ in 0..10 {
        last = world.post(&ann, &general(), "a").await;
        world.post(&bob, &general(), "b").await;
    }
    assert_eq!(world.counts(&ann, &general()).await, (10, 0));
    // To the left and to the right of the middle, where the counting changes direction.
    for (back, unread) in [(16, 9), (14, 8), (4, 3), (0, 1)] {
        let (_, read) = world.store.mark_read(ann.id, general(), last - back).await.unwrap();
        assert_eq!(read.unread, unread, "{back} before the last");
    }
}

async fn the_newest_message_has_a_time(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let newest = async || world.summary(&bob, &general()).await.last_message_at;
    assert_eq!(newest().await, None, "who came has said nothing");
    for text in ["first", "second"] {
        let seq = world.post(&ann, &general(), text).await;
        let at = world.message(&bob, &general(), seq).await.at;
        assert_eq!(newest().await, Some(at));
        world.edit(&ann, &general(), seq, "edited").await.unwrap();
        assert_eq!(newest().await, Some(at), "an edit is no message");
    }
}

async fn deleted_messages_are_not_unread(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let theirs = world.post(&ann, &general(), "@bob").await;
    let own = world.post(&bob, &general(), "mine").await;
    let other = world.post(&ann, &general(), "other").await;
    assert_eq!(world.counts(&bob, &general()).await, (2, 1));
    world.delete(&bob, &general(), own).await.unwrap();
    assert_eq!(world.counts(&bob, &general()).await, (2, 1));
    world.delete(&ann, &general(), theirs).await.unwrap();
    assert_eq!(world.counts(&bob, &general()).await, (1, 0));
    world.store.mark_read(bob.id, general(), theirs).await.unwrap();
    assert_eq!(world.counts(&bob, &general()).await, (1, 0));
    world.store.mark_read(bob.id, general(), own).await.unwrap();
    world.edit(&ann, &general(), other, "edited").await.unwrap();
    assert_eq!(world.counts(&bob, &general()).await, (1, 0));
    world.delete(&ann, &general(), other).await.unwrap();
    assert_eq!(world.counts(&bob, &general()).await, (0, 0));
}

async fn mentions_follow_the_text(world: World) {
    let (ann, bob, eve) = (world.user("ann").await, world.user("Bob").await, world.user("eve").await);
    let ops = world.room(&ann, "ops").await;
    world.join(&bob, &ops).await;
    let seq = world.post(&ann, &ops, "@ann and @eve and @nobody and @BOB").await;
    assert_eq!(world.counts(&bob, &ops).await, (1, 1));
    assert_eq!(world.counts(&ann, &ops).await, (0, 0), "nobody is mentioned by themselves");
    world.join(&eve, &ops).await;
    assert_eq!(world.counts(&eve, &ops).await, (0, 0), "who was not there is not mentioned");
    world.edit(&ann, &ops, seq, "never mind").await.unwrap();
    assert_eq!(world.counts(&bob, &ops).await, (1, 0));
    world.edit(&ann, &ops, seq, "or do, @bob").await.unwrap();
    assert_eq!(world.counts(&bob, &ops).await, (1, 1));
    // Mentions elsewhere are counted there.
    world.post(&ann, &general(), "@bob").await;
    assert_eq!(world.counts(&bob, &ops).await, (1, 1));
    let summaries = world.store.summaries(bob.id).await.unwrap();
    let counts: Vec<_> = summaries.iter().map(|room| (room.name.as_str(), room.unread, room.mentions)).collect();
    assert_eq!(counts, [("general", 1, 1), ("ops", 1, 1)]);
    assert_eq!(world.store.summary(bob.id, RoomRef::Id(summaries[1].id)).await.as_ref(), Ok(&summaries[1]));
}

async fn a_mark_lies_before_the_cursor(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    for number in 0..5 {
        world.post(&ann, &general(), if number == 1 { "@bob" } else { "hello" }).await;
    }
    let state =
        |(_, state): (_, chat_shared::api::ReadState)| (state.seq, state.unread, state.mentions, state.unread_from);
    let read = |seq| world.store.mark_read(bob.id, general(), seq);
    let unread = |seq| world.store.mark_unread(bob.id, general(), seq);
    // 3 to 7 are messages. Beyond the cursor there is nothing to mark: what lies between is read.
    assert_eq!(state(unread(5).await.unwrap()), (4, 3, 0, None));
    assert_eq!(state(read(7).await.unwrap()), (7, 0, 0, None));
    assert_eq!(state(unread(4).await.unwrap()), (7, 4, 1, Some(4)));
    // Neither what one says oneself, nor a request from before the mark, ends it.
    world.post(&bob, &general(), "later").await;
    assert_eq!(state(read(6).await.unwrap()), (7, 4, 1, Some(4)));
    let world = world.reopen();
    assert_eq!(world.counts(&bob, &general()).await, (4, 1));
    assert_eq!(world.summary(&bob, &general()).await.unread_from, Some(4));
    world.post(&ann, &general(), "new").await;
    assert_eq!(world.counts(&bob, &general()).await, (5, 1));
    let (_, back) = world.store.mark_read(bob.id, general(), 7).await.unwrap();
    assert_eq!((back.seq, back.unread, back.unread_from), (7, 1, None), "as if there had been no mark");
}

async fn a_mark_reaches_back_so_far(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let last = world.post(&ann, &general(), "hello").await;
    world.store.mark_read(bob.id, general(), last).await.unwrap();
    for seq in [0, 1] {
        let (_, state) = world.store.mark_unread(bob.id, general(), seq).await.unwrap();
        assert_eq!((state.unread, state.unread_from), (1, Some(1)));
    }
    let (_, state) = world.store.mark_unread(bob.id, general(), u64::MAX).await.unwrap();
    assert_eq!((state.unread, state.unread_from), (0, None));
}

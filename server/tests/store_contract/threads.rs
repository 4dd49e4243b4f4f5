//! What a message was before, and the conversations that answers make.

use chat_server::store::{RoomRef, StoreError, Who, Window};
use chat_shared::Seq;
use chat_shared::api::User;

use super::world::{World, draft, general};

for_every_store!(
    earlier_texts_are_kept_until_the_message_is_deleted,
    answers_hang_together,
    a_long_conversation_is_read_in_parts,
    only_members_learn_of_it,
);

async fn earlier_texts_are_kept_until_the_message_is_deleted(world: World) {
    let ann = world.user("ann").await;
    let seq = world.post(&ann, &general(), "one").await;
    let other = world.post(&ann, &general(), "other").await;
    for text in ["two", "three"] {
        world.edit(&ann, &general(), seq, text).await.unwrap();
    }
    world.edit(&ann, &general(), other, "changed").await.unwrap();
    let history = async |limit| {
        let history = world.store.history(ann.id, general(), seq, limit).await.unwrap().versions;
        assert!(history.is_sorted_by_key(|version| version.at));
        history.into_iter().map(|version| version.body).collect::<Vec<_>>()
    };
    assert_eq!(history(9).await, ["one", "two", "three"]);
    assert_eq!(history(2).await, ["two", "three"]);
    world.delete(&ann, &general(), seq).await.unwrap();
    assert_eq!(world.store.history(ann.id, general(), seq, 9).await.err(), Some(StoreError::MessageDeleted));
    for seq in [0, 1, 99, u64::MAX] {
        let missing = world.store.history(ann.id, general(), seq, 9).await.err();
        assert_eq!(missing, Some(StoreError::MessageNotFound), "{seq}");
        let missing = world.store.thread(ann.id, general(), seq, Window::Latest, 9).await.err();
        assert_eq!(missing, Some(StoreError::MessageNotFound), "{seq}");
    }
}

async fn answer(world: &World, user: &User, room: &RoomRef, to: Seq) -> Seq {
    let mut draft = draft(room.clone(), &format!("answer to {to}"));
    draft.reply_to = Some(to);
    world.try_post(user, draft).await.unwrap().seq
}

async fn thread(world: &World, user: &User, seq: Seq, limit: usize) -> Vec<Seq> {
    part(world, user, seq, Window::After(0), limit).await
}

async fn part(world: &World, user: &User, seq: Seq, window: Window, limit: usize) -> Vec<Seq> {
    let page = world.store.thread(user.id, general(), seq, window, limit).await.unwrap();
    page.messages.iter().map(|message| message.seq).collect()
}

async fn answers_hang_together(world: World) {
    let ann = world.user("ann").await;
    let elsewhere = world.room(&ann, "elsewhere").await;
    let root = world.post(&ann, &general(), "root").await;
    let same_number = world.post(&ann, &elsewhere, "the same number, in another room").await;
    assert_eq!(root, same_number);
    answer(&world, &ann, &elsewhere, same_number).await;
    let first = answer(&world, &ann, &general(), root).await;
    let alone = world.post(&ann, &general(), "alone").await;
    let deep = answer(&world, &ann, &general(), first).await;
    let second = answer(&world, &ann, &general(), root).await;
    for seq in [root, first, deep, second] {
        assert_eq!(thread(&world, &ann, seq, 9).await, [root, first, deep, second]);
    }
    assert_eq!(thread(&world, &ann, alone, 9).await, [alone]);
    // Messages as they stand now.
    world.react(&ann, &general(), deep, "👍", true).await.unwrap();
    world.edit(&ann, &general(), first, "edited").await.unwrap();
    world.delete(&ann, &general(), root).await.unwrap();
    let page = world.store.thread(ann.id, general(), deep, Window::Latest, 9).await.unwrap();
    assert!(page.messages[0].deleted_at.is_some() && page.messages[0].body.is_empty());
    assert_eq!((page.messages[1].body.as_str(), page.messages[2].reactions.len()), ("edited", 1));
}

async fn a_long_conversation_is_read_in_parts(world: World) {
    let ann = world.user("ann").await;
    world.post(&ann, &general(), "before it").await;
    let mut numbers = vec![world.post(&ann, &general(), "root").await];
    for _ in 0..12 {
        world.post(&ann, &general(), "between").await;
        numbers.push(answer(&world, &ann, &general(), numbers[numbers.len() / 2]).await);
    }
    let (root, of) = (numbers[0], numbers[12]);
    assert_eq!(thread(&world, &ann, of, 5).await, numbers[..5]);
    assert_eq!(thread(&world, &ann, of, 500).await, numbers);
    let cases = [
        (Window::Latest, 3, &numbers[10..]),
        (Window::Latest, 13, &numbers[..]),
        (Window::Before(numbers[10]), 3, &numbers[7..10]),
        (Window::Before(numbers[2]), 9, &numbers[..2]),
        (Window::Before(numbers[2]), 1, &numbers[1..2]),
        (Window::Before(root), 9, &[]),
        (Window::After(numbers[2]), 3, &numbers[3..6]),
        (Window::After(root), 2, &numbers[1..3]),
        (Window::After(0), 1, &numbers[..1]),
        (Window::After(0), 0, &[]),
        (Window::After(of), 9, &[]),
        (Window::Around(numbers[6]), 4, &numbers[5..9]),
        (Window::Around(root), 4, &numbers[..3]),
        (Window::Around(u64::MAX), 4, &numbers[11..]),
    ];
    for (window, limit, expected) in cases {
        assert_eq!(part(&world, &ann, of, window, limit).await, expected, "{window:?} {limit}");
    }
}

async fn only_members_learn_of_it(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let room = world.room(&ann, "ops").await;
    let seq = world.post(&ann, &room, "hello").await;
    let refused = Some(StoreError::NotAMember);
    assert_eq!(world.store.history(bob.id, room.clone(), seq, 9).await.err(), refused);
    assert_eq!(world.store.thread(bob.id, room.clone(), seq, Window::Latest, 9).await.err(), refused);
    assert_eq!(world.store.mark_unread(bob.id, room, seq).await.err(), refused);
    // Of a direct conversation others may not even know that it is there, administrators neither.
    let carol = world.user("carol").await;
    let (room, _) = world.store.open_dm(world.actor(&bob), vec![Who::Id(carol.id)]).await.unwrap();
    let room = RoomRef::Id(room.id);
    let seq = world.post(&bob, &room, "hello").await;
    let hidden = Some(StoreError::RoomNotFound);
    assert_eq!(world.store.history(ann.id, room.clone(), seq, 9).await.err(), hidden);
    assert_eq!(world.store.thread(ann.id, room.clone(), seq, Window::Latest, 9).await.err(), hidden);
    assert_eq!(world.store.mark_unread(ann.id, room, seq).await.err(), hidden);
}

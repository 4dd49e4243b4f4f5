//! Windows on a room's messages, slices of its log, reactions.

use chat_server::store::{Actor, Draft, RoomRef, SearchQuery, StoreError, Window};
use chat_shared::api::User;
use chat_shared::{Event, Reaction, Seq, Timestamp, limit};

use super::world::{World, draft, general};

for_every_store!(
    windows_show_their_part,
    numbers_beyond_all_bounds_are_harmless,
    the_log_is_cut_by_number_and_by_size,
    pages_tell_who_came_and_went,
    a_crowd_is_cut_and_that_is_said,
    reactions_keep_the_order_of_their_first_appearance,
    reactions_are_limited,
    a_page_of_long_texts_ends_earlier_and_says_so,
    no_event_is_from_before_the_one_before_it,
);

async fn windows_show_their_part(world: World) {
    let ann = world.user("ann").await;
    let room = world.room(&ann, "ops").await;
    let other = world.room(&ann, "other").await;
    // 1 is the join; 2..=11 are messages, with a reaction (12) at the end.
    for number in 0..10 {
        world.post(&ann, &room, &number.to_string()).await;
        world.post(&ann, &other, "elsewhere").await;
    }
    world.react(&ann, &room, 2, "👍", true).await.unwrap();
    let cases = [
        (Window::Latest, 3, vec![9, 10, 11]),
        (Window::Latest, 0, vec![]),
        (Window::Latest, 100, (2..=11).collect()),
        (Window::Before(5), 2, vec![3, 4]),
        (Window::Before(2), 2, vec![]),
        (Window::After(5), 2, vec![6, 7]),
        (Window::After(11), 2, vec![]),
        (Window::After(0), 2, vec![2, 3]),
        (Window::Around(6), 4, vec![5, 6, 7, 8]),
        (Window::Around(6), 5, vec![4, 5, 6, 7, 8]),
        (Window::Around(6), 1, vec![6]),
        (Window::Around(2), 6, vec![2, 3, 4, 5]),
        (Window::Around(11), 6, vec![9, 10, 11]),
    ];
    for (window, limit, expected) in cases {
        assert_eq!(world.numbers(&ann, &room, window, limit).await, expected, "{window:?} {limit}");
    }
    let page = world.store.messages(ann.id, room, Window::Latest, 1).await.unwrap();
    assert_eq!(page.head, 12);
}

/// The numbers of a page's messages, and of its other events.
async fn both(world: &World, user: &User, room: &RoomRef, window: Window, limit: usize) -> (Vec<Seq>, Vec<Seq>) {
    let page = world.store.messages_and_events(user.id, room.clone(), window, limit).await.unwrap();
    let plain = world.store.messages(user.id, room.clone(), window, limit).await.unwrap();
    assert_eq!((page.messages.as_slice(), page.events_from), (plain.messages.as_slice(), None));
    assert!(plain.events.is_empty());
    (page.messages.iter().map(|m| m.seq).collect(), page.events.iter().map(|event| event.seq).collect())
}

async fn pages_tell_who_came_and_went(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let room = world.room(&ann, "ops").await;
    // 1 ann joined; 2, 3 messages; 4 bob joined; 5 a reaction; 6, 7 messages; 8 bob left, 9 a topic; 10 a message; 11 bob joined.
    let first = world.post(&ann, &room, "a").await;
    world.post(&ann, &room, "b").await;
    world.join(&bob, &room).await;
    world.react(&ann, &room, first, "👍", true).await.unwrap();
    world.post(&ann, &room, "c").await;
    world.post(&ann, &room, "d").await;
    world.store.leave(world.actor(&bob), room.clone()).await.unwrap();
    world.store.change_room(world.actor(&ann), room.clone(), None, Some("topic".into())).await.unwrap();
    world.post(&ann, &room, "e").await;
    world.join(&bob, &room).await;
    let cases = [
        (Window::Latest, 99, vec![2, 3, 6, 7, 10], vec![1, 4, 8, 9, 11]),
        (Window::Latest, 5, vec![2, 3, 6, 7, 10], vec![4, 8, 9, 11]),
        (Window::Latest, 1, vec![10], vec![11]),
        (Window::Before(10), 2, vec![6, 7], vec![8, 9]),
        (Window::Before(6), 2, vec![2, 3], vec![4]),
        (Window::Before(2), 2, vec![], vec![1]),
        (Window::Before(1), 2, vec![], vec![]),
        (Window::After(2), 2, vec![3, 6], vec![4]),
        (Window::After(7), 2, vec![10], vec![8, 9, 11]),
        (Window::After(11), 2, vec![], vec![]),
        (Window::Around(6), 4, vec![3, 6, 7, 10], vec![4, 8, 9]),
        (Window::Around(6), 1, vec![6], vec![]),
        (Window::Around(6), 20, vec![2, 3, 6, 7, 10], vec![1, 4, 8, 9, 11]),
        (Window::Around(1), 2, vec![2], vec![1]),
    ];
    for (window, limit, messages, events) in cases {
        assert_eq!(both(&world, &ann, &room, window, limit).await, (messages, events), "{window:?} {limit}");
    }
    // Page by page, from either end, every one of them comes once.
    let (mut seen, mut edge) = (Vec::<Seq>::new(), Seq::MAX);
    loop {
        let (messages, events) = both(&world, &ann, &room, Window::Before(edge), 2).await;
        seen.extend(&events);
        if messages.len() < 2 {
            break;
        }
        edge = messages[0];
    }
    seen.sort_unstable();
    assert_eq!(seen, [1, 4, 8, 9, 11]);
    for window in [Window::After(u64::MAX), Window::Around(u64::MAX)] {
        both(&world, &ann, &room, window, usize::MAX).await;
    }
}

async fn a_crowd_is_cut_and_that_is_said(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let room = world.room(&ann, "ops").await;
    for _ in 0..limit::PAGE_MAX / 2 {
        world.join(&bob, &room).await;
        world.store.leave(world.actor(&bob), room.clone()).await.unwrap();
    }
    let page = async || world.store.messages_and_events(ann.id, room.clone(), Window::Latest, 9).await.unwrap();
    let cut = page().await;
    assert_eq!((cut.events.len(), cut.events_from), (limit::PAGE_MAX, Some(2)), "ann's own coming is too much");
    assert_eq!(cut.events[0].seq, 2);
    world.post(&ann, &room, "hello").await;
    let page = world.store.messages_and_events(ann.id, room.clone(), Window::Latest, 1).await.unwrap();
    assert_eq!((page.events.len(), page.events_from), (0, None));
}

async fn numbers_beyond_all_bounds_are_harmless(world: World) {
    let ann = world.user("ann").await;
    let room = world.room(&ann, "ops").await;
    world.post(&ann, &room, "x").await;
    let next = world.room(&ann, "next").await;
    world.post(&ann, &next, "y").await;
    for huge in [1 << 40, (1 << 40) - 1, u64::MAX, i64::MAX as u64] {
        assert!(world.numbers(&ann, &room, Window::After(huge), usize::MAX).await.is_empty());
        assert_eq!(world.numbers(&ann, &room, Window::Before(huge), usize::MAX).await, [2]);
        assert_eq!(world.numbers(&ann, &room, Window::Around(huge), usize::MAX).await, [2]);
        assert!(world.store.events(ann.id, room.clone(), huge, usize::MAX).await.unwrap().events.is_empty());
    }
    assert!(world.numbers(&ann, &room, Window::Before(0), 9).await.is_empty());
}

async fn the_log_is_cut_by_number_and_by_size(world: World) {
    let ann = world.user("ann").await;
    let room = world.summary(&ann, &general()).await.id;
    for _ in 0..5 {
        world.post(&ann, &general(), &"x".repeat(1000)).await;
    }
    let log = |after, limit, max_bytes| {
        let store = world.store.clone();
        async move {
            let events = store.log(room, after, limit, max_bytes).await.unwrap();
            events.iter().map(|event| event.seq).collect::<Vec<_>>()
        }
    };
    assert_eq!(log(0, 100, usize::MAX).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(log(2, 2, usize::MAX).await, [3, 4]);
    assert_eq!(log(1, 100, 2500).await, [2, 3]);
    assert_eq!(log(1, 100, 0).await, [2], "one at least, or nobody would get on");
    assert_eq!(log(6, 100, 0).await, Vec::<u64>::new());
    let page = world.store.events(ann.id, general(), 4, 1).await.unwrap();
    assert_eq!((page.events.len(), page.events[0].seq, page.head), (1, 5, 6));
}

async fn reactions_keep_the_order_of_their_first_appearance(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let seq = world.post(&ann, &general(), "x").await;
    let react = |user, emoji, add| {
        let world = &world;
        async move { world.react(user, &general(), seq, emoji, add).await.unwrap().is_some() }
    };
    assert!(react(&ann, "👍", true).await);
    assert!(!react(&ann, "👍", true).await, "twice is once");
    assert!(react(&bob, "🎉", true).await);
    assert!(react(&bob, "👍", true).await);
    assert!(react(&ann, "👍", false).await);
    assert!(!react(&ann, "👍", false).await);
    let reaction = |emoji: &str, count, mine| Reaction { emoji: emoji.into(), count, mine };
    let seen = world.message(&bob, &general(), seq).await.reactions;
    assert_eq!(seen, [reaction("👍", 1, true), reaction("🎉", 1, true)]);
    assert!(react(&bob, "👍", false).await);
    assert!(react(&ann, "👍", true).await);
    let seen = world.message(&bob, &general(), seq).await.reactions;
    assert_eq!(seen, [reaction("🎉", 1, true), reaction("👍", 1, false)], "who comes back comes last");
}

async fn reactions_are_limited(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let seq = world.post(&ann, &general(), "x").await;
    let emoji = |number: usize| char::from_u32(0x1F600 + u32::try_from(number).unwrap()).unwrap().to_string();
    for number in 0..limit::EMOJI_PER_MESSAGE {
        world.react(&ann, &general(), seq, &emoji(number), true).await.unwrap().unwrap();
    }
    let another = emoji(limit::EMOJI_PER_MESSAGE);
    assert_eq!(world.react(&bob, &general(), seq, &another, true).await.err(), Some(StoreError::TooManyReactions));
    world.react(&bob, &general(), seq, &emoji(0), true).await.unwrap().expect("one that is there may grow");
    world.react(&ann, &general(), seq, &emoji(1), false).await.unwrap().unwrap();
    world.react(&bob, &general(), seq, &another, true).await.unwrap().expect("there is room again");
}

async fn no_event_is_from_before_the_one_before_it(world: World) {
    let ann = world.user("ann").await;
    let at = |ms: i64| Actor { user: ann.clone(), at: Timestamp::from_ms(1_900_000_000_000 + ms) };
    let post = |ms| world.store.post(at(ms), draft(general(), "x"));
    let since = |event: &Event| event.at.as_ms() - 1_900_000_000_000;
    assert_eq!(since(&post(5_000).await.unwrap()), 5_000);
    // They came earlier, and waited for longer.
    let second = post(4_900).await.unwrap();
    let edited = world.store.edit(at(0), general(), second.seq, "y".into(), Vec::new()).await.unwrap().unwrap();
    assert_eq!((since(&second), since(&edited)), (5_000, 5_000));
    assert_eq!(world.message(&ann, &general(), second.seq).await.edited_at, Some(edited.at));
    assert_eq!(world.summary(&ann, &general()).await.last_message_at, Some(second.at));
    let deleted = world.store.delete(at(6_000), general(), second.seq).await.unwrap().unwrap();
    assert_eq!(since(&deleted), 6_000);
    // The clock was wrong, and was set right.
    let (far, right) = (post(500_000).await.unwrap(), post(7_000).await.unwrap());
    assert_eq!((since(&far), since(&right)), (500_000, 7_000));
}

async fn a_page_of_long_texts_ends_earlier_and_says_so(world: World) {
    let ann = world.user("ann").await;
    let room = world.room(&ann, "ops").await;
    // 2 to 10 are messages, of which four fit into a page; 1 is the join.
    let long = format!("word {}", "x".repeat(limit::PAGE_BYTES / 4 - 20));
    for _ in 0..9 {
        world.post(&ann, &room, &long).await;
    }
    let page = async |window, limit| {
        let page = world.store.messages(ann.id, room.clone(), window, limit).await.unwrap();
        (page.messages.iter().map(|message| message.seq).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(page(Window::Latest, 50).await, (vec![7, 8, 9, 10], true));
    assert_eq!(page(Window::Before(7), 50).await, (vec![3, 4, 5, 6], true));
    assert_eq!(page(Window::Before(3), 50).await, (vec![2], false));
    assert_eq!(page(Window::After(2), 50).await, (vec![3, 4, 5, 6], true));
    assert_eq!(page(Window::Latest, 4).await, (vec![7, 8, 9, 10], false), "all that was asked for");
    assert_eq!(page(Window::Around(6), 50).await, (vec![5, 6, 7, 8], true));
    let events = world.store.events(ann.id, room.clone(), 1, 50).await.unwrap();
    assert_eq!((events.events.len(), events.head), (4, 10));
    let query = SearchQuery { text: "word".into(), room: None, from: None, before: None, limit: 50 };
    let found = world.store.search(ann.id, query).await.unwrap();
    assert_eq!((found.messages.len(), found.more), (4, true));
    // One that is larger than any page is a page.
    let seq = world.post(&ann, &room, &"x".repeat(2 * limit::PAGE_BYTES)).await;
    assert_eq!(page(Window::Latest, 50).await, (vec![seq], true));
    for number in 0..5 {
        world.edit(&ann, &room, seq, &format!("{number}{long}")).await.unwrap();
    }
    assert_eq!(world.store.history(ann.id, room.clone(), seq, 50).await.unwrap().versions.len(), 4);
    for _ in 0..5 {
        let answer = Draft { reply_to: Some(seq), ..draft(room.clone(), &long) };
        world.try_post(&ann, answer).await.unwrap();
    }
    let thread = world.store.thread(ann.id, room, seq, Window::After(0), 50).await.unwrap();
    assert_eq!((thread.messages.len(), thread.more), (4, true));
}

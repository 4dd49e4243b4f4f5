//! Full-text search.

use chat_server::store::{Actor, RoomRef, SearchQuery, StoreError};
use chat_shared::Timestamp;
use chat_shared::api::User;

use super::world::{World, draft, general};

for_every_store!(
    words_are_found_as_people_mean_them,
    it_is_never_a_syntax_error,
    filters_narrow_it,
    only_own_rooms,
    whatever_was_answered_is_found,
    a_small_room_beside_a_large_one,
    what_was_posted_before_some_time,
);

fn query(text: &str) -> SearchQuery {
    SearchQuery { text: text.into(), room: None, from: None, before: None, limit: 50 }
}

/// Bodies of what is found.
async fn search(world: &World, user: &User, query: SearchQuery) -> Vec<String> {
    let found = world.store.search(user.id, query).await.unwrap().messages;
    found.into_iter().map(|message| message.body).collect()
}

async fn words_are_found_as_people_mean_them(world: World) {
    let ann = world.user("ann").await;
    let first = world.post(&ann, &general(), "Der Café-Besuch war schön").await;
    world.post(&ann, &general(), "cafe closed; the visit was short").await;
    assert_eq!(search(&world, &ann, query("CAFE")).await.len(), 2);
    assert_eq!(search(&world, &ann, query("cafe visit")).await, ["cafe closed; the visit was short"]);
    assert_eq!(search(&world, &ann, query("visit was")).await.len(), 1);
    assert_eq!(search(&world, &ann, query("\"was visit\"")).await.len(), 0);
    assert_eq!(search(&world, &ann, query("\"visit was\"")).await.len(), 1);
    assert_eq!(search(&world, &ann, query("caf")).await.len(), 0);
    // An edit moves a message from its old words to its new ones.
    world.edit(&ann, &general(), first, "Der Tee war gut").await.unwrap();
    assert_eq!(search(&world, &ann, query("besuch")).await.len(), 0);
    assert_eq!(search(&world, &ann, query("tee")).await, ["Der Tee war gut"]);
    world.edit(&ann, &general(), first, "Der Kaffee war gut").await.unwrap();
    assert_eq!(search(&world, &ann, query("tee")).await.len(), 0);
    assert_eq!(search(&world, &ann, query("war gut")).await.len(), 1);
}

async fn it_is_never_a_syntax_error(world: World) {
    let ann = world.user("ann").await;
    world.post(&ann, &general(), "one AND two NOT three").await;
    let nasty = [
        "",
        " ",
        "\"",
        "\"\"",
        "\"\"\"",
        "\" \"",
        "*",
        "^one",
        "a*",
        "(",
        ")",
        "one)",
        "body:one",
        "one NEAR two",
        "NEAR(",
        "AND",
        "OR NOT",
        "-",
        "--",
        "'",
        "';--",
        "\0",
        "one\0two",
        "{",
        "}",
        "+",
        "\\",
        "%",
        "🎉",
        "!!!",
        "\u{202E}",
    ];
    for text in nasty {
        search(&world, &ann, query(text)).await;
    }
    for text in ["", "!!!", "\"\"", "🎉", "\0"] {
        assert!(search(&world, &ann, query(text)).await.is_empty(), "{text:?}");
    }
    assert_eq!(search(&world, &ann, query("one !!! two")).await.len(), 1);
    assert_eq!(search(&world, &ann, query("AND")).await.len(), 1);
    assert_eq!(search(&world, &ann, query("\"one and")).await.len(), 1, "a quote that stays open");
    search(&world, &ann, query(&"one ".repeat(5000))).await;
    search(&world, &ann, query(&"\"one two\" ".repeat(5000))).await;
    assert!(search(&world, &ann, query(&"x".repeat(100_000))).await.is_empty());
}

async fn filters_narrow_it(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let ops = world.room(&ann, "ops").await;
    world.join(&bob, &ops).await;
    for (user, room, body) in [(&ann, general(), "x 1"), (&bob, ops.clone(), "x 2"), (&ann, ops.clone(), "x 3")] {
        world.post(user, &room, body).await;
    }
    let seq = world.post(&bob, &general(), "x 4").await;
    assert_eq!(search(&world, &ann, query("x")).await, ["x 4", "x 3", "x 2", "x 1"]);
    assert_eq!(search(&world, &ann, SearchQuery { limit: 2, ..query("x") }).await, ["x 4", "x 3"]);
    assert_eq!(search(&world, &ann, SearchQuery { room: Some(ops), ..query("x") }).await, ["x 3", "x 2"]);
    assert_eq!(search(&world, &ann, SearchQuery { from: Some("bob".into()), ..query("x") }).await, ["x 4", "x 2"]);
    assert!(search(&world, &ann, SearchQuery { from: Some("nobody".into()), ..query("x") }).await.is_empty());
    let before = Some(world.message(&ann, &general(), seq).await.at);
    assert_eq!(search(&world, &ann, SearchQuery { before, limit: 1, ..query("x") }).await, ["x 3"]);
    // What is found carries its reactions.
    world.react(&ann, &general(), seq, "👍", true).await.unwrap();
    let found = world.store.search(ann.id, query("4")).await.unwrap().messages;
    assert_eq!(found, [world.message(&ann, &general(), seq).await]);
    assert_eq!(found[0].reactions.len(), 1);
}

async fn whatever_was_answered_is_found(world: World) {
    let ann = world.user("ann").await;
    let rooms = [general(), world.room(&ann, "other").await];
    let all = SearchQuery { limit: 5_000, ..query("word") };
    let mut count = 0;
    // Few and many, so that a store that indexes in groups is asked before, in and after them.
    for (round, posts) in [1, 700, 3, 512, 513, 0, 40].into_iter().enumerate() {
        let posting = (0..posts).map(|number| world.post(&ann, &rooms[number % 2], "a word"));
        futures_util::future::join_all(posting).await;
        let kept = world.post(&ann, &general(), &format!("word and round{round}")).await;
        let deleted = world.post(&ann, &general(), "a deleted word").await;
        world.delete(&ann, &general(), deleted).await.unwrap();
        let edited = world.post(&ann, &general(), "an edited word").await;
        world.edit(&ann, &general(), edited, "something else").await.unwrap();
        count += posts + 1;
        assert_eq!(search(&world, &ann, all.clone()).await.len(), count);
        assert_eq!(search(&world, &ann, query("word")).await[0], format!("word and round{round}"));
        // What is found already changes, too.
        world.edit(&ann, &general(), kept, &format!("word and again{round}")).await.unwrap();
        assert_eq!(search(&world, &ann, query(&format!("round{round}"))).await.len(), 0);
        assert_eq!(search(&world, &ann, query(&format!("again{round} word"))).await.len(), 1);
    }
}

async fn a_small_room_beside_a_large_one(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let ops = world.room(&ann, "ops").await;
    world.join(&bob, &ops).await;
    let elsewhere = general();
    let crowd = || futures_util::future::join_all((0..600).map(|_| world.post(&ann, &elsewhere, "needle")));
    crowd().await;
    world.post(&ann, &ops, "needle 1").await;
    world.post(&bob, &ops, "needle 2").await;
    world.post(&ann, &ops, "hay").await;
    crowd().await;
    let here = SearchQuery { room: Some(ops), ..query("needle") };
    assert_eq!(search(&world, &ann, here.clone()).await, ["needle 2", "needle 1"]);
    assert_eq!(search(&world, &ann, SearchQuery { from: Some("ann".into()), ..here.clone() }).await, ["needle 1"]);
    assert_eq!(search(&world, &ann, SearchQuery { text: "needle 2".into(), ..here.clone() }).await, ["needle 2"]);
    assert_eq!(search(&world, &ann, SearchQuery { text: "!!!".into(), ..here.clone() }).await.len(), 0);
    assert_eq!(search(&world, &ann, SearchQuery { text: "one ".repeat(5_000), ..here.clone() }).await.len(), 0);
    assert_eq!(search(&world, &ann, SearchQuery { from: Some("bob".into()), ..query("needle") }).await, ["needle 2"]);
    assert_eq!(search(&world, &ann, query("needle")).await, ["needle"; 50]);
    // Nobody can search for how a store marks rooms and authors.
    for number in 0..4 {
        assert_eq!(search(&world, &ann, query(&format!("r{number}"))).await.len(), 0);
        assert_eq!(search(&world, &ann, query(&format!("u{number}"))).await.len(), 0);
    }
}

async fn what_was_posted_before_some_time(world: World) {
    const COUNT: i64 = 1_700;
    let ann = world.user("ann").await;
    let start = world.now().as_ms();
    // The clock goes in steps of 100, and is set back on the way, by more than a store takes for a delay.
    let clock = |number: i64| start + 100 * number - if number < 1_000 { 0 } else { 70_000 };
    let mut posted = Vec::new();
    for group in (0..COUNT).collect::<Vec<_>>().chunks(300) {
        let posting = group.iter().map(|&number| {
            let actor = Actor { user: ann.clone(), at: Timestamp::from_ms(clock(number)) };
            world.store.post(actor, draft(general(), &format!("word {number}")))
        });
        let events = futures_util::future::try_join_all(posting).await.unwrap();
        posted.extend(events.iter().zip(group).map(|(event, number)| (event.at.as_ms(), event.seq, *number)));
        // So that the index of a store that has one grows in small pieces, too.
        assert_eq!(search(&world, &ann, query(&group[0].to_string())).await.len(), 1);
    }
    posted.sort_by_key(|&(_, seq, _)| seq);
    assert!(posted.windows(2).any(|pair| pair[1].0 < pair[0].0 - 50_000), "it was set back");
    posted.sort_by_key(|&(at, seq, _)| std::cmp::Reverse((at, seq)));
    for time in
        [-1, 0, 1, 100, 29_999, 30_000, 30_001, 75_000, 99_900, 99_901, 110_000, 999_999].map(|after| start + after)
    {
        let wanted = posted.iter().filter(|&&(at, ..)| at < time).map(|(_, _, number)| format!("word {number}"));
        let before = SearchQuery { before: Some(Timestamp::from_ms(time)), limit: 5_000, ..query("word") };
        assert!(search(&world, &ann, before).await.into_iter().eq(wanted), "{}", time - start);
    }
}

async fn only_own_rooms(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let ops = world.room(&ann, "ops").await;
    world.post(&ann, &ops, "needle").await;
    assert!(search(&world, &bob, query("needle")).await.is_empty());
    let named = SearchQuery { room: Some(ops.clone()), ..query("needle") };
    assert_eq!(world.store.search(bob.id, named).await.err(), Some(StoreError::NotAMember));
    let nowhere = SearchQuery { room: Some(RoomRef::Name("nowhere".into())), ..query("") };
    assert_eq!(world.store.search(bob.id, nowhere).await.err(), Some(StoreError::RoomNotFound));
    world.join(&bob, &ops).await;
    assert_eq!(search(&world, &bob, query("needle")).await, ["needle"], "history is for those who join, too");
    world.store.leave(world.actor(&bob), ops).await.unwrap();
    assert!(search(&world, &bob, query("needle")).await.is_empty());
}

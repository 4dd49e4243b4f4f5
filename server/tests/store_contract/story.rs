//! One story through all of the store, as a newcomer's first day goes.

use chat_server::store::{RoomRef, SearchQuery, StoreError, Window};
use chat_shared::api::{RoomKind, User};
use chat_shared::{Event, EventKind, Message};

use super::world::{World, draft, general, room_name, token, user_name};

for_every_store!(a_first_day);

async fn a_first_day(world: World) {
    let store = world.store.clone();
    store.ping().await.unwrap();

    // Ann comes first, and runs the place.
    let ann = world.user("Ann").await;
    let bob = world.user("bob").await;
    check_accounts(&world, &ann, &bob).await;

    // Everyone is in general; Ann makes another room, Bob finds and joins it.
    let made =
        store.create_room(world.actor(&ann), room_name("Ops"), "on fire".into(), RoomKind::Public).await.unwrap();
    assert_eq!((made.head, made.read, made.unread, made.members), (1, 1, 0, 1));
    let listed = store.rooms(bob.id).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|room| (room.name.as_str(), room.joined, room.members)).collect();
    assert_eq!(listed, [("general", true, 2), ("Ops", false, 1)]);
    let ops = RoomRef::Name("ops".into());
    let joined = world.join(&bob, &ops).await;
    assert_eq!((joined.id, joined.head, joined.read, joined.members), (made.id, 2, 2, 2));

    // They talk.
    let first = world.post(&ann, &ops, "the disk is full, @bob").await;
    assert_eq!(world.counts(&bob, &ops).await, (1, 1));
    let mut answer = draft(ops.clone(), "on it");
    answer.reply_to = Some(first);
    let answer = world.try_post(&bob, answer).await.unwrap().seq;
    world.edit(&bob, &ops, answer, "done: 40 % free").await.unwrap().unwrap();
    world.react(&ann, &ops, answer, "👍", true).await.unwrap().unwrap();
    let (room, read) = store.mark_read(bob.id, ops.clone(), first).await.unwrap();
    assert_eq!((room, read.seq, read.unread, read.mentions), (made.id, first, 0, 0));

    // What they said stands there.
    let page = store.messages(ann.id, ops.clone(), Window::Latest, 50).await.unwrap();
    assert_eq!(page.head, 6);
    let said: Vec<_> = page.messages.iter().map(|message| (message.name.as_str(), message.body.as_str())).collect();
    assert_eq!(said, [("Ann", "the disk is full, @bob"), ("bob", "done: 40 % free")]);
    assert_eq!(page.messages[1].reply_to, Some(first));
    assert!(page.messages[1].edited_at.is_some());
    assert_eq!((page.messages[1].reactions[0].count, page.messages[1].reactions[0].mine), (1, true));

    // It can be found, and described anew.
    let query = SearchQuery { text: "free".into(), room: None, from: None, before: None, limit: 10 };
    assert_eq!(store.search(ann.id, query).await.unwrap().messages, [page.messages[1].clone()]);
    let changed = store.change_room(world.actor(&bob), ops.clone(), None, Some("calm".into())).await.unwrap();
    assert_eq!((changed.topic.as_str(), changed.head), ("calm", 7));

    // Bob goes home.
    store.leave(world.actor(&bob), ops.clone()).await.unwrap();
    assert_eq!(store.summary(bob.id, ops.clone()).await, Err(StoreError::NotAMember));
    assert_eq!(store.arrival(bob.id).await.unwrap().memberships.len(), 1);
    let memberships = store.arrival(ann.id).await.unwrap().memberships;
    let here = memberships.iter().find(|membership| membership.room == made.id).unwrap();
    let read = store.summary(ann.id, ops.clone()).await.unwrap().read;
    assert_eq!((here.head, here.oldest, here.settings, here.read), (8, 1, made.settings, read));

    // The log tells it all, and the observer heard the same.
    let events = world.events(&ann, &ops).await;
    let heard: Vec<_> = world.heard.of(made.id).iter().map(|event| (**event).clone()).collect();
    assert_eq!(events, heard);
    assert_eq!(store.log(made.id, 0, 100, usize::MAX).await.unwrap(), heard);
    assert!(matches!(&events[7].kind, EventKind::Left { user } if user.id == bob.id && user.name == "bob"));
    let topic = EventKind::RoomChanged { name: "Ops".into(), topic: "calm".into() };
    assert_eq!(events[6].kind, topic);

    drop(store);
    check_next_morning(world, ann, bob, events).await;
}

async fn check_accounts(world: &World, ann: &User, bob: &User) {
    let store = &world.store;
    assert!(ann.admin && !bob.admin);
    assert_eq!(
        store.register(user_name("ANN"), "x".into(), token("ANN"), world.now()).await,
        Err(StoreError::NameTaken)
    );
    let account = store.account("ann".into()).await.unwrap().unwrap();
    assert_eq!((account.user, account.password_hash.as_str()), (ann.clone(), "hash of Ann"));
    assert_eq!(store.account("nobody".into()).await, Ok(None));

    // Tokens come and go.
    assert_eq!(store.token_owner(token("bob")).await, Ok(Some(bob.clone())));
    store.add_token(bob.id, token("bob's phone"), world.now()).await.unwrap();
    store.revoke_token(token("bob")).await.unwrap();
    store.revoke_token(token("bob")).await.unwrap();
    assert_eq!(store.token_owner(token("bob")).await, Ok(None));
    assert_eq!(store.token_owner(token("bob's phone")).await, Ok(Some(bob.clone())));
}

/// After a restart, all of it is still there.
async fn check_next_morning(world: World, ann: User, bob: User, events: Vec<Event>) {
    let ops = RoomRef::Name("ops".into());
    let epoch = world.store.epoch();
    let before = (world.store.summaries(ann.id).await, page_of(&world, &ann).await);
    let world = world.reopen();
    assert_eq!(world.store.epoch(), epoch);
    assert_eq!((world.store.summaries(ann.id).await, page_of(&world, &ann).await), before);
    assert_eq!(world.events(&ann, &ops).await, events);
    assert_eq!(world.store.token_owner(token("bob's phone")).await, Ok(Some(bob)));
    assert_eq!(world.post(&ann, &general(), "good morning").await, 3);
}

async fn page_of(world: &World, user: &User) -> Vec<Message> {
    world.page(user, &RoomRef::Name("ops".into()), Window::Latest, 50).await
}

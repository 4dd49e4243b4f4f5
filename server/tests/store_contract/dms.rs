//! Direct conversations, and how each member wants a room.

use chat_server::store::{Arrival, RoomRef, SearchQuery, StoreError, Who, Window};
use chat_shared::api::{ChangeSettings, Level, RoomKind, RoomSettings, User};
use chat_shared::{EventKind, UserId};
use uuid::Uuid;

use super::world::{World, draft, general, room_name};

for_every_store!(
    each_set_of_people_has_one_room,
    it_stays_between_its_people,
    everyone_comes_in_one_commit,
    settings_are_ones_own_and_last,
);

fn named(name: &str) -> Who {
    Who::Name(name.into())
}

async fn each_set_of_people_has_one_room(world: World) {
    let (ann, bob, eve) = (world.user("ann").await, world.user("bob").await, world.user("eve").await);
    let open = |user: &User, people: Vec<Who>| world.store.open_dm(world.actor(user), people);
    let (room, made) = open(&ann, vec![named("bob")]).await.unwrap();
    assert!(made);
    assert_eq!((room.kind, room.name.as_str(), room.members), (RoomKind::Dm, "", 2));
    assert_eq!(room.people.iter().map(|user| user.id).collect::<Vec<_>>(), [bob.id]);
    // From the other side, twice the same, and with oneself named: the same room.
    let (seen, made) = open(&bob, vec![Who::Id(ann.id), named("bob"), named("ann")]).await.unwrap();
    assert_eq!((seen.id, made, seen.people[0].name.as_str()), (room.id, false, "ann"));
    let (three, _) = open(&eve, vec![named("bob"), named("ann")]).await.unwrap();
    assert_eq!(three.people.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["ann", "bob"]);
    let (notes, _) = open(&ann, vec![named("ann")]).await.unwrap();
    assert_eq!((notes.people.len(), notes.members), (0, 1));
    assert_eq!(open(&ann, vec![named("bob"), named("zoe")]).await.err(), Some(StoreError::UserNotFound));

    let mut partners = world.store.dm_partners(ann.id).await.unwrap();
    partners.sort();
    assert_eq!(partners, [bob.id, eve.id], "each once, in the order of their coming");
    let arrival = world.store.arrival(ann.id).await.unwrap();
    let mut met = arrival.partners;
    met.sort();
    assert_eq!((met, arrival.memberships.len()), (partners, 4), "what a session begins with is one snapshot");
    assert_eq!(world.store.arrival(UserId(Uuid::nil())).await.unwrap(), Arrival::default(), "nobody");
    let summaries = world.store.summaries(ann.id).await.unwrap();
    assert_eq!(summaries[0].name, "general");
    assert_eq!(summaries[1..].iter().map(|room| room.people.len()).collect::<Vec<_>>(), [1, 2, 0]);
    let world = world.reopen();
    assert_eq!(world.store.open_dm(world.actor(&ann), vec![named("bob")]).await.unwrap().0.id, room.id);
}

async fn it_stays_between_its_people(world: World) {
    let (ann, bob, eve) = (world.user("ann").await, world.user("bob").await, world.user("eve").await);
    let room = RoomRef::Id(world.store.open_dm(world.actor(&bob), vec![named("eve")]).await.unwrap().0.id);
    let seq = world.post(&bob, &room, "a secret for @eve").await;
    let summary = world.summary(&eve, &room).await;
    assert_eq!((summary.unread, summary.mentions), (1, 1));
    // Ann administers the server, and still does not learn of it.
    let hidden = Some(StoreError::RoomNotFound);
    let store = &world.store;
    assert_eq!(store.join(world.actor(&ann), room.clone()).await.err(), hidden);
    assert_eq!(store.messages(ann.id, room.clone(), Window::Latest, 9).await.err(), hidden);
    assert_eq!(world.try_post(&ann, draft(room.clone(), "x")).await.err(), hidden);
    assert_eq!(world.delete(&ann, &room, seq).await.err(), hidden);
    assert_eq!(store.change_settings(ann.id, room.clone(), ChangeSettings::default()).await.err(), hidden);
    assert!(store.rooms(eve.id).await.unwrap().iter().all(|room| room.kind != RoomKind::Dm));
    let found = |user: &User| {
        let query = SearchQuery { text: "secret".into(), room: None, from: None, before: None, limit: 9 };
        store.search(user.id, query)
    };
    assert_eq!((found(&eve).await.unwrap().messages.len(), found(&ann).await.unwrap().messages.len()), (1, 0));
    // And nobody leaves it, or gives it a name.
    assert_eq!(store.leave(world.actor(&eve), room.clone()).await.err(), Some(StoreError::Forbidden));
    let renamed = store.change_room(world.actor(&bob), room.clone(), Some(room_name("ours")), None).await;
    assert_eq!(renamed.err(), Some(StoreError::Forbidden));
}

async fn everyone_comes_in_one_commit(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let (room, _) = world.store.open_dm(world.actor(&bob), vec![Who::Id(ann.id)]).await.unwrap();
    let heard = world.heard.of(room.id);
    let came: Vec<_> = heard
        .iter()
        .map(|event| {
            let EventKind::Joined { user } = &event.kind else { panic!("{event:?}") };
            (event.seq, event.by, user.id)
        })
        .collect();
    assert_eq!(came, [(1, bob.id, ann.id), (2, bob.id, bob.id)]);
    assert_eq!((room.head, room.unread), (2, 0));
}

async fn settings_are_ones_own_and_last(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let change = async |user: &User, level, favourite| {
        let change = ChangeSettings { level, favourite, place: None };
        world.store.change_settings(user.id, general(), change).await.unwrap().1
    };
    let muted = RoomSettings { level: Level::Nothing, ..RoomSettings::default() };
    assert_eq!(change(&ann, Some(Level::Nothing), None).await, muted);
    let both = RoomSettings { favourite: true, place: Some(1), ..muted };
    assert_eq!(change(&ann, None, Some(true)).await, both, "what is absent stays");
    assert_eq!(change(&ann, None, None).await, both);
    assert_eq!(world.summary(&bob, &general()).await.settings, RoomSettings::default());
    let world = world.reopen();
    assert_eq!(world.summary(&ann, &general()).await.settings, both);
}

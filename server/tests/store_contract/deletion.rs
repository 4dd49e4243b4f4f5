//! What is deleted is gone from everything that can be read.

use chat_server::store::{SearchQuery, Window};
use chat_shared::EventKind;

use super::world::{World, general};

for_every_store!(a_deleted_message_leaves_its_number_only);

async fn a_deleted_message_leaves_its_number_only(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let seq = world.post(&ann, &general(), "secret one").await;
    let answer = world.post(&bob, &general(), "what?").await;
    world.edit(&ann, &general(), seq, "secret two").await.unwrap();
    world.edit(&ann, &general(), seq, "secret three @bob").await.unwrap();
    world.react(&bob, &general(), seq, "👍", true).await.unwrap();
    let deleted = world.delete(&ann, &general(), seq).await.unwrap().unwrap();

    let message = world.message(&bob, &general(), seq).await;
    assert_eq!((message.body.as_str(), message.edited_at, message.deleted_at), ("", None, Some(deleted.at)));
    assert!(message.reactions.is_empty());
    assert_eq!((message.by, message.name.as_str()), (ann.id, "ann"));
    assert_eq!(world.numbers(&bob, &general(), Window::Latest, 9).await, [seq, answer]);

    let events = world.events(&bob, &general()).await;
    assert!(!format!("{events:?}").contains("secret"), "{events:?}");
    assert!(matches!(&events[seq as usize - 1].kind, EventKind::Posted { body, .. } if body.is_empty()));
    let edits = events.iter().filter(|event| matches!(event.kind, EventKind::Edited { .. })).count();
    assert_eq!(edits, 2, "they keep their numbers");

    for word in ["secret", "one", "two", "three"] {
        let query = SearchQuery { text: word.into(), room: None, from: None, before: None, limit: 9 };
        assert!(world.store.search(bob.id, query).await.unwrap().messages.is_empty(), "{word}");
    }
    assert_eq!(world.counts(&bob, &general()).await, (0, 0));
}

//! What the server sends of messages, events, people and rooms, made harmless: once, when it comes in. Pure.

use chat_shared::api::RoomListing;
use chat_shared::limit::{ROOM_NAME_CHARS, USER_NAME_CHARS};
use chat_shared::{Event, EventKind, Message, RoomId, UserRef};

use super::text::{clean_block, clean_line, clean_short};

/// Characters of a topic that are kept; the server's limit is in bytes and lower.
pub(crate) const TOPIC_CHARS: usize = 1024;

/// Rooms that a list shows at most.
const LISTED_MAX: usize = 20_000;

/// Makes every text of a message harmless, once; and it is of the room that was asked for.
pub(crate) fn clean_message(message: &mut Message, room: RoomId) {
    message.room = room;
    message.name = clean_short(&message.name, USER_NAME_CHARS);
    message.body = clean_block(&message.body);
    for reaction in &mut message.reactions {
        reaction.emoji = clean_line(&reaction.emoji);
    }
}

/// Makes every text of an event harmless, once.
pub(crate) fn clean_event(mut event: Event) -> Event {
    event.name = clean_short(&event.name, USER_NAME_CHARS);
    match &mut event.kind {
        EventKind::Posted { body, .. } | EventKind::Edited { body, .. } => *body = clean_block(body),
        EventKind::ReactionAdded { emoji, .. } | EventKind::ReactionRemoved { emoji, .. } => *emoji = clean_line(emoji),
        EventKind::Joined { user } | EventKind::Left { user } => user.name = clean_short(&user.name, USER_NAME_CHARS),
        EventKind::RoomChanged { name, topic } => (*name, *topic) = (clean_line(name), clean_line(topic)),
        EventKind::Deleted { .. } | EventKind::Unknown => {}
    }
    event
}

/// The others of a conversation, made harmless.
pub(crate) fn clean_people(people: &[UserRef]) -> Vec<UserRef> {
    people.iter().map(|user| UserRef { id: user.id, name: clean_short(&user.name, USER_NAME_CHARS) }).collect()
}

/// The rooms of the server as they are kept: clean, and not more than fit.
pub(crate) fn listed(rooms: Vec<RoomListing>) -> Vec<RoomListing> {
    let clean = |mut room: RoomListing| {
        room.name = clean_short(&room.name, ROOM_NAME_CHARS);
        room.topic = clean_short(&room.topic, TOPIC_CHARS);
        room
    };
    rooms.into_iter().take(LISTED_MAX).map(clean).collect()
}

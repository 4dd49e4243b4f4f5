//! Runs one call of the interface against the server, and says how it ended.

use crate::app::effect::{PageFrom, Unsent};
use crate::app::panels::versions;
use crate::app::{Done, Effect};
use crate::failure::Failure;
use crate::net::api::{Api, Part, Wanted};

/// Effects whose order matters to others: they run one after the other. (Posts are put in order by the interface itself, which
/// waits for each before it sends the next of a room.)
pub(super) fn is_ordered(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Edit { .. }
            | Effect::Delete { .. }
            | Effect::React { .. }
            | Effect::Leave { .. }
            | Effect::ChangeSettings { .. }
            | Effect::SetTopic { .. }
            | Effect::MarkRead { .. }
            | Effect::MarkUnread { .. }
    )
}

/// Whether the user would lose something if it were not finished.
pub(super) fn is_precious(effect: &Effect) -> bool {
    matches!(effect, Effect::Post { .. })
}

/// Performs a call. `None` where a success needs no words: it arrives as an event.
pub(super) async fn call(api: &Api, effect: Effect) -> Option<Done> {
    match attempt(api, &effect).await {
        Ok(done) => done,
        Err(failure) => failed(effect, failure),
    }
}

async fn attempt(api: &Api, effect: &Effect) -> Result<Option<Done>, Failure> {
    let done = match effect {
        Effect::Post { key, room, body, reply_to } => {
            let event = api.post(&room.to_string(), key, body, *reply_to).await?;
            Done::Posted { key: key.clone(), result: Ok(Box::new(event)) }
        }
        Effect::LoadPage { room, from, limit } => {
            let page = api.messages(&room.to_string(), part(*from), *limit).await?;
            Done::Page { room: *room, from: *from, result: Ok(Box::new(page)) }
        }
        Effect::LoadThread { room, seq, from, limit } => {
            let page = api.thread(&room.to_string(), *seq, part(*from), *limit).await?;
            Done::Thread { room: *room, seq: *seq, from: *from, result: Ok(Box::new(page)) }
        }
        Effect::LoadHistory { room, seq } => {
            let history = api.history(&room.to_string(), *seq, versions::LIMIT).await?;
            Done::History { room: *room, seq: *seq, result: Ok(Box::new(history)) }
        }
        Effect::LoadMembers { room, after } => {
            let page = api.members(&room.to_string(), after.as_deref()).await?;
            Done::Members { room: *room, after: after.clone(), result: Ok(Box::new(page)) }
        }
        Effect::ListRooms => Done::RoomList(Ok(api.rooms().await?)),
        Effect::Search { number, query, before, limit } => {
            let (text, room, from) = (query.text.as_str(), query.room.as_deref(), query.from.as_deref());
            let page = api.search(&Wanted { text, room, from, before: *before, limit: *limit }).await?;
            Done::Found { number: *number, result: Ok(Box::new(page)) }
        }
        Effect::Join { name, asked } => {
            let room = api.join(name).await?;
            Done::Entered { name: name.clone(), asked: Box::new(asked.clone()), result: Ok(Box::new(room)) }
        }
        Effect::Create { name, topic, asked } => {
            let room = api.create_room(name, topic).await?;
            Done::Entered { name: name.clone(), asked: Box::new(asked.clone()), result: Ok(Box::new(room)) }
        }
        Effect::OpenDm { name, say, asked } => {
            let result = Ok(Box::new(api.open_dm(name).await?));
            Done::Direct { name: name.clone(), say: say.clone(), asked: Box::new(asked.clone()), result }
        }
        Effect::ChangeSettings { room, change } => {
            let settings = api.change_settings(&room.to_string(), *change).await?;
            Done::Settings { room: *room, change: *change, result: Ok(settings) }
        }
        Effect::MarkRead { room, seq } => {
            api.mark_read(&room.to_string(), *seq).await?;
            Done::Heard { room: *room, seq: *seq, is_unread: false, result: Ok(()) }
        }
        Effect::MarkUnread { room, seq } => {
            api.mark_unread(&room.to_string(), *seq).await?;
            Done::Heard { room: *room, seq: *seq, is_unread: true, result: Ok(()) }
        }
        silent => return change(api, silent).await.map(|()| None),
    };
    Ok(Some(done))
}

/// The calls whose success arrives as an event.
async fn change(api: &Api, effect: &Effect) -> Result<(), Failure> {
    match effect {
        Effect::Edit { room, seq, body } => api.edit(&room.to_string(), *seq, body).await?,
        Effect::Delete { room, seq } => api.delete(&room.to_string(), *seq).await?,
        Effect::React { room, seq, emoji, add } => api.react(&room.to_string(), *seq, emoji, *add).await?,
        Effect::Leave { room } => api.leave(&room.to_string()).await?,
        Effect::SetTopic { room, topic, .. } => api.set_topic(&room.to_string(), topic).await?,
        Effect::Typing { room } => api.typing(&room.to_string()).await?,
        // Everything else is no call.
        _ => {}
    }
    Ok(())
}

/// How an effect ends that failed, or that was not even tried.
pub(super) fn failed(effect: Effect, failure: Failure) -> Option<Done> {
    let what = match effect {
        Effect::Authenticate { .. } => return Some(Done::Authenticated(Err(failure))),
        Effect::Post { key, .. } => return Some(Done::Posted { key, result: Err(failure) }),
        Effect::LoadPage { room, from, .. } => return Some(Done::Page { room, from, result: Err(failure) }),
        Effect::LoadThread { room, seq, from, .. } => {
            return Some(Done::Thread { room, seq, from, result: Err(failure) });
        }
        Effect::LoadHistory { room, seq } => return Some(Done::History { room, seq, result: Err(failure) }),
        Effect::LoadMembers { room, after } => return Some(Done::Members { room, after, result: Err(failure) }),
        Effect::Search { number, .. } => return Some(Done::Found { number, result: Err(failure) }),
        Effect::ListRooms => return Some(Done::RoomList(Err(failure))),
        Effect::Join { name, asked } | Effect::Create { name, asked, .. } => {
            return Some(Done::Entered { name, asked: Box::new(asked), result: Err(failure) });
        }
        Effect::OpenDm { name, say, asked } => {
            return Some(Done::Direct { name, say, asked: Box::new(asked), result: Err(failure) });
        }
        Effect::Edit { room, seq, body } => {
            let unsent = Unsent::Edit { room, seq, body };
            return Some(Done::Returned { what: "edit the message", unsent, failure });
        }
        Effect::SetTopic { asked, .. } => {
            return Some(Done::Returned { what: "set the topic", unsent: Unsent::Command(asked), failure });
        }
        Effect::ChangeSettings { room, change } => return Some(Done::Settings { room, change, result: Err(failure) }),
        Effect::Delete { .. } => "delete the message",
        Effect::React { .. } => "react",
        Effect::Leave { .. } => "leave the room",
        Effect::MarkRead { room, seq } => {
            return Some(Done::Heard { room, seq, is_unread: false, result: Err(failure) });
        }
        Effect::MarkUnread { room, seq } => {
            return Some(Done::Heard { room, seq, is_unread: true, result: Err(failure) });
        }
        _ => return None,
    };
    Some(Done::Failed { what, failure })
}

fn part(from: PageFrom) -> Part {
    match from {
        PageFrom::Latest => Part::Latest,
        PageFrom::Before(seq) => Part::Before(seq),
        PageFrom::After(seq) => Part::After(seq),
        PageFrom::Around(seq) => Part::Around(seq),
    }
}

//! What the log is told of events and effects: their names, and numbers. The one place that decides which of their parts may be told.

use chat_shared::Event as RoomEvent;
use tracing::{debug, info, warn};

use crate::app::kept::Kept;
use crate::app::{Done, Effect, Event, LinkEvent};

/// Before it is handled.
pub(super) fn event(event: &Event) {
    match event {
        Event::Link(event) => link(event),
        Event::Rooms(events) => events.iter().for_each(room),
        Event::Done(event) => done(event),
        Event::Kept(Kept::Restored(restored)) => {
            let (has_past, drafts, unsent) = (restored.past.is_some(), restored.drafts.len(), restored.outgoing.len());
            info!(has_past, drafts, unsent, "restored from disk");
        }
        Event::Kept(Kept::Drafts(newer)) => debug!(rooms = newer.len(), "another client has written drafts"),
        Event::Kept(Kept::Trouble(trouble)) => warn!(trouble, "not kept on disk"),
        Event::Kept(Kept::Well(_)) => info!("kept on disk again"),
        Event::Resize { width, height } => debug!(width, height, "resized"),
        Event::Background { is_light } => debug!(is_light, "the terminal told its background"),
        // What the user does is the user's.
        Event::Key(_) | Event::Paste(_) | Event::Line(_) | Event::Mouse(_) => {}
        Event::Focus(_) | Event::Timer(_) | Event::Kept(Kept::Window { .. } | Kept::Found { .. }) => {}
    }
}

fn link(event: &LinkEvent) {
    match event {
        LinkEvent::Connecting => info!("connecting"),
        LinkEvent::Bootstrapped(bootstrap) => {
            let (rooms, server) = (bootstrap.rooms.len(), bootstrap.version.as_str());
            info!(rooms, server, epoch = ?bootstrap.epoch, "connected");
        }
        LinkEvent::Online => info!("live"),
        LinkEvent::Room(event) => room(event),
        LinkEvent::Reset { room, head } => info!(%room, head, "a room begins anew"),
        LinkEvent::Offline { reason, retry_in_ms } => warn!(reason, retry_in_ms, "offline"),
        LinkEvent::Unauthorized { .. } => warn!("the server does not accept the login any more"),
        LinkEvent::Typing { .. }
        | LinkEvent::Read { .. }
        | LinkEvent::Present(_)
        | LinkEvent::Presence { .. }
        | LinkEvent::Settings { .. } => {}
    }
}

fn room(RoomEvent { room, seq, .. }: &RoomEvent) {
    debug!(%room, seq, "event");
}

/// What failed, and how. The server's words are left out: it may quote what it was sent.
fn done(event: &Done) {
    match event {
        Done::Failed { what, failure } | Done::Returned { what, failure, .. } => {
            warn!(kind = ?failure.kind, "could not {what}");
        }
        Done::Authenticated(Err(failure)) => warn!(kind = ?failure.kind, "could not log in"),
        Done::Authenticated(Ok(user)) => info!(user = %user.id, "logged in"),
        Done::Posted { result: Err(failure), .. } => warn!(kind = ?failure.kind, "a message was not posted"),
        Done::Heard { room, result: Err(failure), .. } => warn!(%room, kind = ?failure.kind, "reading was not told"),
        Done::Settings { room, result: Err(failure), .. } => {
            warn!(%room, kind = ?failure.kind, "settings were not changed");
        }
        Done::Page { room, result: Err(failure), .. } => warn!(%room, kind = ?failure.kind, "a page was not loaded"),
        Done::Configured(result) => info!(is_good = result.is_ok(), "the settings were read again"),
        _ => {}
    }
}

/// Before it is performed.
pub(super) fn effect(effect: &Effect) {
    match effect {
        Effect::Post { room, reply_to, .. } => debug!(%room, reply_to, "post"),
        Effect::LoadPage { room, from, limit } => debug!(%room, ?from, limit, "load a page"),
        Effect::Suspend => info!("suspend"),
        Effect::EditOutside { .. } => info!("hand the terminal to an editor"),
        Effect::Logout => info!("log out"),
        Effect::Quit => info!("quit"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use chat_shared::{EventKind, RoomId, Timestamp, UserId};
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use uuid::Uuid;

    use super::*;
    use crate::app::effect::{Asked, Password, Unsent};
    use crate::failure::{Failure, FailureKind};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_that_anybody_wrote_is_in_the_log() {
        const SECRET: &str = "hunter2";
        let failure = || Failure { kind: FailureKind::NoAnswer, message: SECRET.into() };
        let (room, by) = (RoomId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let kind = EventKind::Posted { body: SECRET.into(), key: Some(SECRET.into()), reply_to: None };
        let posted = RoomEvent { kind, room, seq: 77, at: Timestamp::default(), by, name: SECRET.into() };
        let events = [
            Event::Key(KeyEvent::new(KeyCode::Char('h'), KeyModifiers::NONE)),
            Event::Paste(SECRET.into()),
            Event::Line(SECRET.into()),
            Event::Link(LinkEvent::Room(posted)),
            Event::Link(LinkEvent::Typing { room, by, name: SECRET.into() }),
            Event::Link(LinkEvent::Unauthorized { reason: SECRET.into() }),
            Event::Done(Done::Failed { what: "edit the message", failure: failure() }),
            Event::Done(Done::Returned {
                what: "set the topic",
                unsent: Unsent::Edit { room, seq: 1, body: SECRET.into() },
                failure: failure(),
            }),
            Event::Done(Done::Posted { key: SECRET.into(), result: Err(failure()) }),
            Event::Done(Done::Authenticated(Err(failure()))),
            Event::Done(Done::NotOpened(SECRET.into())),
            Event::Done(Done::Written { room, result: Ok(SECRET.into()) }),
        ];
        let secret = || SECRET.to_owned();
        let effects = [
            Effect::Post { key: secret(), room, body: secret(), reply_to: None },
            Effect::Edit { room, seq: 1, body: secret() },
            Effect::Authenticate { name: secret(), password: Password::new(secret()), register: false },
            Effect::EditOutside { room, text: secret() },
            Effect::Copy(secret()),
            Effect::Notify { title: secret(), body: secret() },
            Effect::SetTopic { room, topic: secret(), asked: Asked { room: Some(room), text: secret() } },
            Effect::OpenUrl(secret()),
        ];
        let out = Shared::default();
        let writer = out.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            events.iter().for_each(event);
            effects.iter().for_each(effect);
        });
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("seq=77") && text.contains("could not edit the message"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

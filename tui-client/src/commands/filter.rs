//! Which events `tail` prints. Pure.

use chat_shared::text::mentions;
use chat_shared::{Event, EventKind};

use super::event_line::kind;
use crate::cli::Filters;

/// What an event has to be. Whatever is empty asks for nothing.
pub struct Filter {
    from: Vec<String>,
    types: Vec<String>,
    /// Whose name a text has to mention.
    mentioned: Option<String>,
}

impl Filter {
    /// As the command line says it; `me` is our name.
    #[must_use]
    pub fn of(filters: &Filters, me: &str) -> Self {
        let name = |name: &String| name.strip_prefix('@').unwrap_or(name).to_lowercase();
        Self {
            from: filters.from.iter().map(name).collect(),
            types: filters.types.clone(),
            mentioned: filters.mentions.then(|| me.to_lowercase()),
        }
    }

    /// Whether an event is one of those that are asked for.
    #[must_use]
    pub fn wants(&self, event: &Event) -> bool {
        let is_from = || self.from.contains(&event.name.to_lowercase());
        let is_type = || self.types.contains(&kind(event));
        (self.from.is_empty() || is_from())
            && (self.types.is_empty() || is_type())
            && self.mentioned.as_ref().is_none_or(|name| is_mentioned(event, name))
    }
}

fn is_mentioned(event: &Event, name: &str) -> bool {
    let (EventKind::Posted { body, .. } | EventKind::Edited { body, .. }) = &event.kind else { return false };
    mentions(body).into_iter().any(|named| named.to_lowercase() == name)
}

#[cfg(test)]
mod tests {
    use chat_shared::{RoomId, Timestamp, UserId};
    use uuid::Uuid;

    use super::*;

    fn event(name: &str, kind: EventKind) -> Event {
        let (room, by) = (RoomId(Uuid::nil()), UserId(Uuid::nil()));
        Event { kind, room, seq: 1, at: Timestamp::from_ms(0), by, name: name.into() }
    }

    fn says(name: &str, body: &str) -> Event {
        event(name, EventKind::Posted { body: body.into(), key: None, reply_to: None })
    }

    fn filter(from: &[&str], types: &[&str], mentions: bool) -> Filter {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Filter::of(&Filters { from: texts(from), types: texts(types), mentions }, "Me")
    }

    #[test]
    fn all_that_is_asked_for_has_to_hold() {
        let (hello, left) = (says("Ann", "hello @me."), event("bob", EventKind::Deleted { target: 1 }));
        let everything = filter(&[], &[], false);
        assert!(everything.wants(&hello) && everything.wants(&left));
        let ann = filter(&["@ann", "eve"], &[], false);
        assert!(ann.wants(&hello) && !ann.wants(&left));
        let deletions = filter(&[], &["message.deleted", "message.edited"], false);
        assert!(!deletions.wants(&hello) && deletions.wants(&left));
        let mine = filter(&[], &[], true);
        assert!(mine.wants(&hello) && !mine.wants(&left) && !mine.wants(&says("ann", "a@me.example")));
        assert!(!filter(&["bob"], &["message.posted"], true).wants(&hello));
        assert!(filter(&["ann"], &["message.posted"], true).wants(&hello));
    }
}

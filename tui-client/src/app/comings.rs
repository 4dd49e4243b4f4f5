//! What happens in a room besides messages, in words: people who come and go, one after the other, in one line. Pure.

use chat_shared::{Event, EventKind, Timestamp};

/// What is further apart is told separately.
const APART_MS: i64 = 3_600_000;
/// Names of each kind that are told; of more, how many.
const NAMES: usize = 8;

/// Comings and goings between two messages.
#[derive(Clone, Debug)]
pub(crate) struct Comings {
    /// When the first of them was.
    pub(crate) at: Timestamp,
    last: Timestamp,
    joined: Names,
    left: Names,
}

#[derive(Clone, Debug, Default)]
struct Names {
    told: Vec<String>,
    more: usize,
}

impl Names {
    fn add(&mut self, name: &str) {
        if self.told.iter().any(|known| known == name) {
            return;
        }
        if self.told.len() < NAMES {
            self.told.push(name.to_owned());
        } else {
            self.more += 1;
        }
    }

    fn text(&self, did: &str) -> Option<String> {
        let more = if self.more > 0 { format!(" and {} more", self.more) } else { String::new() };
        (!self.told.is_empty()).then(|| format!("{}{more} {did}", self.told.join(", ")))
    }
}

impl Comings {
    /// `None` for an event of another kind.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        let at = event.at;
        let mut comings = Self { at, last: at, joined: Names::default(), left: Names::default() };
        comings.take(event).then_some(comings)
    }

    /// Takes a further event in, where it belongs here.
    pub(crate) fn take(&mut self, event: &Event) -> bool {
        if event.at.as_ms().saturating_sub(self.last.as_ms()).abs() > APART_MS {
            return false;
        }
        match &event.kind {
            EventKind::Joined { user } => self.joined.add(&user.name),
            EventKind::Left { user } => self.left.add(&user.name),
            _ => return false,
        }
        self.last = event.at;
        true
    }

    /// `→ carol, dave joined · ← erin left`
    pub(crate) fn text(&self) -> String {
        let joined = self.joined.text("joined").map(|text| format!("→ {text}"));
        let left = self.left.text("left").map(|text| format!("← {text}"));
        joined.into_iter().chain(left).collect::<Vec<_>>().join(" · ")
    }
}

/// What a change of the room says for people. Conversations have no name.
pub(crate) fn changed(event: &Event) -> Option<String> {
    let EventKind::RoomChanged { name, topic } = &event.kind else { return None };
    let name = if name.is_empty() { String::new() } else { format!("#{name}, ") };
    let topic = if topic.is_empty() { "no topic".to_owned() } else { format!("topic: {topic}") };
    Some(format!("• {} changed the room: {name}{topic}", event.name))
}

#[cfg(test)]
mod tests {
    use chat_shared::{RoomId, UserId, UserRef};
    use uuid::Uuid;

    use super::*;

    fn event(minute: i64, joins: bool, name: &str) -> Event {
        let user = UserRef { id: UserId(Uuid::nil()), name: name.into() };
        let kind = if joins { EventKind::Joined { user } } else { EventKind::Left { user } };
        let (room, by) = (RoomId(Uuid::nil()), UserId(Uuid::nil()));
        Event { kind, room, seq: 1, at: Timestamp::from_ms(minute * 60_000), by, name: name.into() }
    }

    #[test]
    fn they_are_told_together_for_an_hour() {
        let mut comings = Comings::of(&event(0, true, "carol")).unwrap();
        assert_eq!(comings.text(), "→ carol joined");
        assert!(comings.take(&event(50, true, "dave")) && comings.take(&event(100, false, "erin")));
        assert!(comings.take(&event(101, true, "dave")));
        assert_eq!(comings.text(), "→ carol, dave joined · ← erin left");
        assert!(!comings.take(&event(162, true, "zoe")));
        let mut message = event(101, true, "x");
        message.kind = EventKind::Deleted { target: 1 };
        assert!(!comings.take(&message) && Comings::of(&message).is_none());
    }

    #[test]
    fn a_crowd_is_counted() {
        let mut comings = Comings::of(&event(0, true, "0")).unwrap();
        (1..100).for_each(|n| assert!(comings.take(&event(0, true, &n.to_string()))));
        assert_eq!(comings.text(), "→ 0, 1, 2, 3, 4, 5, 6, 7 and 92 more joined");
    }
}

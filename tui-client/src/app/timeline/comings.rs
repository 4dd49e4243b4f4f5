//! What happens in a room besides messages, in words: people who come and go, one after the other, in one line. Pure.

use chat_shared::limit::USER_NAME_CHARS;
use chat_shared::{Event, EventKind, Seq, Timestamp};
use serde::{Deserialize, Serialize};

use crate::app::text::{clean_line, clean_short};

/// What is further apart is told separately.
const APART_MS: i64 = 3_600_000;
/// Names of each kind that are told; of more, how many.
const NAMES: usize = 8;

/// One thing that happened, or comings and goings between two messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When the first of them was.
    at: Timestamp,
    /// The last of them: when, and its number.
    last_at: Timestamp,
    last: Seq,
    joined: Names,
    left: Names,
    /// What became of the room itself; nothing joins that.
    changed: Option<String>,
    /// There were more before the first one, which are not known.
    is_cut: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

impl Line {
    /// `None` for an event that is told otherwise, or not at all.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        let (joined, left) = (Names::default(), Names::default());
        let (at, last, changed) = (event.at, event.seq, changed(event));
        let is_changed = changed.is_some();
        let mut line = Self { at, last_at: at, last, joined, left, changed, is_cut: false };
        (is_changed || line.add(event)).then_some(line)
    }

    /// Takes a later event in, where it belongs here.
    pub(crate) fn take(&mut self, event: &Event) -> bool {
        let is_apart = event.at.as_ms().saturating_sub(self.last_at.as_ms()).abs() > APART_MS;
        if is_apart || self.changed.is_some() || event.seq <= self.last || !self.add(event) {
            return false;
        }
        (self.last_at, self.last) = (event.at, event.seq);
        true
    }

    fn add(&mut self, event: &Event) -> bool {
        match &event.kind {
            EventKind::Joined { user } => self.joined.add(&user.name),
            EventKind::Left { user } => self.left.add(&user.name),
            _ => return false,
        }
        true
    }

    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// The last event that is told here.
    pub(crate) fn last(&self) -> Seq {
        self.last
    }

    /// There were more before the first one.
    pub(crate) fn cut(&mut self) {
        self.is_cut = true;
    }

    /// Makes what comes from a file harmless, and no longer than it may be.
    pub(crate) fn clean(&mut self) {
        for names in [&mut self.joined, &mut self.left] {
            names.told.truncate(NAMES);
            names.told.iter_mut().for_each(|name| *name = clean_short(name, USER_NAME_CHARS));
        }
        self.changed = self.changed.as_deref().map(clean_line);
    }

    /// `→ carol, dave joined · ← erin left`
    pub(crate) fn text(&self) -> String {
        let joined = self.joined.text("joined").map(|text| format!("→ {text}"));
        let left = self.left.text("left").map(|text| format!("← {text}"));
        let more = self.is_cut.then(|| "…".to_owned());
        more.into_iter().chain(joined).chain(left).chain(self.changed.clone()).collect::<Vec<_>>().join(" · ")
    }
}

/// What a change of the room says for people. Conversations have no name.
fn changed(event: &Event) -> Option<String> {
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
        let (room, by, seq) = (RoomId(Uuid::nil()), UserId(Uuid::nil()), u64::try_from(minute).unwrap() + 1);
        Event { kind, room, seq, at: Timestamp::from_ms(minute * 60_000), by, name: name.into() }
    }

    #[test]
    fn they_are_told_together_for_an_hour() {
        let mut line = Line::of(&event(0, true, "carol")).unwrap();
        assert_eq!(line.text(), "→ carol joined");
        assert!(line.take(&event(50, true, "dave")) && line.take(&event(100, false, "erin")));
        assert!(line.take(&event(101, true, "dave")));
        assert_eq!(line.text(), "→ carol, dave joined · ← erin left");
        assert_eq!((line.at().as_ms(), line.last()), (0, 102));
        assert!(!line.take(&event(101, true, "frank")), "it is told already");
        assert!(!line.take(&event(162, true, "zoe")));
        let mut other = event(102, true, "x");
        other.kind = EventKind::Deleted { target: 1 };
        assert!(!line.take(&other) && Line::of(&other).is_none());
        line.cut();
        assert_eq!(line.text(), "… · → carol, dave joined · ← erin left");
    }

    #[test]
    fn a_crowd_is_counted() {
        let mut line = Line::of(&event(0, true, "0")).unwrap();
        (1..100).for_each(|n| assert!(line.take(&Event { seq: n + 1, ..event(0, true, &n.to_string()) })));
        assert_eq!(line.text(), "→ 0, 1, 2, 3, 4, 5, 6, 7 and 92 more joined");
    }

    #[test]
    fn another_topic_is_a_line_of_its_own() {
        let topic = EventKind::RoomChanged { name: "ops".into(), topic: "on call".into() };
        let mut line = Line::of(&Event { kind: topic, ..event(0, true, "ann") }).unwrap();
        assert_eq!(line.text(), "• ann changed the room: #ops, topic: on call");
        assert!(!line.take(&event(1, true, "carol")));
    }

    #[test]
    fn what_a_file_says_is_made_harmless() {
        let mut line = Line::of(&event(0, true, "\u{1b}[31mann")).unwrap();
        line.joined.told.extend((0..20).map(|n| n.to_string()));
        let text = serde_json::to_string(&line).unwrap();
        let mut line: Line = serde_json::from_str(&text).unwrap();
        line.clean();
        assert_eq!(line.text(), "→ ␛[31mann, 0, 1, 2, 3, 4, 5, 6 joined");
    }
}

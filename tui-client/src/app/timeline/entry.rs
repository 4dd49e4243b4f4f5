//! What stands in the window of a room's history: messages, and lines of what else happened; and what an event does to them. Pure.

use std::collections::BTreeMap;

use chat_shared::{Event, Message, Seq, Timestamp, UserId};

use super::change::Change;
use super::comings::Line;

/// Something with a number and a place in the window.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The last event that is part of it: what is newer still changes it, what is older is in it already.
    pub(super) as_of: Seq,
    pub(crate) what: What,
}

/// What an entry shows.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Message(Message),
    /// What else happened to the room: people who came and went, one after the other; another name or topic.
    Line(Line),
}

impl Entry {
    /// The last event that is part of it.
    pub(crate) fn as_of(&self) -> Seq {
        self.as_of
    }

    pub(crate) fn message(&self) -> Option<&Message> {
        match &self.what {
            What::Message(message) => Some(message),
            What::Line(_) => None,
        }
    }

    pub(crate) fn at(&self) -> Timestamp {
        match &self.what {
            What::Message(message) => message.at,
            What::Line(line) => line.at(),
        }
    }
}

/// Applies one event to entries. Messages and lines that it adds go in only where the entries reach the end.
pub(super) fn apply_to(entries: &mut BTreeMap<Seq, Entry>, event: &Event, me: UserId, reaches_end: bool) -> Change {
    if let Some(target) = event.kind.target() {
        let Some(entry) = entries.get_mut(&target).filter(|entry| entry.as_of < event.seq) else {
            return Change::Nothing;
        };
        entry.as_of = event.seq;
        let What::Message(message) = &mut entry.what else { return Change::Nothing };
        return if message.apply(event, me) { Change::Entry(target) } else { Change::Nothing };
    }
    if !reaches_end || entries.contains_key(&event.seq) {
        return Change::Nothing;
    }
    let Some(message) = Message::posted(event) else { return tell(entries, event) };
    entries.insert(event.seq, Entry { as_of: event.seq, what: What::Message(message) });
    Change::Entry(event.seq)
}

/// Adds what is no message, in the line above it where it belongs there.
pub(super) fn tell(entries: &mut BTreeMap<Seq, Entry>, event: &Event) -> Change {
    if let Some((seq, above)) = entries.range_mut(..=event.seq).next_back()
        && let What::Line(line) = &mut above.what
    {
        if line.last() >= event.seq {
            return Change::Nothing;
        }
        if line.take(event) {
            return Change::Entry(*seq);
        }
    }
    match Line::of(event) {
        Some(line) if !entries.contains_key(&event.seq) => {
            entries.insert(event.seq, Entry { as_of: event.seq, what: What::Line(line) });
            Change::Entry(event.seq)
        }
        _ => Change::Nothing,
    }
}

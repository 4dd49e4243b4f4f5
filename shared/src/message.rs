//! What a room's log adds up to: messages as they stand now.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Event, EventKind, RoomId, Seq, Timestamp, UserId};

/// A message as it stands now: the sum of the event that posted it and all that changed it since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// Its room.
    pub room: RoomId,
    /// Its id: the number of the event that posted it.
    pub seq: Seq,
    /// When it was posted.
    pub at: Timestamp,
    /// Its author.
    pub by: UserId,
    /// The author's name at that time.
    pub name: String,
    /// Its text now; empty when it is deleted.
    pub body: String,
    /// The idempotency key it was posted with.
    pub key: Option<String>,
    /// The message that it answers.
    pub reply_to: Option<Seq>,
    /// When its text last changed.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted. Its number stays.
    pub deleted_at: Option<Timestamp>,
    /// The emoji on it, in the order of their first appearance.
    #[serde(default)]
    pub reactions: Vec<Reaction>,
}

/// One emoji on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reaction {
    /// The emoji itself.
    pub emoji: String,
    /// How many people put it there; never 0.
    pub count: u32,
    /// Whether the reader of this page is one of them.
    pub mine: bool,
}

impl Message {
    /// The message that this event posts; `None` for every other kind of event.
    #[must_use]
    pub fn posted(event: &Event) -> Option<Self> {
        let EventKind::Posted { body, key, reply_to } = &event.kind else { return None };
        Some(Self {
            room: event.room,
            seq: event.seq,
            at: event.at,
            by: event.by,
            name: event.name.clone(),
            body: body.clone(),
            key: key.clone(),
            reply_to: *reply_to,
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
        })
    }

    /// Applies one later event about this message, as `me` sees it. Says whether anything changed.
    pub fn apply(&mut self, event: &Event, me: UserId) -> bool {
        if event.kind.target() != Some(self.seq) {
            return false;
        }
        match &event.kind {
            EventKind::Edited { body, .. } if self.deleted_at.is_none() => {
                self.body.clone_from(body);
                self.edited_at = Some(event.at);
            }
            EventKind::Deleted { .. } => {
                self.body.clear();
                self.edited_at = None;
                self.deleted_at = Some(event.at);
                self.reactions.clear();
            }
            EventKind::ReactionAdded { emoji, .. } => self.add_reaction(emoji, event.by == me),
            EventKind::ReactionRemoved { emoji, .. } => self.remove_reaction(emoji, event.by == me),
            _ => return false,
        }
        true
    }

    fn add_reaction(&mut self, emoji: &str, by_me: bool) {
        match self.reactions.iter_mut().find(|r| r.emoji == emoji) {
            Some(reaction) => {
                reaction.count += 1;
                reaction.mine |= by_me;
            }
            None => self.reactions.push(Reaction { emoji: emoji.to_owned(), count: 1, mine: by_me }),
        }
    }

    fn remove_reaction(&mut self, emoji: &str, by_me: bool) {
        if let Some(reaction) = self.reactions.iter_mut().find(|r| r.emoji == emoji) {
            reaction.count = reaction.count.saturating_sub(1);
            reaction.mine &= !by_me;
        }
        self.reactions.retain(|r| r.count > 0);
    }
}

/// Adds one event to a room's messages, as `me` sees them.
///
/// The law that every store and every client keeps: `fold(snapshot at n, events n+1 ..= m) == snapshot at m`.
/// Events about messages that are not in `messages` (older than the part we hold) change nothing.
pub fn fold(messages: &mut BTreeMap<Seq, Message>, event: &Event, me: UserId) {
    if let Some(message) = Message::posted(event) {
        messages.insert(event.seq, message);
    } else if let Some(message) = event.kind.target().and_then(|target| messages.get_mut(&target)) {
        message.apply(event, me);
    }
}

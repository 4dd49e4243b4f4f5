//! Messages on their way: one in flight a room, in order, each with the key that makes retrying safe. Pure.

use std::collections::VecDeque;

use chat_shared::{ErrorCode, RoomId, Seq, Timestamp};

use crate::app::effect::Effect;
use crate::failure::{Failure, FailureKind};

/// Messages that wait in one room at most; then sending says so and keeps the text in the composer.
pub(crate) const WAITING_MAX: usize = 500;

/// How a message on its way is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It waits for its turn, for the connection, or for the next attempt.
    Queued,
    /// Asked the server; no answer yet.
    InFlight,
    /// The server will not take it, and why.
    Failed { reason: String, needs_new_key: bool },
}

/// A message that the server has not confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    /// Names its row on the screen until it has a `seq`.
    pub(crate) number: u64,
    pub(crate) key: String,
    pub(crate) body: String,
    pub(crate) reply_to: Option<Seq>,
    pub(crate) at: Timestamp,
    pub(crate) stage: Stage,
    attempts: u32,
}

impl Outgoing {
    pub(crate) fn new(number: u64, key: String, body: String, reply_to: Option<Seq>, at: Timestamp) -> Self {
        Self { number, key, body, reply_to, at, stage: Stage::Queued, attempts: 0 }
    }

    /// Whether it may have reached the server.
    pub(crate) fn was_tried(&self) -> bool {
        self.attempts > 0
    }

    /// It may have reached the server, before the program was started anew.
    pub(crate) fn set_tried(&mut self) {
        self.attempts = self.attempts.max(1);
    }
}

/// The messages of one room that are on their way, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) waiting: VecDeque<Outgoing>,
    /// The last attempt failed for a passing reason: nothing goes out until the next connection or the timer.
    is_held: bool,
}

impl Outbox {
    /// How many are neither sent nor given up.
    pub(crate) fn queued(&self) -> usize {
        self.waiting.iter().filter(|o| !matches!(o.stage, Stage::Failed { .. })).count()
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Outgoing> {
        self.waiting.iter().find(|o| o.number == number)
    }

    fn by_key(&mut self, key: &str) -> Option<&mut Outgoing> {
        self.waiting.iter_mut().find(|o| o.key == key)
    }

    /// Lets what was held try again.
    pub(crate) fn release(&mut self) {
        self.is_held = false;
    }

    /// Nothing of it is sent any more, unless the user says so; what the server has nevertheless is settled by its key.
    pub(crate) fn give_up(&mut self, reason: &str) {
        for outgoing in self.waiting.iter_mut().filter(|o| !matches!(o.stage, Stage::Failed { .. })) {
            outgoing.stage = Stage::Failed { reason: reason.to_owned(), needs_new_key: false };
        }
    }

    /// Sends the next one, if none is in flight.
    pub(crate) fn pump(&mut self, room: RoomId) -> Option<Effect> {
        if self.is_held || self.waiting.iter().any(|o| o.stage == Stage::InFlight) {
            return None;
        }
        let next = self.waiting.iter_mut().find(|o| o.stage == Stage::Queued)?;
        next.stage = Stage::InFlight;
        next.attempts += 1;
        Some(Effect::Post { key: next.key.clone(), room, body: next.body.clone(), reply_to: next.reply_to })
    }

    /// The server has it: its answer or its echo came, whichever was first. Gives the message's number and attempts.
    pub(crate) fn settle(&mut self, key: &str) -> Option<(u64, u32)> {
        let at = self.waiting.iter().position(|o| o.key == key)?;
        self.waiting.remove(at).map(|o| (o.number, o.attempts))
    }

    /// An attempt failed. Says whether it will be tried again by itself.
    pub(crate) fn fail(&mut self, key: &str, failure: &Failure, reason: String) -> bool {
        let is_transient = failure.is_transient();
        let Some(outgoing) = self.by_key(key) else { return false };
        if is_transient {
            outgoing.stage = Stage::Queued;
            self.is_held = true;
        } else {
            let needs_new_key = failure.kind == FailureKind::Refused(ErrorCode::KeyReused);
            outgoing.stage = Stage::Failed { reason, needs_new_key };
        }
        is_transient
    }

    /// Tries a failed one again, behind the others.
    pub(crate) fn retry(&mut self, number: u64, fresh_key: String) -> bool {
        let Some(at) = self.waiting.iter().position(|o| o.number == number) else { return false };
        let Stage::Failed { needs_new_key, .. } = self.waiting[at].stage else { return false };
        if let Some(mut outgoing) = self.waiting.remove(at) {
            if needs_new_key {
                outgoing.key = fresh_key;
            }
            outgoing.stage = Stage::Queued;
            self.waiting.push_back(outgoing);
        }
        true
    }

    /// Gives up one that failed, or that has never been tried. What may be at the server stays.
    pub(crate) fn discard(&mut self, number: u64) -> Option<Outgoing> {
        let is_safe = |o: &Outgoing| match o.stage {
            Stage::Failed { .. } => true,
            Stage::Queued => o.attempts == 0,
            Stage::InFlight => false,
        };
        let at = self.waiting.iter().position(|o| o.number == number && is_safe(o))?;
        self.waiting.remove(at)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));

    fn outbox(bodies: &[&str]) -> Outbox {
        let mut outbox = Outbox::default();
        for (i, body) in (0..).zip(bodies) {
            outbox.waiting.push_back(Outgoing::new(i, format!("k{i}"), (*body).into(), None, Timestamp::default()));
        }
        outbox
    }

    fn key(effect: Option<Effect>) -> Option<String> {
        effect.map(|effect| match effect {
            Effect::Post { key, .. } => key,
            other => panic!("{other:?}"),
        })
    }

    fn failure(kind: FailureKind) -> Failure {
        Failure { kind, message: "no".into() }
    }

    #[test]
    fn one_at_a_time_and_in_order() {
        let mut o = outbox(&["a", "b"]);
        assert_eq!(key(o.pump(ROOM)).as_deref(), Some("k0"));
        assert_eq!(o.pump(ROOM), None);
        assert_eq!(o.settle("k0"), Some((0, 1)));
        assert_eq!(o.settle("k0"), None);
        assert_eq!(key(o.pump(ROOM)).as_deref(), Some("k1"));
    }

    #[test]
    fn a_passing_failure_keeps_the_order_and_the_key() {
        let mut o = outbox(&["a", "b"]);
        o.pump(ROOM);
        assert!(o.fail("k0", &failure(FailureKind::NoAnswer), "no".into()));
        assert_eq!(o.pump(ROOM), None);
        assert!(o.discard(0).is_none(), "it may be at the server");
        o.release();
        assert_eq!(key(o.pump(ROOM)).as_deref(), Some("k0"));
    }

    #[test]
    fn a_lasting_failure_lets_the_next_one_through() {
        let mut o = outbox(&["a", "b"]);
        o.pump(ROOM);
        assert!(!o.fail("k0", &failure(FailureKind::Refused(ErrorCode::KeyReused)), "no".into()));
        assert_eq!(key(o.pump(ROOM)).as_deref(), Some("k1"));
        assert!(o.retry(0, "fresh".into()));
        o.settle("k1");
        assert_eq!(key(o.pump(ROOM)).as_deref(), Some("fresh"));
    }
}

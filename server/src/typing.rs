//! Who is typing where, as far as it was told already: what is said again and again is passed on now and then only.

use std::collections::HashMap;
use std::time::Duration;

use chat_shared::{RoomId, UserId};
use parking_lot::Mutex;
use tokio::time::Instant;

/// Whoever says it again so soon is not passed on. Clients say it every few seconds, and it stands for 6.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
/// So many are remembered; beyond, it starts anew.
const MAX_REMEMBERED: usize = 10_000;

/// What was told.
#[derive(Debug, Default)]
pub struct Typing(Mutex<HashMap<(RoomId, UserId), Instant>>);

impl Typing {
    /// Whether it is to be passed on that this user is typing there; from then on it counts as told.
    pub fn is_news(&self, room: RoomId, user: UserId) -> bool {
        let now = Instant::now();
        let mut told = self.0.lock();
        if told.get(&(room, user)).is_some_and(|&at| now.duration_since(at) < AGAIN_AFTER) {
            return false;
        }
        if told.len() >= MAX_REMEMBERED {
            told.retain(|_, at| now.duration_since(*at) < AGAIN_AFTER);
            if told.len() >= MAX_REMEMBERED {
                told.clear();
            }
        }
        told.insert((room, user), now);
        true
    }

    /// What this user was typing there is posted: who writes on is news again. (To clients a message ends the typing.)
    pub fn ends(&self, room: RoomId, user: UserId) {
        self.0.lock().remove(&(room, user));
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn is_told_once_in_a_while_to_each_room_and_by_each_user() {
        let typing = Typing::default();
        let (room, other) = (RoomId(Uuid::from_u128(1)), RoomId(Uuid::from_u128(2)));
        let (ann, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        for _ in 0..2 {
            assert!(typing.is_news(room, ann));
            assert!(!typing.is_news(room, ann));
            assert!(typing.is_news(room, bob) && typing.is_news(other, ann));
            tokio::time::advance(Duration::from_secs(3)).await;
        }
        typing.ends(room, ann);
        assert!(typing.is_news(room, ann) && !typing.is_news(room, ann), "after a message");
        for number in 0..2 * MAX_REMEMBERED {
            assert!(typing.is_news(room, UserId(Uuid::from_u128(number as u128 + 10))));
        }
        assert!(typing.0.lock().len() <= MAX_REMEMBERED);
    }
}

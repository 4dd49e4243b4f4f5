//! Lines before a turn: one for each user. Only the first of each line waits for the turn itself, so that whoever asks for
//! much at once, and perhaps does not wait for the answers, waits behind themselves.

use std::collections::HashMap;
use std::sync::Arc;

use chat_shared::UserId;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Where users wait.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<HashMap<UserId, Line>>);

#[derive(Debug)]
struct Line {
    first: Arc<Semaphore>,
    /// Who is in it, the first one included.
    length: usize,
}

/// A place in a user's line; dropping it lets the next one come to the front.
#[derive(Debug)]
pub(super) struct First {
    // Given back before the line may be removed.
    _permit: OwnedSemaphorePermit,
    _standing: Standing,
}

#[derive(Debug)]
struct Standing {
    lines: Arc<Lines>,
    user: UserId,
}

impl Lines {
    /// Waits until everyone who was in this user's line before has done, or has gone.
    pub(super) async fn first(self: &Arc<Self>, user: UserId) -> First {
        let line = {
            let mut lines = self.0.lock();
            let line = lines.entry(user).or_insert_with(|| Line { first: Arc::new(Semaphore::new(1)), length: 0 });
            line.length += 1;
            Arc::clone(&line.first)
        };
        let standing = Standing { lines: Arc::clone(self), user };
        let permit = line.acquire_owned().await.expect("nobody closes it");
        First { _permit: permit, _standing: standing }
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        let mut lines = self.lines.0.lock();
        if let Some(line) = lines.get_mut(&self.user) {
            line.length -= 1;
            if line.length == 0 {
                lines.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn one_of_each_line_comes_first_in_the_order_of_arrival_and_nothing_is_left() {
        let lines = Arc::new(Lines::default());
        let (ann, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let first = lines.first(ann).await;
        let (mut gone, mut second, mut third) =
            (Box::pin(lines.first(ann)), Box::pin(lines.first(ann)), Box::pin(lines.first(ann)));
        for waiting in [&mut gone, &mut second, &mut third] {
            assert!(futures_util::poll!(waiting).is_pending());
        }
        drop(lines.first(bob).await);
        drop(gone);
        drop(first);
        let second = second.await;
        assert!(futures_util::poll!(&mut third).is_pending());
        drop(second);
        drop(third.await);
        assert!(lines.0.lock().is_empty());
    }
}

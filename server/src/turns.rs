//! Turns at what costs much: so few at a time that whoever is there already does not notice a crowd at the door.
//!
//! A turn is for our own work only, and is given back before anything is waited for that a peer has to do. So nobody can
//! keep one, everybody gets one in the order of arrival, and no deadline of a peer runs while it waits for us.

use tokio::sync::{Semaphore, SemaphorePermit};

/// More than one, so that the core has something to do while the store reads. Each may hold a page of the log.
const FOR_EACH_CORE: usize = 4;

/// Who may begin.
#[derive(Debug)]
pub struct Turns(Semaphore);

/// The right to work; dropping it lets the next one begin.
pub type Turn<'a> = SemaphorePermit<'a>;

impl Turns {
    /// Turns for a machine with so many cores.
    #[must_use]
    pub fn new(cores: usize) -> Self {
        Self(Semaphore::new(FOR_EACH_CORE * cores))
    }

    /// Waits for a turn.
    ///
    /// Whoever has got one stands back once before it begins. What is done in a turn is often done without a pause: then a
    /// thousand who become ready together would follow each other, and whoever else is ready would wait for them all.
    pub async fn take(&self) -> Turn<'_> {
        let turn = self.0.acquire().await.expect("nobody closes it");
        tokio::task::yield_now().await;
        turn
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn turns_come_in_the_order_of_arrival_and_who_gives_up_is_passed_over() {
        let turns = Turns::new(1);
        let mut taken = Vec::new();
        for _ in 0..FOR_EACH_CORE {
            taken.push(turns.take().await);
        }
        let (mut first, mut gone, mut last) = (Box::pin(turns.take()), Box::pin(turns.take()), Box::pin(turns.take()));
        assert!(futures_util::poll!(&mut first).is_pending());
        assert!(futures_util::poll!(&mut gone).is_pending());
        assert!(futures_util::poll!(&mut last).is_pending());
        drop(gone);
        taken.pop();
        let first = first.await;
        assert!(futures_util::poll!(&mut last).is_pending(), "there are no more than so many");
        drop(first);
        drop(last.await);
    }

    #[tokio::test]
    async fn a_crowd_does_not_keep_others_waiting() {
        let turns = Arc::new(Turns::new(1));
        let done = Arc::new(AtomicUsize::new(0));
        for _ in 0..100 {
            let (turns, done) = (Arc::clone(&turns), Arc::clone(&done));
            tokio::spawn(async move {
                let _turn = turns.take().await;
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        // Somebody who became ready after all of them.
        tokio::task::yield_now().await;
        let other = tokio::spawn({
            let done = Arc::clone(&done);
            async move { done.load(Ordering::Relaxed) }
        });
        assert!(other.await.unwrap() <= 2 * FOR_EACH_CORE, "they went first");
        while done.load(Ordering::Relaxed) < 100 {
            tokio::task::yield_now().await;
        }
    }
}

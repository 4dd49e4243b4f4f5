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
    pub async fn take(&self) -> Turn<'_> {
        self.0.acquire().await.expect("nobody closes it")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn turns_come_in_the_order_of_arrival_and_who_gives_up_is_passed_over() {
        let turns = Arc::new(Turns::new(1));
        let mut taken: Vec<_> = (0..FOR_EACH_CORE).map(|_| turns.0.try_acquire().unwrap()).collect();
        let mut order = Vec::new();
        let (first, gone, last) = (turns.take(), turns.take(), turns.take());
        let (mut first, mut gone, mut last) = (Box::pin(first), Box::pin(gone), Box::pin(last));
        assert!(futures_util::poll!(&mut first).is_pending());
        assert!(futures_util::poll!(&mut gone).is_pending());
        assert!(futures_util::poll!(&mut last).is_pending());
        drop(gone);
        drop(taken.pop());
        assert!(futures_util::poll!(&mut last).is_pending());
        order.push(first.await);
        assert!(futures_util::poll!(&mut last).is_pending());
        order.clear();
        assert_eq!(turns.0.available_permits(), 0);
        drop(last.await);
        assert_eq!(turns.0.available_permits(), 1);
    }
}

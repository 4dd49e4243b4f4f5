//! Whether the store works, found out once for all who ask.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::store::StoreError;

/// A store that has not said by then that it works does not.
const READY_WITHIN: Duration = Duration::from_secs(2);
/// For so long the same answer is given to all who ask.
const READY_FOR: Duration = Duration::from_secs(1);

/// Whether the store works. To find that out takes a read, and a place in the writer's queue; and anybody may ask.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<(), StoreError>)>>);

impl Readiness {
    /// What the last look found; another one where that was too long ago. Whoever asks meanwhile waits for it.
    pub(crate) async fn of(&self, probe: impl Future<Output = Result<(), StoreError>>) -> Result<(), StoreError> {
        let mut last = self.0.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < READY_FOR
        {
            return found.clone();
        }
        let silent = |_| Err(StoreError::Unavailable("it does not answer".into()));
        let found = timeout(READY_WITHIN, probe).await.unwrap_or_else(silent);
        *last = Some((Instant::now(), found.clone()));
        found
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_who_ask_within_a_second_are_told_the_same() {
        let (readiness, probes) = (Readiness::default(), AtomicUsize::new(0));
        let ask = || {
            readiness.of(async {
                probes.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(())
            })
        };
        assert!(join_all((0..100).map(|_| ask())).await.iter().all(Result::is_ok));
        assert_eq!(probes.load(Ordering::Relaxed), 1);
        tokio::time::advance(READY_FOR).await;
        // One that goes while it looks leaves that to the next; one that hears nothing says so.
        assert!(futures_util::poll!(Box::pin(ask())).is_pending());
        ask().await.unwrap();
        assert_eq!(probes.load(Ordering::Relaxed), 3);
        tokio::time::advance(READY_FOR).await;
        readiness.of(pending()).await.unwrap_err();
        ask().await.unwrap_err();
        tokio::time::advance(READY_FOR).await;
        ask().await.unwrap();
    }
}

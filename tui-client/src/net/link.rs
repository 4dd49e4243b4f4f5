//! The connection that stays: it comes back by itself, and continues where it was.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::api::Api;
use super::backoff::Backoff;
use super::cursors::Cursors;
pub use super::session::Scope;
use super::session::{End, Session};
use super::socket::Closed;
use super::tap::Lull;
use crate::app::LinkEvent;

/// What a link is made of.
pub struct Setup {
    /// The server, with the token of the user.
    pub api: Api,
    /// Which rooms to follow.
    pub scope: Scope,
    /// What the reader has already; empty for "from now on".
    pub cursors: Cursors,
    /// How patient it is.
    pub patience: Patience,
}

/// How long a link waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The longest first wait before a new attempt.
    pub backoff_base: Duration,
    /// The longest wait of all.
    pub backoff_cap: Duration,
    /// A server that is silent for so long is dead.
    pub dead_after: Duration,
    /// A connection that held for so long makes the next wait a first one again.
    pub steady_after: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            backoff_base: Duration::from_millis(250),
            backoff_cap: Duration::from_secs(30),
            dead_after: Duration::from_millis(chat_shared::limit::DEAD_AFTER_MS),
            steady_after: Duration::from_secs(10),
        }
    }
}

/// A running link. Dropping it ends the connection.
pub struct Link {
    nudge: Arc<Notify>,
    lull: Lull,
    task: JoinHandle<()>,
}

impl Link {
    /// Starts to connect, and to tell `events` what happens. The channel's bound is what a slow reader can make us hold.
    ///
    /// It ends by itself when the server does not accept the token, or when nobody holds the other end of `events`.
    #[must_use]
    pub fn spawn(setup: Setup, events: mpsc::Sender<LinkEvent>) -> Self {
        let nudge = Arc::new(Notify::new());
        let lull = Lull::default();
        let task = tokio::spawn(keep_connected(setup, events, Arc::clone(&nudge), lull.clone()));
        Self { nudge, lull, task }
    }

    /// Nobody takes what comes before then: it may wait where it is.
    pub fn rest_until(&self, at: Instant) {
        self.lull.set(at);
    }

    /// Does not wait for the backoff. Nothing happens where no wait is on.
    pub fn reconnect_now(&self) {
        self.nudge.notify_waiters();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep_connected(setup: Setup, events: mpsc::Sender<LinkEvent>, nudge: Arc<Notify>, lull: Lull) {
    let Setup { api, scope, mut cursors, patience } = setup;
    let mut backoff = Backoff::new(patience.backoff_base, patience.backoff_cap);
    loop {
        if events.send(LinkEvent::Connecting).await.is_err() {
            return;
        }
        let mut session = Session {
            api: &api,
            scope: &scope,
            cursors: &mut cursors,
            events: &events,
            told: std::collections::BTreeMap::new(),
            dead_after: patience.dead_after,
            lull: &lull,
            online_since: None,
        };
        let end = session.run().await;
        if session.online_since.is_some_and(|since| since.elapsed() >= patience.steady_after) {
            backoff.reset();
        }
        let (reason, retry_after) = match end {
            End::Unheard => return,
            End::Closed(Closed::Unauthorized) => {
                let reason = format!("{} does not know this login any more: log in again.", api.server().label());
                // Where nobody listens, there is nothing left to do either.
                let _ = events.send(LinkEvent::Unauthorized { reason }).await;
                return;
            }
            End::Closed(Closed::Lost { reason, retry_after }) => (reason, retry_after),
        };
        let wait = backoff.next(random(), retry_after);
        // Asked for before the news goes out, so that a nudge in answer to it is not lost.
        let nudged = nudge.notified();
        tokio::pin!(nudged);
        nudged.as_mut().enable();
        let retry_in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        if events.send(LinkEvent::Offline { reason, retry_in_ms }).await.is_err() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = nudged => {}
            () = events.closed() => return,
        }
    }
}

/// A random number; where the system has none, the middle, which only makes the jitter smaller.
fn random() -> u64 {
    getrandom::u64().unwrap_or(u64::MAX / 2)
}

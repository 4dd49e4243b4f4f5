//! What all sessions of a server share.

use std::sync::Arc;

use chat_shared::frame::ByeReason;
use futures_util::FutureExt as _;
use tokio::time::Instant;
use tokio_util::future::FutureExt as _;

use super::connection::End;
use super::strangers::Strangers;
use crate::auth::Auth;
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::presence::Presence;
use crate::requests::Requests;
use crate::store::Store;
use crate::turns::Turns;

/// What sessions share.
pub struct SessionContext {
    /// Where the truth is.
    pub store: Arc<dyn Store>,
    /// Where the news is.
    pub hub: Arc<Hub>,
    /// Who is who.
    pub auth: Arc<Auth>,
    /// Who is online.
    pub presence: Arc<Presence>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Open connections of one user (0: no limit).
    pub connections_per_user: usize,
    /// Events of one room that a resume replays (0: no limit).
    pub resume_events: u64,
    /// Whose turn it is to be opened, or to be served from the store.
    pub turns: Arc<Turns>,
    /// Room for what those say who have not said who they are …
    pub strangers: Strangers,
    /// … and whose requests are under way, of those who have.
    pub requests: Arc<Requests>,
    /// When the server began: heartbeats of all sessions keep to one beat from then on.
    pub began: Instant,
    /// The server stops: sessions say bye.
    pub shutdown: tokio_util::sync::CancellationToken,
}

impl SessionContext {
    /// Does what has to be done first, unless the server stops.
    pub(super) fn unless_stopping<T>(
        &self,
        work: impl Future<Output = Result<T, End>>,
    ) -> impl Future<Output = Result<T, End>> {
        // No async function: it would have room for the work twice.
        let done = work.with_cancellation_token(&self.shutdown);
        done.map(|done| done.unwrap_or(Err(End::Bye(ByeReason::GoingAway))))
    }
}

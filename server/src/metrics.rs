//! What the server counts about itself, in the format of Prometheus.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Every counter of the server. Names and meanings are in `docs/operators.md`.
#[derive(Default)]
pub struct Metrics {
    /// HTTP requests answered, by status.
    pub http_requests: Family<Status, Counter>,
    /// Transactions of the store that carried events.
    pub commits: Counter<u64, AtomicU64>,
    /// Events committed.
    pub events: Counter<u64, AtomicU64>,
    /// Events sent to sockets.
    pub deliveries: Counter<u64, AtomicU64>,
    /// Sockets that have said hello and are open now.
    pub sessions_open: Gauge<i64, AtomicI64>,
    /// Sockets that have said hello since the start.
    pub sessions: Counter<u64, AtomicU64>,
    /// Reads of the log for sessions that were behind.
    pub backfills: Counter<u64, AtomicU64>,
}

/// The label of [`Metrics::http_requests`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Status {
    /// The HTTP status.
    pub status: u16,
}

impl Metrics {
    /// All counters at zero.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The page that Prometheus reads.
    #[must_use]
    pub fn page(&self) -> String {
        let mut registry = Registry::with_prefix("chat");
        registry.register("http_requests", "HTTP requests answered, by status", self.http_requests.clone());
        registry.register("commits", "Transactions of the store that carried events", self.commits.clone());
        registry.register("events", "Events committed", self.events.clone());
        registry.register("deliveries", "Events sent to sockets", self.deliveries.clone());
        registry.register("sessions_open", "Sockets that have said hello and are open", self.sessions_open.clone());
        registry.register("sessions", "Sockets that have said hello since the start", self.sessions.clone());
        registry.register("backfills", "Reads of the log for sessions that were behind", self.backfills.clone());
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).expect("writing to a String does not fail");
        page
    }
}

//! The composition root: puts the parts together, and runs them until it is told to stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chat_shared::api::Limits;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::{Auth, Passwords};
use crate::config::Config;
use crate::http::{Api, Shared};
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::presence::Presence;
use crate::publish::Publisher;
use crate::store::Store;
use crate::store::sqlite::{OpenError, SqliteStore};
use crate::transport::context::SessionContext;
use crate::transport::encode;
use crate::turns::Turns;
use crate::typing::Typing;
use crate::{router, serve};

/// How long open connections may take to end, once the server stops.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A server that is ready to run.
pub struct App {
    api: Shared,
    max_connections: usize,
    shutdown: CancellationToken,
}

impl App {
    /// Opens the store and assembles everything. It runs until `shutdown` is cancelled.
    ///
    /// # Errors
    /// Where the store cannot be opened.
    pub fn open(config: &Config, shutdown: CancellationToken) -> Result<Self, OpenError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let hub = Hub::with_couriers(cores);
        let metrics = Metrics::new();
        let publisher = Publisher::new(Arc::clone(&hub), Arc::clone(&metrics));
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&config.data, Arc::new(publisher))?);
        let auth = Arc::new(Auth::new(Arc::clone(&store), Arc::clone(&hub)));
        let presence = Presence::new(Arc::clone(&store), Arc::clone(&hub), encode::presence);
        let sessions = Arc::new(SessionContext {
            store: Arc::clone(&store),
            hub: Arc::clone(&hub),
            auth: Arc::clone(&auth),
            presence: Arc::clone(&presence),
            metrics: Arc::clone(&metrics),
            connections_per_user: config.max_connections_per_user,
            resume_events: config.max_resume_events,
            turns: Arc::new(Turns::new(cores)),
            began: Instant::now(),
            shutdown: shutdown.clone(),
        });
        let api = Arc::new(Api {
            store,
            hub,
            auth,
            presence,
            typing: Typing::default(),
            passwords: Passwords::new(cores),
            metrics,
            sessions,
            sockets: TaskTracker::new(),
            registration: config.registration,
            limits: Limits {
                message_bytes: config.max_message_bytes,
                connections_per_user: config.max_connections_per_user,
                resume_events: config.max_resume_events,
            },
        });
        Ok(Self { api, max_connections: config.max_connections, shutdown })
    }

    /// Serves these listeners until the shutdown, then lets open connections end.
    pub async fn run(self, listeners: Vec<TcpListener>) {
        let router = router::router(Arc::clone(&self.api));
        // Sockets are tracked with the connections that they were: `max_connections` counts both.
        let connections = self.api.sockets.clone();
        let accepting = TaskTracker::new();
        for listener in listeners {
            accepting.spawn(serve::accept(
                listener,
                router.clone(),
                connections.clone(),
                self.max_connections,
                Arc::clone(&self.api.sessions.turns),
                self.shutdown.clone(),
            ));
        }
        // They stop with the set, at the very end: sessions take their leave before.
        let mut couriers = JoinSet::new();
        for courier in 0..self.api.hub.couriers() {
            let hub = Arc::clone(&self.api.hub);
            couriers.spawn(async move { hub.run_courier(courier).await });
        }
        self.shutdown.cancelled().await;
        tracing::info!(open = connections.len(), "stopping");
        accepting.close();
        connections.close();
        let ended = tokio::time::timeout(STOP_WITHIN, async {
            accepting.wait().await;
            connections.wait().await;
        });
        if ended.await.is_err() {
            tracing::warn!(open = connections.len(), "some connections did not end in time; they are cut");
        }
    }
}

/// Binds every address; each may stand for several.
///
/// # Errors
/// Where one cannot be resolved or bound; says which.
pub async fn bind(addresses: &[String]) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        let listener = TcpListener::bind(address.as_str()).await;
        listeners.push(listener.map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?);
    }
    Ok(listeners)
}

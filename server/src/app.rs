//! The composition root: puts the parts together, and runs them until it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chat_shared::api::Limits;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::{Auth, Passwords};
use crate::config::Config;
use crate::front::Front;
use crate::http::readiness::Readiness;
use crate::http::{Api, Shared};
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::presence::Presence;
use crate::publish::Publisher;
use crate::requests::Requests;
use crate::store::Store;
use crate::store::sqlite::{OpenError, SqliteStore};
use crate::transport::context::SessionContext;
use crate::transport::encode;
use crate::transport::strangers::Strangers;
use crate::turns::Turns;
use crate::typing::Typing;
use crate::{router, serve};

/// How long open connections may take to end, once the server stops.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Connections that may wait until we come to accept them; the system may allow fewer (Linux: `net.core.somaxconn`, 4,096). Who
/// finds no place there is not told, and tries again a second later: a crowd that comes back has to fit.
const BACKLOG: u32 = 65_535;
/// Ports that are tried where any will do.
const PORTS: usize = 16;

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
        let requests = Requests::new(config.max_requests_per_user);
        let sessions = Arc::new(SessionContext {
            store: Arc::clone(&store),
            hub: Arc::clone(&hub),
            auth: Arc::clone(&auth),
            presence: Arc::clone(&presence),
            metrics: Arc::clone(&metrics),
            connections_per_user: config.max_connections_per_user,
            resume_events: config.max_resume_events,
            turns: Arc::new(Turns::new(cores)),
            strangers: Strangers::default(),
            requests: Arc::clone(&requests),
            began: Instant::now(),
            shutdown: shutdown.clone(),
        });
        let api = Arc::new(Api {
            store,
            hub,
            auth,
            requests,
            presence,
            typing: Typing::default(),
            readiness: Readiness::default(),
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
        let front = Front::new(router::router(Arc::clone(&self.api)), Arc::clone(&self.api.metrics));
        // Sockets are tracked with the connections that they were: `max_connections` counts both.
        let connections = self.api.sockets.clone();
        let accepting = TaskTracker::new();
        for listener in listeners {
            accepting.spawn(serve::accept(
                listener,
                front.clone(),
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

/// Binds every address. A name stands for all that it resolves to, and means one port.
///
/// # Errors
/// Where one cannot be resolved or bound; says which.
pub async fn bind(addresses: &[String]) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        let bound = async { bind_all(&tokio::net::lookup_host(address.as_str()).await?.collect::<Vec<_>>()) };
        let bound = bound.await.map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?;
        listeners.extend(bound);
    }
    Ok(listeners)
}

/// Binds what one name stands for. Where any port will do, one that is free at the first address may be somebody else's at
/// another: then it is tried with a new one.
fn bind_all(addresses: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let any_port = addresses.iter().any(|address| address.port() == 0);
    for _ in 1..PORTS {
        match bind_each(addresses) {
            Err(error) if any_port && error.kind() == io::ErrorKind::AddrInUse => {}
            bound => return bound,
        }
    }
    bind_each(addresses)
}

/// Binds all of it, but for addresses that this machine does not have (`localhost` may be known as `::1` where there is no
/// IPv6), as long as there is another.
fn bind_each(addresses: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut missing = io::Error::new(io::ErrorKind::NotFound, "the name stands for no address");
    for mut address in addresses.iter().copied() {
        if let (0, Some(first)) = (address.port(), listeners.first()) {
            address.set_port(first.local_addr()?.port());
        }
        match listen(address) {
            Ok(listener) => listeners.push(listener),
            Err(error) if is_not_here(&error) => missing = error,
            Err(error) => return Err(error),
        }
    }
    if listeners.is_empty() { Err(missing) } else { Ok(listeners) }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Else a restart would have to wait until the system has forgotten the old connections.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn is_not_here(error: &io::Error) -> bool {
    let no_such_family = Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error());
    error.kind() == io::ErrorKind::AddrNotAvailable || error.raw_os_error() == no_such_family
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn bound(addresses: &[&str]) -> io::Result<Vec<SocketAddr>> {
        let addresses: Vec<_> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let listeners = bind_all(&addresses)?;
        Ok(listeners.iter().map(|listener| listener.local_addr().unwrap()).collect())
    }

    // Elsewhere a machine has one address of its own only.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_name_is_bound_wherever_it_leads() {
        // The second one is nobody's: it is for documentation.
        let found = bound(&["127.0.0.1:0", "192.0.2.1:0", "127.0.0.2:0"]).await.unwrap();
        let port = found[0].port();
        assert_eq!(found, [([127, 0, 0, 1], port).into(), ([127, 0, 0, 2], port).into()]);
        let named = bind(&["localhost:0".into()]).await.unwrap();
        assert!(named.iter().all(|listener| listener.local_addr().unwrap().ip().is_loopback()));
    }

    // Elsewhere the system may allow no more than we had before.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_crowd_gets_in_before_anybody_is_accepted() {
        let listener = bind(&["127.0.0.1:0".into()]).await.unwrap().remove(0);
        let address = listener.local_addr().unwrap();
        let crowd = futures_util::future::try_join_all((0..300).map(|_| tokio::net::TcpStream::connect(address)));
        // Without a place to wait they would try for minutes.
        let crowd = tokio::time::timeout(Duration::from_secs(60), crowd).await.expect("there was no place").unwrap();
        assert_eq!(crowd.len(), 300);
    }

    #[tokio::test]
    async fn what_cannot_be_bound_is_an_error() {
        assert_eq!(bound(&["192.0.2.1:0"]).await.unwrap_err().kind(), io::ErrorKind::AddrNotAvailable);
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap().to_string();
        assert_eq!(bound(&[&address]).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let error = bind(std::slice::from_ref(&address)).await.unwrap_err();
        assert!(error.to_string().starts_with(&address), "{error}");
        assert!(bound(&[]).await.is_err());
    }
}

//! A few connections for reading, and the blocking threads that they run on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::store::StoreError;

/// The longest that one read may take. Reads are bounded by their limits; this is for what those do not foresee, as far as
/// SQLite itself does it: inside of one step of the full-text index nobody looks at the clock.
const PATIENCE: Duration = Duration::from_secs(10);
/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 100_000;

/// The pool. As many reads run at a time as there are connections; others wait without a thread.
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        let permits = Arc::new(Semaphore::new(connections.len()));
        Self { idle: Arc::new(Mutex::new(connections)), permits }
    }

    /// Runs `work` on one snapshot.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let closed = || StoreError::Unavailable("the store is closed".into());
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| closed())?;
        let conn = self.idle.lock().pop().ok_or_else(closed)?;
        let mut lease = Lease { conn: Some(conn), idle: self.idle.clone(), permit };
        let work = move || {
            let conn = lease.conn.as_mut().ok_or_else(closed)?;
            let start = Instant::now();
            conn.progress_handler(STEPS, Some(move || start.elapsed() > PATIENCE))?;
            // Dropping the transaction ends it, and there is nothing to commit.
            let snapshot = conn.transaction()?;
            work(&snapshot)
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
            Err(if error.is_panic() {
                StoreError::Internal(format!("a defect: {error}"))
            } else {
                StoreError::Unavailable("the server is stopping".into())
            })
        })
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.permits.close();
        self.idle.lock().clear();
    }
}

/// Brings the connection back however the work ends, and only then the permit.
struct Lease {
    conn: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permit: OwnedSemaphorePermit,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take()
            && !self.permit.semaphore().is_closed()
        {
            self.idle.lock().push(conn);
        }
    }
}

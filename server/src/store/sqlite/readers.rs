//! A few connections for reading, and the blocking threads that they run on.
//!
//! Most reads are short. Those that may take long wait for a turn before they wait for a connection: they never have all
//! connections, and no more of them run than there are cores. Where they share a core, each takes as long as all together,
//! and the slowest of them far longer than one after the other would. And no user has more than one of them among those who
//! wait: so the longest wait grows with the users who search, not with their searches.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chat_shared::UserId;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lines::{First, Lines};
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
    turns: Arc<Semaphore>,
    lines: Arc<Lines>,
}

/// What a long read has while it runs: its turn, and with it the first place of its user's line.
struct Turn {
    _permit: OwnedSemaphorePermit,
    _first: First,
}

impl Readers {
    /// Reads on these connections, on a machine with so many cores.
    pub(super) fn new(connections: Vec<Connection>, cores: usize) -> Self {
        let permits = Arc::new(Semaphore::new(connections.len()));
        let turns = cores.min(connections.len().saturating_sub(1)).max(1);
        let turns = Arc::new(Semaphore::new(turns));
        Self { idle: Arc::new(Mutex::new(connections)), permits, turns, lines: Arc::default() }
    }

    /// Runs `work`, which is short, on one snapshot.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.run(None, work).await
    }

    /// Runs `work`, which may take long, on one snapshot, for this user.
    pub(super) async fn read_long<T, F>(&self, user: UserId, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let first = self.lines.first(user).await;
        let permit = self.turns.clone().acquire_owned().await.map_err(|_| closed())?;
        self.run(Some(Turn { _permit: permit, _first: first }), work).await
    }

    async fn run<T, F>(&self, turn: Option<Turn>, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| closed())?;
        let conn = self.idle.lock().pop().ok_or_else(closed)?;
        let mut lease = Lease { conn: Some(conn), idle: self.idle.clone(), permit, _turn: turn };
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

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.turns.close();
        self.permits.close();
        self.idle.lock().clear();
    }
}

/// Brings the connection back however the work ends, and only then the permit and the turn.
struct Lease {
    conn: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permit: OwnedSemaphorePermit,
    _turn: Option<Turn>,
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;
    use uuid::Uuid;

    use super::*;

    fn readers(connections: usize, cores: usize) -> Arc<Readers> {
        let connections = (0..connections).map(|_| Connection::open_in_memory().unwrap()).collect();
        Arc::new(Readers::new(connections, cores))
    }

    fn user(number: usize) -> UserId {
        UserId(Uuid::from_u128(number as u128))
    }

    /// A long read of that user that lasts until the sender is used, and that has begun.
    async fn hold(readers: &Arc<Readers>, number: usize) -> (Sender<()>, JoinHandle<Result<(), StoreError>>) {
        let (release, wait) = channel();
        let (begin, begun) = oneshot::channel();
        let readers = Arc::clone(readers);
        let work = move |_: &Connection| {
            begin.send(()).unwrap();
            wait.recv().map_err(|_| StoreError::Internal("not released".into()))
        };
        let task = tokio::spawn(async move { readers.read_long(user(number), work).await });
        begun.await.unwrap();
        (release, task)
    }

    async fn short(readers: &Readers) -> Result<i64, StoreError> {
        readers.read(|conn| Ok(conn.query_row("SELECT 7", [], |row| row.get(0))?)).await
    }

    #[tokio::test]
    async fn long_reads_wait_for_each_other_and_short_ones_do_not() {
        for (connections, cores, turns) in [(4, 1, 1), (4, 2, 2), (4, 64, 3), (2, 2, 1)] {
            let readers = readers(connections, cores);
            let mut held = Vec::new();
            for number in 0..turns {
                held.push(hold(&readers, number).await);
            }
            let mut next = Box::pin(readers.read_long(user(99), |_| Ok(())));
            assert!(futures_util::poll!(&mut next).is_pending());
            assert_eq!(short(&readers).await, Ok(7), "{connections} connections, {cores} cores");
            assert!(futures_util::poll!(&mut next).is_pending());
            let (release, first) = held.pop().unwrap();
            release.send(()).unwrap();
            first.await.unwrap().unwrap();
            next.await.unwrap();
            for (release, task) in held {
                release.send(()).unwrap();
                task.await.unwrap().unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_turn_comes_back_from_whoever_fails_and_whoever_leaves() {
        let readers = readers(2, 1);
        let failed = readers.read_long(user(1), |_| Err::<(), _>(StoreError::RoomNotFound)).await;
        assert_eq!(failed, Err(StoreError::RoomNotFound));
        let panics = |_: &Connection| -> Result<(), StoreError> { panic!("on purpose") };
        assert!(matches!(readers.read_long(user(1), panics).await, Err(StoreError::Internal(_))));
        let (release, task) = hold(&readers, 1).await;
        // The work goes on, and so it keeps its turn.
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        let mut next = Box::pin(readers.read_long(user(2), |_| Ok(())));
        assert!(futures_util::poll!(&mut next).is_pending());
        release.send(()).unwrap();
        next.await.unwrap();
    }

    #[tokio::test]
    async fn who_asks_for_much_at_once_waits_behind_themselves() {
        let readers = readers(4, 1);
        let (release, greedy) = hold(&readers, 1).await;
        // They are there first, and nobody waits for their answers.
        let abandoned: Vec<_> = (0..1_000)
            .map(|_| {
                let readers = Arc::clone(&readers);
                tokio::spawn(async move { readers.read_long(user(1), |_| Ok(())).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let mut other = Box::pin(readers.read_long(user(2), |_| Ok(())));
        assert!(futures_util::poll!(&mut other).is_pending());
        release.send(()).unwrap();
        greedy.await.unwrap().unwrap();
        other.await.unwrap();
        let done = abandoned.iter().filter(|task| task.is_finished()).count();
        assert!(done <= 1, "{done} of them went first");
        for task in abandoned {
            task.await.unwrap().unwrap();
        }
    }
}

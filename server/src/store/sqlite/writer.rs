//! The one thread that writes. It takes every change that waits and commits them together: one transaction, one fsync.
//!
//! One that is refused or fails takes back only itself. Most are refused before they have written anything; where one
//! was not, the group begins anew with a savepoint around each change (always to have them would be a waste: each copies
//! every page that its change touches). After the commit the observer hears of all events in order, and only then does
//! everyone get their answer. Nothing waits for a timer: while one group commits, the next one gathers. The full-text
//! index follows in transactions of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use chat_shared::Event;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::panic_words;
use super::index;
use super::indexer::Indexer;
use super::job::{Gathered, Job, Tx, Work};
use crate::store::{Observer, StoreError};

/// Changes that may wait. Who finds it full waits before the queue, holding nothing but their own request.
const QUEUE: usize = 1024;
/// Changes in one transaction: bounds how long the first of them waits for the last.
const GROUP: usize = 512;

/// The handle of the writing thread. Dropping it lets the thread finish what was accepted, and waits for that.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    /// Whether a search would miss a message that was answered.
    is_behind: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the thread, which owns the connection from now on.
    pub(super) fn start(conn: Connection, indexer: Indexer, observer: Arc<dyn Observer>) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let is_behind = Arc::new(AtomicBool::new(indexer.is_behind()));
        let work = Loop { conn, observer, indexer, is_behind: is_behind.clone() };
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || work.run(jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), is_behind })
    }

    /// Makes a change; resolves when it is durable and announced, or refused.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let stopped = || StoreError::Unavailable("the writer has stopped".into());
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work::new(work, stopped(), reply));
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.send(job).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| StoreError::Internal("the writer stopped in the middle".into()))?
    }

    /// Resolves when every message that was answered before is in the full-text index.
    pub(super) async fn catch_up(&self) -> Result<(), StoreError> {
        // Whoever was answered was so after this was set.
        if self.is_behind.load(Ordering::Acquire) {
            let ask = |tx: &mut Tx<'_>| {
                tx.index_now = true;
                Ok(())
            };
            self.write(ask).await?;
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer ended in a panic");
        }
    }
}

/// What a group came to.
struct Done {
    events: Vec<Arc<Event>>,
    /// Whether the full-text index has everything.
    is_indexed: bool,
}

fn given_up() -> StoreError {
    StoreError::Unavailable("the database gave up the transaction".into())
}

struct Loop {
    conn: Connection,
    observer: Arc<dyn Observer>,
    indexer: Indexer,
    is_behind: Arc<AtomicBool>,
}

impl Loop {
    fn run(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
        let mut group = Vec::with_capacity(GROUP);
        while jobs.blocking_recv_many(&mut group, GROUP) > 0 {
            match self.commit_group(&mut group) {
                Ok(done) => {
                    self.announce(&done.events);
                    if done.is_indexed {
                        self.indexer.caught_up();
                    }
                }
                Err(error) => group.iter_mut().for_each(|job| job.fail(error.clone())),
            }
            self.is_behind.store(self.indexer.is_behind(), Ordering::Release);
            group.drain(..).for_each(Job::answer);
            if self.indexer.is_due() {
                self.index();
            }
        }
        // The next start has nothing to make up for, and finds one file, ready to be copied.
        if self.indexer.is_behind() {
            self.index();
        }
        if let Err(error) = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the last checkpoint failed; the next start makes up for it");
        }
    }

    /// Runs `work` in one transaction. On an error, nothing of it has happened.
    fn commit<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.sql("BEGIN IMMEDIATE")?;
        work(self)
            .and_then(|done| {
                self.sql("COMMIT")?;
                Ok(done)
            })
            .map_err(|error| {
                // A serious error may have ended the transaction already.
                if !self.conn.is_autocommit()
                    && let Err(error) = self.sql("ROLLBACK")
                {
                    tracing::error!(%error, "cannot roll back");
                }
                StoreError::Unavailable(format!("the transaction failed: {error}"))
            })
    }

    fn commit_group(&mut self, group: &mut [Box<dyn Job>]) -> Result<Done, StoreError> {
        let mut spoilt = false;
        let done = self.commit(|this| {
            let done = this.run_group(group)?;
            spoilt = done.is_none();
            done.ok_or_else(|| StoreError::Internal("a change left something behind".into()))
        });
        if spoilt { self.commit(|this| this.run_apart(group)) } else { done }
    }

    /// Runs the changes one after the other. `None`: one of them failed and left something behind.
    fn run_group(&mut self, group: &mut [Box<dyn Job>]) -> Result<Option<Done>, StoreError> {
        let mut gathered = Gathered::default();
        for job in group {
            let before = self.conn.total_changes();
            let mut tx = Tx::new(&self.conn);
            if job.run(&mut tx) {
                gathered.add(tx);
            } else if self.conn.is_autocommit() {
                return Err(given_up());
            } else if self.conn.total_changes() != before {
                return Ok(None);
            }
        }
        self.finish(gathered).map(Some)
    }

    /// Runs the changes, each in a savepoint of its own.
    fn run_apart(&mut self, group: &mut [Box<dyn Job>]) -> Result<Done, StoreError> {
        let mut gathered = Gathered::default();
        for job in group {
            self.sql("SAVEPOINT job")?;
            let mut tx = Tx::new(&self.conn);
            if job.run(&mut tx) {
                gathered.add(tx);
            } else if self.conn.is_autocommit() {
                return Err(given_up());
            } else {
                self.sql("ROLLBACK TO job")?;
            }
            self.sql("RELEASE job")?;
        }
        self.finish(gathered)
    }

    /// What is done for the group as a whole, outside of savepoints: each of them would make the index write out what it
    /// has gathered.
    fn finish(&mut self, gathered: Gathered) -> Result<Done, StoreError> {
        gathered.posted.into_iter().for_each(|room| self.indexer.note(room));
        index::apply(&self.conn, gathered.changes)?;
        if gathered.index_now {
            self.indexer.catch_up(&self.conn)?;
        }
        Ok(Done { events: gathered.events, is_indexed: gathered.index_now })
    }

    /// Brings the index up to date. Where that fails, searches try again.
    fn index(&mut self) {
        match self.commit(|this| Ok(this.indexer.catch_up(&this.conn)?)) {
            Ok(()) => {
                self.indexer.caught_up();
                self.is_behind.store(false, Ordering::Release);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot bring the full-text index up to date");
                self.indexer.put_off();
            }
        }
    }

    fn announce(&self, events: &[Arc<Event>]) {
        if events.is_empty() {
            return;
        }
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.observer.committed(events))) {
            tracing::error!(error = panic_words(&*panic), "the observer of the store failed");
        }
    }

    fn sql(&self, sql: &str) -> Result<(), StoreError> {
        self.conn.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use chat_shared::{EventKind, RoomId, Timestamp, UserId};
    use parking_lot::Mutex;
    use tokio::task::JoinHandle;

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<Vec<u64>>>);

    impl Observer for Heard {
        fn committed(&self, events: &[Arc<Event>]) {
            self.0.lock().push(events.iter().map(|event| event.seq).collect());
            assert!(events[0].seq != 13, "an observer that is superstitious");
        }
    }

    struct World {
        writer: Arc<Writer>,
        heard: Arc<Heard>,
        _dir: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let conn = Connection::open(dir.path().join("x.db")).unwrap();
            conn.execute_batch(
                "PRAGMA foreign_keys = ON;
                 CREATE TABLE numbers (number INTEGER PRIMARY KEY, parent INTEGER REFERENCES numbers DEFERRABLE INITIALLY DEFERRED)",
            )
            .unwrap();
            let heard = Arc::new(Heard::default());
            Self { writer: Arc::new(Writer::start(conn, Indexer::default(), heard.clone()).unwrap()), heard, _dir: dir }
        }

        /// Occupies the writer until the returned sender is used, so that what follows gathers in one group.
        async fn hold(&self) -> (std::sync::mpsc::Sender<()>, JoinHandle<Result<(), StoreError>>) {
            let (release, wait) = channel();
            let (started, running) = oneshot::channel();
            let (wait, mut started): (Mutex<Receiver<()>>, _) = (Mutex::new(wait), Some(started));
            let writer = self.writer.clone();
            let task = tokio::spawn(async move {
                let hold = move |_: &mut Tx<'_>| {
                    started.take().map(|started| started.send(()));
                    wait.lock().recv().map_err(|_| StoreError::Internal("not released".into()))
                };
                writer.write(hold).await
            });
            running.await.unwrap();
            (release, task)
        }

        /// Lets all of the jobs run in one group.
        async fn group(&self, jobs: Vec<Box<Work_>>) -> Vec<Result<u64, StoreError>> {
            let (release, held) = self.hold().await;
            let mut answers: Vec<_> = jobs.into_iter().map(|job| Box::pin(self.writer.write(job))).collect();
            for answer in &mut answers {
                assert!(futures_util::poll!(answer).is_pending());
            }
            release.send(()).unwrap();
            held.await.unwrap().unwrap();
            futures_util::future::join_all(answers).await
        }

        async fn count(&self) -> i64 {
            self.writer
                .write(|tx| Ok(tx.conn.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0))?))
                .await
                .unwrap()
        }
    }

    type Work_ = dyn FnMut(&mut Tx<'_>) -> Result<u64, StoreError> + Send;

    /// Writes the number, then does what `end` says.
    fn job(number: u64, end: fn(&Tx<'_>) -> Result<(), StoreError>) -> Box<Work_> {
        Box::new(move |tx| {
            tx.conn.execute("INSERT INTO numbers (number) VALUES (?1)", [pos(number)])?;
            let kind = EventKind::Unknown;
            let (room, by) = (RoomId(uuid::Uuid::nil()), UserId(uuid::Uuid::nil()));
            let at = Timestamp::default();
            tx.events.push(Arc::new(Event { kind, room, seq: number, at, by, name: String::new() }));
            end(tx)?;
            Ok(number)
        })
    }

    fn pos(number: u64) -> i64 {
        super::super::pos::column(number)
    }

    fn well(_: &Tx<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    #[tokio::test]
    async fn a_group_is_one_commit_without_those_who_failed() {
        let world = World::new();
        let refused = |_: &Tx<'_>| Err(StoreError::Forbidden);
        let panics = |_: &Tx<'_>| panic!("on purpose");
        let answers = world.group(vec![job(1, well), job(2, refused), job(3, panics), job(4, well)]).await;
        assert_eq!((&answers[0], &answers[1], &answers[3]), (&Ok(1), &Err(StoreError::Forbidden), &Ok(4)));
        assert!(matches!(&answers[2], Err(StoreError::Internal(words)) if words.contains("on purpose")));
        assert_eq!(*world.heard.0.lock(), [[1, 4]]);
        assert_eq!(world.count().await, 2);
    }

    #[tokio::test]
    async fn where_the_commit_fails_nothing_has_happened() {
        let world = World::new();
        // Noticed at the commit, not before.
        let orphan = |tx: &Tx<'_>| {
            tx.conn.execute("UPDATE numbers SET parent = 99", [])?;
            Ok(())
        };
        let answers = world.group(vec![job(1, well), job(2, orphan), job(3, well)]).await;
        assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::Unavailable(_)))), "{answers:?}");
        assert!(world.heard.0.lock().is_empty());
        assert_eq!(world.count().await, 0);
        assert_eq!(world.group(vec![job(1, well)]).await, [Ok(1)], "and it goes on");
    }

    #[tokio::test]
    async fn a_lost_transaction_is_nobodys_success() {
        let world = World::new();
        let lost = |tx: &Tx<'_>| {
            tx.conn.execute_batch("ROLLBACK")?;
            Err(StoreError::Unavailable("as with a full disk".into()))
        };
        let answers = world.group(vec![job(1, well), job(2, lost), job(3, well)]).await;
        assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::Unavailable(_)))), "{answers:?}");
        assert_eq!(world.count().await, 0);
        assert_eq!(world.group(vec![job(3, well)]).await, [Ok(3)]);
    }

    #[tokio::test]
    async fn an_observer_that_panics_stops_nothing() {
        let world = World::new();
        assert_eq!(world.group(vec![job(13, well)]).await, [Ok(13)]);
        assert_eq!(world.group(vec![job(14, well)]).await, [Ok(14)]);
        assert_eq!(*world.heard.0.lock(), [[13], [14]]);
    }
}

//! The one thread that writes. It takes every change that waits and commits them together: one transaction, one fsync.
//!
//! One that is refused or fails takes back only itself. Most are refused before they have written anything; where one
//! was not, the group begins anew with a savepoint around each change (always to have them would be a waste: each copies
//! every page that its change touches). After the commit the observer hears of all events in order, and only then does
//! everyone get their answer. Nothing waits for a timer: while one group commits, the next one gathers. The full-text
//! index follows in transactions of its own: what is wrong with it fails searches, not posts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::connection::Reopen;
use super::error::panic_words;
use super::index;
use super::indexer::Indexer;
use super::job::{Gathered, Job, Tx, Work};
use super::renewal;
use crate::store::{Observer, StoreError};

/// Changes that may wait. Who finds it full waits before the queue, holding nothing but their own request.
const QUEUE: usize = 1024;
/// Changes in one transaction: bounds how long the first of them waits for the last.
const GROUP: usize = 512;

/// What waits for the writer.
enum Order {
    /// A change.
    Change(Box<dyn Job>),
    /// Somebody is about to search: the index has to have everything that was posted before.
    CatchUp(Answer),
    /// A search has found that the index is damaged.
    GiveUpIndex,
}

/// Where the end of a catching up is told.
type Answer = oneshot::Sender<Result<(), StoreError>>;

/// The handle of the writing thread. Dropping it lets the thread finish what was accepted, and waits for that.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    /// Whether a search would miss a message that was answered.
    is_behind: Arc<AtomicBool>,
    /// Whether the last change failed for everyone in its group.
    failed: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the thread, which owns the connection from now on; `reopen` makes another one where that is of no use any more.
    pub(super) fn start(
        conn: Connection,
        reopen: Reopen,
        indexer: Indexer,
        observer: Arc<dyn Observer>,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let is_behind = Arc::new(AtomicBool::new(indexer.is_behind()));
        let failed = Arc::new(AtomicBool::new(false));
        let work = Loop {
            conn,
            reopen,
            observer,
            indexer,
            is_behind: is_behind.clone(),
            failed: failed.clone(),
            met_damage: false,
            index_is_damaged: false,
        };
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || work.run(jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), is_behind, failed })
    }

    /// Makes a change; resolves when it is durable and announced, or refused.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Change(Box::new(Work::new(work, stopped(), reply)))).await?;
        answer.await.map_err(|_| broken_off())?
    }

    /// Whether changes can be made now. Writes only after a failure, so that to ask costs no fsync.
    pub(super) async fn probe(&self) -> Result<(), StoreError> {
        let failed = self.failed.clone();
        let probe = move |tx: &mut Tx<'_>| {
            if failed.load(Ordering::Relaxed) {
                tx.conn.execute("UPDATE meta SET value = value WHERE key = 'epoch'", [])?;
            }
            Ok(())
        };
        self.write(probe).await
    }

    /// Resolves when every message that was answered before is in the full-text index.
    pub(super) async fn catch_up(&self) -> Result<(), StoreError> {
        // Whoever was answered was so after this was set.
        if self.is_behind.load(Ordering::Acquire) {
            let (reply, answer) = oneshot::channel();
            self.order(Order::CatchUp(reply)).await?;
            answer.await.map_err(|_| broken_off())??;
        }
        Ok(())
    }

    /// Takes note that a search has found the index damaged.
    pub(super) async fn give_up_index(&self) -> Result<(), StoreError> {
        self.order(Order::GiveUpIndex).await
    }

    async fn order(&self, order: Order) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        queue.send(order).await.map_err(|_| stopped())
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

fn broken_off() -> StoreError {
    StoreError::Internal("the writer stopped in the middle".into())
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

fn given_up() -> StoreError {
    StoreError::Unavailable("the database gave up the transaction".into())
}

/// What a try to commit a group came to, beside its outcome.
#[derive(Default)]
struct Attempt {
    /// A change failed and left something behind: each has to be run by itself.
    is_spoilt: bool,
    /// The index was changed, or was to be.
    has_indexed: bool,
}

struct Loop {
    conn: Connection,
    reopen: Reopen,
    observer: Arc<dyn Observer>,
    indexer: Indexer,
    is_behind: Arc<AtomicBool>,
    failed: Arc<AtomicBool>,
    /// Whether the last transaction failed since the database is damaged.
    met_damage: bool,
    /// Whether the index is known to be damaged.
    index_is_damaged: bool,
}

impl Loop {
    fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut taken = Vec::with_capacity(GROUP);
        let mut group = Vec::with_capacity(GROUP);
        let mut searching = Vec::new();
        while orders.blocking_recv_many(&mut taken, GROUP) > 0 {
            for order in taken.drain(..) {
                match order {
                    Order::Change(job) => group.push(job),
                    Order::CatchUp(answer) => searching.push(answer),
                    Order::GiveUpIndex => self.give_up_index(),
                }
            }
            if !group.is_empty() {
                self.change(&mut group);
            }
            if self.indexer.is_due() || !searching.is_empty() {
                let done = self.index();
                searching.drain(..).for_each(|answer| drop(answer.send(done.clone())));
            }
        }
        // The next start has nothing to make up for, and finds one file, ready to be copied.
        let _ = self.index();
        if let Err(error) = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the last checkpoint failed; the next start makes up for it");
        }
    }

    /// Makes the changes of a group, announces what became of them, and answers everyone.
    fn change(&mut self, group: &mut Vec<Box<dyn Job>>) {
        let changes = self.conn.total_changes();
        match self.commit_group(group) {
            Ok(done) => {
                if self.conn.total_changes() != changes {
                    self.failed.store(false, Ordering::Relaxed);
                }
                done.posted.iter().for_each(|room| self.indexer.note(*room));
                self.is_behind.store(self.indexer.is_behind(), Ordering::Release);
                self.announce(&done);
            }
            Err(error) => {
                self.failed.store(true, Ordering::Relaxed);
                group.iter_mut().for_each(|job| job.fail(error.clone()));
            }
        }
        group.drain(..).for_each(Job::answer);
    }

    /// Runs `work` in one transaction. On an error, nothing of it has happened.
    fn commit<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.met_damage = false;
        self.leave_open_transaction()?;
        self.sql("BEGIN IMMEDIATE")?;
        work(self)
            .and_then(|done| {
                self.sql("COMMIT")?;
                Ok(done)
            })
            .map_err(|error| {
                self.met_damage = matches!(error, StoreError::Damaged(_));
                // A serious error may have ended the transaction already.
                if !self.conn.is_autocommit()
                    && let Err(error) = self.sql("ROLLBACK")
                {
                    tracing::error!(%error, "cannot roll back");
                }
                StoreError::Unavailable(format!("the transaction failed: {error}"))
            })
    }

    /// With a transaction that could not be rolled back, every other would fail for ever: it ends with its connection.
    fn leave_open_transaction(&mut self) -> Result<(), StoreError> {
        if !self.conn.is_autocommit() {
            tracing::error!("a transaction could not be rolled back: the writer opens the database anew");
            self.conn = (self.reopen)()?;
        }
        Ok(())
    }

    fn commit_group(&mut self, group: &mut [Box<dyn Job>]) -> Result<Gathered, StoreError> {
        let mut attempt = Attempt::default();
        let mut done = self.commit(|this| this.run_group(group, &mut attempt));
        if attempt.is_spoilt {
            attempt = Attempt::default();
            done = self.commit(|this| this.run_apart(group, true, &mut attempt));
        }
        if let Err(error) = &done
            && attempt.has_indexed
        {
            // Perhaps it is the index. Then there is nothing wrong with those who do not touch it.
            if self.met_damage {
                self.give_up_index();
            }
            tracing::error!(%error, "trying again without the changes of messages that are in the full-text index");
            done = self.commit(|this| this.run_apart(group, false, &mut attempt));
        }
        done
    }

    /// Runs the changes one after the other.
    fn run_group(&mut self, group: &mut [Box<dyn Job>], attempt: &mut Attempt) -> Result<Gathered, StoreError> {
        let mut gathered = Gathered::default();
        for job in group {
            let before = self.conn.total_changes();
            let mut tx = Tx::new(&self.conn);
            if job.run(&mut tx) {
                gathered.add(tx);
            } else if self.conn.is_autocommit() {
                return Err(given_up());
            } else if self.conn.total_changes() != before {
                attempt.is_spoilt = true;
                return Err(StoreError::Internal("a change left something behind".into()));
            }
        }
        self.apply(&mut gathered, attempt)?;
        Ok(gathered)
    }

    /// Runs the changes, each in a savepoint of its own; perhaps without those that change the index.
    fn run_apart(
        &mut self,
        group: &mut [Box<dyn Job>],
        with_index: bool,
        attempt: &mut Attempt,
    ) -> Result<Gathered, StoreError> {
        let mut gathered = Gathered::default();
        for job in group {
            self.sql("SAVEPOINT job")?;
            let mut tx = Tx::new(&self.conn);
            let mut is_done = job.run(&mut tx);
            if is_done && !with_index && !tx.changes.is_empty() {
                job.fail(StoreError::Unavailable("the full-text index cannot be changed".into()));
                is_done = false;
            }
            if is_done {
                gathered.add(tx);
            } else if self.conn.is_autocommit() {
                return Err(given_up());
            } else {
                self.sql("ROLLBACK TO job")?;
            }
            self.sql("RELEASE job")?;
        }
        self.apply(&mut gathered, attempt)?;
        Ok(gathered)
    }

    /// Does to the index what the group has changed; outside of savepoints, since each of them would make the index write out
    /// what it has gathered.
    fn apply(&self, gathered: &mut Gathered, attempt: &mut Attempt) -> Result<(), StoreError> {
        attempt.has_indexed = !gathered.changes.is_empty();
        index::apply(&self.conn, std::mem::take(&mut gathered.changes))
    }

    /// Brings the index up to date. Where that fails, searches try again.
    fn index(&mut self) -> Result<(), StoreError> {
        if !self.indexer.is_behind() {
            return Ok(());
        }
        let done = self.commit(|this| Ok(this.indexer.catch_up(&this.conn)?));
        match &done {
            Ok(()) => {
                self.indexer.caught_up();
                self.is_behind.store(false, Ordering::Release);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot bring the full-text index up to date");
                self.indexer.put_off();
                if self.met_damage {
                    self.give_up_index();
                }
            }
        }
        done
    }

    /// The index is damaged: that is said once, and noted for the next start.
    fn give_up_index(&mut self) {
        if std::mem::replace(&mut self.index_is_damaged, true) {
            return;
        }
        tracing::error!("the full-text index is damaged: searches fail; start the server again to have it built anew");
        if let Err(error) = self.commit(|this| Ok(renewal::note(&this.conn)?)) {
            tracing::warn!(%error, "cannot note that the full-text index is damaged");
            self.index_is_damaged = false;
        }
    }

    fn announce(&self, done: &Gathered) {
        let hear = |hear: &dyn Fn()| {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(hear)) {
                tracing::error!(error = panic_words(&*panic), "the observer of the store failed");
            }
        };
        if !done.events.is_empty() {
            hear(&|| self.observer.committed(&done.events));
        }
        if !done.personal.is_empty() {
            hear(&|| self.observer.personal(&done.personal));
        }
    }

    fn sql(&self, sql: &str) -> Result<(), StoreError> {
        self.conn.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

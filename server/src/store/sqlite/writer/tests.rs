//! Groups: who shares a fate with whom, and what a failure leaves behind.

use std::sync::mpsc::{Receiver, channel};

use chat_shared::{Event, EventKind, RoomId, Timestamp, UserId};
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
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self::with(|_| ())
    }

    /// With something done to the writer's first connection.
    fn with(prepare: impl FnOnce(&mut Connection)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let open: Reopen = Box::new(move || {
            let conn = Connection::open(&path)?;
            conn.pragma_update(None, "foreign_keys", true)?;
            Ok(conn)
        });
        let mut conn = open().unwrap();
        conn.execute_batch(
            "CREATE TABLE numbers (number INTEGER PRIMARY KEY, parent INTEGER REFERENCES numbers DEFERRABLE INITIALLY DEFERRED);
             CREATE TABLE meta (key TEXT, value TEXT); INSERT INTO meta VALUES ('epoch', 'first')",
        )
        .unwrap();
        prepare(&mut conn);
        let heard = Arc::new(Heard::default());
        let writer = Writer::start(conn, open, Indexer::default(), heard.clone()).unwrap();
        Self { writer: Arc::new(writer), heard, dir }
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
    crate::store::sqlite::pos::column(number)
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

/// Noticed at the commit, not before.
fn orphan(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.conn.execute("UPDATE numbers SET parent = 99", [])?;
    Ok(())
}

#[tokio::test]
async fn a_probe_writes_where_the_last_change_failed() {
    let world = World::new();
    // What the probe would write to is not there: nobody notices before it writes.
    let other = Connection::open(world.dir.path().join("x.db")).unwrap();
    other.execute_batch("ALTER TABLE meta RENAME TO elsewhere").unwrap();
    world.writer.probe().await.unwrap();
    assert!(world.group(vec![job(1, orphan)]).await[0].is_err());
    for _ in 0..2 {
        assert!(world.writer.probe().await.is_err());
    }
    other.execute_batch("ALTER TABLE elsewhere RENAME TO meta").unwrap();
    world.writer.probe().await.unwrap();
    other.execute_batch("ALTER TABLE meta RENAME TO elsewhere").unwrap();
    world.writer.probe().await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_cannot_be_rolled_back_goes_with_its_connection() {
    use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};
    let world = World::with(|conn| {
        let no_way_back = |context: AuthContext<'_>| match context.action {
            AuthAction::Transaction { operation: TransactionOperation::Rollback } => Authorization::Deny,
            _ => Authorization::Allow,
        };
        conn.authorizer(Some(no_way_back)).unwrap();
    });
    assert!(matches!(world.group(vec![job(1, orphan)]).await[0], Err(StoreError::Unavailable(_))));
    assert_eq!(world.group(vec![job(2, well)]).await, [Ok(2)]);
    assert_eq!((world.count().await, &*world.heard.0.lock()), (1, &vec![vec![2]]));
}

#[tokio::test]
async fn where_the_commit_fails_nothing_has_happened() {
    let world = World::new();
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

//! One look for several sessions that begin together. Each look is two changes of thread, and when a crowd comes back, those cost
//! more than the reading.

use chat_shared::UserId;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::readers::Readers;
use super::{cursors, partners};
use crate::store::{Arrival, StoreError};

/// Those who are about to begin.
#[derive(Default)]
pub(super) struct Arrivals(Mutex<Vec<Waiting>>);

struct Waiting {
    user: UserId,
    answer: oneshot::Sender<Result<Arrival, StoreError>>,
}

impl Arrivals {
    /// What a session of this user begins with, as it is now or later.
    pub(super) async fn of(&self, user: UserId, readers: &Readers) -> Result<Arrival, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.0.lock().push(Waiting { user, answer });
        // Others who are ready ask as well, before the first of them looks.
        tokio::task::yield_now().await;
        let together = std::mem::take(&mut *self.0.lock());
        if !together.is_empty() {
            let look = move |conn: &Connection| {
                look(conn, together);
                Ok(())
            };
            readers.read(look).await?;
        }
        match answered.await {
            Ok(arrival) => arrival,
            // Whoever was to look for us has gone, or failed.
            Err(_) => readers.read(move |conn| arrival(conn, user)).await,
        }
    }
}

fn look(conn: &Connection, together: Vec<Waiting>) {
    for Waiting { user, answer } in together {
        // Who has gone meanwhile needs none.
        if !answer.is_closed() {
            let _ = answer.send(arrival(conn, user));
        }
    }
}

/// The user's rooms, and with whom they talk.
fn arrival(conn: &Connection, user: UserId) -> Result<Arrival, StoreError> {
    Ok(Arrival { memberships: cursors::memberships(conn, user)?, partners: partners::all(conn, user)? })
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    /// Of users 1 to 9, each of whom is in a room of their own.
    fn readers() -> Readers {
        let mut conn = Connection::open_in_memory().unwrap();
        super::super::migrations::migrate(&mut conn).unwrap();
        conn.execute_batch(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9)
             INSERT INTO users (id, uid, name, name_key, password_hash, admin, created_at)
                 SELECT n, unhex(printf('%032x', n)), n, n, '', 0, 0 FROM n;
             INSERT INTO rooms (id, uid, name, name_key, kind, head, created_at) SELECT id, uid, name, name_key, 0, id, 0 FROM users;
             INSERT INTO members (room, user, joined_at, read_seq, read_posted) SELECT id, id, 0, 0, 0 FROM users",
        )
        .unwrap();
        Readers::new(vec![conn], 1)
    }

    #[tokio::test]
    async fn everybody_gets_their_own_with_one_look_and_who_goes_holds_up_nobody() {
        let (arrivals, readers) = (Arrivals::default(), readers());
        let heads = |found: Vec<Result<Arrival, StoreError>>| -> Vec<Vec<u64>> {
            found
                .into_iter()
                .map(|arrival| arrival.unwrap().memberships.iter().map(|room| room.head).collect())
                .collect()
        };
        let all = join_all((1..10).map(|number| arrivals.of(user(number), &readers))).await;
        assert_eq!(heads(all), (1..10).map(|number| vec![number]).collect::<Vec<_>>());
        // The first takes the others with it; then it goes, before the look has begun.
        let (release, released) = std::sync::mpsc::channel();
        let mut busy = Box::pin(readers.read(move |_| {
            let _ = released.recv();
            Ok(())
        }));
        assert!(futures_util::poll!(&mut busy).is_pending());
        let (mut first, mut second) =
            (Box::pin(arrivals.of(user(1), &readers)), Box::pin(arrivals.of(user(2), &readers)));
        for _ in 0..2 {
            assert!(futures_util::poll!(&mut first).is_pending());
            assert!(futures_util::poll!(&mut second).is_pending());
        }
        assert!(arrivals.0.lock().is_empty(), "one look for both");
        drop(first);
        release.send(()).unwrap();
        busy.await.unwrap();
        assert_eq!(heads(vec![second.await]), [[2]]);
        assert!(arrivals.0.lock().is_empty());
    }
}

//! Requests under way, counted for each user: nobody has so many that all others wait for them.
//!
//! Who asks for more waits behind themselves. A request whose client has hung up is not noticed (to look for that would cost every
//! request a read) and counts until it is done. So whoever asks, hangs up and asks again gets no more than others do. A large
//! answer counts until it is taken.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chat_shared::UserId;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Of each user.
#[derive(Debug)]
pub struct Requests {
    /// So many at a time; 0: no limit.
    limit: usize,
    under_way: Mutex<HashMap<UserId, Crowd>>,
}

/// One user's requests.
#[derive(Debug)]
struct Crowd {
    /// Those that go on, and those that wait for it.
    count: usize,
    places: Arc<Semaphore>,
}

/// A request under way; dropping it ends that.
#[derive(Debug)]
pub struct Place {
    _permit: Option<OwnedSemaphorePermit>,
    _member: Member,
}

/// A request that is counted.
#[derive(Debug)]
struct Member {
    of: Arc<Requests>,
    user: UserId,
}

/// Where a request keeps its place, once it is known whose it is. It lives as long as the request does.
#[derive(Clone, Debug, Default)]
pub struct Slot(Arc<OnceLock<Place>>);

impl Requests {
    /// None is under way.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, under_way: Mutex::default() })
    }

    /// One more of this user, as soon as there is a place for it: in the order of asking.
    pub async fn begin(self: &Arc<Self>, user: UserId) -> Place {
        let places = self.count(user);
        let member = Member { of: Arc::clone(self), user };
        // It is never closed, so that there is a permit where there is a limit.
        let permit = if self.limit == 0 { None } else { places.acquire_owned().await.ok() };
        Place { _permit: permit, _member: member }
    }

    fn count(&self, user: UserId) -> Arc<Semaphore> {
        let mut under_way = self.under_way.lock();
        let crowd = under_way.entry(user).or_insert_with(|| Crowd {
            count: 0,
            places: Arc::new(Semaphore::new(self.limit.min(Semaphore::MAX_PERMITS))),
        });
        crowd.count += 1;
        Arc::clone(&crowd.places)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Entry::Occupied(mut crowd) = self.of.under_way.lock().entry(self.user) {
            crowd.get_mut().count -= 1;
            if crowd.get().count == 0 {
                crowd.remove();
            }
        }
    }
}

impl Slot {
    /// The request goes on with this place.
    pub fn fill(&self, place: Place) {
        // A handler asks once whose the request is; a second place would be given back at once.
        let _ = self.0.set(place);
    }

    /// These bytes, and with them the place, for as long as anybody has them.
    pub(crate) fn hold(self, bytes: Bytes) -> Bytes {
        if self.0.get().is_some() { Bytes::from_owner(Held { bytes, _slot: self }) } else { bytes }
    }
}

struct Held {
    bytes: Bytes,
    _slot: Slot,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn each_user_has_so_many_at_a_time_and_nothing_is_left_of_them() {
        let requests = Requests::new(2);
        let (ann, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let (first, second) = (requests.begin(ann).await, requests.begin(ann).await);
        let mut third = Box::pin(requests.begin(ann));
        let mut given_up = Box::pin(requests.begin(ann));
        assert!(poll!(&mut third).is_pending() && poll!(&mut given_up).is_pending());
        drop(requests.begin(bob).await);
        drop(given_up);
        drop(first);
        let slot = Slot::default();
        slot.fill(third.await);
        // A large answer that is taken slowly.
        let answer = slot.hold(Bytes::from_static(b"answer"));
        drop(second);
        let second = requests.begin(ann).await;
        let rest = answer.slice(3..);
        drop(answer);
        let mut next = Box::pin(requests.begin(ann));
        assert!(poll!(&mut next).is_pending());
        drop(rest);
        drop((next.await, second));
        assert!(requests.under_way.lock().is_empty());
        // Nobody's.
        assert_eq!(Slot::default().hold(Bytes::from_static(b"x")), "x");
    }

    #[tokio::test]
    async fn no_limit_is_none() {
        let requests = Requests::new(0);
        let mut places = Vec::new();
        for _ in 0..1_000 {
            places.push(requests.begin(UserId(Uuid::nil())).await);
        }
        drop(places);
        assert!(requests.under_way.lock().is_empty());
    }
}

//! Requests under way, counted for each user: nobody has so many that all others wait for them.
//!
//! One whose client has hung up is not noticed (to look for that would cost every request a read) and counts until it is done.
//! So whoever asks, hangs up and asks again gets no more than others do. A large answer counts until it is taken.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chat_shared::UserId;
use parking_lot::Mutex;

/// Of each user.
#[derive(Debug)]
pub struct Requests {
    /// So many at a time; 0: no limit.
    limit: usize,
    under_way: Mutex<HashMap<UserId, usize>>,
}

/// So many of this user's requests are under way that there is no place for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// A request under way; dropping it ends that.
#[derive(Debug)]
pub struct Place {
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

    /// One more of this user.
    ///
    /// # Errors
    /// Where there are as many as there may be.
    pub fn begin(self: &Arc<Self>, user: UserId) -> Result<Place, TooMany> {
        let mut under_way = self.under_way.lock();
        let count = under_way.entry(user).or_default();
        if self.limit != 0 && *count >= self.limit {
            return Err(TooMany);
        }
        *count += 1;
        drop(under_way);
        Ok(Place { of: Arc::clone(self), user })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.of.under_way.lock().entry(self.user) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
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
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_user_has_so_many_at_a_time_and_nothing_is_left_of_them() {
        let requests = Requests::new(2);
        let (ann, bob) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let (first, second) = (requests.begin(ann).unwrap(), requests.begin(ann).unwrap());
        assert_eq!(requests.begin(ann).err(), Some(TooMany));
        drop(requests.begin(bob).unwrap());
        drop(first);
        let slot = Slot::default();
        slot.fill(requests.begin(ann).unwrap());
        // A large answer that is taken slowly.
        let answer = slot.hold(Bytes::from_static(b"answer"));
        drop(second);
        let second = requests.begin(ann).unwrap();
        let rest = answer.slice(3..);
        drop(answer);
        assert_eq!(requests.begin(ann).err(), Some(TooMany));
        drop(rest);
        assert!(requests.begin(ann).is_ok());
        drop(second);
        assert!(requests.under_way.lock().is_empty());
        // Nobody's.
        assert_eq!(Slot::default().hold(Bytes::from_static(b"x")), "x");
    }

    #[test]
    fn no_limit_is_none() {
        let requests = Requests::new(0);
        let places: Vec<_> = (0..1_000).map(|_| requests.begin(UserId(Uuid::nil())).unwrap()).collect();
        drop(places);
        assert!(requests.under_way.lock().is_empty());
    }
}

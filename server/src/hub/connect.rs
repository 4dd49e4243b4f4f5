//! The way in: a connection is registered, and gets its reader.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chat_shared::UserId;

use super::Hub;
use super::inbox::Inbox;
use super::reader::Reader;
use crate::store::TokenHash;

/// Too many connections of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyConnections;

impl Hub {
    /// Registers a connection: from here on, changes of the user's membership reach it. Next, the caller reads the user's
    /// memberships from the store, and [`Reader::subscribe`]s to them. It unregisters when the reader is dropped.
    ///
    /// # Errors
    /// Where the user has `limit` connections already (0: no limit).
    pub fn connect(
        self: &Arc<Self>,
        user: UserId,
        token: TokenHash,
        limit: usize,
    ) -> Result<Reader, TooManyConnections> {
        let shard = self.connected.fetch_add(1, Ordering::Relaxed) % self.shards();
        let inbox = Arc::new(Inbox::new(user, token, shard));
        let mut users = self.users.lock();
        // Most have one.
        let open = users.entry(user).or_insert_with(|| Vec::with_capacity(1));
        if limit != 0 && open.len() >= limit {
            return Err(TooManyConnections);
        }
        open.push(Arc::clone(&inbox));
        drop(users);
        self.connections.fetch_add(1, Ordering::Relaxed);
        Ok(Reader::new(Arc::clone(self), inbox))
    }
}

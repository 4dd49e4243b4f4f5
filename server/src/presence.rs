//! Who is online, told to those who share a direct conversation with them; who else is in a room with them may ask, and is told nothing
//! further.
//!
//! A user is online while any of their sessions is open, and for a short while after the last one: a client that
//! reconnects was never away. What is told is always how things are at that moment, so that whoever keeps the latest
//! word is right. Nothing here wakes up while nobody comes or goes.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use chat_shared::UserId;
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use crate::hub::{Hub, Topic};
use crate::store::{Store, StoreError};

/// How long somebody without a session still counts as online.
const GRACE: Duration = Duration::from_secs(5);

/// Who is online. One for each server.
pub struct Presence {
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    /// The frame that says of a user whether they are online. Handed in: formats are the transport's.
    frame: fn(UserId, bool) -> Bytes,
    /// Everyone who counts as online. A mutex that is held while somebody's partners are told: so the last word is the latest.
    users: Mutex<HashMap<UserId, Online>>,
}

/// Somebody who counts as online.
#[derive(Default)]
struct Online {
    sessions: usize,
    /// What ends it, once no session is left.
    farewell: Option<AbortHandle>,
}

/// A session's share in its user's being online; dropping it ends that.
pub struct Session {
    presence: Arc<Presence>,
    user: UserId,
}

impl Presence {
    /// Nobody is online.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, hub: Arc<Hub>, frame: fn(UserId, bool) -> Bytes) -> Arc<Self> {
        Arc::new(Self { store, hub, frame, users: Mutex::default() })
    }

    /// A session of this user begins.
    pub fn enter(self: &Arc<Self>, user: UserId) -> Session {
        let mut users = self.users.lock();
        let is_new = !users.contains_key(&user);
        let online = users.entry(user).or_default();
        online.sessions += 1;
        if let Some(farewell) = online.farewell.take() {
            farewell.abort();
        }
        drop(users);
        if is_new {
            self.announce_later(user);
        }
        Session { presence: Arc::clone(self), user }
    }

    /// Those of them who are online now.
    pub fn online(&self, users: impl IntoIterator<Item = UserId>) -> Vec<UserId> {
        let online = self.users.lock();
        users.into_iter().filter(|user| online.contains_key(user)).collect()
    }

    /// Those with whom this user shares a conversation and who are online now.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn online_partners(&self, user: UserId) -> Result<Vec<UserId>, StoreError> {
        Ok(self.online(self.store.dm_partners(user).await?))
    }

    /// Tells everyone who shares a conversation with this user whether they are online.
    pub async fn announce(&self, user: UserId) {
        let partners = match self.store.dm_partners(user).await {
            Ok(partners) => partners,
            Err(error) => {
                tracing::warn!(%user, %error, "cannot tell whether a user is online; clients will see it when they reconnect");
                return;
            }
        };
        let users = self.users.lock();
        let frame = (self.frame)(user, users.contains_key(&user));
        for partner in partners {
            self.hub.tell_user(partner, Topic::Presence(user), &frame);
        }
    }

    fn announce_later(self: &Arc<Self>, user: UserId) {
        let presence = Arc::clone(self);
        tokio::spawn(async move { presence.announce(user).await });
    }

    /// A session ends. The last one leaves somebody behind who says so after a while.
    fn leave(self: &Arc<Self>, user: UserId) {
        let mut users = self.users.lock();
        let Some(online) = users.get_mut(&user) else { return };
        online.sessions = online.sessions.saturating_sub(1);
        // Without a runtime, the server is at its end, and there is nobody left to tell.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if online.sessions == 0 {
            let farewell = runtime.spawn(say_goodbye(Arc::downgrade(self), user));
            online.farewell = Some(farewell.abort_handle());
        }
    }
}

/// Weak: whoever waits here keeps nothing alive.
async fn say_goodbye(presence: Weak<Presence>, user: UserId) {
    tokio::time::sleep(GRACE).await;
    let Some(presence) = presence.upgrade() else { return };
    let is_gone = {
        let mut users = presence.users.lock();
        let is_alone = users.get(&user).is_some_and(|online| online.sessions == 0);
        is_alone && users.remove(&user).is_some()
    };
    if is_gone {
        presence.announce(user).await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.presence.leave(self.user);
    }
}

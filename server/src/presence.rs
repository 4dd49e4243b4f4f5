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
use crate::store::Store;

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
    /// Whether their partners have been told. The first session that gets so far does it.
    is_told: bool,
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

    /// A session of this user begins. From here on they count as online; others hear of it from [`Session::announce`].
    pub fn enter(self: &Arc<Self>, user: UserId) -> Session {
        let mut users = self.users.lock();
        let online = users.entry(user).or_default();
        online.sessions += 1;
        if let Some(farewell) = online.farewell.take() {
            farewell.abort();
        }
        drop(users);
        Session { presence: Arc::clone(self), user }
    }

    /// Those of them who are online now.
    pub fn online(&self, users: impl IntoIterator<Item = UserId>) -> Vec<UserId> {
        let online = self.users.lock();
        users.into_iter().filter(|user| online.contains_key(user)).collect()
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
        self.tell(user, users.contains_key(&user), &partners);
    }

    /// To be called with the users locked.
    fn tell(&self, user: UserId, online: bool, partners: &[UserId]) {
        let frame = (self.frame)(user, online);
        for partner in partners {
            self.hub.tell_user(*partner, Topic::Presence(user), &frame);
        }
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

impl Session {
    /// Tells those with whom the user shares a conversation that the user has come, unless another session has.
    ///
    /// `partners` as the store had them after [`Presence::enter`]: whoever shares one only later hears of it then.
    pub fn announce(&self, partners: &[UserId]) {
        let mut users = self.presence.users.lock();
        let online = users.get_mut(&self.user).map(|online| &mut online.is_told);
        if online.is_some_and(|is_told| !std::mem::replace(is_told, true)) {
            self.presence.tell(self.user, true, partners);
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

//! The HTTP API: one file for each group of routes. Handlers parse, call, and reply; nothing else.

pub(crate) mod accounts;
pub(crate) mod description;
pub(crate) mod dms;
mod extract;
pub(crate) mod health;
pub(crate) mod messages;
pub(crate) mod readiness;
pub(crate) mod rooms;
pub(crate) mod socket;

use std::sync::Arc;

use chat_shared::api::Limits;

use self::readiness::Readiness;
use crate::auth::{Auth, Passwords};
use crate::config::Registration;
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::presence::Presence;
use crate::requests::Requests;
use crate::store::Store;
use crate::transport::context::SessionContext;
use crate::typing::Typing;

/// What every handler may use. Assembled once, by `app`.
pub(crate) struct Api {
    /// Where the truth is.
    pub(crate) store: Arc<dyn Store>,
    /// Where the news is.
    pub(crate) hub: Arc<Hub>,
    /// Who is who.
    pub(crate) auth: Arc<Auth>,
    /// Hashes passwords.
    pub(crate) passwords: Passwords,
    /// Whose requests are under way.
    pub(crate) requests: Arc<Requests>,
    /// Who is online.
    pub(crate) presence: Arc<Presence>,
    /// Who is typing.
    pub(crate) typing: Typing,
    /// Whether the store works.
    pub(crate) readiness: Readiness,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// What sessions share.
    pub(crate) sessions: Arc<SessionContext>,
    /// Ends when all sockets are closed.
    pub(crate) sockets: tokio_util::task::TaskTracker,
    /// Who may make an account.
    pub(crate) registration: Registration,
    /// What clients are told of our limits.
    pub(crate) limits: Limits,
}

/// The state of the router.
pub(crate) type Shared = Arc<Api>;

//! `chat-server`: a push server for team chat. People post over HTTP; every connected client hears of it over a socket
//! the moment it is committed.
//!
//! **A room is a log, and every reader is a cursor on it.** Read the modules in this order:
//!
//! - [`store`]: where everything that lasts is kept, and what every store promises
//! - [`hub`]: how connections hear that there is more, and what they share while they are close to the head
//! - [`publish`]: from the one to the other: every commit is encoded once
//! - [`transport`]: one session loop from `hello` to `bye`, and the WebSocket that moves its frames
//! - [`turns`]: what costs much, a few at a time; [`requests`]: how many each user has under way
//! - [`presence`]: who is online, for those who talk with them directly
//! - [`typing`]: who is typing, told now and then only
//! - [`auth`], [`policy`], [`validate`]: who it is, what they may, and what may be said
//! - `http`, `router`, [`front`], [`serve`], [`error`]: the HTTP API, from the connection to the reply
//! - [`config`], [`telemetry`], [`metrics`], [`app`]: options, logs, counters, and the assembly of it all

pub mod app;
pub mod auth;
pub mod config;
pub mod error;
pub mod front;
mod http;
pub mod hub;
pub mod metrics;
pub mod policy;
pub mod presence;
pub mod publish;
pub mod requests;
mod router;
pub mod serve;
pub mod store;
pub mod telemetry;
pub mod transport;
pub mod turns;
pub mod typing;
pub mod validate;

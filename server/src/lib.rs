//! `chat-server`: a push server for team chat.

pub mod policy;
pub mod store;
pub mod validate;

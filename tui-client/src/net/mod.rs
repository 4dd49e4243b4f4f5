//! Everything that speaks to the server.
//!
//! - [`server_url`] and [`token`]: where, and as whom
//! - [`api`]: one call an endpoint, over HTTP; [`answer`] is what came back
//! - [`link`]: the connection that stays: connects, resumes, closes gaps, comes back; [`session`] is one connection of it
//! - [`cursors`] and [`backoff`]: the two decisions in it, pure
//! - [`socket`]: the bytes below it; [`tap`]: TCP that can be left alone for a while
//! - [`words`]: what failed, in words for people

pub mod answer;
pub mod api;
pub mod backoff;
pub mod cursors;
pub mod link;
pub mod server_url;
pub mod session;
pub mod socket;
pub mod tap;
pub mod token;
pub mod words;

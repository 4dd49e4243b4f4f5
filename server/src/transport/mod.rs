//! The doors through which events leave: one session loop, and the drivers that move its frames.
//!
//! A driver is a [`connection::Connection`]; [`session::run`] takes it from `hello` to `bye`.

pub mod connection;
pub mod context;
mod decoder;
pub mod encode;
mod hello;
mod idle;
mod live;
mod outgoing;
pub mod resume;
pub mod session;
pub mod strangers;
pub mod websocket;

//! `chat-tui`: team chat in the terminal.

pub mod app;
pub mod failure;

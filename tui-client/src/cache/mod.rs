//! What outlives the program, on disk: the last known state of the server, and what the user has not sent yet.
//!
//! Two files for each account on each server, because they are worth different things:
//!
//! - `views`, below `$XDG_CACHE_HOME/chat-tui`: rooms, counts, the newest messages, cursors. It can be deleted at any time;
//!   a logout does it. It is bounded: what is too much goes, oldest first.
//! - `unsent`, below `$XDG_STATE_HOME/chat-tui/unsent`: drafts, messages that the server has not confirmed, and what it has not heard
//!   of reading. Nothing but sending or discarding removes from it; it waits through a logout for the same account.
//!
//! Several clients of one account share the files. Each change is a transaction of its own meaning, never "the whole state
//! as I see it": the newest messages only grow by the next event or are replaced by a newer window, so whoever is ahead
//! wins; a draft is that of the last writer who has seen the one before it; a message or a word on its way belongs to the client that wrote it, and passes to the
//! next one that starts after that one is gone ([`owners`](self)). Should it be sent by two all the same, both use its one
//! idempotency key.
//!
//! - `open`: files, permissions, versions · `owners`: which clients are alive · `views` (with `schema`, `trim` and `find`) and `unsent`: the two files
//! - `queue`: what waits to be written · `keeper`: the thread that writes it · `trouble`: what it says of that

mod find;
mod keeper;
mod open;
mod owners;
mod places;
mod queue;
mod rows;
mod schema;
#[cfg(test)]
mod tests;
mod trim;
mod trouble;
mod unsent;
mod views;

pub use keeper::Keeper;
pub use places::{Owner, Places};

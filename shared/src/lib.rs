//! The wire contract of `chat-server`, as plain types.
//!
//! Both sides speak through these types and nothing else, and this crate holds no IO. Read it in this order:
//!
//! - [`id`] and [`time`]: the names of things, and when they happened
//! - [`event`]: the durable log of a room, one numbered [`Event`] a change
//! - [`message`]: what the log adds up to, and [`message::fold`], which adds it up
//! - [`frame`]: what travels over a socket around those events
//! - [`api`]: bodies of the HTTP requests and replies
//! - [`page`]: where the pages of a listing end
//! - [`error`]: every error code, its status, its JSON shape
//! - [`text`]: which characters may go where; nothing from a network reaches a terminal around it
//! - [`limit`]: the bounds that both sides know by heart

pub mod api;
pub mod error;
pub mod event;
pub mod frame;
pub mod id;
pub mod limit;
pub mod message;
pub mod page;
pub mod text;
pub mod time;

pub use error::{ErrorBody, ErrorCode};
pub use event::{Event, EventKind};
pub use frame::{ClientFrame, ServerFrame};
pub use id::{Epoch, RoomId, Seq, UserId, UserRef};
pub use message::{Message, Reaction};
pub use time::Timestamp;

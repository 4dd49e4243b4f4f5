//! The texts that a message has had. Pure.

use chat_shared::api::Version;
use chat_shared::{RoomId, Seq};

/// Texts of a message that are asked for and shown at most.
pub(crate) const LIMIT: usize = 200;

/// The texts that a message has had.
#[derive(Clone, Debug)]
pub(crate) struct Versions {
    pub(crate) room: RoomId,
    pub(crate) of: Seq,
    /// Its author.
    pub(crate) name: String,
    /// Oldest first; `None` until they are here.
    pub(crate) list: Option<Vec<Version>>,
    pub(crate) at: usize,
}

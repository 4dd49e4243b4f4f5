//! Somebody who writes in the open room. Pure.

use chat_shared::UserId;

/// Somebody who writes in the open room, and until when that is believed.
#[derive(Clone, Debug)]
pub(crate) struct Typist {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) until_us: u64,
}

//! What the user writes: from the keys that edit it to the messages that wait to be sent.

pub(crate) mod completing;
pub(crate) mod completion;
pub(crate) mod composer;
pub(crate) mod drafts;
pub(crate) mod editor;
pub(crate) mod history;
pub(crate) mod names;
pub(crate) mod outbox;
pub(crate) mod send;
pub(crate) mod undo;
pub(crate) mod written;

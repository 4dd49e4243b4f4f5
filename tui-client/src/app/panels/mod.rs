//! What lies on top of the chat: the search, conversations, lists, help.

pub(crate) mod area;
pub(crate) mod around;
pub(crate) mod closer;
pub(crate) mod conversation;
pub(crate) mod help;
pub(crate) mod hit;
pub(crate) mod judge;
pub(crate) mod layer;
pub(crate) mod links;
pub(crate) mod listing;
pub(crate) mod members;
pub(crate) mod mouse;
pub(crate) mod notices;
pub(crate) mod overlay;
pub mod query;
pub(crate) mod roster;
pub(crate) mod search;
pub(crate) mod search_here;
pub(crate) mod searching;
pub(crate) mod switcher;
pub(crate) mod thread;
pub(crate) mod versions;

//! What is read and what is new: the marks, who has heard of them, and the way to what is new.

pub(crate) mod all;
pub(crate) mod cursor;
pub(crate) mod news;
mod telling;
pub(crate) mod unread;
pub(crate) mod untold;
pub(crate) mod words;

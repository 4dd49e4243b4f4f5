//! The interface as a pure state machine: an [`Event`] in, a changed [`State`] and a list of [`Effect`]s out.

pub mod effect;
pub mod event;

pub use effect::Effect;
pub use event::{Done, Event, LinkEvent, Moment};

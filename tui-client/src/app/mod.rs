//! The interface as a pure state machine: an [`Event`] in, a changed [`State`] and a list of [`Effect`]s out.
//!
//! Nothing here does IO, reads a clock, rolls dice or knows ratatui. Read it in this order:
//!
//! - [`event`] and [`effect`]: all that can happen, and all that can be asked for
//! - `state`: all that is known; most of it in `rooms` (with their people and their order), each with its `timeline` (what was
//!   said, in one window without holes), its `reading` (what is read and what is new), and what the user is `writing` in it
//! - `update`: the way in; `input` (keys and the mouse, by the tables of `keymap` and `commands`), `link` (the socket) and
//!   `done` (ends of effects) have the branches
//! - `keep` and [`kept`]: what outlives the program
//! - `panels`: what lies on top of the chat: the search, conversations, lists, help
//! - [`text`]: made harmless, parsed and laid out; `geometry` and `pane`: what is where on the screen, for `view` to draw
//! - `alert`, `notice` and `status`: what the user is told in passing
//! - [`linear`]: the same without a screen, in words
//!
//! In each folder, what the state is made of (`rooms::room`, `panels::search`) stands below `state`, and what is done with it
//! (`rooms::entering`, `panels::searching`) above: a file of the first kind knows nothing of the state.

pub mod effect;
pub mod event;
pub mod kept;
pub mod linear;
pub mod panels;
pub mod text;

mod alert;
mod clean;
pub(crate) mod clock;
pub(crate) mod commands;
mod done;
pub(crate) mod geometry;
pub(crate) mod input;
pub(crate) mod keep;
mod link;
pub(crate) mod login;
pub(crate) mod notice;
pub(crate) mod pane;
pub(crate) mod reading;
pub(crate) mod rooms;
pub(crate) mod settings;
pub(crate) mod start;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod timeline;
mod timers;
mod update;
pub(crate) mod writing;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use effect::Effect;
pub use event::{Done, Event, LinkEvent, Moment};
pub use panels::layer::Layer;
pub use settings::{Reread, Settings};
pub use start::{ColourMode, Start};
pub use state::State;
pub use update::update;

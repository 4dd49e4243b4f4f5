//! The interface as a pure state machine: an [`Event`] in, a changed [`State`] and a list of [`Effect`]s out.
//!
//! Nothing here does IO, reads a clock, rolls dice or knows ratatui. Read it in this order:
//!
//! - [`event`] and [`effect`]: all that can happen, and all that can be asked for
//! - `state`, `room` (in their `order`, with `favourites`), `people`, `timeline` (of `entry` and `comings`, with `held`), `outbox`: what is known
//! - `update`: the way in; `input` (keys), `link` (the socket), `done` (ends of effects) and `mouse` have the branches
//! - `keep` and [`kept`]: what outlives the program
//! - `unread` and `untold`: what is read, and what of it the server has not heard
//! - `memory`: how much of it stays while one is elsewhere
//! - `search` (over `query` and `highlight`): from words to the places where they were said
//! - `conversation` and `closer`: what answers what, and what messages said before
//! - `keymap` and `commands`: the two tables that the user's hands meet; the help screen prints them
//! - `geometry`, `wrap`, `row`, `markdown`, `body`, `message_rows`, `scroll`, `pane`, `shown`: what is where on the screen, for `view` to draw
//! - `linear`, `linear_commands` and `linear_more`: the same without a screen, in words

pub mod code;
pub mod effect;
pub mod event;
pub mod kept;
pub mod linear;
pub mod query;

mod actions;
mod alert;
mod body;
pub(crate) mod chord;
pub(crate) mod clock;
pub(crate) mod closer;
mod comings;
mod command_names;
pub(crate) mod commands;
mod completion;
pub(crate) mod composer;
pub(crate) mod conversation;
mod done;
pub(crate) mod editor;
pub(crate) mod emoji;
mod entry;
mod favourites;
pub(crate) mod geometry;
mod held;
mod highlight;
pub(crate) mod history;
mod input;
pub(crate) mod keep;
pub(crate) mod keymap;
mod linear_commands;
mod linear_more;
mod link;
mod links;
pub(crate) mod login;
mod markdown;
mod memory;
mod message_rows;
mod mouse;
mod names;
pub(crate) mod nearest;
mod news;
pub(crate) mod notice;
mod order;
mod outbox;
pub(crate) mod overlay;
mod pane;
pub(crate) mod panel;
mod people;
mod read_all;
pub(crate) mod room;
mod roster;
pub(crate) mod row;
pub(crate) mod scroll;
pub(crate) mod search;
mod selection;
mod send;
pub(crate) mod settings;
mod shown;
pub(crate) mod sidebar;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod switcher;
pub(crate) mod text;
mod timeline;
mod undo;
mod unread;
mod untold;
mod update;
pub(crate) mod wrap;
mod written;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use effect::Effect;
pub use event::{Done, Event, LinkEvent, Moment};
pub use overlay::Layer;
pub use settings::{Reread, Settings};
pub use state::{ColourMode, Start, State};
pub use update::update;

//! `chat-tui`: team chat in the terminal.
//!
//! Read it in this order:
//!
//! - [`cli`] and [`commands`]: what can be asked for; one file a command
//! - [`app`]: the interface as a pure state machine, and [`view`], which draws it
//! - [`runtime`]: the one loop between that machine and the world; [`terminal`], [`look`], [`notifier`], [`desktop`], [`clipboard`] and
//!   [`hangup`] are its senses and hands, [`highlight`] its reader of code
//! - [`template`]: lines as scripts want them
//! - [`net`]: the server, over HTTP and over a socket
//! - [`account`]: who we are, on disk; [`cache`]: what we saw and what we have not sent yet, on disk; [`config`]: what the user has
//!   chosen, [`locale`]: what the system says about clocks and calendars
//! - [`failure`] and [`report`]: what goes wrong, as values and as words; [`log`]: what happened, for whoever looks for a mistake

pub mod account;
pub mod app;
pub mod cache;
pub mod cli;
pub mod clipboard;
pub mod commands;
pub mod config;
pub mod desktop;
pub mod failure;
pub mod hangup;
pub mod highlight;
pub mod locale;
pub mod log;
pub mod look;
pub mod net;
pub mod notifier;
pub mod report;
pub mod runtime;
pub mod template;
pub mod terminal;
pub mod view;

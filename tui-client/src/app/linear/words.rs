//! Words that linear mode says in more than one place. Pure.

/// How a line begins that tells of an error. No message does: those begin with a time.
pub const ERROR: &str = "Error: ";

/// What is said where there is no room to say anything in.
pub(crate) const NOWHERE: &str =
    "You are in no room: /rooms lists them, /join NAME enters one, /dm NAME talks to somebody.";

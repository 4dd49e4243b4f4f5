//! Tests of the interface through `update`: events in, effects and the visible state out.

mod chrome;
mod conversation;
mod first_run;
mod keeping;
mod rooms;
mod selecting;
mod sending;
mod writing;

//! Tests of the interface through `update`: events in, effects and the visible state out.

mod alerts;
mod chrome;
mod closer;
mod comings;
mod connecting;
mod conversation;
mod drafts;
mod entering;
mod favourites;
mod first_run;
mod keeping;
mod linear;
mod news;
mod order;
mod panels;
mod people;
mod read_all;
mod robust;
mod rooms;
mod roster;
mod search;
mod selecting;
mod sending;
mod telling;
mod unread;
mod writing;

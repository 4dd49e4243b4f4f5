//! What is known of rooms and of people, and in which order it is shown.

pub(crate) mod entering;
pub(crate) mod favourites;
pub(crate) mod memory;
pub(crate) mod order;
pub(crate) mod people;
pub(crate) mod room;
pub(crate) mod sidebar;

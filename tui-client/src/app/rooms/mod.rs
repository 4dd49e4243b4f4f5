//! What is known of rooms and of people, and in which order it is shown.

pub(crate) mod calls;
pub(crate) mod entering;
pub(crate) mod favourites;
pub(crate) mod memory;
pub(crate) mod moving;
pub(crate) mod order;
pub(crate) mod people;
pub(crate) mod room;
pub(crate) mod sidebar;
pub(crate) mod typing;
pub(crate) mod typist;
pub(crate) mod wanted;

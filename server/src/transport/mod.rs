//! The doors through which events leave: one session loop, and the drivers that move its frames.

pub mod encode;
pub mod resume;
pub mod session;
pub mod websocket;

//! A courier at a connection: what it brings along, and what it meets there.

use std::vec::Drain;

use chat_shared::RoomId;
use parking_lot::RwLock;

use super::cursor::Cursor;
use super::ring::{Frame, Ring};

/// What stands behind a reader, for a courier.
pub trait Outlet: Send + Sync {
    /// Sends what the reader has not sent of the visited room, where it can be done at once. `false` where the connection has
    /// other things to do: it has to be told of the room.
    fn deliver(&self, visit: &mut Visit<'_>) -> bool;
}

/// A courier at one of a room's readers. It brings along what the reader would else have to look for: most of a delivery's time
/// is spent waiting for memory that nobody has touched since the last one.
pub struct Visit<'a> {
    pub(super) room: RoomId,
    pub(super) ring: &'a RwLock<Ring>,
    /// The reader's, in this room.
    pub(super) cursor: &'a Cursor,
    /// Empty, for frames on their way from the room to the connection. The courier's own: it is at hand.
    pub(super) frames: &'a mut Vec<Frame>,
}

impl Visit<'_> {
    /// What the reader [took](super::Reader::take) from the room.
    pub fn frames(&mut self) -> Drain<'_, Frame> {
        self.frames.drain(..)
    }
}

//! Values as they stand in columns, and back.

use chat_shared::{RoomId, Seq};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A room's id: 16 bytes.
pub(super) fn id(room: RoomId) -> [u8; 16] {
    *room.0.as_bytes()
}

pub(super) fn room(bytes: [u8; 16]) -> RoomId {
    RoomId(Uuid::from_bytes(bytes))
}

/// A number as a column holds it. None of an honest server is beyond; one that is ends no program.
pub(super) fn int(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(super) fn seq(int: i64) -> Seq {
    Seq::try_from(int).unwrap_or(0)
}

/// Plain types of the contract: their encoding cannot fail.
pub(super) fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// What an older or a newer build wrote differently is not there.
pub(super) fn parsed<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

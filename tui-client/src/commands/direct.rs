//! `@name` in place of a room: the direct conversation with somebody.

use chat_shared::ErrorCode;
use chat_shared::api::{RoomKind, RoomSummary};
use chat_shared::text::sanitise_line;

use crate::failure::{Failure, FailureKind};

/// Whether this is the conversation with the one person that `wanted` names, as `@name`.
pub(super) fn is_with(room: &RoomSummary, wanted: &str) -> bool {
    let Some(name) = wanted.strip_prefix('@') else { return false };
    matches!(&room.people[..], [one] if room.kind == RoomKind::Dm && one.name.to_lowercase() == name.to_lowercase())
}

/// What a direct conversation is called in a list: `@bob`, or `@bob,@eve`.
pub(super) fn label(room: &RoomSummary) -> String {
    let names: Vec<_> = room.people.iter().map(|user| format!("@{}", sanitise_line(&user.name))).collect();
    if names.is_empty() { "(notes to myself)".into() } else { names.join(",") }
}

/// What a room is called: its name, or those of the people in it.
pub(super) fn name(room: &RoomSummary) -> String {
    if room.kind == RoomKind::Dm { label(room) } else { room.name.clone() }
}

/// A room in front of a line: `#ops`, `@bob`.
pub(super) fn place(name: &str) -> String {
    if name.starts_with(['@', '(']) { name.to_owned() } else { format!("#{name}") }
}

pub(super) fn none_with(wanted: &str) -> Failure {
    let message = format!(
        "You have no direct conversation with {wanted} yet. chat-tui send --room {wanted} TEXT begins one.",
        wanted = sanitise_line(wanted)
    );
    Failure { kind: FailureKind::Refused(ErrorCode::RoomNotFound), message }
}

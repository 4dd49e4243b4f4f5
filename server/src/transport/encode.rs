//! Frames as they go onto a WebSocket: header and JSON in one piece of shared memory.
//!
//! Frames from a server are not masked, so the same bytes serve every connection.

use bytes::Bytes;
use chat_shared::frame::Control;
use chat_shared::{Event, EventKind, UserId};
use serde::Serialize;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control as Op, Data, OpCode};

use crate::hub::Text;

/// The largest header of an unmasked frame.
const MAX_HEADER_BYTES: usize = 10;

/// A durable event as a text frame.
#[must_use]
pub fn event(event: &Event) -> Bytes {
    text(event)
}

/// What an event has to do with the text of a message.
#[must_use]
pub fn text_of(event: &Event) -> Text {
    match &event.kind {
        EventKind::Posted { .. } => Text::Of(event.seq),
        EventKind::Edited { target, .. } => Text::Of(*target),
        EventKind::Deleted { target } => Text::Erased(*target),
        _ => Text::None,
    }
}

/// Any other frame of the contract, as a text frame.
#[must_use]
pub fn control(control: &Control) -> Bytes {
    text(control)
}

/// Whether a user is online.
#[must_use]
pub fn presence(user: UserId, online: bool) -> Bytes {
    control(&Control::Presence { user, online })
}

/// A heartbeat.
#[must_use]
pub fn ping() -> Bytes {
    Bytes::from_static(&[0x89, 0x00])
}

/// The answer to a ping.
#[must_use]
pub fn pong(payload: &[u8]) -> Bytes {
    frame(OpCode::Control(Op::Pong), payload)
}

/// The answer to the peer's last frame, which may have had a code.
#[must_use]
pub fn answer_to_close(code: Option<u16>) -> Bytes {
    code.map_or(const { Bytes::from_static(&[0x88, 0x00]) }, close)
}

/// The last frame of a connection.
#[must_use]
pub fn close(code: u16) -> Bytes {
    frame(OpCode::Control(Op::Close), &code.to_be_bytes())
}

fn text(value: &impl Serialize) -> Bytes {
    // Strings, numbers and maps with string keys: there is nothing in these types that JSON cannot say.
    let json = serde_json::to_vec(value).expect("the contract's types can be written as JSON");
    frame(OpCode::Data(Data::Text), &json)
}

fn frame(opcode: OpCode, payload: &[u8]) -> Bytes {
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    let mut out = Vec::with_capacity(MAX_HEADER_BYTES + payload.len());
    header.format(payload.len() as u64, &mut out).expect("writing to a Vec does not fail");
    out.extend_from_slice(payload);
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_final_and_not_masked() {
        assert_eq!(&frame(OpCode::Data(Data::Text), b"hi")[..], b"\x81\x02hi");
        assert_eq!(&frame(OpCode::Data(Data::Text), &[b'x'; 300])[..4], [0x81, 126, 1, 44]);
        assert_eq!(&close(1001)[..], [0x88, 2, 0x03, 0xE9]);
        assert_eq!(&control(&Control::CaughtUp)[2..], br#"{"type":"caught_up"}"#);
    }
}

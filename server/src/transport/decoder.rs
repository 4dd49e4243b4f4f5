//! What a client sends, frame by frame: the receiving half of WebSocket (RFC 6455, section 5), strict and bounded.
//!
//! It has memory of its own only while a message is under way: there are thousands of these, and nearly all are silent.

use std::io::Cursor;
use std::ops::Range;

use bytes::{Buf as _, Bytes, BytesMut};
use chat_shared::frame::ByeReason;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// The largest message that a client may send at first: a `hello` that resumes some 5,000 rooms.
pub(super) const MAX_FIRST_BYTES: usize = 256 * 1024;
/// The largest of these that needs no leave: some 150 rooms.
pub(super) const MAX_SHORT_BYTES: usize = 8 * 1024;
/// The largest message that a client may send from then on.
pub(super) const MAX_LATER_BYTES: usize = 4096;
/// The largest payload of a frame that is no message.
const MAX_CONTROL_BYTES: usize = 125;

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// The first message is a long one. It is taken in from here on: whoever asks for more gives leave to that.
    Long,
    /// A whole message.
    Text(String),
    /// To be answered with the same bytes.
    Ping(Bytes),
    /// An answer to a ping, or just a sign of life.
    Pong,
    /// The last frame; to be answered with this code.
    Close(Option<u16>),
}

/// Takes in bytes as they come, and gives what they mean.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// What is not used yet: less than a frame, between two calls.
    incoming: BytesMut,
    /// The beginning of a message that comes in several frames.
    begun: Option<Vec<u8>>,
    /// How far it has come.
    stage: Stage,
}

/// What may come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// The first message, as long as it is short.
    #[default]
    First,
    /// The first message.
    LongFirst,
    /// Nothing large any more.
    Greeted,
}

impl Stage {
    /// The largest message.
    fn most(self) -> usize {
        match self {
            Self::First | Self::LongFirst => MAX_FIRST_BYTES,
            Self::Greeted => MAX_LATER_BYTES,
        }
    }
}

/// A frame of which the header is there.
struct Begun {
    header: FrameHeader,
    /// Where its payload is among what came.
    payload: Range<usize>,
    mask: [u8; 4],
}

impl Decoder {
    /// Takes in what came.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.incoming.extend_from_slice(bytes);
    }

    /// What comes next; `None`: more bytes are needed. After an error there is no use in going on.
    pub(super) fn next(&mut self) -> Result<Option<Received>, ByeReason> {
        while let Some(frame) = self.next_header()? {
            if self.stage == Stage::First && self.becomes(&frame.header, frame.payload.len()) > MAX_SHORT_BYTES {
                self.stage = Stage::LongFirst;
                return Ok(Some(Received::Long));
            }
            let Some(payload) = self.take_payload(&frame) else { return Ok(None) };
            match frame.header.opcode {
                OpCode::Control(Control::Ping) => return Ok(Some(Received::Ping(Bytes::from(payload)))),
                OpCode::Control(Control::Pong) => return Ok(Some(Received::Pong)),
                OpCode::Control(_) => return Ok(Some(Received::Close(answer_to_close(&payload)?))),
                OpCode::Data(_) => {
                    let mut message = self.begun.take().unwrap_or_default();
                    if message.is_empty() {
                        message = payload;
                    } else {
                        message.extend_from_slice(&payload);
                    }
                    if frame.header.is_final {
                        let text = String::from_utf8(message).map_err(|_| ByeReason::BadFrame)?;
                        self.stage = Stage::Greeted;
                        return Ok(Some(Received::Text(text)));
                    }
                    self.begun = Some(message);
                }
            }
        }
        Ok(None)
    }

    /// The next frame, checked, as soon as its header is there: what will not be taken is not waited for.
    fn next_header(&self) -> Result<Option<Begun>, ByeReason> {
        let mut cursor = Cursor::new(&self.incoming[..]);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| ByeReason::BadFrame)?;
        let Some((header, length)) = parsed else { return Ok(None) };
        let length = usize::try_from(length).map_err(|_| ByeReason::FrameTooBig)?;
        let mask = self.check(&header, length)?;
        let begins = usize::try_from(cursor.position()).map_err(|_| ByeReason::BadFrame)?;
        Ok(Some(Begun { header, payload: begins..begins + length, mask }))
    }

    /// What this frame carries, unmasked, once all of it is there.
    fn take_payload(&mut self, frame: &Begun) -> Option<Vec<u8>> {
        let masked = self.incoming.get(frame.payload.clone())?;
        let payload = masked.iter().zip(frame.mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        self.incoming.advance(frame.payload.end);
        if self.incoming.is_empty() {
            self.incoming = BytesMut::new();
        }
        Some(payload)
    }

    /// How large the message gets with a frame of this length; one that is no message stands for itself.
    fn becomes(&self, header: &FrameHeader, length: usize) -> usize {
        match (header.opcode, &self.begun) {
            (OpCode::Data(_), Some(begun)) => length.saturating_add(begun.len()),
            _ => length,
        }
    }

    /// Whether a frame may come now; gives its mask.
    fn check(&self, header: &FrameHeader, length: usize) -> Result<[u8; 4], ByeReason> {
        let fits = match header.opcode {
            OpCode::Control(_) => header.is_final && length <= MAX_CONTROL_BYTES,
            OpCode::Data(Data::Text) => self.begun.is_none(),
            OpCode::Data(Data::Continue) => self.begun.is_some(),
            // The contract knows no binary messages.
            OpCode::Data(_) => false,
        };
        if !fits || header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(ByeReason::BadFrame);
        }
        if self.becomes(header, length) > self.stage.most() {
            return Err(ByeReason::FrameTooBig);
        }
        header.mask.ok_or(ByeReason::BadFrame)
    }

    /// So much memory it has of its own.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.incoming.capacity() + self.begun.as_ref().map_or(0, Vec::capacity)
    }
}

/// The code that a close is answered with: the client's own, where it may say that.
fn answer_to_close(payload: &[u8]) -> Result<Option<u16>, ByeReason> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(ByeReason::BadFrame) };
    };
    let code = CloseCode::from(u16::from_be_bytes(*code));
    if std::str::from_utf8(reason).is_err() {
        return Err(ByeReason::BadFrame);
    }
    Ok(Some(if code.is_allowed() { code } else { CloseCode::Protocol }.into()))
}

#[cfg(test)]
mod tests;

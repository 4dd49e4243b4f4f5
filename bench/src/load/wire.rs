//! The protocols of the servers, as far as a subscriber needs them: what to say at first, and what a frame means.

use memchr::memmem::Finder;

/// What a server speaks.
pub(crate) enum Wire {
    /// Ours: WebSocket, `hello`, JSON events.
    Contract(Finders),
    /// Engine.IO 4 and Socket.IO 4 over WebSocket.
    SocketIo(Finders),
    /// WebSocket, and a JSON object in each frame.
    PlainWs(Finders),
    /// The floor's records, which are WebSocket frames without a handshake.
    Floor(Finders),
    /// The protocol of NATS.
    Nats(Finders),
}

/// What is searched for in payloads. Built once.
pub(crate) struct Finders {
    stamp: Finder<'static>,
    seq: Finder<'static>,
    room: Finder<'static>,
    durable: Finder<'static>,
}

impl Default for Finders {
    fn default() -> Self {
        Self {
            stamp: Finder::new(b"~"),
            seq: Finder::new(b"\"seq\":"),
            room: Finder::new(b"\"room\":\""),
            durable: Finder::new(b"\"at\":\""),
        }
    }
}

/// What a payload is to a subscriber.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen<'a> {
    /// A numbered event. `due` is when its message was to be sent; `None`: it is no message of ours.
    Event { channel: Channel<'a>, number: u64, due: Option<u64> },
    /// Something that has to be answered.
    Answer(&'static [u8]),
    /// From now on, everything is delivered.
    Live,
    /// Nothing that matters.
    Pass,
    /// Something that must not be.
    Bad,
}

/// What an event is numbered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel<'a> {
    /// A room, by its id.
    Room(&'a [u8]),
    /// One of the publishers; the only room there is, where the server numbers itself.
    Number(u16),
}

impl Wire {
    /// What a subscriber says first. `token` is for servers that ask who it is.
    pub(crate) fn opening(&self, host: &str) -> Vec<u8> {
        let path = match self {
            Self::Contract(_) => "/api/v1/ws",
            Self::SocketIo(_) => "/socket.io/?EIO=4&transport=websocket",
            Self::PlainWs(_) => "/",
            Self::Floor(_) => return b"S".to_vec(),
            Self::Nats(_) => return Vec::new(),
        };
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        .into_bytes()
    }

    /// Whether the answer to the opening is an HTTP upgrade.
    pub(crate) fn upgrades(&self) -> bool {
        matches!(self, Self::Contract(_) | Self::SocketIo(_) | Self::PlainWs(_))
    }

    /// Whether everything is delivered as soon as the opening is answered.
    pub(crate) fn live_at_once(&self) -> bool {
        matches!(self, Self::PlainWs(_) | Self::Floor(_))
    }

    /// What a text payload means.
    pub(crate) fn read<'a>(&self, payload: &'a [u8], several_rooms: bool) -> Seen<'a> {
        match self {
            Self::Contract(finders) => finders.contract(payload, several_rooms),
            Self::SocketIo(finders) => match payload {
                b"2" => Seen::Answer(b"3"),
                [b'0', ..] => Seen::Answer(b"40"),
                [b'4', b'0', ..] => Seen::Live,
                [b'4', b'2', ..] => finders.numbered(payload),
                _ => Seen::Bad,
            },
            Self::PlainWs(finders) => finders.numbered(payload),
            Self::Floor(finders) | Self::Nats(finders) => finders.stamped(payload),
        }
    }
}

impl Finders {
    fn contract<'a>(&self, payload: &'a [u8], several_rooms: bool) -> Seen<'a> {
        if payload.starts_with(b"{\"type\":\"caught_up\"") {
            return Seen::Live;
        }
        if payload.starts_with(b"{\"type\":\"bye\"") || payload.starts_with(b"{\"type\":\"reset\"") {
            return Seen::Bad;
        }
        let message = payload.starts_with(b"{\"type\":\"message.posted\"");
        if !message && self.durable.find(payload).is_none() {
            return Seen::Pass;
        }
        let due = if message { self.stamp.find(payload).map(|at| digits(&payload[at + 1..]).0) } else { None };
        // Room and number stand behind the text.
        let tail = &payload[payload.len().min(64)..];
        let (room, seq) = (self.room.find(tail), self.seq.find(tail));
        let (Some(room), Some(seq)) = (room, seq) else { return Seen::Bad };
        let Some(id) = tail.get(room + 8..room + 8 + 36) else { return Seen::Bad };
        let channel = if several_rooms { Channel::Room(id) } else { Channel::Number(0) };
        Seen::Event { channel, number: digits(&tail[seq + 6..]).0, due }
    }

    fn numbered<'a>(&self, payload: &'a [u8]) -> Seen<'a> {
        let (Some(seq), Some(stamp)) = (self.seq.find(payload), self.stamp.find(payload)) else { return Seen::Bad };
        let due = Some(digits(&payload[stamp + 1..]).0);
        Seen::Event { channel: Channel::Number(0), number: digits(&payload[seq + 6..]).0, due }
    }

    fn stamped<'a>(&self, payload: &'a [u8]) -> Seen<'a> {
        let Some(stamp) = self.stamp.find(payload) else { return Seen::Bad };
        let text = &payload[stamp + 1..];
        let (due, length) = digits(text);
        let text = text.get(length + 1..).unwrap_or_default();
        let (publisher, length) = digits(text);
        let (number, _) = digits(text.get(length + 1..).unwrap_or_default());
        Seen::Event { channel: Channel::Number(publisher as u16), number, due: Some(due) }
    }
}

/// The number at the beginning, and how long it is.
pub(crate) fn digits(text: &[u8]) -> (u64, usize) {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number =
        text[..length].iter().fold(0u64, |sum, digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
    (number, length)
}

/// A whole masked text frame, as clients send them. The mask is 0: it protects proxies, and there are none.
pub(crate) fn text_frame(payload: &[u8]) -> Vec<u8> {
    masked(0x81, payload)
}

/// A whole masked pong.
pub(crate) fn pong_frame(payload: &[u8]) -> Vec<u8> {
    masked(0x8A, payload)
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=65_535 => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// The first unmasked frame of `bytes`: its first byte, where its payload begins, and its whole length; `None`: it is not all there.
pub(crate) fn frame(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (&first, &second) = (bytes.first()?, bytes.get(1)?);
    let (header, length) = match second & 0x7F {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        length => (2, usize::from(length)),
    };
    let whole = header + length;
    (bytes.len() >= whole).then_some((first, header, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_protocol() {
        let room = "0193e0a0-0000-7000-8000-000000000001";
        let event = format!(
            r#"{{"type":"message.posted","body":"~17;3;9;{}","key":"k","reply_to":null,"room":"{room}","seq":42,"at":"x","by":"u","name":"n"}}"#,
            ".".repeat(40)
        );
        let wire = Wire::Contract(Finders::default());
        let number = 42;
        let seen = |channel| Seen::Event { channel, number, due: Some(17) };
        assert_eq!(wire.read(event.as_bytes(), false), seen(Channel::Number(0)));
        assert_eq!(wire.read(event.as_bytes(), true), seen(Channel::Room(room.as_bytes())));
        assert_eq!(wire.read(br#"{"type":"caught_up"}"#, false), Seen::Live);
        assert_eq!(wire.read(br#"{"type":"typing","room":"x"}"#, false), Seen::Pass);
        let wire = Wire::SocketIo(Finders::default());
        assert_eq!(wire.read(br#"42["message",{"seq":42,"body":"~17;3;9;"}]"#, false), seen(Channel::Number(0)));
        assert_eq!(wire.read(b"2", false), Seen::Answer(b"3"));
        let wire = Wire::Nats(Finders::default());
        assert_eq!(wire.read(b"~17;3;42;...", false), seen(Channel::Number(3)));
        assert_eq!(wire.read(b"nothing", false), Seen::Bad);
    }

    #[test]
    fn frames_are_found_when_they_are_whole() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let mut bytes = text_frame(&vec![b'x'; length]);
            // Take the mask off again.
            bytes[1] &= 0x7F;
            let header = bytes.len() - length - 4;
            bytes.drain(header..header + 4);
            assert_eq!(frame(&bytes), Some((0x81, header, bytes.len())));
            assert_eq!(frame(&bytes[..bytes.len() - 1]), None);
        }
    }
}

//! What the decoder makes of what comes, beside what the library makes of it.

use std::io::{self, Read, Write};

use proptest::prelude::*;
use tokio_tungstenite::tungstenite::error::Error as LibraryError;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocket};

use super::*;

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// A frame as clients send it, written by the library.
fn frame(opcode: u8, is_final: bool, payload: &[u8]) -> Vec<u8> {
    let header = FrameHeader { is_final, opcode: opcode.into(), mask: Some([7, 0, 255, 66]), ..FrameHeader::default() };
    let mut out = Vec::new();
    Frame::from_payload(header, Bytes::copy_from_slice(payload)).format(&mut out).unwrap();
    out
}

fn decode(bytes: &[u8]) -> Result<Vec<Received>, ByeReason> {
    let mut decoder = Decoder::default();
    decoder.feed(bytes);
    let mut all = Vec::new();
    while let Some(received) = decoder.next()? {
        all.push(received);
    }
    Ok(all)
}

#[test]
fn a_close_is_answered_with_what_may_be_said() {
    let reply = |payload: &[u8]| decode(&frame(CLOSE, true, payload));
    assert_eq!(reply(b""), Ok(vec![Received::Close(None)]));
    assert_eq!(reply(&[0x03, 0xE9]), Ok(vec![Received::Close(Some(1001))]));
    assert_eq!(reply(&[0x03, 0xE8, b'h', b'i']), Ok(vec![Received::Close(Some(1000))]));
    for not_allowed in [0_u16, 999, 1005, 1006, 1015, 5000] {
        assert_eq!(reply(&not_allowed.to_be_bytes()), Ok(vec![Received::Close(Some(1002))]), "{not_allowed}");
    }
    assert_eq!(reply(&[0x03]), Err(ByeReason::BadFrame));
    assert_eq!(reply(&[0x03, 0xE8, 0xFF]), Err(ByeReason::BadFrame));
}

#[test]
fn what_the_protocol_forbids_is_refused() {
    let mut unmasked = frame(TEXT, true, b"hello");
    unmasked.drain(2..6);
    unmasked[1] &= 0x7F;
    let cases: [(&str, Vec<u8>); 9] = [
        ("unmasked", unmasked),
        ("reserved bits", vec![0xC1, 0x80, 0, 0, 0, 0]),
        ("a reserved opcode", vec![0x83, 0x80, 0, 0, 0, 0]),
        ("a long ping", frame(PING, true, &[b'x'; 126])),
        ("half a ping", frame(PING, false, b"x")),
        ("binary", frame(BINARY, true, b"x")),
        ("the end of nothing", frame(0, true, b"x")),
        ("a message in a message", [frame(TEXT, false, b"x"), frame(TEXT, true, b"y")].concat()),
        ("not UTF-8", [frame(TEXT, false, &[0xC3]), frame(0, true, b"x")].concat()),
    ];
    for (what, bytes) in cases {
        assert_eq!(decode(&bytes), Err(ByeReason::BadFrame), "{what}");
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_comes() {
    let largest = frame(TEXT, true, &vec![b'x'; MAX_FIRST_BYTES]);
    assert_eq!(decode(&largest).map(|all| all.len()), Ok(2));
    let larger = frame(TEXT, true, &vec![b'x'; MAX_FIRST_BYTES + 1]);
    assert_eq!(decode(&larger[..14]), Err(ByeReason::FrameTooBig));
    assert_eq!(decode(&[0x81, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]), Err(ByeReason::FrameTooBig));
    let later = [frame(TEXT, true, b"hello"), frame(TEXT, true, &vec![b'x'; MAX_LATER_BYTES + 1])].concat();
    assert_eq!(decode(&later), Err(ByeReason::FrameTooBig));
    let in_parts = [frame(TEXT, false, &vec![b'x'; MAX_FIRST_BYTES]), frame(0, true, b"x")].concat();
    assert_eq!(decode(&in_parts), Err(ByeReason::FrameTooBig));
}

#[test]
fn a_long_first_message_is_told_of_before_it_comes_and_no_other_one() {
    let short = frame(TEXT, true, &[b'x'; MAX_SHORT_BYTES]);
    assert_eq!(decode(&short).map(|all| all.len()), Ok(1));
    let longer = frame(TEXT, true, &[b'x'; MAX_SHORT_BYTES + 1]);
    assert_eq!(decode(&longer[..8]), Ok(vec![Received::Long]));
    // In small parts, with a ping between them.
    let part = |opcode, is_final| frame(opcode, is_final, &[b'x'; MAX_SHORT_BYTES / 2]);
    let parts = [part(TEXT, false), part(0, false), frame(PING, true, b"?"), part(0, true)].concat();
    let later = frame(TEXT, true, b"later");
    let told = decode(&[parts, later].concat()).unwrap();
    let [Received::Ping(_), Received::Long, Received::Text(first), Received::Text(second)] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((first.len(), &second[..]), (3 * MAX_SHORT_BYTES / 2, "later"));
}

/// A client's message in parts, with others' frames between them.
fn sent() -> impl Strategy<Value = (Vec<u8>, Vec<Received>)> {
    let control = prop_oneof![Just(PING), Just(PONG)];
    let parts = prop::collection::vec(
        (".{0,40}", prop::option::of((control, prop::collection::vec(any::<u8>(), 0..126)))),
        1..4,
    );
    (parts, 0..8_usize).prop_map(|(parts, stretch)| {
        let (mut bytes, mut meaning, mut text) = (Vec::new(), Vec::new(), String::new());
        let last = parts.len() - 1;
        for (at, (part, control)) in parts.into_iter().enumerate() {
            let part = part.repeat(1 + stretch);
            bytes.extend(frame(if at == 0 { TEXT } else { 0 }, at == last, part.as_bytes()));
            text.push_str(&part);
            if at == last {
                meaning.push(Received::Text(std::mem::take(&mut text)));
            }
            if let Some((opcode, payload)) = control {
                bytes.extend(frame(opcode, true, &payload));
                meaning.push(if opcode == PING { Received::Ping(payload.into()) } else { Received::Pong });
            }
        }
        (bytes, meaning)
    })
}

/// Frames of any sort, most of them as they should be. Without binary ones, which are ours alone to refuse.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    let opcode = prop_oneof![8 => Just(TEXT), 8 => Just(0), 4 => Just(PING), 4 => Just(PONG), 1 => Just(CLOSE), 1 => 3..8_u8, 1 => 11..16_u8];
    let payload = prop_oneof![
        8 => ".{0,30}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..130),
    ];
    let rare = || prop::bool::weighted(0.02);
    (opcode, any::<bool>(), rare(), rare(), payload).prop_map(|(opcode, is_final, reserved, unmasked, payload)| {
        let mut bytes = frame(opcode, is_final || opcode >= CLOSE && !reserved, &payload);
        bytes[0] |= if reserved { 0x40 } else { 0 };
        if unmasked {
            bytes[1] &= 0x7F;
        }
        bytes
    })
}

/// A peer that has sent all this, waits, and hears nothing.
struct Far<'a>(&'a [u8]);

impl Read for Far<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { self.0.read(buffer) }
    }
}

impl Write for Far<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the library's receiving half makes of it, and how it ends: `None` where it waits for more.
fn by_the_library(bytes: &[u8]) -> (Vec<Received>, Option<LibraryError>) {
    let mut socket = WebSocket::from_raw_socket(Far(bytes), Role::Server, None);
    let mut all = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => all.push(Received::Text(text.to_string())),
            Ok(Message::Ping(payload)) => all.push(Received::Ping(payload)),
            Ok(Message::Pong(_)) => all.push(Received::Pong),
            Ok(Message::Close(_)) => {
                all.push(Received::Close(None));
                return (all, None);
            }
            Ok(other) => panic!("{other:?}"),
            Err(LibraryError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return (all, None),
            Err(error) => return (all, Some(error)),
        }
    }
}

/// The same by us; which code a close is answered with is another test's matter.
fn by_us(bytes: &[u8]) -> (Vec<Received>, Option<ByeReason>) {
    let mut decoder = Decoder::default();
    decoder.feed(bytes);
    let mut all = Vec::new();
    loop {
        match decoder.next() {
            Ok(Some(Received::Close(_))) => {
                all.push(Received::Close(None));
                return (all, None);
            }
            Ok(Some(received)) => all.push(received),
            Ok(None) => return (all, None),
            Err(reason) => return (all, Some(reason)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn frames_mean_what_the_library_takes_them_for(frames in prop::collection::vec(anything(), 0..8)) {
        let bytes = frames.concat();
        let (ours, our_end) = by_us(&bytes);
        let (theirs, their_end) = by_the_library(&bytes);
        if matches!(their_end, Some(LibraryError::Utf8(_))) {
            // It looks at each part of a message as it comes, we at the whole: others' frames may be between.
            prop_assert_eq!(&ours[..theirs.len()], &theirs[..]);
            prop_assert!(!ours[theirs.len()..].iter().any(|more| matches!(more, Received::Text(_))));
        } else {
            prop_assert_eq!(ours, theirs);
            prop_assert_eq!(our_end.is_some(), their_end.is_some(), "{:?}, {:?}", our_end, their_end);
        }
    }
}

proptest! {
    #[test]
    fn the_meaning_does_not_depend_on_how_the_bytes_arrive(
        sent in prop::collection::vec(sent(), 0..4),
        cuts in prop::collection::vec(1..5_000_usize, 1..20),
    ) {
        let bytes: Vec<u8> = sent.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let (mut decoder, mut all, mut rest) = (Decoder::default(), Vec::new(), &bytes[..]);
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at(rest.len().min(*cut));
            decoder.feed(now);
            rest = later;
            while let Some(received) = decoder.next().unwrap() {
                all.push(received);
            }
        }
        let meaning: Vec<Received> = sent.into_iter().flat_map(|(_, meaning)| meaning).collect();
        prop_assert_eq!(all, meaning);
        prop_assert!(decoder.held() == 0);
    }

    #[test]
    fn nothing_that_comes_makes_it_fail_otherwise(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&bytes);
    }
}

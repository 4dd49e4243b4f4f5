//! A socket that listens: it says who it is, then counts and checks what it is sent.

use std::collections::HashMap;
use std::io::{ErrorKind, Read as _, Write as _};

use mio::net::TcpStream;

use super::tally::{Room, Tally};
use super::wire::{self, Channel, Seen, Wire};
use crate::clock;

/// What all subscribers of a load share.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) wire: &'a Wire,
    pub(crate) rooms: &'a HashMap<String, Room>,
    pub(crate) mute: bool,
}

/// How far a subscriber is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The server has not answered the opening.
    Opening,
    /// It has, and the rest of the greeting is under way.
    Greeting,
    /// Everything is delivered.
    Live,
}

/// A socket that listens.
pub(crate) struct Subscriber {
    pub(crate) stream: TcpStream,
    pub(crate) phase: Phase,
    /// The class that its deliveries are counted in.
    pub(crate) class: usize,
    /// It does not read.
    pub(crate) paused: bool,
    /// Messages that it got.
    pub(crate) received: u64,
    /// Messages that it is to get besides those that are posted while it is here.
    pub(crate) before: u64,
    /// The rooms that it hears of; `None`: all.
    pub(crate) rooms: Option<Vec<u16>>,
    /// What to say after the opening.
    pub(crate) hello: Vec<u8>,
    /// The beginning of a frame whose end has not come.
    rest: Vec<u8>,
    /// What could not be sent yet.
    out: Vec<u8>,
    /// The last number of each channel.
    last: Vec<(u16, u64)>,
    /// Where in `last` the next number is expected.
    hint: usize,
}

impl Subscriber {
    /// A subscriber that is about to say `opening`, and `hello` after that.
    pub(crate) fn new(stream: TcpStream, opening: Vec<u8>, hello: Vec<u8>) -> Self {
        Self {
            stream,
            phase: Phase::Opening,
            class: 0,
            paused: false,
            received: 0,
            before: 0,
            rooms: None,
            hello,
            rest: Vec::new(),
            out: opening,
            last: Vec::new(),
            hint: 0,
        }
    }

    /// Something can be read or written.
    pub(crate) fn ready(&mut self, writable: bool, context: Context<'_>, buffer: &mut [u8], tally: &mut Tally) {
        if writable && !self.out.is_empty() {
            self.send(tally);
        }
        if !self.paused {
            self.receive(context, buffer, tally);
        }
    }

    /// Reads until nothing is left.
    pub(crate) fn receive(&mut self, context: Context<'_>, buffer: &mut [u8], tally: &mut Tally) {
        loop {
            let kept = self.rest.len();
            buffer[..kept].copy_from_slice(&self.rest);
            let read = match self.stream.read(&mut buffer[kept..]) {
                Ok(0) => return tally.fault(|| "a subscriber was cut off by the server".into()),
                Ok(read) => read,
                // Not connected: the connection is still being made.
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => return,
                Err(error) => return tally.fault(|| format!("a subscriber's connection broke: {error}")),
            };
            let used = self.take_in(&buffer[..kept + read], context, tally);
            self.rest.clear();
            self.rest.extend_from_slice(&buffer[used..kept + read]);
            // Fewer than there was room for: the socket is empty now, and an event will come when it is not.
            if kept + read < buffer.len() {
                return;
            }
        }
    }

    /// Handles what is whole; says how much that was.
    fn take_in(&mut self, bytes: &[u8], context: Context<'_>, tally: &mut Tally) -> usize {
        let mut used = 0;
        if self.phase == Phase::Opening && context.wire.upgrades() {
            let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return 0 };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                tally.fault(|| format!("no upgrade: {}", String::from_utf8_lossy(&bytes[..end])));
            }
            used = end + 4;
            self.opened(context, tally);
        }
        let now = clock::now();
        if matches!(context.wire, Wire::Nats(_)) {
            return used + self.take_in_nats(&bytes[used..], context, now, tally);
        }
        while let Some((first, header, whole)) = wire::frame(&bytes[used..]) {
            let payload = &bytes[used + header..used + whole];
            match first {
                0x81 => self.payload(payload, context, now, tally),
                0x89 => self.asked(payload, context, tally),
                _ => tally.fault(|| format!("an unexpected frame {first:#x}: {}", String::from_utf8_lossy(payload))),
            }
            used += whole;
        }
        used
    }

    fn take_in_nats(&mut self, bytes: &[u8], context: Context<'_>, now: u64, tally: &mut Tally) -> usize {
        let mut used = 0;
        while let Some(end) = memchr::memchr(b'\n', &bytes[used..]) {
            let line = &bytes[used..used + end];
            let mut whole = end + 1;
            match line {
                [b'M', b'S', b'G', ..] => {
                    let length = line.strip_suffix(b"\r").and_then(|line| {
                        let at = memchr::memrchr(b' ', line)?;
                        Some(wire::digits(&line[at + 1..]).0 as usize)
                    });
                    let Some(length) = length else { return used };
                    let Some(payload) = bytes.get(used + whole..used + whole + length + 2) else { return used };
                    self.payload(&payload[..length], context, now, tally);
                    whole += length + 2;
                }
                [b'I', b'N', b'F', b'O', ..] if self.phase == Phase::Opening => self.opened(context, tally),
                [b'P', b'I', b'N', b'G', ..] => self.say(b"PONG\r\n", tally),
                [b'P', b'O', b'N', b'G', ..] => self.phase = Phase::Live,
                [b'I', b'N', b'F', b'O', ..] => {}
                _ => tally.fault(|| format!("nats-server says {}", String::from_utf8_lossy(line))),
            }
            used += whole;
        }
        used
    }

    fn opened(&mut self, context: Context<'_>, tally: &mut Tally) {
        self.phase = if context.wire.live_at_once() { Phase::Live } else { Phase::Greeting };
        let hello = std::mem::take(&mut self.hello);
        self.say(&hello, tally);
    }

    /// The server asks whether it is there.
    fn asked(&mut self, payload: &[u8], context: Context<'_>, tally: &mut Tally) {
        if !context.mute {
            self.say(&wire::pong_frame(payload), tally);
        }
        // All that the floor has to say before it delivers.
        if matches!(context.wire, Wire::Floor(_)) {
            self.phase = Phase::Live;
        }
    }

    fn payload(&mut self, payload: &[u8], context: Context<'_>, now: u64, tally: &mut Tally) {
        match context.wire.read(payload, !context.rooms.is_empty()) {
            Seen::Event { channel, number, due } => {
                let room = match channel {
                    Channel::Number(number) => Room { number, class: 0 },
                    Channel::Room(id) => {
                        let id = std::str::from_utf8(id).unwrap_or_default();
                        context.rooms.get(id).copied().unwrap_or_default()
                    }
                };
                self.check(room.number, number, tally);
                if let Some(due) = due {
                    self.received += 1;
                    tally.deliveries += 1;
                    tally.latency[self.class.max(room.class)].add(now.saturating_sub(due));
                }
            }
            Seen::Answer(words) => self.say(&wire::text_frame(words), tally),
            Seen::Live => self.phase = Phase::Live,
            Seen::Pass => {}
            Seen::Bad => tally.fault(|| format!("unexpected: {}", String::from_utf8_lossy(payload))),
        }
    }

    /// Numbers of a channel have neither holes nor repetitions.
    fn check(&mut self, channel: u16, number: u64, tally: &mut Tally) {
        let count = self.last.len();
        for turn in 0..count {
            let at = if self.hint + turn < count { self.hint + turn } else { self.hint + turn - count };
            let (known, last) = &mut self.last[at];
            if *known == channel {
                if number != *last + 1 {
                    let last = *last;
                    tally.fault(|| format!("after number {last} of channel {channel} came {number}"));
                }
                *last = number;
                self.hint = if at + 1 < count { at + 1 } else { 0 };
                return;
            }
        }
        self.last.push((channel, number));
    }

    /// What comes next of a channel has to follow on `number`.
    pub(crate) fn expect_after(&mut self, channel: u16, number: u64) {
        self.last.push((channel, number));
    }

    fn say(&mut self, bytes: &[u8], tally: &mut Tally) {
        self.out.extend_from_slice(bytes);
        self.send(tally);
    }

    fn send(&mut self, tally: &mut Tally) {
        while !self.out.is_empty() {
            match self.stream.write(&self.out) {
                Ok(written) => drop(self.out.drain(..written)),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => return,
                Err(error) => return tally.fault(|| format!("a subscriber cannot send: {error}")),
            }
        }
        self.out = Vec::new();
    }
}

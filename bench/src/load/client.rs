//! A connection that posts or asks: one request at a time, and the next one when that is answered. Only where several
//! publishers share a connection, as is usual with NATS, there are several on their way.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};

use mio::net::TcpStream;

use super::tally::Tally;
use super::wire::digits;
use crate::clock;

/// How a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// An HTTP/1.1 response with a length.
    Http,
    /// One byte.
    Byte,
    /// A line `PONG`.
    Pong,
}

/// A request on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    /// What the answer's time is counted from.
    pub(crate) since: u64,
    /// The class that it is counted in.
    pub(crate) class: usize,
    /// The room that it posts to; `None` where it only asks.
    pub(crate) room: Option<u16>,
}

/// A connection that posts or asks.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    /// What is being waited for, in order.
    pub(crate) busy: VecDeque<Ticket>,
    /// How many requests may be on their way.
    pub(crate) depth: usize,
    /// How many requests it made.
    pub(crate) sent: u64,
    /// The request; reused.
    pub(crate) out: Vec<u8>,
    written: usize,
    answer: Answer,
    rest: Vec<u8>,
}

impl Client {
    /// A client that says `opening` before its first request.
    pub(crate) fn new(stream: TcpStream, answer: Answer, opening: Vec<u8>) -> Self {
        Self { stream, busy: VecDeque::new(), depth: 1, sent: 0, out: opening, written: 0, answer, rest: Vec::new() }
    }

    /// Sends what is in `out`.
    pub(crate) fn send(&mut self, tally: &mut Tally) {
        while self.written < self.out.len() {
            match self.stream.write(&self.out[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => return,
                Err(error) => return tally.fault(|| format!("a client cannot send: {error}")),
            }
        }
        self.out.clear();
        self.written = 0;
    }

    /// Whether the next request may be written into `out`.
    pub(crate) fn is_idle(&self) -> bool {
        self.busy.len() < self.depth && self.written == 0
    }

    /// Something can be read or written.
    pub(crate) fn ready(&mut self, writable: bool, buffer: &mut [u8], tally: &mut Tally) {
        if writable && !self.out.is_empty() {
            self.send(tally);
        }
        loop {
            let kept = self.rest.len();
            buffer[..kept].copy_from_slice(&self.rest);
            let read = match self.stream.read(&mut buffer[kept..]) {
                Ok(0) => return tally.fault(|| "a client was cut off by the server".into()),
                Ok(read) => read,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => return,
                Err(error) => return tally.fault(|| format!("a client's connection broke: {error}")),
            };
            let bytes = &buffer[..kept + read];
            let used = self.take_in(bytes, tally);
            self.rest.clear();
            self.rest.extend_from_slice(&bytes[used..]);
            if kept + read < buffer.len() {
                return;
            }
        }
    }

    fn take_in(&mut self, bytes: &[u8], tally: &mut Tally) -> usize {
        match self.answer {
            Answer::Byte => {
                bytes.iter().for_each(|_| self.answered(1, tally));
                bytes.len()
            }
            Answer::Pong => {
                let mut used = 0;
                while let Some(end) = memchr::memchr(b'\n', &bytes[used..]) {
                    if bytes[used..].starts_with(b"PONG") {
                        self.answered(6, tally);
                    }
                    used += end + 1;
                }
                used
            }
            Answer::Http => match response(bytes) {
                None => 0,
                Some((200..=299, whole)) => {
                    self.answered(whole, tally);
                    whole
                }
                Some((status, whole)) => {
                    let text = String::from_utf8_lossy(&bytes[..whole]).into_owned();
                    tally.fault(|| format!("a request was answered with {status}: {text}"));
                    whole
                }
            },
        }
    }

    fn answered(&mut self, bytes: usize, tally: &mut Tally) {
        let Some(ticket) = self.busy.pop_front() else {
            return tally.fault(|| "an answer came without a request".into());
        };
        tally.answers += 1;
        tally.answer_bytes += bytes as u64;
        tally.answer_time[ticket.class].add(clock::now().saturating_sub(ticket.since));
        if let Some(room) = ticket.room {
            tally.count_posted(room, 1);
        }
    }
}

/// Status and length of the response at the beginning; `None`: it is not all there.
fn response(bytes: &[u8]) -> Option<(u64, usize)> {
    let head = memchr::memmem::find(bytes, b"\r\n\r\n")?;
    let (status, _) = digits(bytes.get(9..)?);
    let mut length = 0;
    for line in bytes[..head].split(|byte| *byte == b'\n').skip(1) {
        if line.len() > 15 && line[..15].eq_ignore_ascii_case(b"content-length:") {
            length = digits(line[15..].trim_ascii_start()).0 as usize;
        }
    }
    let whole = head + 4 + length;
    (bytes.len() >= whole).then_some((status, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_end_where_they_say() {
        let text = b"HTTP/1.1 201 Created\r\nx: y\r\nContent-Length: 3\r\n\r\nabcHTTP";
        assert_eq!(response(text), Some((201, text.len() - 4)));
        assert_eq!(response(&text[..text.len() - 5]), None);
        assert_eq!(response(b"HTTP/1.1 204 No Content\r\n\r\n"), Some((204, 27)));
    }
}

//! The floor: the least that one message to N sockets can cost without coalescing. One thread; a record comes in from a
//! publisher, and leaves with one `send` to each subscriber as it came. Nothing is parsed, stored or checked.
//!
//! Whoever connects says in one byte what it is: `S` subscribes, `P` publishes. A subscriber is asked whether it is there, and says
//! so: once both sides have spoken, TCP sends acknowledgements as it does on every real connection. (To one that only listens
//! they go out whenever it reads, on the reader's core; to one that has answered, within the `send` of every second message.)
//! A publisher's records are frames of [`FRAME_BYTES`]; each is answered with one byte.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;

use anyhow::Result;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

/// A whole WebSocket frame: its header and a payload as large as that of everyone else's.
pub(crate) const FRAME_BYTES: usize = crate::load::PAYLOAD_BYTES + 4;

/// A WebSocket ping without words.
const ARE_YOU_THERE: [u8; 2] = [0x89, 0];

const LISTENER: Token = Token(usize::MAX);

struct Peer {
    stream: TcpStream,
    role: Role,
    /// What a publisher has sent of its next record, or what a subscriber could not take yet.
    rest: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Unknown,
    Subscriber,
    Publisher,
    Gone,
}

/// Runs until it is killed.
pub(crate) fn run() -> Result<()> {
    crate::machine::raise_descriptor_limit()?;
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut floor = Floor { peers: Vec::new(), subscribers: Vec::new() };
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        for event in &events {
            if event.token() == LISTENER {
                floor.accept(&listener, &poll)?;
            } else {
                floor.serve(event.token().0, event.is_readable())?;
            }
        }
    }
}

struct Floor {
    peers: Vec<Peer>,
    subscribers: Vec<usize>,
}

impl Floor {
    fn accept(&mut self, listener: &TcpListener, poll: &Poll) -> Result<()> {
        loop {
            let mut stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            stream.set_nodelay(true)?;
            let token = Token(self.peers.len());
            poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            self.peers.push(Peer { stream, role: Role::Unknown, rest: Vec::new() });
        }
    }

    fn serve(&mut self, index: usize, readable: bool) -> Result<()> {
        if self.peers[index].role == Role::Subscriber {
            self.send_rest(index);
        }
        if !readable {
            return Ok(());
        }
        let mut chunk = [0; 16 * 1024];
        loop {
            let read = match self.peers[index].stream.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(_) | Ok(0) => {
                    self.forget(index);
                    return Ok(());
                }
                Ok(read) => read,
            };
            let mut bytes = &chunk[..read];
            if self.peers[index].role == Role::Unknown {
                self.introduce(index, bytes[0]);
                bytes = &bytes[1..];
            }
            if self.peers[index].role == Role::Publisher {
                self.peers[index].rest.extend_from_slice(bytes);
                self.publish(index)?;
            }
            if read < chunk.len() {
                return Ok(());
            }
        }
    }

    fn introduce(&mut self, index: usize, word: u8) {
        self.peers[index].role = if word == b'P' { Role::Publisher } else { Role::Subscriber };
        if word != b'P' {
            self.subscribers.push(index);
            self.peers[index].send(&ARE_YOU_THERE);
        }
    }

    fn publish(&mut self, publisher: usize) -> Result<()> {
        while self.peers[publisher].rest.len() >= FRAME_BYTES {
            let mut record = [0; FRAME_BYTES];
            record.copy_from_slice(&self.peers[publisher].rest[..FRAME_BYTES]);
            self.peers[publisher].rest.drain(..FRAME_BYTES);
            for &subscriber in &self.subscribers {
                self.peers[subscriber].send(&record);
            }
            self.peers[publisher].stream.write_all(b"A")?;
        }
        Ok(())
    }

    fn send_rest(&mut self, index: usize) {
        let peer = &mut self.peers[index];
        while !peer.rest.is_empty() {
            match peer.stream.write(&peer.rest) {
                Ok(written) => drop(peer.rest.drain(..written)),
                Err(_) => return,
            }
        }
    }

    fn forget(&mut self, index: usize) {
        self.peers[index].role = Role::Gone;
        self.subscribers.retain(|subscriber| *subscriber != index);
    }
}

impl Peer {
    fn send(&mut self, record: &[u8]) {
        if self.rest.is_empty() {
            match self.stream.write(record) {
                Ok(written) => self.rest.extend_from_slice(&record[written..]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.rest.extend_from_slice(record),
                // Its end is in the next event.
                Err(_) => {}
            }
        } else {
            self.rest.extend_from_slice(record);
        }
    }
}

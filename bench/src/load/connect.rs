//! From addresses to sockets that are ready for work.

use std::time::Duration;

use anyhow::{Result, bail};
use mio::net::TcpStream;
use mio::{Interest, Token};

use super::client::{Answer, Client};
use super::subscriber::{Phase, Subscriber};
use super::{FIRST_CLIENT, Load};
use crate::clock;

/// Handshakes under way at a time: servers have a backlog.
const AT_A_TIME: usize = 256;
/// A small receive buffer. Larger than a segment of the loopback: with less, TCP sends nothing but probes, many seconds apart, to
/// a reader that goes on after a pause.
const NARROW_BYTES: usize = 128 * 1024;
/// How long they all may take.
const WITHIN: Duration = Duration::from_secs(120);

impl Load {
    /// Connects so many subscribers, and waits until everything is delivered to them. `hello` says what each of them says after the opening.
    pub(crate) fn subscribe(
        &mut self,
        address: &str,
        count: usize,
        mut hello: impl FnMut(usize) -> Vec<u8>,
    ) -> Result<()> {
        let deadline = clock::now() + clock::ns(WITHIN);
        let (first, mut live) = (self.subscribers.len(), self.subscribers.len());
        while live < first + count {
            while self.subscribers.len() < first + count && self.subscribers.len() < live + AT_A_TIME {
                let hello = hello(self.subscribers.len() - first);
                self.dial(address, hello)?;
            }
            self.turn(Duration::from_millis(100))?;
            while live < self.subscribers.len() && self.subscribers[live].phase == Phase::Live {
                live += 1;
            }
            if clock::now() > deadline {
                bail!("only {} of {count} subscribers were connected in {WITHIN:?}", live - first);
            }
        }
        Ok(())
    }

    /// Begins to connect one subscriber.
    pub(crate) fn dial(&mut self, address: &str, hello: Vec<u8>) -> Result<()> {
        let mut stream = TcpStream::connect(address.parse()?)?;
        stream.set_nodelay(true)?;
        let token = Token(self.subscribers.len());
        self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        self.subscribers.push(Subscriber::new(stream, self.wire.opening(address), hello));
        Ok(())
    }

    /// Connects so many clients. Each says `opening` at first.
    pub(crate) fn add_clients(&mut self, address: &str, count: usize, answer: Answer, opening: &[u8]) -> Result<()> {
        for _ in 0..count {
            let mut stream = TcpStream::connect(address.parse()?)?;
            stream.set_nodelay(true)?;
            let token = Token(FIRST_CLIENT + self.clients.len());
            self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            self.clients.push(Client::new(stream, answer, opening.to_vec()));
        }
        let deadline = clock::now() + clock::ns(WITHIN);
        while self.clients.iter().any(|client| client.stream.peer_addr().is_err() || !client.out.is_empty()) {
            self.turn(Duration::from_millis(10))?;
            if clock::now() > deadline {
                bail!("the clients were not connected in {WITHIN:?}");
            }
        }
        Ok(())
    }

    /// Gives a subscriber a small receive buffer, so that it is the server that notices when it does not read, and not the kernel.
    pub(crate) fn narrow(&self, subscriber: usize) -> Result<()> {
        Ok(rustix::net::sockopt::set_socket_recv_buffer_size(&self.subscribers[subscriber].stream, NARROW_BYTES)?)
    }

    /// Lets a subscriber stop reading, or go on.
    pub(crate) fn pause(&mut self, subscriber: usize, paused: bool) {
        let subscriber = &mut self.subscribers[subscriber];
        subscriber.paused = paused;
        if !paused {
            // Its event may have passed.
            let context = super::subscriber::Context { wire: &self.wire, rooms: &self.rooms, mute: self.mute };
            subscriber.receive(context, &mut self.buffer, &mut self.tally);
        }
    }
}

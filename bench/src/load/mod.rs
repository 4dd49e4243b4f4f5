//! The load generator: one thread, thousands of non-blocking sockets, one shared read buffer. It looks at as little of each frame
//! as it takes to know when the message was due and that none is lost, doubled or out of order.
//!
//! - [`wire`]: the protocols that it speaks, and what a frame means in each
//! - [`subscriber`]: a socket that listens
//! - [`client`]: a connection that posts or asks, one request at a time
//! - [`stream`]: what is asked, and how often
//! - [`tally`]: what was seen
//! - [`run`]: warm-up, window, drain
//! - [`connect`]: from addresses to sockets

pub(crate) mod client;
pub(crate) mod connect;
pub(crate) mod run;
pub(crate) mod stream;
pub(crate) mod subscriber;
pub(crate) mod tally;
pub(crate) mod wire;

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Result, bail};
use mio::{Events, Poll};

use crate::machine::Interrupt;
use client::Client;
use subscriber::Subscriber;
use tally::{Room, Tally};
use wire::Wire;

/// The payload of one delivery, whatever the protocol.
pub(crate) const PAYLOAD_BYTES: usize = 295;
/// Tokens of clients begin here; below are subscribers.
const FIRST_CLIENT: usize = 1 << 24;

/// Sockets and clients of one server.
pub(crate) struct Load {
    pub(crate) wire: Wire,
    pub(crate) subscribers: Vec<Subscriber>,
    pub(crate) clients: Vec<Client>,
    /// The numbers of rooms by their ids, where there is more than one.
    pub(crate) rooms: HashMap<String, Room>,
    pub(crate) tally: Tally,
    /// The subscribers never say a word after the opening.
    pub(crate) mute: bool,
    /// The load never sleeps: to send it something is never to wake it.
    pub(crate) awake: bool,
    interrupt: Interrupt,
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
}

impl Load {
    /// A load without sockets.
    pub(crate) fn new(wire: Wire, interrupt: &Interrupt) -> Result<Self> {
        Ok(Self {
            wire,
            subscribers: Vec::new(),
            clients: Vec::new(),
            rooms: HashMap::new(),
            tally: Tally::default(),
            mute: false,
            awake: false,
            interrupt: interrupt.clone(),
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            buffer: vec![0; 512 * 1024],
        })
    }

    /// Waits for the next events, at most for `patience`, and handles them.
    pub(crate) fn turn(&mut self, patience: Duration) -> Result<()> {
        let patience = if self.awake { Duration::ZERO } else { patience };
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        let context = subscriber::Context { wire: &self.wire, rooms: &self.rooms, mute: self.mute };
        for event in &self.events {
            let token = event.token().0;
            if token >= FIRST_CLIENT {
                self.clients[token - FIRST_CLIENT].ready(event.is_writable(), &mut self.buffer, &mut self.tally);
            } else {
                let subscriber = &mut self.subscribers[token];
                subscriber.ready(event.is_writable(), context, &mut self.buffer, &mut self.tally);
            }
        }
        self.check()
    }

    /// An error, where something went wrong or somebody wants us to stop.
    fn check(&self) -> Result<()> {
        self.interrupt.check()?;
        match &self.tally.fault {
            Some(fault) => bail!("{fault}"),
            None => Ok(()),
        }
    }
}

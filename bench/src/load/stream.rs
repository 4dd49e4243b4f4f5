//! What is asked of a server, and how often.

use std::collections::VecDeque;
use std::ops::Range;

use super::client::{Client, Ticket};
use super::tally::Tally;
use crate::clock;

/// How often.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// Every client asks again as soon as it is answered.
    Closed,
    /// So many a second, due at even times whether or not the server keeps up.
    Open(f64),
}

/// What a request is for: the room it posts to, and the class that its answer is counted in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Purpose {
    pub(crate) room: Option<u16>,
    pub(crate) class: usize,
}

/// A request to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    /// When it was to be sent.
    pub(crate) due: u64,
    /// Which client sends it.
    pub(crate) client: usize,
    /// That client's how-manieth it is, from 1.
    pub(crate) number: u64,
}

/// Writes requests.
pub(crate) type Write<'a> = Box<dyn FnMut(&mut Vec<u8>, Request) -> Purpose + 'a>;

/// Requests of one kind, at one pace, by some of the clients.
pub(crate) struct Stream<'a> {
    pace: Pace,
    clients: Range<usize>,
    write: Write<'a>,
    next_due: u64,
    waiting: VecDeque<u64>,
    turn: usize,
}

impl<'a> Stream<'a> {
    /// A stream over these clients.
    pub(crate) fn new(pace: Pace, clients: Range<usize>, write: Write<'a>) -> Self {
        Self { pace, clients, write, next_due: 0, waiting: VecDeque::new(), turn: 0 }
    }

    /// Sends what is due. Says when the next one is, in an open loop.
    pub(super) fn send_due(&mut self, now: u64, clients: &mut [Client], tally: &mut Tally) -> Option<u64> {
        let Pace::Open(per_second) = self.pace else {
            for client in self.clients.clone() {
                while clients[client].is_idle() {
                    self.write(client, now, clients);
                }
                clients[client].send(tally);
            }
            return None;
        };
        if self.next_due == 0 {
            self.next_due = now;
        }
        while self.next_due <= now {
            self.waiting.push_back(self.next_due);
            self.next_due += (1e9 / per_second) as u64;
        }
        self.send_waiting(clients, tally);
        Some(self.next_due)
    }

    /// Sends one request, whatever the pace is.
    pub(crate) fn send_once(&mut self, clients: &mut [Client], tally: &mut Tally) {
        let client = self.clients.start;
        self.write(client, clock::now(), clients);
        clients[client].send(tally);
    }

    /// Sends what had to wait for an idle client.
    pub(super) fn send_waiting(&mut self, clients: &mut [Client], tally: &mut Tally) {
        for _ in 0..self.clients.len() {
            let client = self.clients.start + self.turn % self.clients.len();
            if clients[client].is_idle() {
                let Some(due) = self.waiting.pop_front() else { return };
                self.write(client, due, clients);
                clients[client].send(tally);
            }
            self.turn += 1;
        }
    }

    /// Whether all that was due is sent.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    fn write(&mut self, index: usize, due: u64, clients: &mut [Client]) {
        let client = &mut clients[index];
        client.sent += 1;
        let request = Request { due, client: index, number: client.sent };
        let purpose = (self.write)(&mut client.out, request);
        client.busy.push_back(Ticket { since: due, class: purpose.class, room: purpose.room });
    }
}

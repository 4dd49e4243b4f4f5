//! Many rooms: 9,000 sockets, each in a small room and in the large one.

use anyhow::Result;
use chat_shared::RoomId;

use crate::bench::{Bench, median};
use crate::dataset::{Account, Builder};
use crate::histogram::Histogram;
use crate::load::Load;
use crate::load::run::{Timing, Window};
use crate::load::stream::{Pace, Purpose, Stream};
use crate::load::tally::Room;
use crate::peers::{Peer, Running};
use crate::report::results::Quantity;

/// How often everything is measured.
const ROUNDS: usize = 3;
/// Members of a small room.
const SMALL: usize = 9;
/// Clients of each stream.
const CLIENTS: usize = 8;
/// Messages a second: in the large room, in all small rooms together, in the busy small one.
const LARGE_RATE: f64 = 3.0;
const SMALL_RATE: f64 = 100.0;
const BUSY_RATE: f64 = 50.0;
/// The class of deliveries in the busy small room.
const BUSY: usize = 1;
/// The numbers of rooms here: the large one, then small ones; the first of those is the busy one.
const LARGE: u16 = 0;

struct World {
    running: Running,
    accounts: Vec<Account>,
    /// By number.
    rooms: Vec<RoomId>,
}

/// Compares mixed posting with the large room by itself, and the busy small room with itself when nothing else happens. In
/// turns, because all of it depends on the moment: CPU is the median of the rounds. Latency is that of all rounds together: one
/// round has so few posts that its p99 is whatever the disk did to one or two of them.
pub(super) fn many(bench: &mut Bench) -> Result<()> {
    let world = build(bench)?;
    let mut load = connect(bench, &world)?;
    let Timing { warm_up, window } = bench.scale.timing;
    let timing = Timing { warm_up: warm_up / 2, window };
    let rounds = (0..ROUNDS).map(|_| world.round(&mut load, timing)).collect::<Result<Vec<_>>>()?;
    let (mut alone, mut beside) = (Histogram::default(), Histogram::default());
    for round in &rounds {
        alone.add_all(&round.alone);
        beside.add_all(&round.beside);
    }
    let results = &mut bench.results;
    results.add(Quantity::RoomsCpu, "one room", median(rounds.iter().map(|round| round.large_cpu)));
    results.add(Quantity::RoomsCpu, "small and large rooms", median(rounds.iter().map(|round| round.mixed_cpu)));
    for (who, latency) in [("alone", alone), ("beside the large room", beside)] {
        results.add(Quantity::RoomsP50, who, latency.ms(0.50));
        results.add(Quantity::RoomsP99, who, latency.ms(0.99));
    }
    Ok(())
}

/// What was measured in one round.
struct Round {
    large_cpu: f64,
    mixed_cpu: f64,
    /// Latency in the busy small room.
    alone: Histogram,
    beside: Histogram,
}

impl World {
    fn round(&self, load: &mut Load, timing: Timing) -> Result<Round> {
        // The same deliveries a second in both.
        let sockets = self.accounts.len() as f64;
        let all = LARGE_RATE + (SMALL_RATE + BUSY_RATE) * SMALL as f64 / sockets;
        let large = self.measure(load, &mut [self.posting(0, all, LARGE..LARGE + 1)], timing)?;
        let alone = self.measure(load, &mut [self.posting(1, BUSY_RATE, 1..2)], timing)?;
        let mut streams = [
            self.posting(0, LARGE_RATE, LARGE..LARGE + 1),
            self.posting(1, BUSY_RATE, 1..2),
            self.posting(2, SMALL_RATE, 2..self.rooms.len() as u16),
        ];
        let mixed = self.measure(load, &mut streams, timing)?;
        Ok(Round {
            large_cpu: large.cpu_us_per_delivery(),
            mixed_cpu: mixed.cpu_us_per_delivery(),
            alone: alone.latency[BUSY].clone(),
            beside: mixed.latency[BUSY].clone(),
        })
    }

    /// Measures with new clients: a server closes connections on which nobody asks anything.
    fn measure(&self, load: &mut Load, streams: &mut [Stream<'_>], timing: Timing) -> Result<Window> {
        load.clients.clear();
        self.running.add_clients(load, 3 * CLIENTS)?;
        load.measure(streams, &self.running.server, timing)
    }

    /// Posts into these rooms in turn, each by one of its members.
    fn posting(&self, stream: usize, per_second: f64, rooms: std::ops::Range<u16>) -> Stream<'_> {
        let clients = stream * CLIENTS..(stream + 1) * CLIENTS;
        let mut turn = 0;
        let write = move |out: &mut Vec<u8>, request| {
            let room = rooms.start + turn % (rooms.end - rooms.start);
            turn = turn.wrapping_add(1);
            let member = if room == LARGE { 0 } else { usize::from(room - 1) * SMALL };
            let path = format!("/api/v1/rooms/{}/messages", self.rooms[usize::from(room)]);
            self.running.write_post_to(out, request, &path, &self.accounts[member].token);
            Purpose { room: Some(room), class: 0 }
        };
        Stream::new(Pace::Open(per_second), clients, Box::new(write))
    }
}

fn build(bench: &Bench) -> Result<World> {
    let dir = bench.places.folder()?;
    let builder = Builder::open(dir.path())?;
    let accounts = builder.accounts(bench.scale.idle_sockets)?;
    let small = builder.rooms(&accounts[0], accounts.len() / SMALL)?;
    let places =
        accounts.iter().enumerate().map(|(index, account)| (account, small[(index / SMALL).min(small.len() - 1)]));
    builder.join(&places.collect::<Vec<_>>())?;
    let rooms = std::iter::once(builder.general(&accounts[0])?).chain(small).collect();
    drop(builder);
    Ok(World { running: Running::ours(dir, &bench.places)?, accounts, rooms })
}

fn connect(bench: &Bench, world: &World) -> Result<Load> {
    let mut load = Load::new(Peer::Ours.wire(), &bench.interrupt)?;
    for (number, id) in world.rooms.iter().enumerate() {
        let room = Room { number: number as u16, class: if number == 1 { BUSY } else { 0 } };
        load.rooms.insert(id.to_string(), room);
    }
    let hello = |index: usize| world.running.hello(&world.accounts[index].token);
    load.subscribe(&world.running.address, world.accounts.len(), hello)?;
    let last = world.rooms.len() - 1;
    for (index, subscriber) in load.subscribers.iter_mut().enumerate() {
        // The maker of the rooms is in all of them.
        let small = (index / SMALL + 1).min(last) as u16;
        subscriber.rooms = (index > 0).then(|| vec![LARGE, small]);
    }
    Ok(load)
}

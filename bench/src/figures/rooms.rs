//! Many rooms: 9,000 sockets, each in a small room and in the large one.

use anyhow::Result;
use chat_shared::RoomId;

use super::Bench;
use crate::dataset::{Account, Builder};
use crate::load::run::{Timing, Window};
use crate::load::stream::{Pace, Purpose, Stream};
use crate::load::{Load, Room};
use crate::peers::{Peer, Running};
use crate::report::results::Quantity;

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

/// Compares mixed posting with the large room by itself, and the busy small room with itself when nothing else happens.
pub(super) fn many(bench: &mut Bench) -> Result<()> {
    let world = build(bench)?;
    let mut load = connect(bench, &world)?;
    let timing = bench.scale.timing;
    // The same deliveries a second in both.
    let sockets = world.accounts.len() as f64;
    let alone = LARGE_RATE + (SMALL_RATE + BUSY_RATE) * SMALL as f64 / sockets;
    let window = world.measure(&mut load, &mut [world.posting(0, alone, LARGE..LARGE + 1)], timing)?;
    bench.results.add(Quantity::RoomsCpu, "one room", window.cpu_us_per_delivery());
    let window = world.measure(&mut load, &mut [world.posting(1, BUSY_RATE, 1..2)], timing)?;
    bench.results.add(Quantity::RoomsP99, "alone", window.latency[BUSY].ms(0.99));
    let small = 2..world.rooms.len() as u16;
    let mut streams = [
        world.posting(0, LARGE_RATE, LARGE..LARGE + 1),
        world.posting(1, BUSY_RATE, 1..2),
        world.posting(2, SMALL_RATE, small),
    ];
    let window = world.measure(&mut load, &mut streams, timing)?;
    bench.results.add(Quantity::RoomsCpu, "small and large rooms", window.cpu_us_per_delivery());
    bench.results.add(Quantity::RoomsP99, "beside the large room", window.latency[BUSY].ms(0.99));
    Ok(())
}

impl World {
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

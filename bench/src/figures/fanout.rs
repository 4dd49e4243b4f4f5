//! One room, many sockets: what a delivery costs and how long it takes.

use anyhow::Result;

use crate::bench::{Bench, median};
use crate::load::stream::{Pace, Purpose, Stream};
use crate::peers::{Peer, Running};
use crate::report::results::Quantity;

/// Messages a second in the open loop.
const RATE: f64 = 50.0;
/// How often everyone is measured in the open loop.
const ROUNDS: usize = 3;
/// The floor with readers that never speak, as it is called in tables. TCP spares it an acknowledgement within every second
/// `send`, which is sent to everyone else: see `bench/README.md`.
const MUTE_FLOOR: &str = "floor, mute readers";
/// Clients that take turns in the open loop, so that one slow answer does not hold up the next post.
const OPEN_CLIENTS: usize = 8;
/// Publishers in a closed loop.
pub(super) const PUBLISHERS: usize = 64;

/// A stream of posts into the only room.
pub(super) fn posting<'a>(running: &'a Running, pace: Pace, clients: std::ops::Range<usize>) -> Stream<'a> {
    Stream::new(
        pace,
        clients,
        Box::new(move |out, request| {
            running.write_post(out, request);
            Purpose { room: Some(0), class: 0 }
        }),
    )
}

/// Who is measured, with which readers.
#[derive(Clone, Copy)]
struct Contender {
    peer: Peer,
    /// They never speak.
    mute: bool,
    /// They never sleep.
    awake: bool,
}

impl Contender {
    fn all(peers: &[Peer]) -> Vec<Self> {
        let mut all: Vec<_> = peers.iter().map(|peer| Self { peer: *peer, mute: false, awake: true }).collect();
        if peers.contains(&Peer::Floor) {
            all.insert(1, Self { peer: Peer::Floor, mute: true, awake: true });
        }
        let compared = peers.iter().filter(|peer| matches!(peer, Peer::Floor | Peer::Ours));
        all.extend(compared.map(|peer| Self { peer: *peer, mute: false, awake: false }));
        all
    }

    fn name(self) -> &'static str {
        if self.mute { MUTE_FLOOR } else { self.peer.name() }
    }

    fn quantities(self) -> [Quantity; 3] {
        if self.awake {
            [Quantity::FanoutCpu, Quantity::FanoutP50, Quantity::FanoutP99]
        } else {
            [Quantity::SleepersCpu, Quantity::SleepersP50, Quantity::SleepersP99]
        }
    }
}

/// 1,000 sockets x 50 messages a second. In rounds, because what a delivery costs depends on the moment: each value is the
/// median of its rounds.
///
/// The readers are awake, because to wake one is a cost that the sender only has where both share a machine, and whether it has
/// it is a race; with sleeping readers the floor and we are measured as well.
pub(super) fn open_loop(bench: &mut Bench) -> Result<()> {
    let contenders = Contender::all(&bench.peers);
    let mut rounds = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, seen) in contenders.iter().zip(&mut rounds) {
            seen.push(one_round(bench, *contender)?);
        }
    }
    for (contender, seen) in contenders.into_iter().zip(rounds) {
        for (at, quantity) in contender.quantities().into_iter().enumerate() {
            bench.results.add(quantity, contender.name(), median(seen.iter().map(|round| round[at])));
        }
    }
    Ok(())
}

/// CPU for each delivery in microseconds, and latency in milliseconds, p50 and p99.
fn one_round(bench: &Bench, Contender { peer, mute, awake }: Contender) -> Result<[f64; 3]> {
    let mut running = Running::start(peer, &bench.places)?;
    running.mute = mute;
    // Those who do not wait for an answer keep their order on one connection.
    let clients = if matches!(peer, Peer::Floor | Peer::Nats) { 1 } else { OPEN_CLIENTS };
    let mut load = running.load(bench.scale.sockets, clients, &bench.interrupt)?;
    load.awake = awake;
    let mut streams = [posting(&running, Pace::Open(RATE), 0..clients)];
    let window = load.measure(&mut streams, &running.server, bench.scale.timing)?;
    let latency = &window.latency[0];
    Ok([window.cpu_us_per_delivery(), latency.ms(0.50), latency.ms(0.99)])
}

/// 1,000 sockets, 64 publishers that post again as soon as they are answered.
pub(super) fn closed_loop(bench: &mut Bench) -> Result<()> {
    for peer in bench.peers.clone() {
        let running = Running::start(peer, &bench.places)?;
        let mut load = running.load_closed(bench.scale.sockets, PUBLISHERS, &bench.interrupt)?;
        let mut streams = [posting(&running, Pace::Closed, 0..load.clients.len())];
        let window = load.measure(&mut streams, &running.server, bench.scale.timing)?;
        let results = &mut bench.results;
        results.add(Quantity::ClosedRate, peer.name(), window.deliveries / window.seconds);
        results.add(Quantity::ClosedCpu, peer.name(), window.cpu_us_per_delivery());
        results.add(Quantity::ClosedBusy, peer.name(), 100.0 * window.cpu_seconds / window.seconds);
    }
    Ok(())
}

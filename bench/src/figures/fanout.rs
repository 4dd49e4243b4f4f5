//! One room, many sockets: what a delivery costs and how long it takes.

use anyhow::Result;

use super::Bench;
use crate::load::stream::{Pace, Purpose, Stream};
use crate::peers::{Peer, Running};
use crate::report::results::Quantity;

/// Messages a second in the open loop.
const RATE: f64 = 50.0;
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

/// 1,000 sockets x 50 messages a second.
pub(super) fn open_loop(bench: &mut Bench) -> Result<()> {
    for peer in bench.peers.clone() {
        let running = Running::start(peer, &bench.places)?;
        // Those who do not wait for an answer keep their order on one connection.
        let clients = if matches!(peer, Peer::Floor | Peer::Nats) { 1 } else { OPEN_CLIENTS };
        let mut load = running.load(bench.scale.sockets, clients, &bench.interrupt)?;
        let mut streams = [posting(&running, Pace::Open(RATE), 0..clients)];
        let window = load.measure(&mut streams, &running.server, bench.scale.timing)?;
        let results = &mut bench.results;
        results.add(Quantity::FanoutCpu, peer.name(), window.cpu_us_per_delivery());
        results.add(Quantity::FanoutP50, peer.name(), window.latency[0].ms(0.50));
        results.add(Quantity::FanoutP99, peer.name(), window.latency[0].ms(0.99));
    }
    Ok(())
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

//! Posting with hardly anybody listening: how many, and how long one takes.

use anyhow::Result;

use super::Bench;
use super::fanout::{PUBLISHERS, posting};
use crate::load::stream::Pace;
use crate::machine::fdatasync;
use crate::peers::{Peer, Running};
use crate::report::results::Quantity;

/// 1 subscriber, 64 publishers.
pub(super) fn throughput(bench: &mut Bench) -> Result<()> {
    for peer in bench.peers.clone() {
        let running = Running::start(peer, &bench.places)?;
        let mut load = running.load_closed(1, PUBLISHERS, &bench.interrupt)?;
        let mut streams = [posting(&running, Pace::Closed, 0..load.clients.len())];
        let window = load.measure(&mut streams, &running.server, bench.scale.timing)?;
        bench.results.add(Quantity::Posts, peer.name(), window.answers / window.seconds);
    }
    Ok(())
}

/// 1 publisher, beside one fdatasync of the same disk, measured before and after.
pub(super) fn latency(bench: &mut Bench) -> Result<()> {
    let times = if bench.scale.quick { 50 } else { 1_000 };
    let mut syncs = Vec::new();
    let mut sync = |bench: &Bench| -> Result<()> {
        syncs.push(fdatasync(&bench.places.work, times)?.at(0.5) as f64 / 1e3);
        Ok(())
    };
    sync(bench)?;
    for peer in bench.peers.clone() {
        let running = Running::start(peer, &bench.places)?;
        let mut load = running.load(1, 1, &bench.interrupt)?;
        let mut streams = [posting(&running, Pace::Closed, 0..1)];
        let window = load.measure(&mut streams, &running.server, bench.scale.timing)?;
        bench.results.add(Quantity::PostP50, peer.name(), window.answer_time[0].at(0.5) as f64 / 1e3);
        if peer == Peer::Ours {
            sync(bench)?;
        }
    }
    bench.results.add(Quantity::Fdatasync, "this disk", syncs.iter().sum::<f64>() / syncs.len() as f64);
    Ok(())
}

//! Posting with hardly anybody listening: how many, and how long one takes.

use anyhow::Result;

use super::fanout::{PUBLISHERS, posting};
use crate::bench::{Bench, median};
use crate::load::run::Timing;
use crate::load::stream::Pace;
use crate::machine::fdatasync;
use crate::peers::{Peer, Running};
use crate::report::results::Quantity;

/// How often those are measured who are compared.
const ROUNDS: usize = 3;

/// 1 subscriber, 64 publishers. The tutorial and ours, whose ratio is a target, in turns and in shorter windows, and the median
/// of their rounds: a moment in which the disk or the machine is slow does not count.
pub(super) fn throughput(bench: &mut Bench) -> Result<()> {
    let (compared, others): (Vec<Peer>, Vec<Peer>) =
        bench.peers.iter().partition(|peer| matches!(peer, Peer::SocketIo | Peer::Ours));
    for peer in others {
        let rate = posts_a_second(bench, peer, bench.scale.timing)?;
        bench.results.add(Quantity::Posts, peer.name(), rate);
    }
    let timing = Timing { window: bench.scale.timing.window / 2, ..bench.scale.timing };
    let mut rounds = vec![Vec::new(); compared.len()];
    for _ in 0..ROUNDS {
        for (peer, rates) in compared.iter().zip(&mut rounds) {
            rates.push(posts_a_second(bench, *peer, timing)?);
        }
    }
    for (peer, rates) in compared.iter().zip(&rounds) {
        bench.results.add(Quantity::Posts, peer.name(), median(rates.iter().copied()));
    }
    Ok(())
}

fn posts_a_second(bench: &Bench, peer: Peer, timing: Timing) -> Result<f64> {
    let running = Running::start(peer, &bench.places)?;
    let mut load = running.load_closed(1, PUBLISHERS, &bench.interrupt)?;
    let mut streams = [posting(&running, Pace::Closed, 0..load.clients.len())];
    let window = load.measure(&mut streams, &running.server, timing)?;
    Ok(window.answers / window.seconds)
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

//! Slow readers: some sockets stop reading, and nobody else is to notice.

use std::time::Duration;

use anyhow::Result;

use super::fanout::posting;
use crate::bench::Bench;
use crate::load::stream::Pace;
use crate::peers::{Peer, Running};
use crate::report::results::Quantity;

/// Messages a second.
const RATE: f64 = 200.0;
const CLIENTS: usize = 16;
/// The class of those that stop.
const SLOW: usize = 1;

/// 100 of 1,000 sockets stop reading for 20 s; then they get everything, in order.
pub(super) fn readers(bench: &mut Bench) -> Result<()> {
    let running = Running::start(Peer::Ours, &bench.places)?;
    let mut load = running.load(bench.scale.sockets, CLIENTS, &bench.interrupt)?;
    let slow: Vec<usize> = (0..bench.scale.sockets).step_by(10).collect();
    for &index in &slow {
        load.subscribers[index].class = SLOW;
        load.narrow(index)?;
    }
    let mut streams = [posting(&running, Pace::Open(RATE), 0..CLIENTS)];
    // Shorter than the time between two heartbeats: whoever does not read cannot answer one that comes meanwhile.
    let before = load.measure(&mut streams, &running.server, bench.scale.timing)?;
    bench.results.add(Quantity::SlowP99, "before", before.latency[0].ms(0.99));

    let memory = running.server.rss_kib()?;
    running.server.reset_peak()?;
    slow.iter().for_each(|index| load.pause(*index, true));
    load.tally.clear();
    load.go(&mut streams, Duration::from_secs(if bench.scale.quick { 2 } else { 20 }))?;
    bench.results.add(Quantity::SlowP99, "meanwhile", load.tally.latency[0].ms(0.99));
    bench.results.add(Quantity::SlowMemory, "meanwhile", (running.server.peak_kib()? - memory) / 1024.0);

    // Everything that they missed, in order: whatever is not is an error.
    slow.iter().for_each(|index| load.pause(*index, false));
    load.drain(&mut streams)
}

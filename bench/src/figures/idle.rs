//! Sockets that rest: memory, and CPU with heartbeats.

use std::time::Duration;

use anyhow::Result;

use crate::bench::Bench;
use crate::dataset::{Account, Builder};
use crate::load::Load;
use crate::peers::{Peer, Running};
use crate::report::results::Quantity;

/// Rooms besides the one that everyone is in, and how many of them each is in.
const ROOMS: usize = 1_000;
const ROOMS_EACH: usize = 4;

/// 9,000 sockets that rest. Ours are as many users, in five rooms each.
pub(super) fn at_rest(bench: &mut Bench) -> Result<()> {
    // Heartbeats come every 22 to 25 s.
    let (settle, window) = if bench.scale.quick { (1, 2) } else { (5, 50) };
    for peer in bench.peers.clone() {
        let (running, accounts) = start(bench, peer)?;
        let mut load = Load::new(peer.wire(), &bench.interrupt)?;
        // One by itself, so that what is set up once is not counted.
        load.subscribe(&running.address, 1, |_| hello(&running, &accounts, 0))?;
        load.go(&mut [], Duration::from_secs(1))?;
        let before = running.server.rss_kib()?;
        let sockets = bench.scale.idle_sockets;
        load.subscribe(&running.address, sockets - 1, |index| hello(&running, &accounts, index + 1))?;
        load.go(&mut [], Duration::from_secs(settle))?;
        let memory = (running.server.rss_kib()? - before) / (sockets - 1) as f64;
        bench.results.add(Quantity::IdleMemory, peer.name(), memory);
        let cpu = running.server.cpu_seconds()?;
        load.go(&mut [], Duration::from_secs(window))?;
        let cpu = running.server.cpu_seconds()? - cpu;
        bench.results.add(Quantity::IdleCpu, peer.name(), 100.0 * cpu / window as f64);
    }
    Ok(())
}

fn hello(running: &Running, accounts: &[Account], index: usize) -> Vec<u8> {
    running.hello(accounts.get(index).map_or("", |account| &account.token))
}

fn start(bench: &Bench, peer: Peer) -> Result<(Running, Vec<Account>)> {
    if peer != Peer::Ours {
        return Ok((Running::start(peer, &bench.places)?, Vec::new()));
    }
    let dir = bench.places.folder()?;
    let builder = Builder::open(dir.path())?;
    let accounts = builder.accounts(bench.scale.idle_sockets)?;
    let rooms = builder.rooms(&accounts[0], ROOMS.min(bench.scale.idle_sockets))?;
    let mut members = Vec::new();
    for (index, account) in accounts.iter().enumerate() {
        members.extend((0..ROOMS_EACH).map(|turn| (account, rooms[(index + turn * 251) % rooms.len()])));
    }
    builder.join(&members)?;
    drop(builder);
    Ok((Running::ours(dir, &bench.places)?, accounts))
}

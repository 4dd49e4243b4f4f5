//! A reconnect storm: everybody comes back at once, each a little behind, while posting goes on.

use std::time::Duration;

use anyhow::Result;
use chat_shared::{RoomId, Seq};

use super::Bench;
use super::fanout::posting;
use crate::clock;
use crate::dataset::{Account, Builder};
use crate::load::Load;
use crate::load::stream::Pace;
use crate::load::subscriber::Phase;
use crate::load::wire::text_frame;
use crate::peers::{Peer, Running};
use crate::report::results::Quantity;

/// Messages that each has missed.
const BEHIND: u64 = 100;
/// Messages a second, meanwhile.
const RATE: f64 = 20.0;
const CLIENTS: usize = 8;
const ACCOUNTS: usize = 500;
/// How long they may take.
const WITHIN: Duration = Duration::from_secs(120);

/// 5,000 sockets resume at once.
pub(super) fn reconnect(bench: &mut Bench) -> Result<()> {
    let sockets = bench.scale.idle_sockets * 5 / 9;
    let dir = bench.places.folder()?;
    let builder = Builder::open(dir.path())?;
    let accounts = builder.accounts(ACCOUNTS)?;
    let room = builder.general(&accounts[0])?;
    let joined = builder.head(&accounts[0], room)?;
    drop(builder);
    let mut running = Running::ours(dir, &bench.places)?;
    running.token.clone_from(&accounts[0].token);
    let posted = before(bench, &running, &accounts, sockets)?;
    // They are all gone. So many messages later, they come back.
    let mut load = Load::new(Peer::Ours.wire(), &bench.interrupt)?;
    running.add_clients(&mut load, CLIENTS)?;
    let cursor = joined + posted;
    post_some(&running, &mut load)?;
    running.server.reset_peak()?;
    storm(bench, &running, &mut load, &Back { accounts: &accounts, sockets, room, cursor })
}

/// How it is while all is well. Says how many messages that took.
fn before(bench: &mut Bench, running: &Running, accounts: &[Account], sockets: usize) -> Result<u64> {
    let mut load = Load::new(Peer::Ours.wire(), &bench.interrupt)?;
    load.subscribe(&running.address, sockets, |index| running.hello(&accounts[index % accounts.len()].token))?;
    running.add_clients(&mut load, CLIENTS)?;
    running.server.reset_peak()?;
    let mut streams = [posting(running, Pace::Open(RATE), 0..CLIENTS)];
    let window = load.measure(&mut streams, &running.server, bench.scale.timing)?;
    bench.results.add(Quantity::StormPost, "before", window.answer_time[0].ms(0.99));
    bench.results.add(Quantity::StormMemory, "before", running.server.peak_kib()? / 1024.0);
    Ok(load.tally.posted.iter().sum())
}

fn post_some(running: &Running, load: &mut Load) -> Result<()> {
    let mut streams = [posting(running, Pace::Closed, 0..1)];
    while load.tally.posted.iter().sum::<u64>() < BEHIND {
        streams[0].send_once(&mut load.clients, &mut load.tally);
        load.drain(&mut streams)?;
    }
    Ok(())
}

struct Back<'a> {
    accounts: &'a [Account],
    sockets: usize,
    room: RoomId,
    cursor: Seq,
}

fn storm(bench: &mut Bench, running: &Running, load: &mut Load, back: &Back<'_>) -> Result<()> {
    let began = clock::now();
    for index in 0..back.sockets {
        let token = &back.accounts[index % back.accounts.len()].token;
        let hello = format!(r#"{{"type":"hello","token":"{token}","resume":{{"{}":{}}}}}"#, back.room, back.cursor);
        load.dial(&running.address, text_frame(hello.as_bytes()))?;
        load.subscribers[index].expect_after(0, back.cursor);
    }
    load.tally.clear();
    let mut streams = [posting(running, Pace::Open(RATE), 0..CLIENTS)];
    let is_back = |load: &Load| load.subscribers.iter().all(|subscriber| subscriber.phase == Phase::Live);
    while !is_back(load) {
        load.go(&mut streams, Duration::from_millis(20))?;
        anyhow::ensure!(clock::now() - began < clock::ns(WITHIN), "not everybody was back in {WITHIN:?}");
    }
    // Everything that was posted since they went reaches everyone.
    load.drain(&mut streams)?;
    let seconds = (clock::now() - began) as f64 / 1e9;
    let results = &mut bench.results;
    results.add(Quantity::StormTime, "chat-server", seconds);
    results.add(Quantity::StormPost, "during the storm", load.tally.answer_time[0].ms(0.99));
    results.add(Quantity::StormMemory, "during the storm", running.server.peak_kib()? / 1024.0);
    Ok(())
}

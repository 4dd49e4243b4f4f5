//! A reconnect storm: everybody comes back at once, each a little behind, while posting goes on.

use std::time::Duration;

use anyhow::Result;
use chat_shared::{RoomId, Seq};

use super::fanout::posting;
use super::publishers;
use crate::bench::{Bench, median};
use crate::clock;
use crate::dataset::{Account, Builder};
use crate::load::Load;
use crate::load::stream::Pace;
use crate::load::subscriber::Phase;
use crate::load::wire::text_frame;
use crate::peers::{Peer, Running};
use crate::report::results::Quantity;

/// How often they all come back: one storm is short, and sees few posts.
const STORMS: usize = 5;
/// Messages that each has missed.
const BEHIND: u64 = 100;
/// Messages a second, meanwhile.
const RATE: f64 = 20.0;
const ACCOUNTS: usize = 500;
/// How long they may take.
const WITHIN: Duration = Duration::from_secs(120);

/// 5,000 sockets resume at once, again and again: each value is the median of all storms.
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
    let mut back = Back { accounts: &accounts, sockets, room, cursor: joined + posted };
    let storms = (0..STORMS).map(|_| storm(bench, &running, &mut back)).collect::<Result<Vec<_>>>()?;
    let results = &mut bench.results;
    results.add(Quantity::StormTime, "chat-server", median(storms.iter().map(|storm| storm.seconds)));
    results.add(Quantity::StormPost, "during the storm", median(storms.iter().map(|storm| storm.post_ms)));
    let slowest = storms.iter().map(|storm| storm.post_ms).fold(0.0, f64::max);
    results.add(Quantity::StormSlowest, "during the storm", slowest);
    results.add(Quantity::StormMemory, "during the storm", median(storms.iter().map(|storm| storm.peak_mib)));
    Ok(())
}

/// How it is while all is well. Says how many messages that took.
fn before(bench: &mut Bench, running: &Running, accounts: &[Account], sockets: usize) -> Result<u64> {
    let mut load = Load::new(Peer::Ours.wire(), &bench.interrupt)?;
    load.subscribe(&running.address, sockets, |index| running.hello(&accounts[index % accounts.len()].token))?;
    load.go(&mut [], bench.scale.timing.warm_up)?;
    running.server.reset_peak()?;
    let window = bench.scale.timing.window;
    let ((), posted) = publishers::beside(running, RATE, &mut load, |load| load.go(&mut [], window))?;
    load.drain(&mut [])?;
    bench.results.add(Quantity::StormPost, "before", posted.time.ms(0.99));
    bench.results.add(Quantity::StormMemory, "before", running.server.peak_kib()? / 1024.0);
    Ok(posted.count)
}

fn post_some(running: &Running, load: &mut Load) -> Result<()> {
    running.add_clients(load, 1)?;
    let mut streams = [posting(running, Pace::Closed, 0..1)];
    while load.tally.posted.iter().sum::<u64>() < BEHIND {
        streams[0].send_once(&mut load.clients, &mut load.tally);
        load.drain(&mut streams)?;
    }
    Ok(())
}

/// Those who come back.
struct Back<'a> {
    accounts: &'a [Account],
    sockets: usize,
    room: RoomId,
    /// What they have seen.
    cursor: Seq,
}

impl Back<'_> {
    fn dial(&self, running: &Running, load: &mut Load) -> Result<()> {
        for index in 0..self.sockets {
            let token = &self.accounts[index % self.accounts.len()].token;
            let hello = format!(r#"{{"type":"hello","token":"{token}","resume":{{"{}":{}}}}}"#, self.room, self.cursor);
            load.dial(&running.address, text_frame(hello.as_bytes()))?;
            load.subscribers[index].expect_after(0, self.cursor);
        }
        Ok(())
    }
}

/// What a storm was like.
struct Storm {
    seconds: f64,
    post_ms: f64,
    peak_mib: f64,
}

/// They are all gone. So many messages later, they come back.
fn storm(bench: &Bench, running: &Running, back: &mut Back<'_>) -> Result<Storm> {
    let mut load = Load::new(Peer::Ours.wire(), &bench.interrupt)?;
    post_some(running, &mut load)?;
    running.server.reset_peak()?;
    let began = clock::now();
    let ((), posted) = publishers::beside(running, RATE, &mut load, |load| {
        back.dial(running, load)?;
        while load.subscribers.iter().any(|subscriber| subscriber.phase != Phase::Live) {
            load.go(&mut [], Duration::from_millis(20))?;
            anyhow::ensure!(clock::now() - began < clock::ns(WITHIN), "not everybody was back in {WITHIN:?}");
        }
        Ok(())
    })?;
    // Everything that was posted since they went reaches everyone.
    load.drain(&mut [])?;
    let seconds = (clock::now() - began) as f64 / 1e9;
    back.cursor += load.tally.posted.iter().sum::<u64>();
    Ok(Storm { seconds, post_ms: posted.time.ms(0.99), peak_mib: running.server.peak_kib()? / 1024.0 })
}

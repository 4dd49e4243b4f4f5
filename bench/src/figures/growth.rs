//! Whether anything becomes slower as the store grows.

use std::time::Duration;

use anyhow::Result;

use super::fanout::{PUBLISHERS, posting};
use super::reading::ask;
use crate::bench::Bench;
use crate::dataset::{Builder, Post, Words};
use crate::load::run::Timing;
use crate::load::stream::Pace;
use crate::peers::Running;
use crate::report::results::Quantity;

/// Posts a second and the latest page, at 10 k, 100 k, 1 M … messages, up to the size of the large data sets.
pub(super) fn growth(bench: &mut Bench) -> Result<()> {
    let mut dir = bench.places.folder()?;
    let mut words = Words::new();
    let mut accounts = Vec::new();
    // Posting makes the store grow too; a short window keeps its size what the table says.
    let window = Duration::from_secs(if bench.scale.quick { 1 } else { 2 });
    let timing = Timing { warm_up: Duration::from_millis(500), window };
    let first = 10_000.min(bench.scale.messages);
    let mut size = first;
    while size <= bench.scale.messages {
        let builder = Builder::open(dir.path())?;
        if accounts.is_empty() {
            accounts = builder.accounts(10)?;
        }
        let room = builder.general(&accounts[0])?;
        let there = builder.head(&accounts[0], room)?;
        let post = |index: u64| Post { by: &accounts[(index % 10) as usize], room, body: words.text() };
        builder.post((there..size).map(post))?;
        drop(builder);
        let mut running = Running::ours(dir, &bench.places)?;
        running.token.clone_from(&accounts[0].token);
        let who = if size == first { "10k messages".to_owned() } else { name(size) };
        let disk = std::fs::read_dir(running.dir.path().join("data"))?.filter_map(|entry| entry.ok()?.metadata().ok());
        bench.results.add(
            Quantity::GrowthDisk,
            &who,
            disk.map(|file| file.len()).sum::<u64>() as f64 / (1 << 20) as f64,
        );
        let pages = ask(bench, &running, || format!("/api/v1/rooms/{room}/messages?limit=50"))?;
        bench.results.add(Quantity::GrowthPage, &who, pages.answer_time[0].ms(0.5));
        let mut load = running.load(1, PUBLISHERS, &bench.interrupt)?;
        let mut streams = [posting(&running, Pace::Closed, 0..PUBLISHERS)];
        let posts = load.measure(&mut streams, &running.server, timing)?;
        bench.results.add(Quantity::GrowthPosts, &who, posts.answers / posts.seconds);
        drop((load, streams));
        dir = running.stop()?;
        size *= 10;
    }
    Ok(())
}

fn name(messages: u64) -> String {
    if messages < 1_000_000 {
        format!("{}k messages", messages / 1_000)
    } else {
        format!("{}M messages", messages / 1_000_000)
    }
}

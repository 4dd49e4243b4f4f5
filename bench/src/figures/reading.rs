//! What is read from the store: pages of a long history, searches, the first screen.

use anyhow::Result;

use crate::bench::Bench;
use crate::dataset::{Builder, Post, Words, word};
use crate::http::write_request;
use crate::load::Load;
use crate::load::client::Answer;
use crate::load::run::Window;
use crate::load::stream::{Pace, Purpose, Stream};
use crate::peers::{Peer, Running};
use crate::report::results::{OURS, Quantity};

/// Requests under way at a time.
const CONCURRENCY: usize = 8;
/// Messages of a page.
const PAGE: usize = 50;

/// Asks for the paths, at this concurrency, for one window.
pub(super) fn ask(bench: &Bench, running: &Running, mut path: impl FnMut() -> String) -> Result<Window> {
    let mut load = Load::new(Peer::Ours.wire(), &bench.interrupt)?;
    load.add_clients(&running.address, CONCURRENCY, Answer::Http, &[])?;
    let write = move |out: &mut Vec<u8>, _| {
        write_request(out, "GET", &path(), &running.address, &running.token, "", None);
        Purpose::default()
    };
    let mut streams = [Stream::new(Pace::Closed, 0..CONCURRENCY, Box::new(write))];
    load.measure(&mut streams, &running.server, bench.scale.timing)
}

/// A room with a million messages: the latest page, pages in the middle, pages around a message.
pub(super) fn history(bench: &mut Bench) -> Result<()> {
    let messages = bench.scale.messages;
    let dir = bench.places.folder()?;
    let builder = Builder::open(dir.path())?;
    let accounts = builder.accounts(10)?;
    let room = builder.general(&accounts[0])?;
    let mut words = Words::new();
    builder.post((0..messages).map(|index| Post { by: &accounts[(index % 10) as usize], room, body: words.text() }))?;
    drop(builder);
    let mut running = Running::ours(dir, &bench.places)?;
    running.token.clone_from(&accounts[1].token);
    let base = format!("/api/v1/rooms/{room}/messages?limit={PAGE}");
    let latest = ask(bench, &running, || base.clone())?;
    let middle = ask(bench, &running, || format!("{base}&before={}", 100 + words.below(messages)))?;
    let mut words = Words::new();
    let around = ask(bench, &running, || format!("{base}&around={}", 1 + words.below(messages)))?;
    for (who, window) in [("latest", latest), ("in the middle", middle), ("around", around)] {
        bench.results.add(Quantity::HistoryP99, who, window.answer_time[0].ms(0.99));
    }
    Ok(())
}

/// A million messages in 100 rooms; the caller is in half of them.
pub(super) fn search(bench: &mut Bench) -> Result<()> {
    let dir = bench.places.folder()?;
    let builder = Builder::open(dir.path())?;
    let accounts = builder.accounts(2)?;
    let rooms = builder.rooms(&accounts[0], 100)?;
    builder.join(&rooms.iter().step_by(2).map(|room| (&accounts[1], *room)).collect::<Vec<_>>())?;
    let mut words = Words::new();
    let post = |index: u64| Post { by: &accounts[0], room: rooms[(index % 100) as usize], body: words.text() };
    builder.post((0..bench.scale.messages).map(post))?;
    drop(builder);
    let mut running = Running::ours(dir, &bench.places)?;
    running.token.clone_from(&accounts[1].token);
    let mut words = Words::new();
    let cases: [(&str, u64, u64); 3] =
        [("common words", 1, 20), ("medium words", 500, 1_000), ("rare words", 12_000, 8_000)];
    for (who, from, range) in cases {
        let window = ask(bench, &running, || format!("/api/v1/search?q={}", word(from + words.below(range))))?;
        bench.results.add(Quantity::SearchP99, who, window.answer_time[0].ms(0.99));
    }
    let two = |words: &mut Words| format!("{}%20{}", word(1 + words.below(20)), word(500 + words.below(1_000)));
    let window = ask(bench, &running, || format!("/api/v1/search?q={}", two(&mut words)))?;
    bench.results.add(Quantity::SearchP99, "a common and a medium word", window.answer_time[0].ms(0.99));
    Ok(())
}

/// A user in 200 rooms, with unread messages and mentions in each.
pub(super) fn bootstrap(bench: &mut Bench) -> Result<()> {
    let dir = bench.places.folder()?;
    let builder = Builder::open(dir.path())?;
    let accounts = builder.accounts(2)?;
    let rooms = builder.rooms(&accounts[0], 200)?;
    builder.join(&rooms.iter().map(|room| (&accounts[1], *room)).collect::<Vec<_>>())?;
    let mut words = Words::new();
    let messages = 20_000.min(bench.scale.messages);
    let post = |index: u64| Post { by: &accounts[0], room: rooms[(index % 200) as usize], body: words.text() };
    builder.post((0..messages).map(post))?;
    drop(builder);
    let mut running = Running::ours(dir, &bench.places)?;
    running.token.clone_from(&accounts[1].token);
    let window = ask(bench, &running, || "/api/v1/bootstrap".into())?;
    bench.results.add(Quantity::BootstrapP99, OURS, window.answer_time[0].ms(0.99));
    Ok(())
}

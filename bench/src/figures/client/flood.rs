//! More messages than anybody can read, into the open room: whether keys still work, what it costs, and whether everything
//! is there afterwards. The same texts, at the same pace, to weechat.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use portable_pty::CommandBuilder;

use super::home::Home;
use super::{Texts, mark, marks};
use crate::bench::Bench;
use crate::clock;
use crate::dataset::{Account, Builder};
use crate::histogram::Histogram;
use crate::http::write_request;
use crate::irc::Irc;
use crate::load::Load;
use crate::load::client::Answer;
use crate::load::stream::{Pace, Purpose, Stream};
use crate::machine::Interrupt;
use crate::peers::{self, Peer, Running};
use crate::report::results::{CLIENT, Quantity, WEECHAT};
use crate::screen::Screen;

const RATE: f64 = 5_000.0;
/// Connections of the publishers: as many posts as wait for one commit.
const PUBLISHERS: usize = 64;
/// Keys are pressed so far apart.
const KEYS_EVERY: Duration = Duration::from_millis(40);
/// What follows the last frame, such as writing to disk, belongs to the costs.
const AFTERWARDS: Duration = Duration::from_millis(1_500);
const PAGE_UP: &str = "\x1b[5~";
/// Where Debian puts it.
const WEECHAT_PATH: &str = "/usr/bin/weechat-curses";
const CLEAR: &str = "\u{15}";

/// What a flood was like. Times are those of [`clock`].
struct Flood {
    messages: u64,
    keys: Histogram,
    seconds: f64,
    cpu_seconds: f64,
    bytes: u64,
    ended: u64,
    shown: u64,
}

/// Both clients, one after the other.
pub(in crate::figures) fn flood(bench: &mut Bench) -> Result<()> {
    let time = Duration::from_secs(if bench.scale.quick { 1 } else { 10 });
    let flood = ours(bench, time)?;
    add(bench, CLIENT, &flood);
    match peers::apt("weechat-curses").and_then(|()| weechat(bench, time)) {
        Ok(flood) => add(bench, WEECHAT, &flood),
        Err(error) => bench.results.miss(WEECHAT, &error),
    }
    bench.interrupt.check()
}

fn add(bench: &mut Bench, who: &str, flood: &Flood) {
    let messages = flood.messages as f64;
    bench.results.add(Quantity::FloodKeyP99, who, flood.keys.ms(0.99));
    bench.results.add(Quantity::FloodBusy, who, 100.0 * flood.cpu_seconds / flood.seconds);
    bench.results.add(Quantity::FloodCpu, who, flood.cpu_seconds * 1e6 / messages);
    bench.results.add(Quantity::FloodBehind, who, flood.shown.saturating_sub(flood.ended) as f64 / 1e6);
    bench.results.add(Quantity::FloodBytes, who, flood.bytes as f64 / messages);
}

/// Through the real server, by publishers that post over HTTP.
fn ours(bench: &Bench, time: Duration) -> Result<Flood> {
    let dir = bench.places.folder()?;
    let builder = Builder::open(dir.path())?;
    let accounts = builder.accounts(10)?;
    drop(builder);
    let mut running = Running::ours(dir, &bench.places)?;
    running.peer = Peer::Ours;
    let mut home = Home::new(bench, &running)?;
    let mut screen = home.open()?;
    screen.wait_for_sight("live")?;
    let (address, interrupt) = (running.address.clone(), bench.interrupt.clone());
    let publisher = || thread::spawn(move || publish(&address, &accounts, &interrupt, time));
    let flood = meanwhile(&mut screen, publisher, |_| home.newest())?;
    everything_is_there(&mut screen, flood.messages)?;
    Ok(flood)
}

/// Posts for so long; gives how many, and when all of them were answered.
fn publish(address: &str, accounts: &[Account], interrupt: &Interrupt, time: Duration) -> Result<(u64, u64)> {
    let mut load = Load::new(Peer::Ours.wire(), interrupt)?;
    load.add_clients(address, PUBLISHERS, Answer::Http, &[])?;
    let (mut texts, mut count) = (Texts::new(), 0);
    {
        let write = |out: &mut Vec<u8>, _| {
            let body = format!(r#"{{"body":"{}"}}"#, texts.next(count));
            let token = &accounts[(count % 10) as usize].token;
            write_request(out, "POST", "/api/v1/rooms/general/messages", address, token, &body, None);
            count += 1;
            Purpose { room: Some(0), class: 0 }
        };
        let mut streams = [Stream::new(Pace::Open(RATE), 0..PUBLISHERS, Box::new(write))];
        load.go(&mut streams, time)?;
        load.drain(&mut streams)?;
    }
    Ok((count, clock::now()))
}

/// Presses keys while somebody floods the program, until it shows the last one of so many messages.
fn meanwhile(
    screen: &mut Screen,
    start: impl FnOnce() -> JoinHandle<Result<(u64, u64)>>,
    last: impl FnOnce(u64) -> Result<String>,
) -> Result<Flood> {
    screen.settle(Duration::from_millis(500))?;
    let (began, cpu, bytes) = (clock::now(), screen.cpu_seconds()?, screen.bytes);
    let publisher = start();
    let (mut keys, mut typed) = (Histogram::default(), String::new());
    while !publisher.is_finished() {
        if typed.len() == 20 {
            screen.press(CLEAR)?;
            typed.clear();
            look_on(screen, 2 * KEYS_EVERY)?;
        }
        typed.push('q');
        let pressed = screen.press("q")?;
        keys.add(screen.wait(&typed)? - pressed);
        look_on(screen, KEYS_EVERY)?;
    }
    let (messages, ended) = publisher.join().map_err(|_| anyhow!("the publishers have failed"))??;
    screen.press(CLEAR)?;
    let last = last(messages)?;
    let shown = if screen.contents().contains(&last) { clock::now() } else { screen.wait(&last)? };
    let seconds = (shown - began) as f64 / 1e9;
    look_on(screen, AFTERWARDS)?;
    let (cpu_seconds, bytes) = (screen.cpu_seconds()? - cpu, screen.bytes - bytes);
    Ok(Flood { messages, keys, seconds, cpu_seconds, bytes, ended, shown })
}

/// Takes in what is painted for so long.
fn look_on(screen: &mut Screen, time: Duration) -> Result<()> {
    let until = clock::now() + clock::ns(time);
    loop {
        let left = until.saturating_sub(clock::now());
        if left == 0 {
            return Ok(());
        }
        screen.next(Duration::from_nanos(left))?;
    }
}

/// Pages up through the whole room, and looks at every message.
fn everything_is_there(screen: &mut Screen, count: u64) -> Result<()> {
    let mut seen: BTreeSet<u64> = marks(&screen.contents()).collect();
    let mut progress = clock::now();
    while (seen.len() as u64) < count {
        let pressed = screen.press(PAGE_UP)?;
        // The next key only when this one has had its effect, so that no page is skipped. At the top there is none: it waits
        // for older messages there, and so do we.
        while clock::now() - pressed < 300_000_000 {
            if screen.next(Duration::from_millis(50))?.is_some_and(|arrival| arrival.is_whole) {
                break;
            }
        }
        screen.settle(Duration::from_millis(5))?;
        let new = seen.len();
        seen.extend(marks(&screen.contents()));
        if seen.len() > new {
            progress = clock::now();
        }
        if clock::now() - progress > 10_000_000_000 {
            let missing = (0..count).rev().find(|number| !seen.contains(number));
            bail!("{} of {count} messages are there; {missing:?} is not:\n{}", seen.len(), screen.contents());
        }
    }
    Ok(())
}

/// From a server that says the texts at the pace.
fn weechat(bench: &Bench, time: Duration) -> Result<Flood> {
    let dir = bench.places.folder()?;
    let irc = Irc::listen()?;
    let mut command = CommandBuilder::new(WEECHAT_PATH);
    let home = dir.path().display().to_string();
    let set_up = format!(
        "/server add bench 127.0.0.1/{}; /set irc.server.bench.autojoin {}; /connect bench",
        irc.port()?,
        crate::irc::CHANNEL
    );
    command.args(["--dir", &home, "--run-command", &set_up]);
    command.env_clear();
    for (name, value) in [("HOME", home.as_str()), ("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
        command.env(name, value);
    }
    let mut screen = Screen::open(command, &bench.interrupt)?;
    let accepting = thread::spawn(move || irc.accept());
    screen.wait("user00009")?;
    let joined = Arc::new(accepting.join().map_err(|_| anyhow!("the IRC server has failed"))??);
    let (speaker, mut texts) = (Arc::clone(&joined), Texts::new());
    let server =
        move || thread::spawn(move || Ok((speaker.flood(RATE, time, |number| texts.next(number))?, clock::now())));
    let flood = meanwhile(&mut screen, server, |count| Ok(mark(count.checked_sub(1).context("something was said")?)));
    // Not before: the client may be behind.
    drop(joined);
    flood
}

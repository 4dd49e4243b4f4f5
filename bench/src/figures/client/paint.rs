//! From the first byte of a post to the last byte of the frame that shows it; what that costs the terminal; and what the
//! client does when nothing happens.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Texts;
use super::home::Home;
use super::mark;
use crate::bench::Bench;
use crate::clock;
use crate::histogram::Histogram;
use crate::peers::{Peer, Running};
use crate::process::pause;
use crate::report::results::{CLIENT, Quantity};
use crate::screen::Screen;

/// More rows than there are: the screen is full, and every message moves all of them.
const FULL: u64 = 40;

/// One client shows what another one posts.
pub(in crate::figures) fn paint(bench: &mut Bench) -> Result<()> {
    let running = Running::start(Peer::Ours, &bench.places)?;
    let mut home = Home::new(bench, &running)?;
    let mut screen = home.open()?;
    screen.wait_for_sight("live")?;
    let mut times = Histogram::default();
    let mut texts = Texts::new();
    let samples: u64 = if bench.scale.quick { 20 } else { 1_000 };
    let mut full = 0;
    for n in 0..FULL + samples {
        // Not in step with anything: between 15 and 64 ms apart.
        pause(Duration::from_millis(15 + n * 7919 % 50));
        if n == FULL {
            screen.settle(Duration::from_millis(200))?;
            full = screen.bytes;
        }
        let body = format!(r#"{{"body":"{}"}}"#, texts.next(n));
        let began = clock::now();
        let _: serde_json::Value = home.http.ask("POST", "/api/v1/rooms/general/messages", &running.token, &body)?;
        let shown = screen.wait(&mark(n))?;
        if n >= FULL {
            times.add(shown - began);
        }
    }
    screen.settle(Duration::from_millis(200))?;
    bench.results.add(Quantity::PaintP50, CLIENT, times.ms(0.5));
    bench.results.add(Quantity::PaintP99, CLIENT, times.ms(0.99));
    bench.results.add(Quantity::PaintBytes, CLIENT, (screen.bytes - full) as f64 / samples as f64);
    at_rest(bench, &running, &screen)
}

fn at_rest(bench: &mut Bench, running: &Running, screen: &Screen) -> Result<()> {
    let span = Duration::from_secs(if bench.scale.quick { 2 } else { 60 });
    pause(Duration::from_secs(3));
    let before = (screen.wake_ups()?, requests(running)?);
    pause(span);
    let after = (screen.wake_ups()?, requests(running)?);
    let a_minute = |count: u64| count as f64 * 60.0 / span.as_secs_f64();
    bench.results.add(Quantity::ClientWakeUps, CLIENT, a_minute(after.0 - before.0));
    // The second question has counted the first one.
    bench.results.add(Quantity::ClientRequests, CLIENT, a_minute((after.1 - before.1).saturating_sub(1)));
    Ok(())
}

/// Requests that the server has answered so far. Asked on a connection of its own: who was silent for a minute is closed.
fn requests(running: &Running) -> Result<u64> {
    let page = running.http()?.text("GET", "/metrics", "", "")?;
    let counts = page.lines().filter(|line| line.starts_with("chat_http_requests_total"));
    let counts = counts.map(|line| line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok()));
    counts.sum::<Option<u64>>().context("counts are numbers")
}

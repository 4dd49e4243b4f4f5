//! The first frame: what was known last, before the server has said a word.

use std::time::Duration;

use anyhow::Result;

use super::home::Home;
use super::world;
use crate::bench::Bench;
use crate::clock;
use crate::histogram::Histogram;
use crate::process::pause;
use crate::report::results::{CLIENT, Quantity};

/// From starting the program to the frame that shows the newest message of the cache.
pub(in crate::figures) fn first_frame(bench: &mut Bench) -> Result<()> {
    let of_each = if bench.scale.quick { 10 } else { 500 };
    let running = world(bench, of_each, of_each)?;
    let mut home = Home::new(bench, &running)?;
    home.join_all()?;
    let (count, newest) = (home.fill_cache(of_each)?, home.newest()?);
    bench.results.facts.push(format!("the client's cache held {count} messages at its start"));
    let mut times = Histogram::default();
    for _ in 0..if bench.scale.quick { 3 } else { 30 } {
        let began = clock::now();
        let mut screen = home.open()?;
        times.add(screen.wait(&newest)? - began);
        // The same bytes may have brought both.
        screen.wait_for_sight("live")?;
        screen.settle(Duration::from_millis(300))?;
        screen.press("\u{3}")?;
        // It writes what is left, behind the shell's prompt.
        pause(Duration::from_millis(100));
    }
    bench.results.add(Quantity::FirstFrameP50, CLIENT, times.ms(0.5));
    bench.results.add(Quantity::FirstFrameP99, CLIENT, times.ms(0.99));
    Ok(())
}

//! A room with a long history, a good part of it in memory: keys, memory, and a terminal whose size changes all the time.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Result, bail};

use super::home::Home;
use super::{marks, world};
use crate::bench::Bench;
use crate::clock;
use crate::histogram::Histogram;
use crate::process::pause;
use crate::report::results::{CLIENT, Quantity};
use crate::screen::Screen;

const PAGE_UP: &str = "\x1b[5~";
const PAGE_DOWN: &str = "\x1b[6~";
/// Ctrl+u: deletes the line.
const CLEAR: &str = "\u{15}";
/// Letters of a line that is typed and deleted again.
const LINE: usize = 40;
/// Sizes of the storm: narrow without a sidebar, and wide.
const SIZES: [(u16, u16); 4] = [(100, 30), (58, 24), (140, 45), (120, 40)];

/// Everything that is asked of the client in a large room.
pub(in crate::figures) fn large_room(bench: &mut Bench) -> Result<()> {
    let total = if bench.scale.quick { 1_000 } else { 100_000 };
    let loaded = if bench.scale.quick { 300 } else { 5_000 };
    let of_each = if bench.scale.quick { 10 } else { 500 };
    let running = world(bench, total, of_each)?;
    let mut home = Home::new(bench, &running)?;
    home.join_all()?;
    home.fill_cache(of_each)?;
    let mut screen = home.open()?;
    screen.wait(&home.newest()?)?;
    screen.wait_for_sight("live")?;
    go_up(&mut screen, total - loaded)?;
    screen.settle(Duration::from_millis(500))?;
    bench.results.add(Quantity::ClientMemory, CLIENT, screen.rss_kib()? / 1024.0);
    let lines = if bench.scale.quick { 1 } else { 20 };
    let times = letters(&mut screen, lines)?;
    bench.results.add(Quantity::KeyP50, "a letter", times.ms(0.5));
    bench.results.add(Quantity::KeyP99, "a letter", times.ms(0.99));
    let times = pages(&mut screen, lines)?;
    bench.results.add(Quantity::KeyP50, "a page up or down", times.ms(0.5));
    bench.results.add(Quantity::KeyP99, "a page up or down", times.ms(0.99));
    let worst = resizes(&mut screen)?;
    bench.results.add(Quantity::ResizeWorst, CLIENT, worst as f64 / 1e6);
    Ok(())
}

/// Pages up until this message is on the screen, or an older one.
fn go_up(screen: &mut Screen, to: u64) -> Result<()> {
    let began = clock::now();
    loop {
        if marks(&screen.contents()).any(|number| number <= to) {
            return Ok(());
        }
        if clock::now() - began > 60_000_000_000 {
            bail!("the client did not get to message {to}:\n{}", screen.contents());
        }
        screen.press(PAGE_UP)?;
        screen.wait_frame()?;
        // Where it has to wait for older messages, so do we.
        screen.settle(Duration::from_millis(3))?;
    }
}

/// From a key to the frame that shows its letter.
fn letters(screen: &mut Screen, lines: usize) -> Result<Histogram> {
    let mut times = Histogram::default();
    for line in 0..lines {
        let mut typed = String::new();
        for n in 0..LINE {
            // Not in step with anything: between 20 and 49 ms apart.
            pause(Duration::from_millis(20 + (line * LINE + n) as u64 * 7919 % 30));
            typed.push('q');
            let pressed = screen.press("q")?;
            times.add(screen.wait(&typed)? - pressed);
        }
        screen.press(CLEAR)?;
        screen.settle(Duration::from_millis(100))?;
    }
    Ok(times)
}

/// From a key to the frame that shows another part of the room.
fn pages(screen: &mut Screen, swings: usize) -> Result<Histogram> {
    // Not down to the end: a key that changes nothing paints nothing.
    const SWING: usize = 5;
    let mut times = Histogram::default();
    for n in 0..swings * 2 * SWING {
        let pressed = screen.press(if n % (2 * SWING) < SWING { PAGE_DOWN } else { PAGE_UP })?;
        times.add(screen.wait_frame()? - pressed);
        // What may be loaded meanwhile is not what is measured.
        screen.settle(Duration::from_millis(20 + n as u64 * 7919 % 30))?;
    }
    Ok(times)
}

/// The longest time from a new size to the end of the first frame that began after it.
fn resizes(screen: &mut Screen) -> Result<u64> {
    const COUNT: u64 = 100;
    const EVERY_NS: u64 = 20_000_000;
    screen.settle(Duration::from_millis(100))?;
    let began = clock::now();
    let (mut worst, mut done) = (0, 0);
    let mut waiting: VecDeque<u64> = VecDeque::new();
    while done < COUNT || !waiting.is_empty() {
        let due = if done < COUNT { began + done * EVERY_NS } else { clock::now() + EVERY_NS };
        let left = due.saturating_sub(clock::now());
        let arrival = if left > 0 { screen.next(Duration::from_nanos(left))? } else { None };
        if let Some(arrival) = arrival.filter(|arrival| arrival.is_whole) {
            while let Some(resized) = waiting.front().copied().filter(|resized| *resized < arrival.began) {
                worst = worst.max(arrival.at - resized);
                waiting.pop_front();
            }
        } else if left == 0 {
            let (cols, rows) = SIZES[done as usize % SIZES.len()];
            waiting.push_back(screen.resize(cols, rows)?);
            done += 1;
        }
        if clock::now() - began > 20_000_000_000 {
            bail!("{} sizes were never painted", waiting.len());
        }
    }
    Ok(worst)
}

//! Publishers in threads of their own, for what happens to posts while the load is busy: with thousands of sockets to dial and
//! to read, its one thread would find an answer when it comes to it, and that would be counted as the server's. These sleep
//! until a post is due or its answer is there, so the scheduler lets them run at once, beside the load and on its core.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};

use crate::clock;
use crate::histogram::Histogram;
use crate::http::Http;
use crate::load::Load;
use crate::load::stream::Request;
use crate::peers::Running;

/// How many there are: so many posts may wait for their answers at a time.
const PUBLISHERS: usize = 8;

/// What they posted.
#[derive(Default)]
pub(super) struct Posted {
    /// From due to answered.
    pub(super) time: Histogram,
    /// How many messages.
    pub(super) count: u64,
}

/// Lets `load` do `work` while so many messages a second are posted into the only room, due at even times whether or not the
/// server keeps up. Whatever is due by the end of the work is posted and answered, and is expected by the load's subscribers.
pub(super) fn beside<T>(
    running: &Running,
    per_second: f64,
    load: &mut Load,
    work: impl FnOnce(&mut Load) -> Result<T>,
) -> Result<(T, Posted)> {
    let connections = (0..PUBLISHERS).map(|_| running.http()).collect::<Result<Vec<_>>>()?;
    let schedule = Schedule::new(per_second);
    let (worked, times) = thread::scope(|scope| {
        let start = |(client, http)| {
            let schedule = &schedule;
            scope.spawn(move || publish(running, schedule, client, http))
        };
        let publishers: Vec<_> = connections.into_iter().enumerate().map(start).collect();
        let ending = Ending(&schedule, publishers.iter().map(|publisher| publisher.thread().clone()).collect());
        let worked = work(load);
        drop(ending);
        let times =
            publishers.into_iter().map(|publisher| publisher.join().map_err(|_| anyhow!("a publisher panicked"))?);
        (worked, times.collect::<Result<Vec<_>>>())
    });
    let (worked, mut posted) = (worked?, Posted::default());
    for time in times?.into_iter().flatten() {
        posted.time.add(time);
        posted.count += 1;
    }
    load.tally.count_posted(0, posted.count);
    Ok((worked, posted))
}

/// Posts what is due, until it is over; says how long each took.
fn publish(running: &Running, schedule: &Schedule, client: usize, mut http: Http) -> Result<Vec<u64>> {
    let (mut request, mut times) = (Vec::new(), Vec::new());
    while let Some(due) = schedule.next() {
        request.clear();
        let number = times.len() as u64 + 1;
        running.write_post(&mut request, Request { due, client, number });
        http.exchange(&request)?;
        times.push(clock::now() - due);
    }
    Ok(times)
}

/// When posts are due. Whoever is free takes the next one.
struct Schedule {
    began: u64,
    interval: u64,
    taken: AtomicU64,
    /// From then on, none is due.
    end: AtomicU64,
}

impl Schedule {
    fn new(per_second: f64) -> Self {
        let interval = (1e9 / per_second) as u64;
        Self { began: clock::now(), interval, taken: AtomicU64::new(0), end: AtomicU64::new(u64::MAX) }
    }

    /// Waits until the next post is due, and says when that was; `None`: it is over before that.
    fn next(&self) -> Option<u64> {
        let due = self.began + self.interval * self.taken.fetch_add(1, Ordering::Relaxed);
        loop {
            if due >= self.end.load(Ordering::Relaxed) {
                return None;
            }
            match due.saturating_sub(clock::now()) {
                0 => return Some(due),
                early => thread::park_timeout(Duration::from_nanos(early)),
            }
        }
    }
}

/// Ends the schedule, however the work ends: those who wait for the next post are in scope as long as it goes on.
struct Ending<'a>(&'a Schedule, Vec<thread::Thread>);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.end.store(clock::now(), Ordering::Relaxed);
        self.1.iter().for_each(thread::Thread::unpark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_are_due_at_even_times_until_the_end() {
        let schedule = Schedule::new(1e6);
        let first = schedule.next().unwrap();
        assert_eq!(schedule.next().unwrap(), first + 1_000);
        // What was due before the end is still to be sent, however late.
        schedule.end.store(first + 3_000, Ordering::Relaxed);
        assert_eq!(schedule.next(), Some(first + 2_000));
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn who_waits_for_the_next_post_hears_of_the_end() {
        let schedule = Schedule::new(1e-3);
        assert!(schedule.next().is_some());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| schedule.next());
            drop(Ending(&schedule, vec![waiting.thread().clone()]));
            assert_eq!(waiting.join().unwrap(), None);
        });
    }
}

//! A measurement: warm-up, window, and a drain after which everyone must have everything.

use std::time::Duration;

use anyhow::{Result, bail};

use super::Load;
use super::stream::Stream;
use super::tally::CLASSES;
use crate::clock;
use crate::histogram::Histogram;
use crate::process::Server;

/// How long everything may take to arrive after the window.
const DRAIN_WITHIN: Duration = Duration::from_secs(60);
/// So long before the next request is due we do not sleep: the kernel's timers count in milliseconds.
const SPIN_NS: u64 = 1_500_000;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) warm_up: Duration,
    pub(crate) window: Duration,
}

/// What a measurement brought.
pub(crate) struct Window {
    /// How long it was.
    pub(crate) seconds: f64,
    /// CPU time of the server.
    pub(crate) cpu_seconds: f64,
    /// Messages that reached a subscriber.
    pub(crate) deliveries: f64,
    /// Requests that were answered.
    pub(crate) answers: f64,
    /// From due to received, by class; what was under way at the end of the window is in it.
    pub(crate) latency: [Histogram; CLASSES],
    /// From due or sent to answered, by class.
    pub(crate) answer_time: [Histogram; CLASSES],
}

impl Window {
    /// CPU time for each delivery, in microseconds.
    pub(crate) fn cpu_us_per_delivery(&self) -> f64 {
        self.cpu_seconds * 1e6 / self.deliveries
    }
}

impl Load {
    /// Runs the streams, and measures.
    pub(crate) fn measure(&mut self, streams: &mut [Stream<'_>], server: &Server, timing: Timing) -> Result<Window> {
        self.go(streams, timing.warm_up)?;
        self.tally.clear();
        let (began, cpu) = (clock::now(), server.cpu_seconds()?);
        self.go(streams, timing.window)?;
        let seconds = (clock::now() - began) as f64 / 1e9;
        let cpu_seconds = server.cpu_seconds()? - cpu;
        let (deliveries, answers) = (self.tally.deliveries as f64, self.tally.answers as f64);
        self.drain(streams)?;
        Ok(Window {
            seconds,
            cpu_seconds,
            deliveries,
            answers,
            latency: self.tally.latency.clone(),
            answer_time: self.tally.answer_time.clone(),
        })
    }

    /// Runs the streams for a while.
    pub(crate) fn go(&mut self, streams: &mut [Stream<'_>], time: Duration) -> Result<()> {
        let end = clock::now() + clock::ns(time);
        loop {
            let now = clock::now();
            if now >= end {
                return Ok(());
            }
            let mut next = end.min(now + 50_000_000);
            for stream in &mut *streams {
                if let Some(due) = stream.send_due(now, &mut self.clients, &mut self.tally) {
                    next = next.min(due);
                }
            }
            let patience = next.saturating_sub(clock::now());
            let patience = if patience < SPIN_NS { 0 } else { patience - SPIN_NS + 500_000 };
            // Rounded down: mio rounds up to the next millisecond.
            self.turn(Duration::from_millis(patience / 1_000_000))?;
        }
    }

    /// Waits until every request is answered and every subscriber that reads has every message, exactly once.
    pub(crate) fn drain(&mut self, streams: &mut [Stream<'_>]) -> Result<()> {
        let deadline = clock::now() + clock::ns(DRAIN_WITHIN);
        while !self.is_drained(streams) {
            for stream in &mut *streams {
                stream.send_waiting(&mut self.clients, &mut self.tally);
            }
            self.turn(Duration::from_millis(1))?;
            if clock::now() > deadline {
                bail!("{}", self.missing());
            }
        }
        match self.subscribers.iter().find(|subscriber| subscriber.received > self.expected(subscriber)) {
            Some(extra) => bail!("a subscriber got {} messages of {}", extra.received, self.expected(extra)),
            None => Ok(()),
        }
    }

    fn is_drained(&self, streams: &[Stream<'_>]) -> bool {
        streams.iter().all(Stream::is_idle)
            && self.clients.iter().all(|client| client.busy.is_empty())
            && self
                .subscribers
                .iter()
                .all(|subscriber| subscriber.paused || subscriber.received >= self.expected(subscriber))
    }

    fn expected(&self, subscriber: &super::subscriber::Subscriber) -> u64 {
        let posted = &self.tally.posted;
        let of = |room: &u16| posted.get(usize::from(*room)).copied().unwrap_or(0);
        subscriber.before
            + subscriber
                .rooms
                .as_ref()
                .map_or_else(|| posted.iter().sum::<u64>(), |rooms| rooms.iter().map(of).sum::<u64>())
    }

    fn missing(&self) -> String {
        let late = self.subscribers.iter().filter(|subscriber| !subscriber.paused);
        let late = late.filter(|subscriber| subscriber.received < self.expected(subscriber));
        let (count, missing) =
            late.fold((0, 0), |(count, missing), late| (count + 1, missing + self.expected(late) - late.received));
        let busy = self.clients.iter().filter(|client| !client.busy.is_empty()).count();
        format!(
            "{DRAIN_WITHIN:?} after the end {count} subscribers miss {missing} messages, {busy} requests are not answered"
        )
    }
}

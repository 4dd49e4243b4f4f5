//! The length of a session: what was missed, then whatever happens, until it ends.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use chat_shared::frame::{ByeReason, Control};
use chat_shared::{Event, EventKind, RoomId, Seq, limit};
use futures_util::SinkExt;
use tokio::time::{Instant, Sleep, sleep_until};

use super::connection::{Connection, End, broken, poll_heard};
use super::context::SessionContext;
use super::encode;
use super::hello::Answer;
use crate::hub::{Frame, Gap, News, Outlet, Pull, Reader, Visit};
use crate::metrics::Metrics;

/// Events, and bytes of text, that one look into the log brings: what a sink takes at once.
const BACKFILL_EVENTS: usize = 64;
const BACKFILL_BYTES: usize = 64 * 1024;

/// Heartbeats come together with those of other sessions: one waking for all that are due in such a span.
const BEAT: Duration = Duration::from_millis(250);

/// When the next ping is due: on the server's beat, and never so late that two of them exceed what the contract allows.
fn next_beat(began: Instant, now: Instant) -> Instant {
    let due = now + Duration::from_millis(limit::PING_EVERY_MS);
    let past = due.duration_since(began).as_nanos() % BEAT.as_nanos();
    // Less than a beat: it fits.
    due + BEAT - Duration::from_nanos(u64::try_from(past).unwrap_or_default())
}

/// A live session.
pub(super) struct Session<T> {
    io: T,
    reader: Reader,
    /// Frames on their way from the reader to the sink, the next one last: one room's fair share at the most.
    batch: Vec<Frame>,
    /// Boxed, so that a session at rest stays small.
    heartbeat: Pin<Box<Sleep>>,
    /// When the server began.
    began: Instant,
    /// Whether anything came in since the last ping.
    heard: bool,
    /// Whether it has nothing to do but to wait: nothing to pull, and all that was sent is taken.
    rests: bool,
    metrics: Arc<Metrics>,
}

impl<T: Connection> Session<T> {
    pub(super) fn new(io: T, reader: Reader, context: &SessionContext) -> Self {
        let began = context.began;
        let heartbeat = Box::pin(sleep_until(next_beat(began, Instant::now())));
        let metrics = Arc::clone(&context.metrics);
        Self { io, reader, batch: Vec::new(), heartbeat, began, heard: true, rests: false, metrics }
    }

    /// From here on, couriers may deliver there.
    pub(super) fn open(&mut self, outlet: Weak<dyn Outlet>) {
        self.reader.open(outlet);
    }

    /// What it spoke through.
    pub(super) fn into_connection(self) -> Box<T> {
        Box::new(self.io)
    }

    /// Whether it has nothing to do but to wait.
    pub(super) fn rests(&self) -> bool {
        self.rests
    }

    /// Answers the client's `hello`, says where it cannot go on, sends what it has missed of the other rooms, in order, and says
    /// that this was all.
    pub(super) async fn catch_up(&mut self, context: &SessionContext, answer: Answer) -> Result<(), End> {
        let Answer { ready, resets, missed } = answer;
        self.send(ready).await?;
        for (room, head) in resets {
            self.send(encode::control(&Control::Reset { room, head })).await?;
        }
        for (room, head) in missed {
            while self.reader.cursor(room).is_some_and(|cursor| cursor < head) {
                match self.reader.pull_room(room, &mut self.batch) {
                    Pull::Idle => break,
                    Pull::Frames => self.batch.reverse(),
                    Pull::Behind { .. } => self.backfill(context, room).await?,
                }
                while let Some(frame) = self.batch.pop() {
                    self.send(frame.bytes).await?;
                    self.metrics.deliveries.inc();
                }
                self.attend().await?;
            }
        }
        self.send(encode::control(&Control::CaughtUp)).await
    }

    /// Goes on until something of a room has to be read from the store, or the session ends.
    pub(super) fn poll_live(&mut self, cx: &mut Context<'_>) -> Poll<Result<RoomId, End>> {
        self.rests = false;
        self.poll_inbound(cx)?;
        self.poll_heartbeat(cx)?;
        loop {
            match self.poll_pull(cx)? {
                Poll::Ready(Some(room)) => return Poll::Ready(Ok(room)),
                Poll::Ready(None) => match self.poll_news(cx) {
                    Poll::Ready(news) => self.pass_on(news?, cx)?,
                    Poll::Pending => break,
                },
                Poll::Pending => return self.poll_news_of_a_slow_peer(cx).map(Err),
            }
        }
        self.poll_rest(cx).map_err(broken)?;
        Poll::Pending
    }

    /// Sends what there is of a visited room from memory, for a session that rests. What the peer does not take at once wakes
    /// the task, whose waker `cx` has. `false` where the task has to go on, with the store or with an error that it will meet.
    pub(super) fn deliver(&mut self, visit: &mut Visit<'_>, cx: &mut Context<'_>) -> bool {
        self.rests = false;
        self.reader.take(visit);
        let mut frames = visit.frames();
        while !frames.as_slice().is_empty() && matches!(self.io.poll_ready_unpin(cx), Poll::Ready(Ok(()))) {
            if frames.next().is_some_and(|frame| self.push_frame(frame).is_err()) {
                return false;
            }
        }
        // There is seldom a rest. Of an error we hear again.
        self.batch.extend(frames.rev());
        match self.poll_pull(cx) {
            Poll::Ready(Ok(None)) => self.poll_rest(cx).is_ok(),
            Poll::Ready(_) => false,
            Poll::Pending => true,
        }
    }

    /// Moves what the reader has into the sink; ready where it has no more, or has to be helped from the store with a room.
    fn poll_pull(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<RoomId>, End>> {
        loop {
            std::task::ready!(self.io.poll_ready_unpin(cx)).map_err(broken)?;
            if let Some(frame) = self.batch.pop() {
                self.push_frame(frame)?;
                continue;
            }
            match self.reader.pull(&mut self.batch) {
                Pull::Behind { room, .. } => return Poll::Ready(Ok(Some(room))),
                // It is sent from the end.
                Pull::Frames => self.batch.reverse(),
                Pull::Idle => return Poll::Ready(Ok(None)),
            }
        }
    }

    /// Brings out what waits in the sink, and rests where that succeeds.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        // The batch keeps its memory for the next time, unless a burst has made it large.
        if self.batch.capacity() > 8 {
            self.batch = Vec::new();
        }
        let flushed = self.io.poll_flush_unpin(cx);
        self.rests = flushed.is_ready();
        if let Poll::Ready(flushed) = flushed { flushed } else { Ok(()) }
    }

    /// Sends how things stand, and what may be lost, as far as there is room.
    fn pass_on(&mut self, news: News, cx: &mut Context<'_>) -> Result<(), End> {
        let News { mut words, passing, .. } = news;
        while !words.is_empty() && self.io.poll_ready_unpin(cx).map_err(broken)?.is_ready() {
            if let Some((_, bytes)) = words.pop_first() {
                self.push(bytes)?;
            }
        }
        self.reader.put_back(words);
        for bytes in passing {
            if self.io.poll_ready_unpin(cx).map_err(broken)?.is_ready() {
                self.push(bytes)?;
            }
        }
        Ok(())
    }

    /// Whatever passes is dropped, but a revoked token and a lost membership count now.
    fn poll_news_of_a_slow_peer(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            if let Some(reason) = std::task::ready!(self.reader.poll_urgent(cx)).closed {
                return Poll::Ready(End::Bye(reason));
            }
        }
    }

    fn poll_news(&mut self, cx: &mut Context<'_>) -> Poll<Result<News, End>> {
        let news = std::task::ready!(self.reader.poll_news(cx));
        Poll::Ready(match news.closed {
            Some(reason) => Err(End::Bye(reason)),
            None => Ok(news),
        })
    }

    fn poll_inbound(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        self.heard |= poll_heard(&mut self.io, cx)?;
        Ok(())
    }

    fn poll_heartbeat(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        while self.heartbeat.as_mut().poll(cx).is_ready() {
            if !std::mem::take(&mut self.heard) {
                return Err(End::Bye(ByeReason::Dead));
            }
            self.heartbeat.as_mut().reset(next_beat(self.began, Instant::now()));
            if self.io.poll_ready_unpin(cx).map_err(broken)?.is_ready() {
                self.push(encode::ping())?;
            } else {
                // Who was not asked owes no answer. A peer that takes nothing has its own deadline, in the sink.
                self.heard = true;
            }
        }
        Ok(())
    }

    fn push_frame(&mut self, frame: Frame) -> Result<(), End> {
        self.metrics.deliveries.inc();
        self.push(frame.bytes)
    }

    fn push(&mut self, bytes: Bytes) -> Result<(), End> {
        self.io.start_send_unpin(bytes).map_err(broken)
    }

    /// Sees to what the peer says, whether its heartbeat is due, and whether it may go on at all.
    fn listen(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        self.poll_inbound(cx)?;
        self.poll_heartbeat(cx)?;
        match self.poll_news_of_a_slow_peer(cx) {
            Poll::Ready(end) => Err(end),
            Poll::Pending => Ok(()),
        }
    }

    /// Listens, without waiting, to what would else be heard only once the sink is full, or nothing more is to be sent.
    async fn attend(&mut self) -> Result<(), End> {
        poll_fn(|cx| Poll::Ready(self.listen(cx))).await
    }

    /// Brings the next events of a room that is behind from the store into the batch.
    ///
    /// Not before the peer has taken what it was sent: so what waits for a slow peer waits in its sink, and no page of the log
    /// with it.
    pub(super) async fn backfill(&mut self, context: &SessionContext, room: RoomId) -> Result<(), End> {
        self.attend().await?;
        self.wait(T::poll_flush_unpin).await?;
        let _turn = context.turns.take().await;
        // Somebody else may have brought them into memory by now.
        let Pull::Behind { after, until, since, .. } = self.reader.pull_room(room, &mut self.batch) else {
            self.batch.reverse();
            return Ok(());
        };
        let Some(gap) = self.reader.gap(room) else { return Ok(()) };
        // All that is missing in memory, where there is room: so one look serves a crowd that is behind.
        let (events, bytes) = gap.fits.unwrap_or_default();
        let (events, bytes) = (events.max(BACKFILL_EVENTS), bytes.max(BACKFILL_BYTES));
        context.metrics.backfills.inc();
        let events = match context.store.log(room, after, events, bytes).await {
            Ok(events) if !events.is_empty() => events,
            Ok(_) => {
                tracing::error!(%room, after, "the log ends before its head; closing the session, which will resume");
                return Err(End::Bye(ByeReason::Overloaded));
            }
            Err(error) => {
                tracing::error!(%room, after, %error, "cannot read the log for a session; closing it, it will resume");
                return Err(End::Bye(ByeReason::Overloaded));
            }
        };
        self.take_in(room, &events, &Span { after, until, since }, gap);
        Ok(())
    }

    /// Encodes events from the store, as many as the reader may see, and lets the room's other readers have them. Into the
    /// batch go the first of them, as many as a sink takes: it is there for as long as a slow peer wants.
    fn take_in(&mut self, room: RoomId, events: &[Event], span: &Span, gap: Gap) {
        let me = self.reader.user();
        let (mut frames, mut left, mut shared) = (Vec::with_capacity(events.len()), false, 0);
        for event in events.iter().take_while(|event| event.seq <= span.until) {
            frames.push((Frame { seq: event.seq, bytes: encode::event(event) }, encode::text_of(event)));
            if let EventKind::Left { user } = &event.kind {
                shared = frames.len();
                // The hub may hear of it later than the store.
                left = user.id == me && event.seq > span.since;
                if left {
                    break;
                }
            }
        }
        self.reader.share(room, &frames[shared..], gap);
        left &= frames.len() <= BACKFILL_EVENTS;
        frames.truncate(BACKFILL_EVENTS);
        self.reader.supplied(room, frames.last().map_or(span.after, |(frame, _)| frame.seq), left);
        self.batch.extend(frames.into_iter().rev().map(|(frame, _)| frame));
    }

    /// Sends one frame to a peer that may be slow.
    async fn send(&mut self, bytes: Bytes) -> Result<(), End> {
        self.wait(T::poll_ready_unpin).await?;
        self.push(bytes)
    }

    /// Waits for a peer that may be slow, listening meanwhile.
    async fn wait(
        &mut self,
        mut ready: impl FnMut(&mut T, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Result<(), End> {
        poll_fn(|cx| {
            if let Poll::Ready(ready) = ready(&mut self.io, cx) {
                return Poll::Ready(ready.map_err(broken));
            }
            self.listen(cx)?;
            Poll::Pending
        })
        .await
    }
}

/// What a reader that is behind may see of a room, as [`Pull::Behind`] says it.
struct Span {
    after: Seq,
    until: Seq,
    since: Seq,
}

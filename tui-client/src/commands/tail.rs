//! `chat-tui tail`: a line an event, without a hole and without a repeat, until somebody stops it.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use chat_shared::api::RoomKind;
use chat_shared::{Epoch, ErrorCode, Event, EventKind, RoomId, Seq, UserId};
use jiff::tz::TimeZone;
use tokio::io::AsyncWriteExt as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::event_line::{json_line, text_line};
use super::{Context, direct};
use crate::app::LinkEvent;
use crate::cli::Tail;
use crate::failure::{Failure, FailureKind};
use crate::hangup::hung_up;
use crate::net::answer::Answer;
use crate::net::api::Api;
use crate::net::backoff::Backoff;
use crate::net::cursors::Cursors;
use crate::net::link::{Link, Patience, Scope, Setup};
use crate::report::Problem;

/// Events that are asked for at once.
const PAGE: usize = 200;
/// Events that may wait for a slow reader of our output, before the server has to.
const WAITING: usize = 64;
const WHAT: &str = "follow the room";

/// Follows a room until a signal, a closed pipe, or a problem that does not pass by itself.
///
/// # Errors
/// What that problem is.
pub async fn run(context: &Context, args: Tail) -> Result<(), Problem> {
    let api = context.authorised()?;
    let stopped = stop().map_err(|error| Problem::Local { what: "watch for signals", error })?;
    tokio::select! {
        biased;
        () = stopped => Ok(()),
        end = follow(api, args) => match end {
            Err(Problem::Local { error, .. }) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            end => end,
        },
    }
}

/// Ends when we shall stop quietly: at a signal, or when nobody reads our output any more.
fn stop() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            () = hung_up(io::stdout()) => {}
        }
    })
}

async fn follow(api: Api, args: Tail) -> Result<(), Problem> {
    let mut tail = Follower::find(api, &args).await?;
    if let Some(since) = args.since {
        let head = tail.last;
        tail.last = since.min(head);
        if since > head {
            notice(&format!("the room has {head} events, not {since}: following from its end")).await;
        }
        tail.fill(head).await?;
    }
    let (events, mut arrivals) = mpsc::channel(WAITING);
    let cursors = Cursors::new(tail.epoch, BTreeMap::from([(tail.room, tail.last)]));
    let (api, scope) = (tail.api.clone(), Scope::Only(tail.room));
    let _link = Link::spawn(Setup { api, scope, cursors, patience: Patience::default() }, events);
    while let Some(event) = arrivals.recv().await {
        if tail.handle(event).await? == Next::Stop {
            return Err(Problem::request(WHAT, not_a_member()));
        }
        if arrivals.is_empty() {
            tail.flush().await?;
        }
    }
    let failure = Failure { kind: FailureKind::NoAnswer, message: "The connection is gone.".into() };
    Err(Problem::request(WHAT, failure))
}

#[derive(PartialEq, Eq)]
enum Next {
    Go,
    /// We are not a member any more.
    Stop,
}

/// One room, and how far it is printed.
struct Follower {
    api: Api,
    me: UserId,
    room: RoomId,
    epoch: Epoch,
    /// The last event that was printed, or that the reader does not want.
    last: Seq,
    json: bool,
    zone: TimeZone,
    out: tokio::io::Stdout,
    /// Whether what arrives happens now. Before that, even our own leaving may be old news.
    live: bool,
    /// Whether the reader was told that the connection is lost.
    told_offline: bool,
}

impl Follower {
    /// Finds the room by its name or id. Waits for a server that is not there yet.
    async fn find(api: Api, args: &Tail) -> Result<Self, Problem> {
        let wanted = args.room.strip_prefix('#').unwrap_or(&args.room);
        let bootstrap = patiently(|| api.bootstrap()).await?;
        let known = bootstrap.rooms.iter().find(|room| {
            room.id.to_string().eq_ignore_ascii_case(wanted)
                || room.kind != RoomKind::Dm && room.name.to_lowercase() == wanted.to_lowercase()
                || direct::is_with(room, wanted)
        });
        let (room, head) = match known {
            Some(room) => (room.id, room.head),
            None if wanted.starts_with('@') => return Err(Problem::request(WHAT, direct::none_with(wanted))),
            None => {
                // The server knows more ways to write a name than we do, and has the better words where there is no such room.
                let page = patiently(|| api.events(wanted, 0, 1)).await?;
                let first = page.events.first().ok_or_else(|| Problem::request(WHAT, not_a_member()))?;
                (first.room, page.head)
            }
        };
        Ok(Self {
            me: bootstrap.me.id,
            room,
            epoch: bootstrap.epoch,
            last: head,
            json: args.json,
            zone: TimeZone::system(),
            out: tokio::io::stdout(),
            live: false,
            told_offline: false,
            api,
        })
    }

    async fn handle(&mut self, event: LinkEvent) -> Result<Next, Problem> {
        match event {
            LinkEvent::Bootstrapped(bootstrap) => {
                if !bootstrap.rooms.iter().any(|room| room.id == self.room) {
                    return Ok(Next::Stop);
                }
                if bootstrap.epoch != self.epoch {
                    notice("the server's history was replaced: following what is new in it").await;
                    self.epoch = bootstrap.epoch;
                    self.last = Seq::MAX;
                }
            }
            // The link continues after `head`. Within one epoch, what lies before it can still be had page by page.
            LinkEvent::Reset { head, .. } if head < self.last => self.last = head,
            LinkEvent::Reset { head, .. } => self.fill(head).await?,
            LinkEvent::Room(event) => {
                self.fill(event.seq.saturating_sub(1)).await?;
                if event.seq > self.last {
                    return self.print(&event).await;
                }
            }
            LinkEvent::Online => {
                self.live = true;
                self.told_offline = false;
            }
            LinkEvent::Offline { reason, .. } => {
                self.live = false;
                if !std::mem::replace(&mut self.told_offline, true) {
                    self.flush().await?;
                    notice(&format!("{reason} Trying again; nothing will be left out.")).await;
                }
            }
            LinkEvent::Unauthorized { reason } => {
                let kind = FailureKind::Refused(ErrorCode::Unauthorized);
                return Err(Problem::request(WHAT, Failure { kind, message: reason }));
            }
            LinkEvent::Connecting
            | LinkEvent::Typing { .. }
            | LinkEvent::Read { .. }
            | LinkEvent::Present(_)
            | LinkEvent::Presence { .. }
            | LinkEvent::Settings { .. } => {}
        }
        Ok(Next::Go)
    }

    /// Prints everything up to `head`, from the pages of history.
    async fn fill(&mut self, head: Seq) -> Result<(), Problem> {
        let room = self.room.to_string();
        while self.last < head {
            let page = patiently(|| self.api.events(&room, self.last, PAGE)).await?;
            let before = self.last;
            for event in &page.events {
                if event.room == self.room && event.seq > self.last {
                    if event.seq != self.last + 1 {
                        notice(&format!("events {} to {} are not kept any more", self.last + 1, event.seq - 1)).await;
                    }
                    self.print(event).await?;
                }
            }
            if self.last == before {
                notice(&format!("events {} to {head} are not kept any more", before + 1)).await;
                self.last = head;
            }
        }
        Ok(())
    }

    async fn print(&mut self, event: &Event) -> Result<Next, Problem> {
        let line = if self.json { json_line(event) } else { text_line(event, &self.zone) };
        self.out.write_all(line.as_bytes()).await.map_err(unwritten)?;
        self.last = event.seq;
        let left = matches!(&event.kind, EventKind::Left { user } if user.id == self.me);
        Ok(if left && self.live { Next::Stop } else { Next::Go })
    }

    async fn flush(&mut self) -> Result<(), Problem> {
        self.out.flush().await.map_err(unwritten)
    }
}

fn unwritten(error: io::Error) -> Problem {
    Problem::Local { what: "write the events", error }
}

fn not_a_member() -> Failure {
    let message = "You are not in this room.".into();
    Failure { kind: FailureKind::Refused(ErrorCode::NotAMember), message }
}

/// Calls until there is an answer that does not pass by itself. Says once why it waits.
async fn patiently<T, F: Future<Output = Answer<T>>>(call: impl Fn() -> F) -> Result<T, Problem> {
    let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(30));
    let mut told = false;
    loop {
        match call().await {
            Ok(answer) => return Ok(answer),
            Err(refusal) if refusal.failure.is_transient() => {
                if !std::mem::replace(&mut told, true) {
                    notice(&format!("{} Trying again.", refusal.failure.message)).await;
                }
                let wait = backoff.next(getrandom::u64().unwrap_or(u64::MAX), refusal.retry_after);
                tokio::time::sleep(wait).await;
            }
            Err(refusal) => return Err(Problem::request(WHAT, refusal)),
        }
    }
}

/// Tells the person at the terminal, beside the events.
async fn notice(text: &str) {
    let line = format!("chat-tui: {}\n", chat_shared::text::sanitise_line(text));
    // Where nobody can be told, nobody is.
    let _ = tokio::io::stderr().write_all(line.as_bytes()).await;
}

//! `chat-tui tail`: a line an event of some rooms, without a hole and without a repeat, until somebody stops it.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use chat_shared::api::RoomKind;
use chat_shared::{Epoch, ErrorCode, Event, EventKind, RoomId, Seq, UserId};
use jiff::tz::TimeZone;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;

use super::context::Context;
use super::direct;
use super::event_line::{json_line, templated, text_line};
use super::filter::Filter;
use crate::app::LinkEvent;
use crate::cli::Tail;
use crate::failure::{Failure, FailureKind};
use crate::hangup::stopped;
use crate::net::answer::Answer;
use crate::net::api::Api;
use crate::net::backoff::Backoff;
use crate::net::cursors::Cursors;
use crate::net::link::{Link, Patience, Scope, Setup};
use crate::report::Problem;
use crate::template::Template;

/// Events that are asked for at once.
const PAGE: usize = 200;
/// Events that may wait for a slow reader of our output, before the server has to.
const WAITING: usize = 64;
const WHAT: &str = "follow the room";

/// Follows rooms until a signal, a closed pipe, or a problem that does not pass by itself.
///
/// # Errors
/// What that problem is.
pub async fn run(context: &Context, args: Tail) -> Result<(), Problem> {
    let api = context.authorised().await?;
    let stopped = stopped().map_err(|error| Problem::Local { what: "watch for signals", error })?;
    tokio::select! {
        biased;
        () = stopped => Ok(()),
        end = follow(api, args) => match end {
            Err(Problem::Local { error, .. }) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            end => end,
        },
    }
}

async fn follow(api: Api, args: Tail) -> Result<(), Problem> {
    if args.since.is_some() && args.rooms.len() > 1 {
        return Err(Problem::Usage("--since is a number of one room: follow one, or leave it out.".into()));
    }
    let since = args.since;
    let mut tail = Follower::find(api, args).await?;
    if let Some((room, head)) = since.and_then(|_| tail.rooms.iter().next().map(|(id, room)| (*id, room.last))) {
        let since = since.unwrap_or(head);
        if since > head {
            notice(&format!("the room has {head} events, not {since}: following from its end")).await;
        }
        tail.rooms.entry(room).and_modify(|followed| followed.last = since.min(head));
        tail.fill(room, head).await?;
    }
    let (events, mut arrivals) = mpsc::channel(WAITING);
    let last = tail.rooms.iter().map(|(id, room)| (*id, room.last)).collect();
    let scope = Scope::Only(tail.rooms.keys().copied().collect());
    let setup =
        Setup { api: tail.api.clone(), scope, cursors: Cursors::new(tail.epoch, last), patience: Patience::default() };
    let _link = Link::spawn(setup, events);
    while let Some(event) = arrivals.recv().await {
        tail.handle(event).await?;
        if tail.rooms.is_empty() {
            tail.flush().await?;
            return Err(Problem::request(WHAT, not_a_member()));
        }
        if arrivals.is_empty() {
            tail.flush().await?;
        }
    }
    let failure = Failure { kind: FailureKind::NoAnswer, message: "The connection is gone.".into() };
    Err(Problem::request(WHAT, failure))
}

/// A room, and how far it is printed.
struct Followed {
    name: String,
    /// The last event that was printed, or that the reader does not want.
    last: Seq,
}

/// Some rooms, and how they are printed.
struct Follower {
    api: Api,
    me: UserId,
    /// Those that we are (still) a member of.
    rooms: BTreeMap<RoomId, Followed>,
    /// There is more than one: lines say which.
    names_rooms: bool,
    epoch: Epoch,
    filter: Filter,
    json: bool,
    format: Option<Template>,
    zone: TimeZone,
    out: tokio::io::Stdout,
    /// Whether what arrives happens now. Before that, even our own leaving may be old news.
    live: bool,
    /// Whether the reader was told that the connection is lost.
    told_offline: bool,
}

impl Follower {
    /// Finds the rooms by their names or ids. Waits for a server that is not there yet.
    async fn find(api: Api, args: Tail) -> Result<Self, Problem> {
        let bootstrap = patiently(|| api.bootstrap()).await?;
        let mut rooms = BTreeMap::new();
        for wanted in &args.rooms {
            let wanted = wanted.strip_prefix('#').unwrap_or(wanted);
            let known = bootstrap.rooms.iter().find(|room| {
                room.id.to_string().eq_ignore_ascii_case(wanted)
                    || room.kind != RoomKind::Dm && room.name.to_lowercase() == wanted.to_lowercase()
                    || direct::is_with(room, wanted)
            });
            let (room, name, last) = match known {
                Some(room) => (room.id, direct::name(room), room.head),
                None if wanted.starts_with('@') => return Err(Problem::request(WHAT, direct::none_with(wanted))),
                None => {
                    // The server knows more ways to write a name than we do, and has the better words where there is no such room.
                    let page = patiently(|| api.events(wanted, 0, 1)).await?;
                    let first = page.events.first().ok_or_else(|| Problem::request(WHAT, not_a_member()))?;
                    (first.room, wanted.to_owned(), page.head)
                }
            };
            rooms.insert(room, Followed { name, last });
        }
        Ok(Self {
            me: bootstrap.me.id,
            names_rooms: rooms.len() > 1,
            rooms,
            epoch: bootstrap.epoch,
            filter: Filter::of(&args.filters, &bootstrap.me.name),
            json: args.json,
            format: args.format,
            zone: TimeZone::system(),
            out: tokio::io::stdout(),
            live: false,
            told_offline: false,
            api,
        })
    }

    async fn handle(&mut self, event: LinkEvent) -> Result<(), Problem> {
        match event {
            LinkEvent::Bootstrapped(bootstrap) => {
                let is_in = |id: &RoomId| bootstrap.rooms.iter().any(|room| room.id == *id);
                for gone in self.rooms.keys().copied().filter(|id| !is_in(id)).collect::<Vec<_>>() {
                    self.lose(gone).await;
                }
                if bootstrap.epoch != self.epoch {
                    notice("the server's history was replaced: following what is new in it").await;
                    self.epoch = bootstrap.epoch;
                    self.rooms.values_mut().for_each(|room| room.last = Seq::MAX);
                }
            }
            // The link continues after `head`. Within one epoch, what lies before it can still be had page by page.
            LinkEvent::Reset { room, head } => match self.rooms.get_mut(&room) {
                Some(followed) if head < followed.last => followed.last = head,
                _ => self.fill(room, head).await?,
            },
            LinkEvent::Room(event) => {
                self.fill(event.room, event.seq.saturating_sub(1)).await?;
                if self.rooms.get(&event.room).is_some_and(|room| event.seq > room.last) {
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
        Ok(())
    }

    /// We are not in this room any more. Where it was the last one, the end says so.
    async fn lose(&mut self, id: RoomId) {
        if let Some(room) = self.rooms.remove(&id).filter(|_| !self.rooms.is_empty()) {
            notice(&format!("you are no longer in #{}", room.name)).await;
        }
    }

    /// Prints everything of a room up to `head`, from the pages of history.
    async fn fill(&mut self, id: RoomId, head: Seq) -> Result<(), Problem> {
        let room = id.to_string();
        while let Some(before) = self.rooms.get(&id).map(|room| room.last).filter(|last| *last < head) {
            let page = patiently(|| self.api.events(&room, before, PAGE)).await?;
            let mut last = before;
            for event in page.events.iter().filter(|event| event.room == id) {
                if event.seq > last {
                    if event.seq != last + 1 {
                        notice(&format!("events {} to {} are not kept any more", last + 1, event.seq - 1)).await;
                    }
                    last = event.seq;
                    self.print(event).await?;
                }
            }
            if last == before {
                notice(&format!("events {} to {head} are not kept any more", before + 1)).await;
                self.rooms.entry(id).and_modify(|room| room.last = head);
            }
        }
        Ok(())
    }

    async fn print(&mut self, event: &Event) -> Result<(), Problem> {
        let Some(room) = self.rooms.get_mut(&event.room) else { return Ok(()) };
        if let EventKind::RoomChanged { name, .. } = &event.kind {
            room.name.clone_from(name);
        }
        room.last = event.seq;
        let line = if !self.filter.wants(event) {
            String::new()
        } else if self.json {
            json_line(event)
        } else if let Some(template) = &self.format {
            templated(event, &room.name, template, &self.zone)
        } else {
            let place = direct::place(&room.name);
            text_line(event, self.names_rooms.then_some(place.as_str()), &self.zone)
        };
        self.out.write_all(line.as_bytes()).await.map_err(unwritten)?;
        if self.live && matches!(&event.kind, EventKind::Left { user } if user.id == self.me) {
            self.lose(event.room).await;
        }
        Ok(())
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

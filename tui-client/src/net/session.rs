//! One connection of the link: bootstrap, hello, what was missed, what is live. It delivers room events in `seq` order,
//! without holes and without repeats, or a reset.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chat_shared::api::{Bootstrap, RoomSettings, RoomSummary};
use chat_shared::frame::{ClientFrame, Control, Hello, ServerFrame};
use chat_shared::{Epoch, ErrorCode, Event, EventKind, RoomId, Seq, UserId};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::answer::Refusal;
use super::api::Api;
use super::cursors::{Cursors, Step};
use super::socket::{self, Closed, Socket};
use super::tap::Lull;
use crate::app::LinkEvent;
use crate::failure::FailureKind;

/// Events that are asked for at once where some are missing.
const GAP_PAGE: usize = 200;

/// Which rooms a link follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that the user is in, and those that they join later.
    All,
    /// These.
    Only(BTreeSet<RoomId>),
}

/// Why a session is over.
#[derive(Debug)]
pub(super) enum End {
    /// The connection is.
    Closed(Closed),
    /// Nobody listens to our events any more.
    Unheard,
}

impl From<Closed> for End {
    fn from(closed: Closed) -> Self {
        Self::Closed(closed)
    }
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        let Refusal { failure, retry_after } = refusal;
        match failure.kind {
            FailureKind::Refused(ErrorCode::Unauthorized) => Self::Closed(Closed::Unauthorized),
            _ => Self::Closed(Closed::Lost { reason: failure.message, retry_after }),
        }
    }
}

/// What a bootstrap said of a room that changes without an event.
pub(super) struct Told {
    settings: RoomSettings,
    /// Up to where it is read.
    read: Seq,
}

impl Told {
    fn of(summary: &RoomSummary) -> Self {
        let read = summary.unread_from.map_or(summary.read, |from| from.saturating_sub(1));
        Self { settings: summary.settings, read }
    }
}

/// One connection.
pub(super) struct Session<'a> {
    pub(super) api: &'a Api,
    pub(super) scope: &'a Scope,
    /// What was delivered; outlives the connection.
    pub(super) cursors: &'a mut Cursors,
    /// Bounded: where the reader is slow, the socket is read slowly, and the server's flow control sees it.
    pub(super) events: &'a mpsc::Sender<LinkEvent>,
    pub(super) dead_after: Duration,
    pub(super) lull: &'a Lull,
    /// What the last bootstrap said of the user in the rooms, until `ready` says more.
    pub(super) told: BTreeMap<RoomId, Told>,
    /// Since when everything that was missed is delivered.
    pub(super) online_since: Option<Instant>,
}

impl Session<'_> {
    /// Runs until the connection is over.
    pub(super) async fn run(&mut self) -> End {
        match self.converse().await {
            Err(end) => end,
            Ok(never) => match never {},
        }
    }

    async fn converse(&mut self) -> Result<std::convert::Infallible, End> {
        let mut me = self.bootstrap().await?;
        let Some(token) = self.api.token() else { return Err(Closed::Unauthorized.into()) };
        let mut socket = Socket::connect(self.api.server(), token, self.dead_after, self.lull.clone()).await?;
        let hello = Hello {
            token: None,
            epoch: self.cursors.epoch().map(|epoch| epoch.to_string()),
            resume: self.cursors.resume(),
        };
        socket.send(&ClientFrame::Hello(hello)).await?;
        loop {
            match socket.next().await? {
                ServerFrame::Event(event) => self.room_event(event, &mut me).await?,
                ServerFrame::Control(control) => self.control(control, &mut me).await?,
            }
        }
    }

    async fn deliver(&self, event: LinkEvent) -> Result<(), End> {
        self.events.send(event).await.map_err(|_| End::Unheard)
    }

    /// Who follows one room only has no list of people to show.
    async fn of_people(&self, event: LinkEvent) -> Result<(), End> {
        if *self.scope == Scope::All { self.deliver(event).await } else { Ok(()) }
    }

    /// Learns who we are and which rooms we are in; says so, and which rooms cannot be continued.
    async fn bootstrap(&mut self) -> Result<UserId, End> {
        let bootstrap = self.api.bootstrap().await?;
        let me = bootstrap.me.id;
        let heads = self.heads(&bootstrap);
        let resets = self.cursors.adopt(bootstrap.epoch, &heads);
        self.told = bootstrap.rooms.iter().map(|room| (room.id, Told::of(room))).collect();
        self.deliver(LinkEvent::Bootstrapped(Box::new(bootstrap))).await?;
        for (room, head) in resets {
            self.deliver(LinkEvent::Reset { room, head }).await?;
        }
        Ok(me)
    }

    fn heads(&self, bootstrap: &Bootstrap) -> BTreeMap<RoomId, Seq> {
        bootstrap.rooms.iter().filter(|room| self.follows(room.id)).map(|room| (room.id, room.head)).collect()
    }

    fn follows(&self, room: RoomId) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Only(rooms) => rooms.contains(&room),
        }
    }

    async fn control(&mut self, control: Control, me: &mut UserId) -> Result<(), End> {
        match control {
            Control::Ready { user, epoch, heads, online, settings, reads } => {
                *me = user.id;
                self.ready(epoch, &heads, reads.as_ref()).await?;
                self.settle(&heads, settings).await?;
                self.of_people(LinkEvent::Present(online)).await
            }
            Control::Presence { user, online } => self.of_people(LinkEvent::Presence { user, online }).await,
            Control::Settings { room, level, favourite, place } if self.follows(room) => {
                let settings = RoomSettings { level, favourite, place };
                self.deliver(LinkEvent::Settings { room, settings }).await
            }
            Control::CaughtUp => {
                self.online_since.get_or_insert_with(Instant::now);
                self.deliver(LinkEvent::Online).await
            }
            Control::Reset { room, head } if self.follows(room) => {
                self.cursors.set(room, head);
                self.deliver(LinkEvent::Reset { room, head }).await
            }
            Control::Bye { reason, retry_after_ms } => Err(socket::farewell(reason, retry_after_ms).into()),
            Control::Typing { room, by, name } if self.follows(room) => {
                self.deliver(LinkEvent::Typing { room, by, name }).await
            }
            Control::Read { room, upto: seq, unread, mentions, unread_from } if self.follows(room) => {
                self.deliver(LinkEvent::Read { room, seq, unread, mentions, unread_from }).await
            }
            _ => Ok(()),
        }
    }

    /// Between bootstrap and hello, rooms may have come or gone, and the store may even have been replaced.
    async fn ready(
        &mut self,
        epoch: Epoch,
        heads: &BTreeMap<RoomId, Seq>,
        reads: Option<&BTreeMap<RoomId, Seq>>,
    ) -> Result<(), End> {
        if self.cursors.epoch() != Some(epoch) {
            return Err(Closed::lost("The server's store was replaced just now.").into());
        }
        let is_known = self.cursors.covers(heads.keys().filter(|room| self.follows(**room)));
        if !is_known || reads.is_some_and(|reads| self.is_read_further(heads, reads)) {
            self.bootstrap().await?;
        }
        Ok(())
    }

    /// Whether the user has read, or marked, on another device since the bootstrap: its counts are not true any more.
    fn is_read_further(&self, heads: &BTreeMap<RoomId, Seq>, reads: &BTreeMap<RoomId, Seq>) -> bool {
        let is_other = |(room, told): (&RoomId, &Told)| {
            let now = reads.get(room).or_else(|| heads.get(room));
            now.is_some_and(|now| *now != told.read)
        };
        // Who follows one room only has no counts to show.
        *self.scope == Scope::All && self.told.iter().any(is_other)
    }

    /// What was changed between bootstrap and hello was told to nobody here.
    async fn settle(
        &mut self,
        heads: &BTreeMap<RoomId, Seq>,
        now: Option<BTreeMap<RoomId, RoomSettings>>,
    ) -> Result<(), End> {
        let (before, Some(now)) = (std::mem::take(&mut self.told), now) else { return Ok(()) };
        for room in heads.keys().filter(|room| self.follows(**room)) {
            let settings = now.get(room).copied().unwrap_or_default();
            if before.get(room).is_some_and(|before| before.settings != settings) {
                self.deliver(LinkEvent::Settings { room: *room, settings }).await?;
            }
        }
        Ok(())
    }

    async fn room_event(&mut self, event: Event, me: &mut UserId) -> Result<(), End> {
        if !self.follows(event.room) {
            return Ok(());
        }
        match self.cursors.judge(event.room, event.seq) {
            Step::Apply => {}
            Step::Ignore => return Ok(()),
            Step::Gap { after } => {
                // While we ask for what is missing, the socket is not read: all that we hold back is this one event.
                self.fill(event.room, after, event.seq, *me).await?;
                if self.cursors.last(event.room).is_some_and(|last| event.seq <= last) {
                    return Ok(());
                }
            }
            Step::NewRoom => {
                *me = self.bootstrap().await?;
                self.cursors.set(event.room, event.seq.saturating_sub(1));
            }
        }
        self.apply(event, *me).await
    }

    /// Delivers the event that is next in its room.
    async fn apply(&mut self, event: Event, me: UserId) -> Result<(), End> {
        let left = matches!(&event.kind, EventKind::Left { user } if user.id == me);
        if left && *self.scope == Scope::All {
            self.cursors.forget(event.room);
        } else {
            self.cursors.set(event.room, event.seq);
        }
        self.deliver(LinkEvent::Room(event)).await
    }

    /// Fetches and delivers the events after `after`, until the one before `until` is there.
    async fn fill(&mut self, room: RoomId, after: Seq, until: Seq, me: UserId) -> Result<(), End> {
        let mut last = after;
        while last + 1 < until {
            let page = self.api.events(&room.to_string(), last, GAP_PAGE).await?;
            if page.events.is_empty() {
                return Err(hole().into());
            }
            for event in page.events {
                if event.room != room || event.seq != last + 1 {
                    return Err(hole().into());
                }
                last = event.seq;
                self.apply(event, me).await?;
            }
        }
        Ok(())
    }
}

fn hole() -> Closed {
    Closed::lost("The server left out events; asking again.")
}

//! What tests of the interface share: a small world to send events from.

use chat_shared::api::{Bootstrap, Limits, MessagesPage, RoomKind, RoomSettings, RoomSummary, User};
use chat_shared::{Epoch, Event as RoomEvent, EventKind, Message, RoomId, Seq, Timestamp, UserId};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::effect::{Effect, PageFrom};
use super::event::{Done, Event, LinkEvent, Moment};
use super::settings::Settings;
use super::start::{ColourMode, Start};
use super::state::State;
use super::text::row::Row;
use crate::failure::{Failure, FailureKind};

pub(crate) const ME: UserId = UserId(Uuid::from_u128(1));
pub(crate) const ANN: UserId = UserId(Uuid::from_u128(2));
pub(crate) const GENERAL: RoomId = RoomId(Uuid::from_u128(11));
pub(crate) const OPS: RoomId = RoomId(Uuid::from_u128(12));

/// 2026-11-22T10:00:00Z, in milliseconds.
const MORNING_MS: i64 = 1_795_341_600_000;

/// An interface, and a clock for it.
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) now_us: u64,
    fresh: u128,
    /// All effects so far that no test has looked at.
    pub(crate) effects: Vec<Effect>,
}

pub(crate) fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

pub(crate) fn with(modifiers: KeyModifiers, code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

pub(crate) fn ctrl(c: char) -> Event {
    with(KeyModifiers::CONTROL, KeyCode::Char(c))
}

pub(crate) fn alt(c: char) -> Event {
    with(KeyModifiers::ALT, KeyCode::Char(c))
}

pub(crate) fn at(seq: Seq) -> Timestamp {
    Timestamp::from_ms(MORNING_MS.saturating_add(i64::try_from(seq).unwrap_or(0).saturating_mul(1_000)))
}

pub(crate) fn event(room: RoomId, seq: Seq, by: UserId, kind: EventKind) -> RoomEvent {
    let name = if by == ME { "me" } else { "ann" };
    RoomEvent { kind, room, seq, at: at(seq), by, name: name.into() }
}

pub(crate) fn says(room: RoomId, seq: Seq, body: &str) -> RoomEvent {
    event(room, seq, ANN, EventKind::Posted { body: body.into(), key: None, reply_to: None })
}

pub(crate) fn mine(room: RoomId, seq: Seq, body: &str, key: &str) -> RoomEvent {
    event(room, seq, ME, EventKind::Posted { body: body.into(), key: Some(key.into()), reply_to: None })
}

pub(crate) fn live(event: RoomEvent) -> Event {
    Event::Link(LinkEvent::Room(event))
}

pub(crate) fn summary(id: RoomId, name: &str, head: Seq, read: Seq, unread: u64) -> RoomSummary {
    let (topic, kind) = (format!("All about {name}"), RoomKind::Public);
    RoomSummary {
        id,
        name: name.into(),
        topic,
        kind,
        head,
        read,
        unread,
        mentions: 0,
        members: 12,
        unread_from: None,
        last_message_at: None,
        people: Vec::new(),
        settings: RoomSettings::default(),
    }
}

pub(crate) fn bootstrap(rooms: Vec<RoomSummary>) -> Event {
    let limits = Limits { message_bytes: 16_384, connections_per_user: 0, resume_events: 0 };
    let me = User { id: ME, name: "me".into(), admin: false };
    let epoch = Epoch(Uuid::from_u128(7));
    Event::Link(LinkEvent::Bootstrapped(Box::new(Bootstrap {
        me,
        rooms,
        online: Vec::new(),
        epoch,
        limits,
        version: "1".into(),
    })))
}

pub(crate) fn page_of(events: &[RoomEvent], head: Seq) -> MessagesPage {
    MessagesPage { messages: events.iter().filter_map(Message::posted).collect(), head, ..MessagesPage::default() }
}

pub(crate) fn failure(kind: FailureKind) -> Failure {
    Failure { kind, message: "it did not work".into() }
}

impl World {
    /// An interface before anything has happened.
    pub(crate) fn new(width: u16, height: u16, signed_in: bool) -> Self {
        let (server, name, zone) = ("chat.example".into(), String::new(), TimeZone::UTC);
        let (settings, colours) = (Settings::default(), ColourMode::True);
        let start = Start { server, signed_in, name, width, height, zone, settings, colours, is_light: false };
        let mut world = Self { state: State::new(start), now_us: 1_000_000, fresh: 1_000, effects: Vec::new() };
        let _ = world.state.take_dirty();
        world
    }

    /// Online in #general, which holds messages 1 to `messages`, with #ops beside it.
    pub(crate) fn chatting(width: u16, height: u16, messages: Seq) -> Self {
        let mut world = Self::new(width, height, true);
        world.send(bootstrap(vec![summary(GENERAL, "general", messages, messages, 0), summary(OPS, "ops", 5, 5, 0)]));
        world.send(Event::Link(LinkEvent::Online));
        world.page(GENERAL, PageFrom::Latest, messages.saturating_sub(99).max(1)..=messages, messages);
        world.effects.clear();
        world
    }

    pub(crate) fn send(&mut self, event: Event) -> &mut Self {
        self.fresh += 1;
        let at = Timestamp::from_ms(MORNING_MS + 3_600_000 + i64::try_from(self.now_us / 1_000).unwrap());
        let now = Moment { at, mono_us: self.now_us, fresh: Uuid::from_u128(self.fresh) };
        let effects = super::update(&mut self.state, event, now);
        self.effects.extend(effects);
        self
    }

    pub(crate) fn page(&mut self, room: RoomId, from: PageFrom, seqs: impl IntoIterator<Item = Seq>, head: Seq) {
        let events: Vec<_> = seqs.into_iter().map(|seq| says(room, seq, &format!("message {seq}"))).collect();
        self.page_with(room, from, &events, head);
    }

    pub(crate) fn page_with(&mut self, room: RoomId, from: PageFrom, events: &[RoomEvent], head: Seq) {
        self.send(Event::Done(Done::Page { room, from, result: Ok(Box::new(page_of(events, head))) }));
    }

    pub(crate) fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.send(key(KeyCode::Char(c)));
        }
        self
    }

    pub(crate) fn enter(&mut self, text: &str) -> &mut Self {
        self.type_text(text).send(key(KeyCode::Enter))
    }

    /// The effects since the last call.
    pub(crate) fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The effects since the last call that this function wants.
    pub(crate) fn take_only<T>(&mut self, want: impl Fn(&Effect) -> Option<T>) -> Vec<T> {
        self.take().iter().filter_map(want).collect()
    }

    /// The posts since the last call: key and body.
    pub(crate) fn posts(&mut self) -> Vec<(String, String)> {
        self.take_only(|effect| match effect {
            Effect::Post { key, body, .. } => Some((key.clone(), body.clone())),
            _ => None,
        })
    }

    /// What the message pane shows, as text.
    pub(crate) fn pane(&self) -> Vec<String> {
        let text = |row: &Row| {
            let mut text: String = row.spans.iter().map(|span| span.text.as_str()).collect();
            text.extend(row.right.iter().map(|mark| format!(" {}", mark.text)));
            text
        };
        self.state.pane.iter().filter_map(|row| row.row().map(text)).collect()
    }

    pub(crate) fn last_row(&self) -> String {
        self.pane().pop().unwrap_or_default()
    }

    pub(crate) fn draft(&self) -> &str {
        self.state.room().map_or("", |room| room.composer.editor.text())
    }

    pub(crate) fn notice(&self) -> String {
        self.state.notices.current().map(super::notice::Notice::shown).unwrap_or_default()
    }
}

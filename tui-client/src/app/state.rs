//! All that the interface knows. `update` changes it, `view` draws it.

use std::collections::{BTreeSet, VecDeque};

use chat_shared::{Epoch, RoomId, Timestamp, UserId};
use uuid::Uuid;

use super::alert::pace::Alerts;
use super::clock::Clock;
use super::effect::{Effect, TimerPurpose};
use super::event::Moment;
use super::geometry::Geometry;
use super::keep::ledger::Keep;
use super::linear::asked::{Back, Part};
use super::login::Login;
use super::notice::{Level, Notices};
use super::pane::cache::Cache;
use super::pane::item::PaneRow;
use super::panels::overlay::{Overlay, Prompt};
use super::panels::search::Search;
use super::rooms::room::{Room, Rooms};
use super::rooms::typist::Typist;
use super::settings::Settings;
use super::start::{ColourMode, Start};
use super::timers::Timers;
use super::writing::completion::Completion;
use super::writing::composer::Visible;
use super::writing::history::History;
use super::writing::names::Names;

/// Which screen is shown.
#[derive(Clone, Debug)]
pub(crate) enum Screen {
    Login(Login),
    Chat,
}

/// How the connection is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Connecting,
    /// Connected, but behind.
    CatchingUp,
    Online,
    /// The next attempt begins at this point of the monotonic clock.
    Offline {
        reason: String,
        retry_at_us: u64,
    },
}

/// Who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Me {
    pub(crate) id: UserId,
    pub(crate) name: String,
}

/// The whole of it.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) server: String,
    pub(crate) colours: ColourMode,
    pub(crate) is_light: bool,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) screen: Screen,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) has_focus: bool,
    /// When it came back last.
    pub(crate) focused_us: Option<u64>,
    /// Nothing but messages, for the terminal's own selection.
    pub(crate) is_bare: bool,
    /// The user has dragged the mouse, and knows by now what it does not do.
    pub(crate) has_dragged: bool,
    pub(crate) alerts: Alerts,
    /// Linear mode: nobody has keys there.
    pub(crate) is_linear: bool,
    /// Linear mode: lines that were asked for.
    pub(crate) told: Vec<String>,
    /// Linear mode: the conversation that can be gone on with.
    pub(crate) told_part: Option<Part>,
    /// Linear mode: messages that are told as soon as they are here.
    pub(crate) told_back: Option<Back>,
    /// Linear mode: a message of several lines, as far as it is there.
    pub(crate) gathered: Option<String>,
    pub(crate) me: Option<Me>,
    pub(crate) epoch: Option<Epoch>,
    /// Bytes of one message; 0 for no limit.
    pub(crate) message_bytes: usize,
    pub(crate) link: Link,
    /// There has been a bootstrap: the rooms are known.
    pub(crate) is_ready: bool,
    pub(crate) rooms: Rooms,
    pub(crate) current: Option<RoomId>,
    /// The room that was open before this one.
    pub(crate) last_room: Option<RoomId>,
    /// Rooms whose history is in memory, the open one last.
    pub(crate) recent: VecDeque<RoomId>,
    /// Who is online, as far as we are told.
    pub(crate) online: BTreeSet<UserId>,
    pub(crate) overlay: Option<Overlay>,
    pub(crate) prompt: Option<Prompt>,
    /// The last search, for its panel and to go on with.
    pub(crate) search: Search,
    /// What is marked in the messages, in lower case.
    pub(crate) words: Vec<String>,
    pub(crate) notices: Notices,
    pub(crate) typing: Vec<Typist>,
    pub(crate) completion: Option<Completion>,
    pub(crate) names: Names,
    /// From the Enter key to the echo, of the last message that went straight through.
    pub(crate) latency_us: Option<u64>,
    /// Messages whose echo has not come yet: key, and when Enter was pressed.
    pub(crate) awaiting_echo: VecDeque<(String, u64)>,
    /// When the server last heard that we are writing.
    pub(crate) typing_said_us: Option<u64>,
    /// How long the next failed send waits.
    pub(crate) retry_ms: u64,
    /// What was sent, for the composer to bring back.
    pub(crate) history: History,
    pub(crate) geometry: Geometry,
    /// What is visible of the open room.
    pub(crate) pane: Vec<PaneRow>,
    /// What is visible of the composer.
    pub(crate) composer: Visible,
    pub(crate) cache: Cache,
    /// What is on disk, and since when what is shown is old.
    pub(crate) keep: Keep,
    pub(crate) now: Moment,
    pub(crate) title: String,
    pub(crate) effects: Vec<Effect>,
    /// The room of which more is read than the server was told: it is told soon.
    pub(crate) owed: Option<RoomId>,
    is_dirty: bool,
    next_number: u64,
    pub(crate) timers: Timers,
}

impl State {
    /// The state before anything has happened.
    #[must_use]
    pub fn new(start: Start) -> Self {
        let now = Moment { at: Timestamp::default(), mono_us: 0, fresh: Uuid::nil() };
        let mut state = Self {
            server: super::text::clean_line(&start.server),
            colours: start.colours,
            is_light: start.is_light,
            clock: Clock::new(start.zone, start.settings.time, start.settings.dates),
            rooms: Rooms::sorted_by(start.settings.sort),
            settings: start.settings,
            screen: if start.signed_in { Screen::Chat } else { Screen::Login(Login::of(&start.name)) },
            width: start.width,
            height: start.height,
            has_focus: true,
            focused_us: None,
            is_bare: false,
            has_dragged: false,
            alerts: Alerts::default(),
            is_linear: false,
            told: Vec::new(),
            told_part: None,
            told_back: None,
            gathered: None,
            me: None,
            epoch: None,
            message_bytes: chat_shared::limit::BODY_BYTES_DEFAULT,
            link: Link::Connecting,
            is_ready: false,
            current: None,
            last_room: None,
            recent: VecDeque::new(),
            online: BTreeSet::new(),
            overlay: None,
            prompt: None,
            search: Search::default(),
            words: Vec::new(),
            notices: Notices::default(),
            typing: Vec::new(),
            completion: None,
            names: Names::default(),
            latency_us: None,
            awaiting_echo: VecDeque::new(),
            typing_said_us: None,
            retry_ms: 0,
            history: History::default(),
            geometry: Geometry::default(),
            pane: Vec::new(),
            composer: Visible::default(),
            cache: Cache::default(),
            keep: Keep::default(),
            now,
            title: String::new(),
            effects: Vec::new(),
            owed: None,
            is_dirty: true,
            next_number: 1,
            timers: Timers::default(),
        };
        state.relayout();
        state
    }

    /// Whether something visible has changed since [`Self::take_dirty`].
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.is_dirty
    }

    /// Whether something visible has changed since the last call: then it is time to draw.
    #[must_use]
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.is_dirty)
    }

    /// The size that the interface is laid out for: columns and rows.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        (self.width, self.height)
    }

    /// Whether the user is looking at the terminal, as far as it tells.
    #[must_use]
    pub fn has_focus(&self) -> bool {
        self.has_focus
    }

    pub(crate) fn touch(&mut self) {
        self.is_dirty = true;
    }

    pub(crate) fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn room(&self) -> Option<&Room> {
        self.rooms.get(self.current?)
    }

    pub(crate) fn room_mut(&mut self) -> Option<&mut Room> {
        self.rooms.get_mut(self.current?)
    }

    pub(crate) fn my_id(&self) -> Option<UserId> {
        self.me.as_ref().map(|me| me.id)
    }

    /// Whether everything that is shown is true now.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.link == Link::Online
    }

    /// A local number that was not used before.
    pub(crate) fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Tells the user something.
    pub(crate) fn notify(&mut self, level: Level, text: impl Into<String>) {
        self.touch();
        if let Some(after_ms) = self.notices.add(level, text.into(), self.now.at) {
            self.start_timer(TimerPurpose::NoticeFades, after_ms);
        }
    }

    /// What is said at the bottom has been seen, and stands in the way.
    pub(crate) fn dismiss_notice(&mut self) {
        match self.notices.dismiss() {
            Some(after_ms) => self.start_timer(TimerPurpose::NoticeFades, after_ms),
            None => self.timers.stop(TimerPurpose::NoticeFades),
        }
    }

    pub(crate) fn error(&mut self, text: impl Into<String>) {
        self.notify(Level::Error, text);
    }

    /// Messages of all rooms that wait to be sent.
    pub(crate) fn queued(&self) -> usize {
        self.rooms.values().map(|room| room.outbox.queued()).sum()
    }

    /// Starts a timer; an older one for the same purpose becomes stale.
    pub(crate) fn start_timer(&mut self, purpose: TimerPurpose, after_ms: u64) {
        let id = self.timers.start(purpose);
        self.emit(Effect::StartTimer { id, after_ms });
    }

    /// Other settings are in force from now on.
    pub(crate) fn set_settings(&mut self, settings: Settings) {
        (self.clock.format, self.clock.dates) = (settings.time, settings.dates);
        self.rooms.sort_by(settings.sort);
        self.settings = settings;
        self.cache.clear();
        self.touch();
    }

    /// Forgets everything that belongs to an account.
    pub(crate) fn forget_account(&mut self) {
        (self.me, self.owed) = (None, None);
        self.epoch = None;
        self.is_ready = false;
        self.rooms = Rooms::sorted_by(self.settings.sort);
        self.current = None;
        self.last_room = None;
        self.recent.clear();
        self.online.clear();
        self.overlay = None;
        self.prompt = None;
        (self.told_part, self.told_back, self.gathered) = (None, None, None);
        self.search = Search::default();
        self.words.clear();
        self.typing.clear();
        self.completion = None;
        self.names = Names::default();
        self.latency_us = None;
        self.awaiting_echo.clear();
        self.history.clear();
        self.forget_missed();
        self.notices.forget();
        self.cache.clear();
        self.keep = Keep::default();
        self.timers.stop(TimerPurpose::RetrySend);
        self.timers.stop(TimerPurpose::TypingFades);
    }
}

//! A server that exists only in these tests, and an interface that looks at it.

use chat_shared::api::{
    Bootstrap, Level, Limits, Member, MembersPage, MessagesPage, RoomKind, RoomListing, RoomSettings, RoomSummary, User,
};
use chat_shared::{Epoch, Event as RoomEvent, EventKind, Message, RoomId, Seq, Timestamp, UserId, UserRef};
use chat_tui::app::effect::PageFrom;
use chat_tui::app::text::code::Code;
use chat_tui::app::{ColourMode, Done, Effect, Event, LinkEvent, Moment, Settings, Start, State, update};
use chat_tui::config::ConfigFile;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::{Backend as _, TestBackend};
use ratatui::buffer::{Buffer, CellWidth as _};
use uuid::Uuid;

pub(crate) const ME: UserId = UserId(Uuid::from_u128(1));
pub(crate) const ANN: UserId = UserId(Uuid::from_u128(2));
pub(crate) const BOB: UserId = UserId(Uuid::from_u128(3));
pub(crate) const GENERAL: RoomId = RoomId(Uuid::from_u128(11));
pub(crate) const OPS: RoomId = RoomId(Uuid::from_u128(12));
const DESIGN: RoomId = RoomId(Uuid::from_u128(13));

/// 2026-11-17T09:12:00Z, in milliseconds.
const START_MS: i64 = 1_794_906_720_000;
const DAY_MS: i64 = 24 * 3_600_000;

pub(crate) struct World {
    pub(crate) state: State,
    now_us: u64,
    fresh: u128,
    posts: Vec<String>,
    codes: Vec<Code>,
    search: u64,
}

pub(crate) fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

pub(crate) fn char(c: char) -> Event {
    key(KeyCode::Char(c))
}

pub(crate) fn ctrl(c: char) -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
}

pub(crate) fn event(room: RoomId, seq: Seq, by: UserId, name: &str, kind: EventKind) -> RoomEvent {
    // Messages up to 4 are of the day before; then one every minute.
    let minutes = i64::try_from(seq).unwrap_or(0) * 60_000;
    let at = Timestamp::from_ms(START_MS + minutes + if seq > 4 { DAY_MS } else { 0 });
    RoomEvent { kind, room, seq, at, by, name: name.into() }
}

pub(crate) fn posted(room: RoomId, seq: Seq, by: UserId, name: &str, body: &str) -> RoomEvent {
    event(room, seq, by, name, EventKind::Posted { body: body.into(), key: None, reply_to: None })
}

pub(crate) fn reacted(room: RoomId, seq: Seq, target: Seq, by: UserId, emoji: &str) -> RoomEvent {
    event(room, seq, by, "somebody", EventKind::ReactionAdded { target, emoji: emoji.into() })
}

fn summary(id: RoomId, name: &str, topic: &str, unread: u64, mentions: u64) -> RoomSummary {
    let (name, topic, kind) = (name.into(), topic.into(), RoomKind::Public);
    RoomSummary {
        id,
        name,
        topic,
        kind,
        head: 9,
        read: 9 - unread,
        unread,
        mentions,
        members: 12,
        unread_from: None,
        last_message_at: None,
        people: Vec::new(),
        settings: RoomSettings::default(),
    }
}

impl World {
    pub(crate) fn new(width: u16, height: u16, signed_in: bool) -> Self {
        Self::start(width, height, signed_in, ColourMode::True, false)
    }

    pub(crate) fn with_colours(width: u16, height: u16, colours: ColourMode) -> Self {
        Self::start(width, height, true, colours, false)
    }

    pub(crate) fn with_look(width: u16, height: u16, colours: ColourMode, is_light: bool) -> Self {
        Self::start(width, height, true, colours, is_light)
    }

    fn start(width: u16, height: u16, signed_in: bool, colours: ColourMode, is_light: bool) -> Self {
        Self::set(width, height, signed_in, colours, is_light, Settings::default())
    }

    /// With what a `config.toml` says.
    pub(crate) fn with_settings(config: &str, width: u16, height: u16, colours: ColourMode, is_light: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        // The machine's locale is of no interest here.
        std::fs::write(&path, format!("time = \"24h\"\ndates = \"day-first\"\n{config}")).expect("a file");
        let settings = ConfigFile::find(Some(path)).map_err(|error| error.to_string());
        let settings = settings.and_then(|file| chat_tui::config::load(&file)).expect("settings");
        Self::set(width, height, true, colours, is_light, settings)
    }

    fn set(width: u16, height: u16, signed_in: bool, colours: ColourMode, is_light: bool, settings: Settings) -> Self {
        let (server, name, zone) = ("chat.example".into(), String::new(), jiff::tz::TimeZone::UTC);
        let state = State::new(Start { server, signed_in, name, width, height, zone, settings, colours, is_light });
        Self { state, now_us: 1_000_000, fresh: 1, posts: Vec::new(), codes: Vec::new(), search: 0 }
    }

    /// Online, in the middle of a conversation in #general.
    pub(crate) fn chatting(width: u16, height: u16) -> Self {
        let mut world = Self::new(width, height, true);
        world.join_in();
        world
    }

    pub(crate) fn join_in(&mut self) {
        let rooms = vec![
            summary(GENERAL, "general", "Company-wide chatter", 2, 0),
            summary(OPS, "ops", "On call", 3, 0),
            summary(DESIGN, "design", "", 2, 1),
        ];
        let me = User { id: ME, name: "me".into(), admin: false };
        let limits = Limits { message_bytes: 16_384, connections_per_user: 0, resume_events: 0 };
        let bootstrap =
            Bootstrap { me, rooms, online: Vec::new(), epoch: Epoch(Uuid::nil()), limits, version: "1".into() };
        self.send(Event::Link(LinkEvent::Bootstrapped(Box::new(bootstrap))));
        self.send(Event::Link(LinkEvent::Online));
        self.page(GENERAL, PageFrom::Latest, &conversation(), 9);
        let user = UserRef { id: BOB, name: "carol".into() };
        self.send(Event::Link(LinkEvent::Room(event(GENERAL, 10, BOB, "bob", EventKind::Joined { user }))));
        self.send(Event::Link(LinkEvent::Room(posted(GENERAL, 11, ME, "me", "welcome!"))));
        for (seq, emoji) in [(12, "👍"), (13, "🎉")] {
            self.send(Event::Link(LinkEvent::Room(reacted(GENERAL, seq, 8, ANN, emoji))));
        }
        self.send(Event::Link(LinkEvent::Room(reacted(GENERAL, 14, 8, ME, "👍"))));
        let edited = EventKind::Edited { target: 9, body: "@me can you check the migration?".into() };
        self.send(Event::Link(LinkEvent::Room(event(GENERAL, 15, ANN, "ann", edited))));
    }

    /// A conversation with ann is open, another one and two rooms are beside it, one muted and one a favourite.
    pub(crate) fn meet_people(&mut self) -> &mut Self {
        let direct = |n: u128, people: &[(UserId, &str)], unread| RoomSummary {
            kind: RoomKind::Dm,
            people: people.iter().map(|(id, name)| UserRef { id: *id, name: (*name).into() }).collect(),
            ..summary(RoomId(Uuid::from_u128(n)), "", "", unread, 0)
        };
        let wanted =
            |level, favourite, room| RoomSummary { settings: RoomSettings { level, favourite, place: None }, ..room };
        let rooms = vec![
            summary(GENERAL, "general", "Company-wide chatter", 0, 0),
            wanted(Level::Nothing, false, summary(DESIGN, "design", "", 7, 1)),
            wanted(Level::All, true, summary(OPS, "ops", "On call", 3, 0)),
            direct(21, &[(ANN, "ann")], 1),
            direct(22, &[(BOB, "bob")], 0),
            direct(23, &[(ANN, "ann"), (BOB, "bob")], 0),
        ];
        let me = User { id: ME, name: "me".into(), admin: false };
        let limits = Limits { message_bytes: 16_384, connections_per_user: 0, resume_events: 0 };
        let (epoch, online) = (Epoch(Uuid::nil()), vec![ANN]);
        let bootstrap = Bootstrap { me, rooms, online, epoch, limits, version: "1".into() };
        self.send(Event::Link(LinkEvent::Bootstrapped(Box::new(bootstrap))));
        self.send(Event::Key(KeyEvent::new(KeyCode::Char('4'), KeyModifiers::ALT)));
        let room = RoomId(Uuid::from_u128(21));
        self.page(room, PageFrom::Latest, &[posted(room, 9, ANN, "ann", "lunch?")], 9);
        self
    }

    /// In #ops, which is the last of three favourites; #general is none.
    pub(crate) fn order_favourites(&mut self) -> &mut Self {
        let favourite = |place, room| RoomSummary {
            settings: RoomSettings { favourite: true, place: Some(place), ..RoomSettings::default() },
            ..room
        };
        let rooms = vec![
            favourite(2, summary(DESIGN, "design", "", 0, 0)),
            summary(GENERAL, "general", "Company-wide chatter", 0, 0),
            favourite(7, summary(OPS, "ops", "On call", 0, 0)),
            favourite(1, summary(RoomId(Uuid::from_u128(14)), "zoo", "", 2, 0)),
        ];
        let me = User { id: ME, name: "me".into(), admin: false };
        let limits = Limits { message_bytes: 16_384, connections_per_user: 0, resume_events: 0 };
        let (epoch, online) = (Epoch(Uuid::nil()), Vec::new());
        let bootstrap = Bootstrap { me, rooms, online, epoch, limits, version: "1".into() };
        self.send(Event::Link(LinkEvent::Bootstrapped(Box::new(bootstrap))));
        self.send(Event::Key(KeyEvent::new(KeyCode::Char('3'), KeyModifiers::ALT)));
        self.page(OPS, PageFrom::Latest, &[posted(OPS, 9, ANN, "ann", "all quiet")], 9);
        self
    }

    pub(crate) fn page(&mut self, room: RoomId, from: PageFrom, events: &[RoomEvent], head: Seq) {
        self.page_with(room, from, events, Vec::new(), head);
    }

    /// A page of messages, with what else happened.
    pub(crate) fn page_with(
        &mut self,
        room: RoomId,
        from: PageFrom,
        said: &[RoomEvent],
        events: Vec<RoomEvent>,
        head: Seq,
    ) {
        let messages = said.iter().filter_map(Message::posted).collect();
        let page = MessagesPage { messages, events, head, ..MessagesPage::default() };
        self.send(Event::Done(Done::Page { room, from, result: Ok(Box::new(page)) }));
    }

    pub(crate) fn send(&mut self, event: Event) -> &mut Self {
        self.fresh += 1;
        let at = Timestamp::from_ms(START_MS + DAY_MS + 3_600_000);
        let now = Moment { at, mono_us: self.now_us, fresh: Uuid::from_u128(self.fresh) };
        for effect in update(&mut self.state, event, now) {
            match effect {
                Effect::Post { key, .. } => self.posts.push(key),
                Effect::Colour(code) => self.codes.push(code),
                Effect::Search { number, .. } => self.search = number,
                _ => {}
            }
        }
        self
    }

    /// The answer to the question which rooms there are.
    pub(crate) fn list_rooms(&mut self) -> &mut Self {
        let listing = |n: u128, name: &str, joined| RoomListing {
            id: RoomId(Uuid::from_u128(n)),
            name: name.into(),
            topic: format!("All about {name}"),
            kind: RoomKind::Public,
            head: 1,
            members: 3,
            joined,
        };
        let rooms = vec![listing(11, "general", true), listing(77, "music", false), listing(78, "売店", false)];
        self.send(Event::Done(Done::RoomList(Ok(rooms))))
    }

    /// The answer to the question who is in the room.
    pub(crate) fn list_members(&mut self) -> &mut Self {
        let member = |(id, name): (UserId, &str)| Member {
            id,
            name: name.into(),
            joined_at: posted(GENERAL, 1, ANN, "ann", "").at,
            online: id == BOB || id == ME,
        };
        let members =
            [(ANN, "ann"), (BOB, "bob"), (ME, "me"), (UserId(Uuid::from_u128(99)), "王小明")].map(member).to_vec();
        let result = Ok(Box::new(MembersPage { members, next: None }));
        self.send(Event::Done(Done::Members { room: GENERAL, after: None, result }))
    }

    pub(crate) fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.send(if c == '\n' { ctrl('j') } else { char(c) });
        }
        self
    }

    /// The number of the last search that was asked for.
    pub(crate) fn last_search(&self) -> u64 {
        self.search
    }

    pub(crate) fn last_post_key(&self) -> String {
        self.posts.last().cloned().unwrap_or_default()
    }

    /// The code blocks whose parts were asked for.
    pub(crate) fn codes(&mut self) -> Vec<Code> {
        std::mem::take(&mut self.codes)
    }

    /// The pieces of the screen that look different from their row's plain text, row by row, each with its look.
    pub(crate) fn looks(&self) -> String {
        self.looks_from(24)
    }

    /// The same, of what is right of this column.
    pub(crate) fn looks_from(&self, column: u16) -> String {
        let buffer = self.draw();
        let mut lines = Vec::new();
        for y in 0..buffer.area.height {
            let cells: Vec<_> = (column..buffer.area.width).map(|x| &buffer[(x, y)]).collect();
            let same = |a: &&ratatui::buffer::Cell, b: &&ratatui::buffer::Cell| {
                (a.fg, a.bg, a.modifier, a.underline_color) == (b.fg, b.bg, b.modifier, b.underline_color)
            };
            let pieces = cells.chunk_by(same).filter_map(|run| {
                let text: String = run.iter().map(|cell| cell.symbol()).collect();
                let cell = run.first()?;
                let link = if cell.underline_color == ratatui::style::Color::Reset { "" } else { " link" };
                let look = format!("{} {} {:?}{link}", cell.fg, cell.bg, cell.modifier);
                let is_plain = look == "Reset Reset NONE";
                (!text.trim().is_empty() && !is_plain).then(|| format!("{:?} {look}", text.trim()))
            });
            lines.push(format!("{y}: {}", pieces.collect::<Vec<_>>().join(" | ")).trim_end().to_owned());
        }
        lines.join("\n")
    }

    fn terminal(&self) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(self.state.size().0, self.state.size().1)).unwrap();
        terminal.draw(|frame| chat_tui::view::draw(&self.state, frame, &mut chat_tui::view::Links::default())).unwrap();
        terminal
    }

    pub(crate) fn draw(&self) -> Buffer {
        self.terminal().backend().buffer().clone()
    }

    pub(crate) fn cursor(&self) -> (u16, u16) {
        let at = self.terminal().backend_mut().get_cursor_position().unwrap();
        (at.x, at.y)
    }

    /// The screen as text, one line a row, without white space at the ends.
    pub(crate) fn screen(&self) -> String {
        let buffer = self.draw();
        let mut lines = Vec::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let cell = &buffer[(x, y)];
                line.push_str(cell.symbol());
                x += cell.cell_width().max(1);
            }
            lines.push(line.trim_end().to_owned());
        }
        lines.join("\n")
    }
}

fn conversation() -> Vec<RoomEvent> {
    let reply = |seq, body: &str, reply_to| {
        event(GENERAL, seq, BOB, "bob", EventKind::Posted { body: body.into(), key: None, reply_to: Some(reply_to) })
    };
    vec![
        posted(GENERAL, 1, ANN, "ann", "good night, everybody"),
        posted(GENERAL, 2, BOB, "bob", "/me waves"),
        posted(
            GENERAL,
            5,
            ANN,
            "ann",
            "morning! the deploy is green, and the migration took eleven minutes, which is less than half of what it took last time",
        ),
        reply(6, "nice, I'll tag it", 5),
        posted(
            GENERAL,
            7,
            BOB,
            "山田太郎さんですよ",
            "おはようございます。今日もよろしくお願いします 👩\u{200D}👩\u{200D}👧\nsecond line\u{1b}[31m",
        ),
        posted(GENERAL, 8, ANN, "ann", "coffee?"),
        posted(GENERAL, 9, ANN, "ann", "can you check the migration?"),
    ]
}

//! Linear mode: the same interface without a screen. Lines come in; what happens is told in words, a line a thing, once. Pure.

mod around;
pub(crate) mod asked;
pub(crate) mod back;
pub(crate) mod commands;
pub(crate) mod gather;
pub(crate) mod more;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use chat_shared::text::mentions;
use chat_shared::{Event as RoomEvent, EventKind, Message, RoomId, Seq, UserId};

use self::words::{ERROR, NOWHERE};
use super::alert::pace::Quiet;
use super::clean::clean_event;
use super::event::{Done, Event, LinkEvent};
use super::input::keymap::Keymap;
use super::notice::Level;
use super::pane::message_rows::{action_text, first_line};
use super::panels::help::HelpLine;
use super::panels::notices::NOTHING_SAID;
use super::panels::overlay::Overlay;
use super::panels::search::Asking;
use super::panels::thread::Stage as Looked;
use super::panels::versions::Versions;
use super::rooms::room::Room;
use super::state::{Link, State};
use super::text::{clean_line, counted, fold_case, truncate};
use super::timeline::Load;
use super::writing::outbox::Stage;

/// Messages that are told when a room is opened.
const RECENT: usize = 10;
/// Cells of a text that is only named.
const NAMED_CELLS: usize = 60;

/// Knows what has been told already.
#[derive(Debug, Default)]
pub struct Narrator {
    /// The last event of each room that was told, or that there is no need to tell.
    told: BTreeMap<RoomId, Seq>,
    room: Option<RoomId>,
    /// That there is no room to talk in was said.
    is_nowhere: bool,
    /// The room's newest messages are told as soon as they are here.
    owes_recent: bool,
    was_online: bool,
    is_lost: bool,
    /// Messages of ours that the server has, and that are told when their turn comes.
    owed: BTreeSet<(RoomId, Seq)>,
    /// Messages whose failure was told, by their local numbers.
    failed: BTreeSet<u64>,
}

impl Narrator {
    /// What an event says by itself. To be called before `update` gets it: it is told with what is known until then.
    pub fn before(&mut self, state: &State, event: &Event) -> Vec<String> {
        match event {
            Event::Link(LinkEvent::Bootstrapped(bootstrap)) => {
                // A room that comes later is told from the first event that comes of it.
                if self.told.is_empty() {
                    self.told = bootstrap.rooms.iter().map(|room| (room.id, room.head)).collect();
                }
                Vec::new()
            }
            Event::Link(LinkEvent::Reset { room, head }) => {
                self.told.insert(*room, *head);
                self.owed.retain(|(owed, _)| owed != room);
                let name = state.rooms.get(*room).map(Room::title);
                let told = name.filter(|_| state.current == Some(*room));
                told.map(|name| format!("Something of {name} is not told here. /history tells the newest of it."))
                    .into_iter()
                    .collect()
            }
            Event::Link(LinkEvent::Room(event)) => {
                let told = self.told.entry(event.room).or_insert(0);
                if event.seq <= *told {
                    return Vec::new();
                }
                *told = event.seq;
                self.owed.remove(&(event.room, event.seq));
                state.event_line(&clean_event(event.clone())).into_iter().collect()
            }
            Event::Done(Done::Posted { result: Ok(event), .. }) => {
                if self.told.get(&event.room).is_none_or(|told| *told < event.seq) {
                    self.owed.insert((event.room, event.seq));
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Whether something of ours is still to be told.
    #[must_use]
    pub fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// What has changed since. To be called after `update`.
    pub fn after(&mut self, state: &mut State) -> Vec<String> {
        let mut lines = self.link(state);
        lines.append(&mut state.told);
        for notice in state.notices.drain() {
            let text = notice.shown();
            lines.push(if notice.level == Level::Error { format!("{ERROR}{text}") } else { text });
        }
        self.room(state, &mut lines);
        self.failures(state, &mut lines);
        panel(state, &mut lines);
        lines
    }

    fn link(&mut self, state: &State) -> Vec<String> {
        match (&state.link, &state.me) {
            (Link::Online, Some(me)) if !self.was_online || self.is_lost => {
                let again = if std::mem::replace(&mut self.was_online, true) { " again" } else { "" };
                self.is_lost = false;
                vec![format!("Connected{again} to {} as {}.", state.server, me.name)]
            }
            (Link::Offline { reason, .. }, _) if !std::mem::replace(&mut self.is_lost, true) => {
                vec![format!("Not connected: {reason} Trying again until it works; what you write waits.")]
            }
            _ => Vec::new(),
        }
    }

    fn room(&mut self, state: &State, lines: &mut Vec<String>) {
        // First it is said that there is a connection.
        if !self.was_online {
            return;
        }
        if self.room != state.current {
            self.room = state.current;
            self.owes_recent = true;
            lines.extend(state.room().map(describe));
        }
        let was_nowhere = std::mem::replace(&mut self.is_nowhere, state.is_ready && state.room().is_none());
        if self.is_nowhere && !was_nowhere {
            lines.push(NOWHERE.to_owned());
        }
        let loaded = state.room().and_then(|room| room.timeline.as_ref()).filter(|timeline| timeline.is_loaded);
        if loaded.is_some() && std::mem::take(&mut self.owes_recent) {
            lines.extend(state.recent_lines(RECENT));
        }
    }

    fn failures(&mut self, state: &State, lines: &mut Vec<String>) {
        let waiting = || state.rooms.iter().flat_map(|room| &room.outbox.waiting);
        let failed = waiting().filter_map(|o| match &o.stage {
            Stage::Failed { reason, .. } => Some((o.number, reason, &o.body)),
            _ => None,
        });
        let now: BTreeMap<u64, String> = failed
            .map(|(number, reason, body)| {
                let text = truncate(&clean_line(&first_line(body)), NAMED_CELLS);
                (
                    number,
                    format!("{ERROR}not sent: {reason} The text: {text}. /retry sends it again, /discard drops it."),
                )
            })
            .collect();
        lines.extend(now.iter().filter(|(number, _)| !self.failed.contains(number)).map(|(_, line)| line.clone()));
        self.failed = now.into_keys().collect();
    }
}

/// What would lie on top of the screen is told instead, as soon as it is complete.
fn panel(state: &mut State, lines: &mut Vec<String>) {
    match &state.overlay {
        Some(Overlay::Help { .. }) => lines.extend(help(&state.settings.keys)),
        Some(Overlay::Rooms(list)) if !list.is_loading() => {
            let count = u64::try_from(list.len()).unwrap_or(u64::MAX);
            lines.push(format!("{}:", counted(count, "room")));
            lines.extend(list.iter().map(|room| {
                let joined = if room.joined { ", joined" } else { "" };
                let topic = if room.topic.is_empty() { String::new() } else { format!(": {}", room.topic) };
                format!("#{}, {}{joined}{topic}", room.name, counted(room.members, "member"))
            }));
        }
        Some(Overlay::Members(roster)) if !roster.is_loading() => lines.push(state.roster_line(roster)),
        Some(Overlay::Search) if state.search.asking != Asking::Busy && !state.search.is_looking => {
            if let Asking::Failed(reason) = &state.search.asking {
                lines.push(format!("{ERROR}only what is kept here could be searched: {reason}"));
            }
            lines.push(state.search.heading());
            let line = |hit: &Message| format!("{} {}", state.day(hit), state.message_line(hit, true));
            lines.extend(state.search.hits.iter().map(line));
        }
        Some(Overlay::Thread(thread)) if thread.stage != Looked::Loading => {
            let thread = thread.clone();
            let line = |state: &State, m: &Message| format!("{} {}", state.day(m), state.message_line(m, false));
            lines.extend(state.conversation_lines(&thread, line));
        }
        Some(Overlay::Versions(Versions { list: Some(list), of, .. })) => {
            lines.push(format!("{} texts of {of}, the present one last:", list.len()));
            lines.extend(list.iter().map(|version| {
                let day = state.clock.day_name(state.clock.day(version.at), state.now.at);
                format!("{day} {} {}", state.clock.time(version.at), clean_line(&version.body))
            }));
        }
        Some(Overlay::Links { list, .. }) => lines.extend(list.iter().map(ToString::to_string)),
        Some(Overlay::Notices { list, .. }) if list.is_empty() => lines.push(NOTHING_SAID.to_owned()),
        Some(Overlay::Notices { list, .. }) => lines.extend(state.notice_lines(list)),
        Some(Overlay::Switcher { .. }) => {}
        Some(Overlay::Rooms(_) | Overlay::Members(_) | Overlay::Search | Overlay::Thread(_) | Overlay::Versions(_))
        | None => return,
    }
    state.overlay = None;
}

fn describe(room: &Room) -> String {
    let topic = if room.topic.is_empty() { String::new() } else { format!(" Topic: {}.", room.topic) };
    let unread = if room.reading.unread > 0 { format!(" {} unread.", room.reading.unread) } else { String::new() };
    format!("Now in {}, {}.{topic}{unread}", room.title(), counted(room.members, "member"))
}

fn help(keys: &Keymap) -> Vec<String> {
    let mut lines =
        vec!["A line that you type is a message to the open room. Lines that begin with a slash:".to_owned()];
    lines.extend(self::commands::HELP.iter().map(ToString::to_string));
    let mut in_commands = false;
    for line in super::panels::help::help_lines(keys) {
        match line {
            HelpLine::Heading(heading) => in_commands = heading == "Commands",
            HelpLine::Entry { keys, .. } if self::commands::is_different(&keys) => {}
            HelpLine::Entry { keys, text } if in_commands => lines.push(format!("{keys}: {text}")),
            HelpLine::Entry { .. } | HelpLine::Blank => {}
        }
    }
    lines
}

impl State {
    /// For linear mode: what is said there names no keys.
    #[must_use]
    pub fn in_lines(mut self) -> Self {
        self.is_linear = true;
        self
    }

    /// Whether a line can be taken: what it may be about is here, or there is no room that it could be about.
    #[must_use]
    pub fn takes_lines(&self) -> bool {
        let is_here = |room: &Room| {
            let timeline = room.timeline.as_ref();
            timeline.is_some_and(|timeline| timeline.is_loaded || matches!(timeline.whole, Load::Failed(..)))
        };
        self.is_ready && self.told_back.is_none() && self.room().is_none_or(is_here)
    }

    /// Whether messages wait that may still be sent.
    #[must_use]
    pub fn is_sending(&self) -> bool {
        self.rooms.iter().any(|room| room.outbox.queued() > 0)
    }

    /// The newest messages of the open room, oldest first.
    pub(crate) fn recent_lines(&self, count: usize) -> Vec<String> {
        let Some(timeline) = self.room().and_then(|room| room.timeline.as_ref()) else { return Vec::new() };
        let messages = timeline.entries.values().rev().filter_map(super::timeline::Entry::message);
        let mut recent: Vec<&Message> = messages.filter(|message| message.deleted_at.is_none()).take(count).collect();
        recent.reverse();
        self.dated_lines(recent)
    }

    /// Messages, each day of them under its name.
    fn dated_lines(&self, messages: Vec<&Message>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut day = None;
        for message in messages {
            let this = self.day(message);
            if day.as_ref() != Some(&this) {
                lines.push(format!("{this}:"));
            }
            day = Some(this);
            lines.push(self.message_line(message, false));
        }
        lines
    }

    fn day(&self, message: &Message) -> String {
        self.clock.day_name(self.clock.day(message.at), self.now.at)
    }

    fn who(&self, id: UserId, name: &str) -> String {
        if Some(id) == self.my_id() { "you".into() } else { name.to_owned() }
    }

    /// `09:12 ann in #ops answers bob (41): on it (42)`
    pub(crate) fn message_line(&self, message: &Message, names_room: bool) -> String {
        let room = self.rooms.get(message.room);
        let place = room.filter(|_| names_room).map(|room| format!(" in {}", room.title())).unwrap_or_default();
        let answers = message.reply_to.map_or_else(String::new, |seq| {
            let original = room.and_then(|room| room.timeline.as_ref()?.message(seq));
            let author = original.map_or_else(String::new, |m| format!(" {}", self.who(m.by, &m.name)));
            let verb = if Some(message.by) == self.my_id() { "answer" } else { "answers" };
            format!(" {verb}{author} ({seq})")
        });
        let (time, who) = (self.clock.time(message.at), self.who(message.by, &message.name));
        let edited = if message.edited_at.is_some() { ", edited" } else { "" };
        let (mark, text) = match action_text(&message.body) {
            _ if message.deleted_at.is_some() => (": ", "(deleted)"),
            Some(action) => (" ", action),
            None => (": ", message.body.as_str()),
        };
        format!("{time} {who}{place}{answers}{mark}{} ({}{edited})", clean_line(text), message.seq)
    }

    /// An event in words, if it is one to tell: all of the open room; elsewhere what is ours, and what is meant for us, unless that
    /// would disturb us.
    fn event_line(&self, event: &RoomEvent) -> Option<String> {
        let room = self.rooms.get(event.room)?;
        let is_open = self.current == Some(event.room);
        let me = self.me.as_ref().map(|me| fold_case(&me.name)).unwrap_or_default();
        if let Some(message) = Message::posted(event) {
            let is_for_us = room.calls(mentions(&message.body).into_iter().any(|name| fold_case(name) == me));
            let is_wanted = is_for_us && self.alerts.quiet == Quiet::No;
            let is_told = is_open || is_wanted || Some(event.by) == self.my_id();
            return is_told.then(|| self.message_line(&message, !is_open));
        }
        let what = match &event.kind {
            EventKind::Edited { target, body } => format!("changed {target}: {}", clean_line(body)),
            EventKind::Deleted { target } => format!("deleted {target}"),
            EventKind::ReactionAdded { target, emoji } => format!("put {emoji} on {target}"),
            EventKind::ReactionRemoved { target, emoji } => format!("took {emoji} back from {target}"),
            EventKind::Joined { user } if user.id == event.by => "joined".into(),
            EventKind::Joined { user } => format!("brought {} in", self.who(user.id, &user.name)),
            EventKind::Left { user } if user.id == event.by => "left".into(),
            EventKind::Left { user } => format!("removed {}", self.who(user.id, &user.name)),
            EventKind::RoomChanged { name, topic } => {
                let name = if name.is_empty() { String::new() } else { format!("#{name}, ") };
                let topic = if topic.is_empty() { "no topic".into() } else { format!("topic: {topic}") };
                format!("changed the room: {name}{topic}")
            }
            EventKind::Posted { .. } | EventKind::Unknown => return None,
        };
        is_open.then(|| format!("{} {} {what}", self.clock.time(event.at), self.who(event.by, &event.name)))
    }
}

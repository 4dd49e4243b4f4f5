//! People: direct conversations, who is online, and how we want each room. Pure.

use std::collections::BTreeSet;

use chat_shared::api::{ChangeSettings, Level, RoomKind, RoomSettings, RoomSummary};
use chat_shared::limit::USER_NAME_CHARS;
use chat_shared::{RoomId, UserId, UserRef};

use super::entering::direct_wish;
use super::room::{Room, Rooms};
use crate::app::effect::{Asked, Effect, Unsent};
use crate::app::notice;
use crate::app::state::{Link, State};
use crate::app::text::{clean_line, clean_short, fold_case};
use crate::failure::Failure;

/// What a conversation with nobody else in it is called.
const NOTES: &str = "notes to myself";

/// The others of a conversation, made harmless.
pub(crate) fn clean_people(people: &[UserRef]) -> Vec<UserRef> {
    people.iter().map(|user| UserRef { id: user.id, name: clean_short(&user.name, USER_NAME_CHARS) }).collect()
}

/// What a conversation between these people is called.
pub(crate) fn names_of(others: &[UserRef]) -> String {
    if others.is_empty() {
        return NOTES.into();
    }
    others.iter().map(|user| user.name.as_str()).collect::<Vec<_>>().join(", ")
}

impl Room {
    /// Whether it is a direct conversation.
    pub(crate) fn is_direct(&self) -> bool {
        self.kind == RoomKind::Dm
    }

    /// The one other person of a conversation between two.
    pub(crate) fn partner(&self) -> Option<&UserRef> {
        if let [one] = &self.others[..] { Some(one).filter(|_| self.is_direct()) } else { None }
    }

    /// Whether nothing in it shall call us.
    pub(crate) fn is_muted(&self) -> bool {
        self.settings.level == Level::Nothing
    }

    /// Whether a message in it shall call us.
    pub(crate) fn calls(&self, mentions_me: bool) -> bool {
        match self.settings.level {
            Level::Nothing => false,
            Level::Mentions => mentions_me,
            Level::All | Level::Unknown => mentions_me || self.is_direct(),
        }
    }

    /// How much what is unread in it wants to be read, less being more: mentions, then direct messages, then the rest.
    /// `None` where nothing does.
    pub(crate) fn urgency(&self) -> Option<u8> {
        let all = !matches!(self.settings.level, Level::Mentions | Level::Nothing);
        match (self.reading.mentions > 0, self.reading.unread > 0) {
            _ if self.is_muted() => None,
            (true, _) => Some(0),
            (false, true) if all => Some(if self.is_direct() { 1 } else { 2 }),
            _ => None,
        }
    }
}

impl Rooms {
    /// The conversation with the one person of this name, in whatever case, with or without `@`; or with several people, their
    /// names with commas between.
    pub(crate) fn direct(&self, names: &str) -> Option<&Room> {
        let names: BTreeSet<String> =
            names.split(',').map(|name| fold_case(name.strip_prefix('@').unwrap_or(name))).collect();
        let fits = |room: &&Room| {
            let is_one = |user: &UserRef| names.contains(&fold_case(&user.name));
            room.is_direct() && room.others.len() == names.len() && room.others.iter().all(is_one)
        };
        self.iter().find(fits)
    }
}

impl State {
    /// Whether anybody else in this conversation is online; `None` where that is not known, or nobody else is in it.
    pub(crate) fn presence(&self, room: &Room) -> Option<bool> {
        let is_known = matches!(self.link, Link::Online | Link::CatchingUp) && !room.others.is_empty();
        is_known.then(|| room.others.iter().any(|user| self.online.contains(&user.id)))
    }

    /// Says whether that is new.
    pub(crate) fn everyone_present(&mut self, online: Vec<UserId>) -> bool {
        let before = std::mem::replace(&mut self.online, online.into_iter().collect());
        before != self.online
    }

    /// Says whether anything that is shown has changed.
    pub(crate) fn somebody_present(&mut self, user: UserId, online: bool) -> bool {
        let is_new = if online { self.online.insert(user) } else { self.online.remove(&user) };
        let is_listed = self.mark_in_roster(user, online);
        is_listed || is_new && self.rooms.iter().any(|room| room.others.iter().any(|other| other.id == user))
    }

    /// `/dm`: goes to the conversation, which begins where there is none, and says something in it.
    pub(crate) fn direct(&mut self, name: String, say: Option<String>, asked: Asked) {
        match self.rooms.direct(&name).map(|room| room.id) {
            Some(known) => self.say_in(known, say),
            None => self.ask_for_room(Effect::OpenDm { name, say, asked }),
        }
    }

    /// The conversation is there.
    pub(crate) fn met(
        &mut self,
        name: &str,
        say: Option<String>,
        asked: Asked,
        result: Result<Box<RoomSummary>, Failure>,
    ) {
        let is_wanted = self.rooms.is_last_wish(&direct_wish(name));
        match result {
            Ok(summary) => {
                self.arrive(&summary, &asked, is_wanted);
                if let Some(text) = say {
                    self.post_in(summary.id, &text);
                }
            }
            Err(failure) => {
                let what = format!("talk to {}", clean_line(&name.replace(',', ", ")));
                self.returned(&what, Unsent::Command(asked), &failure);
            }
        }
    }

    /// Opens a conversation and says something in it; a draft that it holds stays.
    fn say_in(&mut self, id: RoomId, say: Option<String>) {
        self.open(id);
        if let Some(text) = say {
            self.post_in(id, &text);
        }
    }

    /// Asks the server for another way to have the open room.
    pub(crate) fn change_settings(&mut self, change: ChangeSettings) {
        if let Some(room) = self.current {
            self.emit(Effect::ChangeSettings { room, change });
        }
    }

    /// How we want a room, as the server has it now. Says whether that is new.
    pub(crate) fn settings(&mut self, id: RoomId, settings: RoomSettings) -> bool {
        let is_new = self.rooms.settle(id, settings);
        if is_new {
            self.keep_room(id);
        }
        is_new
    }

    /// The server did what we asked for, or not.
    pub(crate) fn settings_changed(
        &mut self,
        id: RoomId,
        change: ChangeSettings,
        result: Result<RoomSettings, Failure>,
    ) {
        if change.place.is_some() {
            return self.favourite_moved(id, result);
        }
        let settings = match result {
            Ok(settings) => settings,
            Err(failure) => return self.failed("change this room for you", &failure),
        };
        self.settings(id, settings);
        let Some(room) = self.rooms.get(id) else { return };
        let level = match settings.level {
            Level::Nothing => "nothing in it calls you",
            Level::Mentions => "only mentions in it call you",
            Level::All | Level::Unknown => "everything in it counts",
        };
        let favourite = if settings.favourite { "a favourite; " } else { "" };
        let text = format!("{}: {favourite}{level}.", room.title());
        self.notify(notice::Level::Info, text);
    }

    /// Back to the room that was open before this one.
    pub(crate) fn open_last(&mut self) {
        match self.last_room.filter(|id| self.rooms.get(*id).is_some()) {
            Some(id) => self.open(id),
            None => self.notify(notice::Level::Info, "No other room was open yet."),
        }
    }
}

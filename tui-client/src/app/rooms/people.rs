//! People: direct conversations, and who is online. Pure.

use chat_shared::api::RoomSummary;
use chat_shared::{RoomId, UserId};

use super::entering::direct_wish;
use super::room::Room;
use crate::app::effect::{Asked, Effect, Unsent};
use crate::app::notice;
use crate::app::state::{Link, State};
use crate::app::text::clean_line;
use crate::failure::Failure;

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

    /// Back to the room that was open before this one.
    pub(crate) fn open_last(&mut self) {
        match self.last_room.filter(|id| self.rooms.get(*id).is_some()) {
            Some(id) => self.open(id),
            None => self.notify(notice::Level::Info, "No other room was open yet."),
        }
    }
}

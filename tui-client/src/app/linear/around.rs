//! Linear mode: what stands around a message, however far back (a hit of a search, mostly), and which rooms one is in. Pure.

use chat_shared::api::{Level as Calls, MessagesPage};
use chat_shared::{Message, RoomId, Seq};

use super::words::NOWHERE;
use crate::app::clean::clean_message;
use crate::app::effect::{Effect, PageFrom};
use crate::app::rooms::room::Room;
use crate::app::state::State;
use crate::app::timeline::Entry;
use crate::failure::Failure;

/// Messages that are told before the one that is meant, and as many after it.
const NEAR: usize = 10;

impl State {
    /// `/around`: the server is asked, whatever is loaded: that may begin, or end, just there.
    pub(super) fn tell_around(&mut self, rest: &str) {
        let Ok(seq) = rest.trim_matches(['(', ')']).parse::<Seq>() else {
            return self.error("/around takes the number of a message of this room.");
        };
        let Some(room) = self.current else { return self.error(NOWHERE) };
        if self.is_online() {
            return self.emit(Effect::LoadPage { room, from: PageFrom::Around(seq), limit: 2 * NEAR + 1 });
        }
        let timeline = self.room().and_then(|room| room.timeline.as_ref()).filter(|t| t.message(seq).is_some());
        let Some(timeline) = timeline else {
            return self.error("There is no connection, and that message is not among what is loaded.");
        };
        let message = |(_, entry)| Entry::message(entry).filter(|message| message.deleted_at.is_none());
        let mut near: Vec<&Message> = timeline.entries.range(..=seq).rev().filter_map(message).take(NEAR + 1).collect();
        near.reverse();
        near.extend(timeline.entries.range(seq + 1..).filter_map(message).take(NEAR));
        let mut lines = self.dated_lines(near);
        self.told.append(&mut lines);
    }

    /// The page that was asked for: it is told, and joins nothing.
    pub(crate) fn around_loaded(&mut self, room: RoomId, seq: Seq, result: Result<Box<MessagesPage>, Failure>) {
        // Whoever is elsewhere by now would take the numbers for those of that room.
        if self.current != Some(room) {
            return;
        }
        let mut messages = match result {
            Ok(page) => page.messages,
            Err(failure) => return self.failed("load the messages", &failure),
        };
        if !messages.iter().any(|message| message.seq == seq) {
            return self.error("That message is not there.");
        }
        messages.iter_mut().for_each(|message| clean_message(message, room));
        let here = messages.iter().filter(|message| message.deleted_at.is_none() || message.seq == seq);
        let mut lines = self.dated_lines(here.collect());
        self.told.append(&mut lines);
    }

    /// `/mine`
    pub(super) fn tell_mine(&mut self) {
        let rooms = self.rooms.order().iter().filter_map(|id| self.rooms.get(*id));
        let lines = rooms.map(|room| self.how_it_stands(room)).collect();
        self.tell_all(lines, NOWHERE);
    }

    fn how_it_stands(&self, room: &Room) -> String {
        let reading = room.reading;
        let is_here = |partner: &chat_shared::UserRef| self.is_online() && self.online.contains(&partner.id);
        let unread = if reading.unread > 0 { format!("{} unread", reading.unread) } else { String::new() };
        let mentions =
            if reading.mentions > 0 { format!("{} of them mention you", reading.mentions) } else { String::new() };
        let calls = match room.settings.level {
            Calls::All | Calls::Unknown => "",
            Calls::Mentions => "only mentions call you",
            Calls::Nothing => "muted",
        };
        let words = [
            if self.current == Some(room.id) { "open here" } else { "" },
            if room.partner().is_some_and(is_here) { "online" } else { "" },
            &unread,
            &mentions,
            if room.settings.favourite { "a favourite" } else { "" },
            calls,
        ];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let colon = if words.is_empty() { "" } else { ": " };
        format!("{}{colon}{}", room.title(), words.join(", "))
    }
}

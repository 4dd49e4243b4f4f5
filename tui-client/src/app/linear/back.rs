//! Linear mode: `/history` tells as many messages as one wants: those that are loaded, and before them what the server has, page by
//! page. Pure.

use chat_shared::Seq;

use super::asked::Back;
use super::words::{ERROR, NOWHERE};
use crate::app::effect::PageFrom;
use crate::app::state::{Link, State};
use crate::app::timeline::{Entry, Load};

/// Messages that are told where nothing else is wanted, and at most.
const USUAL: usize = 20;
const MOST: usize = 1_000;

/// What has to come first.
enum Missing {
    Nothing,
    /// It is on its way.
    Awaited,
    /// The messages before this one.
    Before(Seq),
    /// It cannot be had now, and why.
    Lost(String),
}

impl State {
    /// `/history`
    pub(super) fn tell_back(&mut self, rest: &str) {
        let Some(count) = (if rest.is_empty() { Some(USUAL) } else { rest.parse().ok() }) else {
            return self.error("/history takes a number.");
        };
        let Some(room) = self.current else { return self.error(NOWHERE) };
        self.retry_loads();
        if count > MOST {
            self.told.push(format!("/history tells {MOST} messages at most."));
        }
        self.told_back = Some(Back { room, count: count.min(MOST), asked: None });
    }

    /// Asks for what is missing of them, or tells them.
    pub(crate) fn go_on_back(&mut self) {
        let Some(back) = self.told_back else { return };
        // Where the room is lost, that has been said.
        if self.current != Some(back.room) {
            self.told_back = None;
            return;
        }
        let lost = match self.missing_of(&back) {
            Missing::Awaited => return,
            Missing::Before(seq) => {
                self.told_back = Some(Back { asked: Some(seq), ..back });
                if self.load(back.room, PageFrom::Before(seq)) {
                    return;
                }
                None
            }
            Missing::Nothing => None,
            Missing::Lost(reason) => Some(format!("{ERROR}only what is loaded can be told: {reason}")),
        };
        self.told_back = None;
        let lines = self.recent_lines(back.count);
        let is_empty = lines.is_empty() && lost.is_none();
        self.told.extend(lost.into_iter().chain(lines));
        if is_empty {
            self.told.push("There are no messages here.".to_owned());
        }
    }

    fn missing_of(&self, back: &Back) -> Missing {
        let Some(timeline) = self.room().and_then(|room| room.timeline.as_ref()) else { return Missing::Awaited };
        // One that is being made may bring it.
        let is_offline = matches!(self.link, Link::Offline { .. });
        let offline = || Missing::Lost("there is no connection.".to_owned());
        if !timeline.is_loaded || timeline.is_stale() {
            return match &timeline.whole {
                Load::Failed(_, reason) => Missing::Lost(reason.clone()),
                _ if is_offline => offline(),
                _ => Missing::Awaited,
            };
        }
        let messages = timeline.entries.values().filter_map(Entry::message);
        let is_enough = messages.filter(|message| message.deleted_at.is_none()).take(back.count).count() >= back.count;
        match (&timeline.older, timeline.oldest()) {
            _ if is_enough || timeline.at_start => Missing::Nothing,
            (Load::Busy(_), _) => Missing::Awaited,
            (Load::Failed(_, reason), _) => Missing::Lost(reason.clone()),
            _ if is_offline => offline(),
            _ if self.link == Link::Connecting => Missing::Awaited,
            // A page that has brought nothing older leads nowhere.
            (Load::Idle, oldest) => {
                oldest.filter(|seq| back.asked != Some(*seq)).map_or(Missing::Nothing, Missing::Before)
            }
        }
    }
}

//! What was asked for in lines and is not all told yet: the rest of a conversation, and messages from before. Pure.

use chat_shared::{RoomId, Seq};

use crate::app::effect::PageFrom;
use crate::app::panels::thread::Thread;

/// What of a conversation was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(super) room: RoomId,
    pub(super) of: Seq,
    pub(super) first: Seq,
    pub(super) last: Seq,
    pub(super) at_start: bool,
    pub(super) at_end: bool,
    /// What is asked for to go on with.
    pub(super) asked: Option<PageFrom>,
}

impl Part {
    /// The whole of what is told now: a part of its own, or one that goes on with what was told before.
    pub(super) fn and(before: Option<Self>, thread: &Thread) -> Option<Self> {
        let ends = thread.messages.first().zip(thread.messages.last()).map(|(first, last)| (first.seq, last.seq));
        match before.filter(|part| part.asked.is_some()) {
            Some(part) if matches!(part.asked, Some(PageFrom::After(_))) => {
                let last = ends.map_or(part.last, |(_, last)| last);
                Some(Self { last, at_end: thread.at_end, asked: None, ..part })
            }
            Some(part) => {
                let first = ends.map_or(part.first, |(first, _)| first);
                Some(Self { first, at_start: thread.at_start, asked: None, ..part })
            }
            None => {
                let (room, of) = (thread.room, thread.of);
                let (at_start, at_end, asked) = (thread.at_start, thread.at_end, None);
                ends.map(|(first, last)| Self { room, of, first, last, at_start, at_end, asked })
            }
        }
    }

    pub(super) fn what_is_left(&self) -> Option<&'static str> {
        match (self.at_start, self.at_end) {
            (true, true) => None,
            (true, false) => Some("There may be more of it: /more tells what comes after."),
            (false, true) => Some("There may be more of it: /more back tells what comes before."),
            (false, false) => {
                Some("There may be more of it: /more tells what comes after, /more back what comes before.")
            }
        }
    }
}

/// Messages that are to be told, as soon as they are here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Back {
    pub(super) room: RoomId,
    pub(super) count: usize,
    /// What comes before this one was asked for last.
    pub(super) asked: Option<Seq>,
}

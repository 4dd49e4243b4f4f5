//! What was new when the user came to the open room: where it begins, and the way there. Pure.

use chat_shared::Seq;

use crate::app::effect::PageFrom;
use crate::app::notice::Level;
use crate::app::pane::item::ItemId;
use crate::app::pane::scroll;
use crate::app::rooms::room::Room;
use crate::app::state::State;

impl Room {
    /// What comes after this one is new, and counted as unread.
    pub(crate) fn begin_new(&mut self, after: Seq) {
        self.new_mark = Some(after);
        self.new_above = self.reading.unread;
    }

    /// Whether the messages that are loaded reach back to where the new ones begin.
    fn has_new_mark(&self, mark: Seq) -> bool {
        let reaches = |oldest: Seq| oldest <= mark;
        self.timeline.as_ref().is_some_and(|t| t.is_loaded && (t.at_start || t.oldest().is_some_and(reaches)))
    }
}

impl State {
    /// To the first message that was new. It is not selected: one goes on reading, and may write.
    pub(crate) fn go_to_new(&mut self) {
        self.leave_selection();
        let Some(room) = self.room_mut() else { return };
        let Some(mark) = room.new_mark else {
            return self.notify(Level::Info, "Nothing here was new when you came.");
        };
        let id = room.id;
        room.forget_jump();
        if room.has_new_mark(mark) {
            return self.show_new();
        }
        let around = mark.max(1);
        (room.jump_to, room.goes_to_new) = (Some(around), true);
        self.load(id, PageFrom::Around(around));
    }

    /// A page is here: if it has what was asked for, the view goes there. Says whether that is done.
    pub(crate) fn arrive_at_new(&mut self) -> bool {
        let Some(room) = self.room_mut().filter(|room| room.goes_to_new) else { return false };
        let is_here = room.new_mark.is_some_and(|mark| room.has_new_mark(mark));
        if is_here {
            room.forget_jump();
            self.show_new();
        }
        is_here
    }

    fn show_new(&mut self) {
        match self.with_painter(|painter, _| painter.first_new()).flatten() {
            Some(seq) => self.rescroll(|painter, _, height| scroll::around(painter, height, ItemId::Seq(seq))),
            None => self.notify(Level::Info, "What was new here is gone, or your own."),
        }
    }

    /// How many new messages there were, as long as their beginning is above the view and was not seen.
    pub(crate) fn new_above(&self) -> u64 {
        let Some((room, mark)) = self.room().and_then(|room| Some((room, room.new_mark?))) else { return 0 };
        let is_above = self.pane.first().is_some_and(|row| row.item > ItemId::Seq(mark));
        if is_above { room.new_above } else { 0 }
    }

    /// The rule above the first new message is on the screen: nobody has to be told of it any more.
    pub(crate) fn note_seen_rule(&mut self, first_new: Option<Seq>) {
        let is_seen =
            first_new.is_some_and(|seq| self.pane.iter().any(|row| row.is_rule && row.item == ItemId::Seq(seq)));
        if let Some(room) = self.room_mut().filter(|_| is_seen) {
            room.new_above = 0;
        }
    }
}

//! What a line of linear mode does: a message, a command of the interface, or one of those that stand for keys. Pure.

use chat_shared::{Message, Seq};

use super::words::NOWHERE;
use crate::app::commands::parse;
use crate::app::effect::Effect;
use crate::app::input::keymap::Action;
use crate::app::notice::Level;
use crate::app::pane::item::ItemId;
use crate::app::state::State;
use crate::app::text::emoji;
use crate::app::writing::editor::Editor;
use crate::app::writing::outbox::Stage;

/// What `/help` tells of them. The number of a message stands in brackets behind it.
pub(crate) const HELP: [&str; 16] = [
    "/lines: what follows is one message of several lines, until a line with nothing but a dot in it",
    "/reply NUMBER TEXT: answer a message",
    "/edit NUMBER TEXT: give a message of yours a new text",
    "/delete NUMBER: delete a message of yours",
    "/react NUMBER EMOJI: put an emoji on a message, or take yours back; :names: work too",
    "/thread NUMBER: tell the conversation that a message is part of; of a long one, the part around it",
    "/more: tell what comes after that part; with the word back: what comes before it",
    "/earlier NUMBER: tell what a message said before it was edited",
    "/history [COUNT]: tell the newest messages again, 20 or as many as you say, up to 1000",
    "/around NUMBER: tell what stands around a message of this room, however far back, as a search finds it",
    "/mine: tell the rooms and conversations that you are in, and how they stand",
    "/unread: tell what is unread, and where; with a NUMBER: mark messages as unread from that one on",
    "/next: go to the next room with something unread",
    "/dnd [30m|1h30m|14:00]: do not disturb: only the open room is told, for so long, or until then, or until you say so again",
    "/retry: send again what could not be sent",
    "/discard: drop what could not be sent",
];

/// Whether linear mode has its own words for a command of the full screen.
pub(crate) fn is_different(usage: &str) -> bool {
    HELP.iter().any(|line| name(line) == name(usage))
}

/// The command at the beginning of a line of help.
fn name(usage: &str) -> &str {
    usage.split([' ', ':']).next().unwrap_or(usage)
}

impl State {
    /// A line was entered.
    pub(crate) fn line(&mut self, line: &str) {
        let line = crate::app::text::clean_line(line.trim_end());
        if self.gather(&line) {
            return;
        }
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
        let rest = rest.trim();
        match name {
            "/reply" | "/edit" | "/delete" | "/react" | "/thread" | "/earlier" => self.about_message(name, rest),
            "/history" => self.tell_back(rest),
            "/lines" => self.begin_gathering(),
            "/more" => self.tell_more(rest),
            "/around" => self.tell_around(rest),
            "/mine" => self.tell_mine(),
            "/unread" if rest.is_empty() => self.tell_unread(),
            "/search" if crate::app::panels::query::Query::parse(rest).is_empty() => self.error("/search takes words."),
            "/next" => self.open_unread(),
            "/retry" => self.handle_failed(Action::Reply),
            "/discard" => self.handle_failed(Action::DeleteOrDiscard),
            _ => self.say(&line),
        }
    }

    /// Enters a text as if it had been typed.
    pub(super) fn say(&mut self, text: &str) {
        let Some(room) = self.room_mut() else { return self.say_nowhere(text) };
        room.composer.editor = Editor::with(text);
        let id = room.id;
        self.submit();
        // There is no composer to come back to; what was refused is on the terminal already.
        if let Some(room) = self.rooms.get_mut(id) {
            room.composer.finish();
        }
        if !self.is_online() && self.is_sending() {
            self.notify(Level::Info, "It waits until there is a connection.");
        }
    }

    /// Without a room, there are only the commands that need none.
    fn say_nowhere(&mut self, text: &str) {
        match parse(text) {
            _ if text.trim().is_empty() => {}
            Some(Ok(command)) if !command.needs_room() => {
                let asked = self.asked_here();
                self.run_anywhere(command, asked);
            }
            Some(Err(problem)) => self.error(problem),
            _ => self.error(NOWHERE),
        }
    }

    fn about_message(&mut self, command: &str, rest: &str) {
        let (number, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let text = text.trim();
        let number = number.trim_matches(['(', ')']).parse::<Seq>();
        let message = number.ok().and_then(|seq| self.room()?.timeline.as_ref()?.message(seq)).cloned();
        let Some(message) = message.filter(|message| message.deleted_at.is_none()) else {
            return self.error(format!("{command} takes the number of a message that was told here."));
        };
        let is_mine = Some(message.by) == self.my_id();
        match command {
            "/edit" | "/delete" if !is_mine => self.error("Only your own messages can be edited or deleted."),
            "/thread" => {
                self.told_part = None;
                self.open_thread(message.seq);
            }
            "/earlier" if message.edited_at.is_none() => self.error("That message was not edited."),
            "/earlier" => self.open_versions(&message),
            "/delete" => self.emit(Effect::Delete { room: message.room, seq: message.seq }),
            _ if text.is_empty() => self.error(format!("{command} takes a number, and something behind it.")),
            "/react" => match emoji::meant(text) {
                Some(emoji) => self.react(message.room, message.seq, emoji),
                None => self.error("That is neither an emoji nor the name of one."),
            },
            _ => self.compose(command == "/reply", &message, text),
        }
    }

    fn compose(&mut self, is_reply: bool, message: &Message, text: &str) {
        let Some(room) = self.room_mut() else { return };
        if is_reply {
            room.composer.begin_reply(message.seq, String::new());
        } else {
            room.composer.begin_edit(message.seq, &message.body);
        }
        // A slash is no command here.
        let text = if is_reply && text.starts_with('/') { format!("/{text}") } else { text.to_owned() };
        self.say(&text);
    }

    fn tell_unread(&mut self) {
        let unread = self.rooms.iter().filter(|room| room.reading.unread > 0 && !room.is_muted());
        let line = |room: &crate::app::rooms::room::Room| {
            let mentions = match room.reading.mentions {
                0 => String::new(),
                count => format!(", {count} of them mention you"),
            };
            format!("{}: {} unread{mentions}", room.title(), room.reading.unread)
        };
        let lines = unread.map(line).collect();
        self.tell_all(lines, "Nothing is unread.");
    }

    pub(super) fn tell_all(&mut self, mut lines: Vec<String>, nothing: &str) {
        if lines.is_empty() {
            lines.push(nothing.to_owned());
        }
        self.told.append(&mut lines);
    }

    fn handle_failed(&mut self, action: Action) {
        let failed = self.room().and_then(|room| {
            let mut waiting = room.outbox.waiting.iter();
            waiting.find(|o| matches!(o.stage, Stage::Failed { .. })).map(|o| ItemId::Pending(o.number))
        });
        match (failed, self.room_mut()) {
            (Some(item), Some(room)) => {
                room.selection = Some(item);
                self.act_on_selected(action);
                self.leave_selection();
            }
            _ => self.notify(Level::Info, "Nothing here could not be sent."),
        }
    }
}

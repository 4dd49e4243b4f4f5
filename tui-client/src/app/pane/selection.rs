//! Selecting messages, and what can be done to the selected one. Pure.

use std::sync::Arc;

use chat_shared::{Message, Seq};

use super::item::{ItemId, Scroll};
use super::quote_of;
use super::scroll;
use crate::app::effect::Effect;
use crate::app::input::keymap::Action;
use crate::app::notice::Level;
use crate::app::panels::overlay::{Overlay, Prompt};
use crate::app::state::State;
use crate::app::text::markdown;
use crate::app::writing::editor::Editor;
use crate::app::writing::outbox::Stage;

impl State {
    pub(crate) fn selected(&self) -> Option<ItemId> {
        self.room()?.selection
    }

    fn selected_message(&self) -> Option<&Message> {
        let room = self.room()?;
        match room.selection? {
            ItemId::Seq(seq) => room.timeline.as_ref()?.message(seq),
            _ => None,
        }
    }

    /// Selects an item and brings it to where it can be seen.
    pub(crate) fn select(&mut self, item: ItemId) {
        let Some(room) = self.room_mut() else { return };
        room.selection = Some(item);
        self.rescroll(|painter, scroll, height| scroll::showing(painter, scroll, height, item));
    }

    /// Selects an item that may be far away, with its surroundings.
    pub(crate) fn show_selected(&mut self, item: ItemId) {
        let Some(room) = self.room_mut() else { return };
        room.selection = Some(item);
        if !self.pane.iter().any(|row| row.item == item) {
            self.rescroll(|painter, _, height| scroll::around(painter, height, item));
        }
    }

    /// Selects the newest message, or the newest of our own. `false` where there is none.
    pub(crate) fn select_newest(&mut self, own: bool) -> bool {
        let me = self.my_id();
        let Some(room) = self.room() else { return false };
        let pending = room.outbox.waiting.back().map(|o| ItemId::Pending(o.number));
        let fits = |m: &Message| m.deleted_at.is_none() && (!own || Some(m.by) == me);
        // A look at what is in view, or a page further up, is as far as "last" goes.
        let newest = room.timeline.as_ref().and_then(|timeline| {
            let mut entries = timeline.entries.iter().rev().take(1_000);
            entries.find(|(_, entry)| entry.message().is_some_and(fits)).map(|(&seq, _)| ItemId::Seq(seq))
        });
        let visible = self.pane.iter().rev().find(|row| matches!(row.item, ItemId::Seq(_) | ItemId::Pending(_)));
        let item = match (own, room.scroll) {
            (false, Scroll::At { .. }) => visible.map(|row| row.item).filter(|item| is_message(room, *item)).or(newest),
            _ => pending.or(newest),
        };
        item.map(|item| self.select(item)).is_some()
    }

    /// Moves the selection by one message. Past the newest one it ends.
    pub(crate) fn move_selection(&mut self, up: bool) {
        let Some(mut item) = self.selected() else { return };
        let Some(found) = self.with_painter(|painter, _| {
            loop {
                item = (if up { painter.before(item) } else { painter.after(item) })?;
                if !matches!(item, ItemId::Top | ItemId::Bottom) {
                    return Some(item);
                }
            }
        }) else {
            return;
        };
        // Joins and leaves are passed over.
        match found {
            Some(item) if self.room().is_some_and(|room| is_message(room, item)) => self.select(item),
            Some(item) => {
                let before = self.selected();
                if let Some(room) = self.room_mut() {
                    room.selection = Some(item);
                }
                self.move_selection(up);
                if self.selected() == Some(item)
                    && let Some(room) = self.room_mut()
                {
                    room.selection = before;
                }
            }
            None if !up => self.leave_selection(),
            None => self.scroll_rows(-1),
        }
    }

    pub(crate) fn leave_selection(&mut self) {
        self.set_words(Vec::new());
        if let Some(room) = self.room_mut() {
            room.selection = None;
        }
    }

    /// One of the keys that act on the selected message.
    pub(crate) fn act_on_selected(&mut self, action: Action) {
        let Some(item) = self.selected() else { return };
        if let ItemId::Pending(number) = item {
            return self.act_on_pending(number, action);
        }
        match self.selected_message().cloned() {
            Some(message) => self.act_on(&message, action),
            None => self.leave_selection(),
        }
    }

    /// The same for the message that is chosen in a conversation. The panel closes for what happens elsewhere. Says whether the
    /// key was one of these.
    pub(crate) fn act_in_thread(&mut self, action: Action) -> bool {
        use Action::{
            Copy, CopyCode, DeleteOrDiscard, EarlierTexts, Edit, JumpToReplied, MarkUnread, OpenLink, React, Reply,
        };
        let is_ours = matches!(
            action,
            Copy | CopyCode
                | DeleteOrDiscard
                | EarlierTexts
                | Edit
                | JumpToReplied
                | MarkUnread
                | OpenLink
                | React
                | Reply
        );
        let Some(Overlay::Thread(thread)) = self.overlay.as_ref().filter(|_| is_ours) else { return false };
        let message = thread.messages.get(thread.at).filter(|_| self.current == Some(thread.room));
        let Some(message) = message.cloned() else { return false };
        if !matches!(action, Copy | CopyCode | OpenLink) {
            self.overlay = None;
        }
        self.act_on(&message, action);
        true
    }

    fn act_on(&mut self, message: &Message, action: Action) {
        if message.deleted_at.is_some()
            && !matches!(action, Action::JumpToReplied | Action::MarkUnread | Action::Thread)
        {
            return self.error("This message was deleted.");
        }
        match action {
            Action::Reply => self.reply(message),
            Action::Edit | Action::DeleteOrDiscard if Some(message.by) != self.my_id() => {
                self.error("Only your own messages can be edited or deleted.");
            }
            Action::Edit => self.edit_selected(message),
            Action::DeleteOrDiscard => self.prompt = Some(Prompt::Delete { room: message.room, seq: message.seq }),
            Action::React => {
                self.prompt = Some(Prompt::React { room: message.room, seq: message.seq, text: Editor::default() });
            }
            Action::Copy => self.copy(message.body.clone()),
            Action::CopyCode => self.copy_code(&message.body),
            Action::OpenLink => self.open_links(markdown::links(&message.body)),
            Action::Thread => self.open_thread(message.seq),
            Action::EarlierTexts if message.edited_at.is_none() => {
                self.notify(Level::Info, "This message was not edited.");
            }
            Action::EarlierTexts => self.open_versions(message),
            Action::MarkUnread => self.mark_unread(message.seq),
            Action::JumpToReplied => match message.reply_to {
                Some(seq) => self.jump(seq),
                None => self.notify(Level::Info, "This message answers no other."),
            },
            _ => {}
        }
    }

    /// Opens a link; of several, the user chooses.
    fn open_links(&mut self, links: Vec<Arc<str>>) {
        match links.as_slice() {
            [] => self.notify(Level::Info, "There is no link in this message."),
            [url] => self.emit(Effect::OpenUrl(url.to_string())),
            _ => self.overlay = Some(Overlay::Links { list: links, at: 0 }),
        }
    }

    fn act_on_pending(&mut self, number: u64, action: Action) {
        let fresh = self.now.fresh.simple().to_string();
        let Some(room) = self.room_mut() else { return };
        let id = room.id;
        let Some(outgoing) = room.outbox.get(number) else { return };
        let key = outgoing.key.clone();
        let (is_failed, body) = (matches!(outgoing.stage, Stage::Failed { .. }), outgoing.body.clone());
        match action {
            Action::Reply if is_failed => {
                room.outbox.retry(number, fresh.clone());
                // Under its old key it is there no more where it needed a new one.
                self.keep_outgoing(id, &key);
                self.keep_outgoing(id, &fresh);
                self.cache.forget(ItemId::Pending(number), None);
                self.leave_selection();
                self.pump(id);
            }
            Action::DeleteOrDiscard => match room.outbox.discard(number) {
                Some(_) => {
                    self.keep_outgoing(id, &key);
                    self.cache.forget(ItemId::Pending(number), None);
                    self.leave_selection();
                }
                None => self.error("This message is on its way; it can be deleted once it is sent."),
            },
            Action::Copy => self.copy(body),
            Action::CopyCode => self.copy_code(&body),
            _ => self.notify(Level::Info, "This message is not sent yet."),
        }
    }

    fn reply(&mut self, message: &Message) {
        self.put_aside();
        let Some(room) = self.room_mut() else { return };
        room.composer.begin_reply(message.seq, quote_of(Some(message)));
        room.selection = None;
    }

    fn edit_selected(&mut self, message: &Message) {
        self.put_aside();
        let Some(room) = self.room_mut() else { return };
        room.composer.begin_edit(message.seq, &message.body);
        room.selection = None;
    }

    fn copy_code(&mut self, body: &str) {
        let blocks = markdown::code_blocks(body);
        if blocks.is_empty() {
            let text = format!(
                "There is no code block in this message; {} copies all of it.",
                self.settings.keys.key_for(Action::Copy)
            );
            return self.notify(Level::Info, text);
        }
        self.copy(blocks.join("\n\n"));
    }

    pub(crate) fn copy(&mut self, text: String) {
        if text.len() > crate::clipboard::COPY_BYTES {
            let key = self.settings.keys.key_for(Action::SelectText);
            return self.error(format!("That is more than terminals copy. {key} lets you select it with the mouse."));
        }
        self.emit(Effect::Copy(text));
        self.leave_selection();
        self.notify(Level::Info, "Copied.");
    }

    /// Puts an emoji on a message, or takes ours back.
    pub(crate) fn react(&mut self, room: chat_shared::RoomId, seq: Seq, emoji: String) {
        let message = self.rooms.get(room).and_then(|room| room.timeline.as_ref()?.message(seq));
        let add = !message.is_some_and(|m| m.reactions.iter().any(|r| r.mine && r.emoji == emoji));
        self.emit(Effect::React { room, seq, emoji, add });
        self.leave_selection();
    }
}

fn is_message(room: &crate::app::rooms::room::Room, item: ItemId) -> bool {
    match item {
        ItemId::Seq(seq) => room.timeline.as_ref().is_some_and(|timeline| timeline.message(seq).is_some()),
        ItemId::Pending(_) => true,
        ItemId::Top | ItemId::Bottom => false,
    }
}

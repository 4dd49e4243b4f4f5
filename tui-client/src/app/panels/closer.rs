//! A closer look at a message: the texts that it had before, and what that has in common with `conversation`. Pure.

use chat_shared::api::{History, Version};
use chat_shared::{Event as RoomEvent, EventKind, Message, RoomId, Seq, UserId};

use super::overlay::Overlay;
use super::versions::{LIMIT, Versions};
use crate::app::effect::Effect;
use crate::app::pane::message_rows::action_text;
use crate::app::state::State;
use crate::app::text::body::Reader;
use crate::app::text::code::Lookup;
use crate::app::text::row::{Role, Row};
use crate::app::text::{clean_block, name_hash};
use crate::failure::Failure;

/// Around the chosen one, so many are looked through for code, which is more than are visible.
const NEAR: usize = 40;

impl State {
    /// Shows what a message said before it was edited.
    pub(crate) fn open_versions(&mut self, message: &Message) {
        let (room, of, name) = (message.room, message.seq, message.name.clone());
        self.overlay = Some(Overlay::Versions(Versions { room, of, name, list: None, at: 0 }));
        self.emit(Effect::LoadHistory { room, seq: of });
    }

    pub(crate) fn versions_loaded(&mut self, room: RoomId, of: Seq, result: Result<Box<History>, Failure>) {
        let Some(Overlay::Versions(versions)) = &mut self.overlay else { return };
        if (versions.room, versions.of) != (room, of) {
            return;
        }
        match result {
            Ok(history) => {
                let mut list = history.versions;
                list.truncate(LIMIT);
                list.iter_mut().for_each(|version| version.body = clean_block(&version.body));
                versions.at = list.len().saturating_sub(1);
                versions.list = Some(list);
            }
            Err(failure) => {
                self.overlay = None;
                self.failed("load the earlier texts", &failure);
            }
        }
    }

    /// Keeps an open closer look true. Says whether it shows something else now.
    pub(crate) fn look_again(&mut self, event: &RoomEvent, me: UserId) -> bool {
        match &mut self.overlay {
            Some(Overlay::Thread(thread)) if thread.room == event.room => thread.apply(event, me),
            Some(Overlay::Versions(versions)) if versions.room == event.room => match &event.kind {
                EventKind::Edited { target, body } if *target == versions.of => {
                    let version = Version { at: event.at, body: body.clone() };
                    versions.list.as_mut().filter(|list| list.len() < LIMIT).map(|list| list.push(version)).is_some()
                }
                // Nothing is told of a message that was deleted.
                EventKind::Deleted { target } if *target == versions.of => self.overlay.take().is_some(),
                _ => false,
            },
            _ => false,
        }
    }

    /// A text that a message has had, as rows.
    pub(crate) fn version_rows(&self, versions: &Versions, index: usize, width: u16) -> Vec<Row> {
        let list = versions.list.as_deref().unwrap_or_default();
        let Some(version) = list.get(index) else { return Vec::new() };
        let what = match index {
            _ if index + 1 == list.len() => "now",
            0 if list.len() < LIMIT => "as it was posted",
            _ => "edited",
        };
        let mut head = Row::default();
        let day = self.clock.day_name(self.clock.day(version.at), self.now.at);
        head.push(format!("{day} {}  ", self.clock.time(version.at)), Role::Time);
        head.push(what, Role::Author(name_hash(&versions.name)));
        let rich = crate::app::text::markdown::parse(&shown(&version.body));
        let columns = usize::from(width.saturating_sub(2)).max(1);
        let body = crate::app::text::body::body_rows(&rich, columns, &[], "", &mut self.reader());
        let indented = body.into_iter().map(|spans| {
            let mut row = Row::default();
            row.push("  ", Role::Plain);
            row.spans.extend(spans);
            row
        });
        std::iter::once(head).chain(indented).collect()
    }

    /// What is drawn is not laid out by `update`: it looks up the parts of code that were asked for before.
    pub(super) fn reader(&self) -> Reader<'_> {
        let colourings = Lookup::Known(&self.cache.colourings);
        Reader { me: self.me.as_ref().map_or("", |me| &me.name), colourings }
    }

    /// Asks for the parts of the code in what an open closer look shows.
    pub(crate) fn colour_closer_look(&mut self) {
        let bodies: Vec<&str> = match &self.overlay {
            Some(Overlay::Thread(thread)) => {
                let near = thread.messages.iter().skip(thread.at.saturating_sub(NEAR)).take(2 * NEAR);
                near.map(|message| action_text(&message.body).unwrap_or(&message.body)).collect()
            }
            Some(Overlay::Versions(Versions { list: Some(list), at, .. })) => {
                list.iter().skip(at.saturating_sub(NEAR)).take(2 * NEAR).map(|version| version.body.as_str()).collect()
            }
            _ => return,
        };
        let with_code = bodies.into_iter().filter(|body| body.contains(['`', '~']));
        for code in with_code.flat_map(|body| crate::app::text::markdown::parse(&shown(body)).blocks) {
            self.cache.colourings.of(&code);
        }
    }
}

/// A text as the parser takes it.
fn shown(body: &str) -> String {
    body.replace('\t', "    ")
}

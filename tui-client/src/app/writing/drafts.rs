//! Drafts: each is on disk with the key that changed it. Other clients of the account may write there, too: what they have written is
//! looked for when a room is opened, and when the user comes back to the terminal. The rule is: the newer draft takes the place of one
//! that it was made of; where both have been written on, both stay, the other one below ours. Pure.

use chat_shared::RoomId;

use super::composer::{Composer, Mode};
use super::written::{composer, draft, is_kept};
use crate::app::effect::Effect;
use crate::app::event::{Done, Event};
use crate::app::kept::{Draft, NewerDraft, Save};
use crate::app::notice::Level;
use crate::app::state::{Screen, State};
use crate::app::text::{clean_line, clean_paste};

impl State {
    /// The rooms whose drafts an event may change.
    pub(crate) fn drafts_touched_by(&self, event: &Event) -> Vec<RoomId> {
        match event {
            Event::Key(_) | Event::Paste(_) | Event::Mouse(_) => self.current.into_iter().collect(),
            // A request that failed gives its text back to the room where it was typed.
            Event::Done(done) if !matches!(done, Done::Heard { .. }) => self.rooms.order().to_vec(),
            _ => Vec::new(),
        }
    }

    /// Keeps the drafts of these rooms, where they are not what is on disk.
    pub(crate) fn keep_drafts(&mut self, rooms: &[RoomId]) {
        if !self.is_keeping() || !matches!(self.screen, Screen::Chat) {
            return;
        }
        for id in rooms {
            let Some(room) = self.rooms.get_mut(*id) else { continue };
            if is_kept(&room.composer, room.keeping.draft.as_deref()) {
                continue;
            }
            room.keeping.draft = draft(&room.composer).map(Box::new);
            let draft = room.keeping.draft.clone();
            self.save(|| Save::Draft { room: *id, draft });
        }
    }
    /// Asks what other clients have written meanwhile.
    pub(crate) fn look_at_drafts(&mut self) {
        if self.is_keeping() {
            self.emit(Effect::LookAtDrafts);
        }
    }

    /// Other clients have written drafts.
    pub(crate) fn newer_drafts(&mut self, newer: Vec<NewerDraft>) {
        newer.into_iter().for_each(|newer| self.newer_draft(newer));
    }

    pub(crate) fn newer_draft(&mut self, newer: NewerDraft) {
        let NewerDraft { room: id, before, now } = newer;
        let Some(room) = self.rooms.get_mut(id) else { return self.keep_unplaced(id, now) };
        let mut is_both = false;
        if is_kept(&room.composer, before.as_ref()) {
            // Nothing was written here since: what is there now was made of this.
            room.composer = now.as_ref().map(composer).unwrap_or_default();
        } else if let Some(theirs) = &now {
            if let Some(waiting) = room.composer.end_recall() {
                self.history.add(&waiting);
            }
            is_both = join(&mut room.composer, theirs);
        }
        // A key that was pressed meanwhile may have written over theirs: what is here now is all of it.
        room.keeping.draft = draft(&room.composer).map(Box::new);
        let (draft, title) = (room.keeping.draft.clone(), room.title());
        self.save(|| Save::Draft { room: id, draft });
        if is_both {
            self.notify(
                Level::Info,
                format!("You have written in {title} elsewhere, too: that text stands below this one."),
            );
        }
        if self.current == Some(id) {
            self.completion = None;
        }
        self.touch();
    }
}

/// Takes what another client has written beside what is written here; where one is part of the other, the longer one is both. Says
/// whether there are two texts now.
fn join(composer: &mut Composer, theirs: &Draft) -> bool {
    let ours = [Some(composer.draft_text()), composer.edit_text().map(|(_, text)| text)];
    let is_here = |piece: &str| ours.iter().flatten().any(|text| text.contains(piece));
    let theirs_edit = theirs.edit.as_ref().map(|(_, text)| text.as_str());
    let pieces = [Some(theirs.text.as_str()), theirs_edit].into_iter().flatten();
    let missing: Vec<String> = pieces.filter(|piece| !is_here(piece)).map(clean_paste).collect();
    let is_longer = !missing.is_empty() && theirs_edit.is_none() && theirs.text.contains(composer.draft_text());
    if is_longer {
        composer.draft_editor().replace_all(&missing.concat());
        if let (Mode::New, Some((seq, quote))) = (&composer.mode, &theirs.reply) {
            composer.mode = Mode::Reply { seq: *seq, quote: clean_line(quote) };
        }
        return false;
    }
    for piece in &missing {
        let editor = composer.draft_editor();
        let gap = if editor.is_empty() { "" } else { "\n\n" };
        editor.append(&format!("{gap}{piece}"));
    }
    !missing.is_empty()
}

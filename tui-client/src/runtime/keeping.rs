//! Whose files are open: one keeper at a time, and its news apart from those of the one before.

use std::collections::VecDeque;

use chat_shared::RoomId;
use tokio::sync::mpsc;

use super::finished::Finished;
use crate::app::kept::{Kept, Past, Save};
use crate::app::panels::query::Query;
use crate::cache::{Keeper, Owner, Places};
use crate::net::cursors::Cursors;

/// What is on disk, for who is logged in.
pub(super) struct Keeping {
    /// Where files are, if anywhere.
    places: Option<Places>,
    open: Option<(Owner, Keeper)>,
    /// Counts the keepers: news of an earlier one are nobody's.
    number: u64,
    /// It has not said yet what there was.
    pub(super) is_restoring: bool,
}

/// What a login means for the files.
pub(super) enum Begin {
    /// Others are read now; `Kept::Restored` follows. The old ones are to be closed.
    Restores { old: Option<Keeper> },
    /// They are open already, or there are none: nothing follows.
    Goes,
}

impl Keeping {
    pub(super) fn new(places: Option<Places>) -> Self {
        Self { places, open: None, number: 0, is_restoring: false }
    }

    /// Opens the files of this account, where they are not open. News come as `results`; where there is nobody to tell them, as
    /// `refused`.
    pub(super) fn begin(
        &mut self,
        owner: Owner,
        results: &mpsc::Sender<Finished>,
        refused: &mut VecDeque<Finished>,
    ) -> Begin {
        let Some(places) = self.places.clone().filter(|_| !self.open.as_ref().is_some_and(|(open, _)| *open == owner))
        else {
            return Begin::Goes;
        };
        self.number += 1;
        let (number, tell) = (self.number, results.clone());
        // Where nobody hears it any more, the program is ending.
        let tell = move |kept| drop(tell.blocking_send(Finished::Kept(number, kept)));
        let old = self.open.take().map(|(_, keeper)| keeper);
        match Keeper::start(places, owner.clone(), tell) {
            Ok(keeper) => {
                self.open = Some((owner, keeper));
                self.is_restoring = true;
            }
            Err(error) => {
                let restored = Finished::Kept(number, Kept::Restored(Box::default()));
                let trouble = Kept::Trouble(format!("Nothing is kept on disk: {error}."));
                refused.extend([restored, Finished::Kept(number, trouble)]);
            }
        }
        Begin::Restores { old }
    }

    pub(super) fn is_of(&self, number: u64) -> bool {
        self.number == number
    }

    pub(super) fn save(&self, save: Save) {
        if let Some((_, keeper)) = &self.open {
            keeper.save(save);
        }
    }

    /// Ends when the messages that were given to be kept so far are on disk.
    pub(super) fn written(&self) -> impl Future<Output = ()> + Send + use<> {
        let written = self.open.as_ref().map(|(_, keeper)| keeper.written());
        async move {
            if let Some(written) = written {
                written.await;
            }
        }
    }

    /// Asks for a room. Where nobody can be asked, gives the answer.
    pub(super) fn load(&self, room: RoomId) -> Option<Finished> {
        match &self.open {
            Some((_, keeper)) => {
                keeper.load(room);
                None
            }
            None => Some(Finished::Kept(self.number, Kept::Window { room, window: None })),
        }
    }

    /// Looks at what other clients have written.
    pub(super) fn look_at_drafts(&self) {
        if let Some((_, keeper)) = &self.open {
            keeper.look_at_drafts();
        }
    }

    /// Searches. Where nobody can be asked, gives the answer: nothing is found.
    pub(super) fn search(&self, number: u64, query: Query, room: Option<RoomId>) -> Option<Finished> {
        match &self.open {
            Some((_, keeper)) => {
                keeper.search(number, query, room);
                None
            }
            None => Some(Finished::Kept(self.number, Kept::Found { number, messages: Vec::new() })),
        }
    }

    /// No account from here on.
    pub(super) fn end(&mut self) -> Option<Keeper> {
        self.number += 1;
        self.is_restoring = false;
        self.open.take().map(|(_, keeper)| keeper)
    }
}

/// Where the link goes on after what is on disk.
pub(super) fn cursors(past: &Past) -> Cursors {
    let windows = past.windows.iter().filter_map(|(room, head)| Some((*room, (*head)?)));
    Cursors::new(past.bootstrap.epoch, windows.collect())
}

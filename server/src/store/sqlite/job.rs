//! A change that waits for the writer, and what it leaves behind for the group that it is in.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chat_shared::Event;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::error::panic_words;
use super::index::Change;
use crate::store::{Personal, StoreError};

/// What a change works with.
pub(super) struct Tx<'c> {
    pub(super) conn: &'c Connection,
    pub(super) events: Vec<Arc<Event>>,
    /// What changes for one user only.
    pub(super) personal: Vec<Personal>,
    /// The rooms of messages that were posted.
    pub(super) posted: Vec<i64>,
    /// What happened to messages that may be in the full-text index.
    pub(super) changes: Vec<Change>,
}

impl<'c> Tx<'c> {
    pub(super) fn new(conn: &'c Connection) -> Self {
        Self { conn, events: Vec::new(), personal: Vec::new(), posted: Vec::new(), changes: Vec::new() }
    }
}

/// A change that waits, with whom to tell.
pub(super) trait Job: Send {
    /// Makes the change; perhaps again, after a first try was undone. Says whether it is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Replaces the answer: it was undone.
    fn fail(&mut self, error: StoreError);
    /// Answers, if anybody still listens.
    fn answer(self: Box<Self>);
}

/// A change as a closure.
pub(super) struct Work<T, F> {
    work: F,
    outcome: Result<T, StoreError>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Work<T, F> {
    /// Where nothing comes of it, the answer is `unless`.
    pub(super) fn new(work: F, unless: StoreError, reply: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { work, outcome: Err(unless), reply }
    }
}

impl<T, F> Job for Work<T, F>
where
    T: Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        // What the closure leaves half done is in the transaction, and that is rolled back.
        self.outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)))
            .unwrap_or_else(|panic| Err(StoreError::Internal(panic_words(&*panic))));
        self.outcome.is_ok()
    }

    fn fail(&mut self, error: StoreError) {
        self.outcome = Err(error);
    }

    fn answer(self: Box<Self>) {
        // Nobody listens where the request was dropped meanwhile.
        let _ = self.reply.send(self.outcome);
    }
}

/// What the changes of a group leave to be done.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) events: Vec<Arc<Event>>,
    pub(super) personal: Vec<Personal>,
    pub(super) posted: Vec<i64>,
    pub(super) changes: Vec<Change>,
}

impl Gathered {
    pub(super) fn add(&mut self, mut tx: Tx<'_>) {
        self.events.append(&mut tx.events);
        self.personal.append(&mut tx.personal);
        self.posted.append(&mut tx.posted);
        self.changes.append(&mut tx.changes);
    }
}

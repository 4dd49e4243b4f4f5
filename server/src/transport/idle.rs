//! Where a live session waits, within the reach of its courier.
//!
//! A session belongs to its task, which lends it out while it has nothing to do. A courier that finds it here delivers
//! in the task's place: the same steps with the same waker, so that whatever is left to wait for wakes the task.

use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use super::connection::Connection;
use super::live::Session;
use crate::hub::{Outlet, Visit};

/// Holds the session while it waits.
pub(super) struct Idle<T>(Mutex<Option<Waiting<T>>>);

/// Here with all that belongs to it, and not behind pointers: between two deliveries it has left the processor's memory.
struct Waiting<T> {
    session: Session<T>,
    task: Waker,
}

impl<T: Connection> Idle<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Lends the session out whenever `step` has nothing to do but to wait, until it has something to say.
    pub(super) async fn lend<R>(
        &self,
        session: Box<Session<T>>,
        mut step: impl FnMut(&mut Session<T>, &mut Context<'_>) -> Poll<R>,
    ) -> (Box<Session<T>>, R) {
        let mut held = Some(session);
        poll_fn(|cx| {
            let waiting = held.take().or_else(|| self.0.lock().take().map(|waiting| Box::new(waiting.session)));
            let mut session = waiting.expect("a session is with its task, or waits where only its task takes it from");
            match step(&mut session, cx) {
                Poll::Ready(said) => Poll::Ready((session, said)),
                Poll::Pending if session.rests() => {
                    *self.0.lock() = Some(Waiting { session: *session, task: cx.waker().clone() });
                    Poll::Pending
                }
                Poll::Pending => {
                    held = Some(session);
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl<T: Connection + Send> Outlet for Idle<T> {
    fn deliver(&self, visit: &mut Visit<'_>) -> bool {
        let mut slot = self.0.lock();
        let Some(waiting) = slot.as_mut().filter(|waiting| waiting.session.rests()) else { return false };
        waiting.session.deliver(visit, &mut Context::from_waker(&waiting.task))
    }
}

//! Couriers: they bring what was published to the connections that rest, without waking their tasks.
//!
//! Most connections have nothing to do when a message comes but to send it. To wake a task for each of them costs more
//! than the sending; so a courier goes round the room's readers and delivers in their place. Whoever is busy (behind, or
//! with a peer that takes nothing) is told instead, and pulls by itself.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use chat_shared::frame::ByeReason;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::ring::Frame;
use super::room::{Room, Subscription};

/// Readers of one room that are visited before the next room has its turn.
const TURN: usize = 32;
/// Visits after which the courier lets other tasks run. Not fewer: where everybody is busy, each pause becomes a commit, and
/// many small commits cost more than they deliver.
const SLICE: usize = 128;

/// Where rooms wait for their courier. A room waits once, however much is published in it.
#[derive(Debug, Default)]
pub(super) struct Desk {
    rooms: Mutex<VecDeque<Arc<Room>>>,
    news: Notify,
}

impl Desk {
    /// There is more to deliver in this room.
    pub(super) fn call(&self, room: &Arc<Room>) {
        self.rooms.lock().push_back(Arc::clone(room));
        self.news.notify_one();
    }

    /// Delivers for the connections of this shard, for ever.
    pub(super) async fn work(&self, shard: usize) {
        // What a courier does is many small writes: they are no reason to be interrupted in the middle of a slice.
        tokio::task::unconstrained(async {
            let mut rounds = VecDeque::new();
            let (mut readers, mut frames) = (Vec::with_capacity(TURN), Vec::new());
            let mut visits = 0;
            loop {
                rounds.extend(self.rooms.lock().drain(..).map(|room| Round::new(room, shard)));
                let Some(mut round) = rounds.pop_front() else {
                    visits = 0;
                    self.news.notified().await;
                    continue;
                };
                let visited = round.visit(&mut readers, &mut frames);
                visits += visited.max(1);
                if round.goes_on(visited) {
                    rounds.push_back(round);
                }
                if visits >= SLICE {
                    visits = 0;
                    // Also the writer's thread, which may share the core.
                    std::thread::yield_now();
                    tokio::task::yield_now().await;
                }
            }
        })
        .await;
    }
}

/// One round through a room's readers. What is published while it lasts makes another one, not two at a time: so the more
/// there is, the more each reader gets with one write.
struct Round {
    room: Arc<Room>,
    shard: usize,
    /// Calls for the courier that this round answers.
    calls: usize,
    next: usize,
}

impl Round {
    fn new(room: Arc<Room>, shard: usize) -> Self {
        let calls = room.calls(shard);
        Self { room, shard, calls, next: 0 }
    }

    /// Goes to the next readers, and says to how many.
    fn visit(&mut self, readers: &mut Vec<Arc<Subscription>>, frames: &mut Vec<Frame>) -> usize {
        self.room.readers(self.shard, self.next, TURN, readers);
        let count = readers.len();
        self.next += count;
        // A look at all of them first: they lie far apart, and so their memory comes in together instead of one by one.
        std::hint::black_box(readers.iter().filter(|reader| reader.touch()).count());
        for reader in readers.drain(..) {
            frames.clear();
            // One that fails is closed, and will resume: the courier has others to serve.
            if catch_unwind(AssertUnwindSafe(|| reader.deliver(&self.room, frames))).is_err() {
                tracing::error!(room = %self.room.id, "delivering to a session failed; closing it");
                reader.close(ByeReason::Overloaded);
            }
        }
        count
    }

    /// Whether there is more to do after so many visits: the rest of this round, or the next one.
    fn goes_on(&mut self, visited: usize) -> bool {
        if visited == TURN {
            return true;
        }
        self.next = 0;
        self.calls = self.room.answer_calls(self.shard, self.calls);
        if self.calls == 0 {
            self.room.settle();
        }
        self.calls > 0
    }
}

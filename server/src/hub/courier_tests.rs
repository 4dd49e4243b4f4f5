//! Couriers deliver what a reader would have pulled, and leave nothing out while readers come, go and are busy.

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Waker};

use chat_shared::RoomId;
use chat_shared::frame::ByeReason;
use parking_lot::Mutex;
use uuid::Uuid;

use super::*;

const ROOM: RoomId = RoomId(Uuid::from_u128(7));
const EVENTS: Seq = 5_000;

/// A reader that a courier can use: what a session at rest is.
struct Shelf {
    reader: Mutex<Reader>,
    seen: Mutex<Vec<Seq>>,
    /// How often it had to look into the store.
    behind: AtomicUsize,
    busy: AtomicBool,
}

impl Shelf {
    fn new(hub: &Arc<Hub>) -> Arc<Self> {
        let mut reader = hub.connect(UserId(Uuid::nil()), TokenHash([0; 32]), 0).unwrap();
        let head = hub.room(ROOM).head();
        reader.subscribe(ROOM, head, head);
        let shelf = Arc::new(Self {
            reader: Mutex::new(reader),
            seen: Mutex::default(),
            behind: AtomicUsize::new(0),
            busy: AtomicBool::new(false),
        });
        let outlet: std::sync::Weak<Self> = Arc::downgrade(&shelf);
        shelf.reader.lock().open(outlet);
        shelf
    }

    fn pull(&self, reader: &mut Reader) -> bool {
        let mut batch = Vec::new();
        loop {
            match reader.pull(&mut batch) {
                Pull::Idle => return true,
                Pull::Frames => self.seen.lock().extend(batch.drain(..).map(|frame| frame.seq)),
                // Every number is in the store; take one of them.
                Pull::Behind { room, after, .. } => {
                    self.behind.fetch_add(1, Ordering::Relaxed);
                    self.seen.lock().push(after + 1);
                    reader.supplied(room, after + 1, false);
                }
            }
        }
    }

    /// What a session's task does when it is woken.
    fn look(&self) -> bool {
        let mut reader = self.reader.lock();
        let told = reader.poll_news(&Context::from_waker(Waker::noop())).is_ready();
        self.pull(&mut reader);
        told
    }
}

impl Outlet for Shelf {
    fn deliver(&self, visit: &mut Visit<'_>) -> bool {
        if self.busy.load(Ordering::Acquire) {
            return false;
        }
        let Some(mut reader) = self.reader.try_lock() else { return false };
        reader.take(visit);
        self.seen.lock().extend(visit.frames().map(|frame| frame.seq));
        self.pull(&mut reader)
    }
}

fn publish(hub: &Hub, seq: Seq) {
    let frame = Frame { seq, bytes: Bytes::from_static(b"frame") };
    hub.publish(&[Publication { room: ROOM, frame, membership: None, text: Text::None }]);
}

/// Publishes that a user came or went.
fn change(hub: &Hub, seq: Seq, change: MembershipChange) {
    let frame = Frame { seq, bytes: Bytes::from_static(b"frame") };
    hub.publish(&[Publication { room: ROOM, frame, membership: Some(change), text: Text::None }]);
}

/// Lets a courier work until it has nothing left to do.
async fn settle(hub: &Hub, courier: usize) {
    tokio::select! {
        biased;
        () = hub.run_courier(courier) => {}
        () = async { for _ in 0..100 { tokio::task::yield_now().await } } => {}
    }
}

#[tokio::test]
async fn a_burst_is_read_from_memory_by_all_who_rest_and_then_let_go() {
    let hub = Hub::with_couriers(2);
    let shelves: Vec<_> = (0..100).map(|_| Shelf::new(&hub)).collect();
    // A whole group of the store, of 2 MiB; and another one while the couriers have not begun.
    for first in [1, 513] {
        let bytes = Bytes::from(vec![b'x'; 4096]);
        let publications: Vec<_> = (first..first + 512)
            .map(|seq| Publication {
                room: ROOM,
                frame: Frame { seq, bytes: bytes.clone() },
                membership: None,
                text: Text::None,
            })
            .collect();
        hub.publish(&publications);
    }
    assert!(hub.held.bursts() > 3 << 20);
    settle(&hub, 0).await;
    settle(&hub, 1).await;
    for shelf in shelves {
        assert_eq!(shelf.behind.load(Ordering::Relaxed), 0);
        assert!(shelf.seen.lock().iter().copied().eq(1..=1024));
    }
    assert_eq!(hub.held.bursts(), 0);
}

#[tokio::test]
async fn whoever_rests_is_served_and_whoever_is_busy_is_told() {
    let hub = Hub::with_couriers(1);
    let (rests, busy) = (Shelf::new(&hub), Shelf::new(&hub));
    busy.busy.store(true, Ordering::Release);
    publish(&hub, 1);
    publish(&hub, 2);
    settle(&hub, 0).await;
    assert_eq!(*rests.seen.lock(), [1, 2]);
    assert!(!rests.look(), "it was not told as well");
    assert!(busy.seen.lock().is_empty());
    assert!(busy.look(), "it was told");
    assert_eq!(*busy.seen.lock(), [1, 2]);
    // From then on it rests.
    busy.busy.store(false, Ordering::Release);
    publish(&hub, 3);
    settle(&hub, 0).await;
    assert_eq!((rests.seen.lock().len(), busy.seen.lock().len()), (3, 3));
}

#[tokio::test]
async fn connections_are_spread_over_the_couriers() {
    let hub = Hub::with_couriers(2);
    let shelves: Vec<_> = (0..10).map(|_| Shelf::new(&hub)).collect();
    publish(&hub, 1);
    let served = || shelves.iter().filter(|shelf| shelf.seen.lock().len() == 1).count();
    settle(&hub, 0).await;
    assert_eq!(served(), 5);
    settle(&hub, 1).await;
    assert_eq!(served(), 10);
}

/// A session with a defect.
struct Broken;

impl Outlet for Broken {
    fn deliver(&self, _: &mut Visit<'_>) -> bool {
        panic!("on purpose");
    }
}

#[tokio::test]
async fn a_session_that_fails_is_closed_and_the_others_are_served() {
    let hub = Hub::with_couriers(1);
    let mut fails = hub.connect(UserId(Uuid::nil()), TokenHash([0; 32]), 0).unwrap();
    fails.subscribe(ROOM, 0, 0);
    let outlet = Arc::new(Broken);
    let weak: std::sync::Weak<Broken> = Arc::downgrade(&outlet);
    fails.open(weak);
    let other = Shelf::new(&hub);
    publish(&hub, 1);
    settle(&hub, 0).await;
    publish(&hub, 2);
    settle(&hub, 0).await;
    assert_eq!(*other.seen.lock(), [1, 2]);
    let news = fails.poll_news(&Context::from_waker(Waker::noop()));
    assert!(matches!(news, std::task::Poll::Ready(News { closed: Some(ByeReason::Overloaded), .. })), "{news:?}");
}

/// As in life: commits go on while connections open and close, are busy and rest, and several couriers work.
#[test]
fn nothing_is_left_out_while_readers_come_and_go() {
    let hub = Hub::with_couriers(2);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    for courier in 0..hub.couriers() {
        let hub = Arc::clone(&hub);
        runtime.spawn(async move { hub.run_courier(courier).await });
    }
    let stays: Vec<_> = (0..150).map(|_| Shelf::new(&hub)).collect();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut guests: VecDeque<Arc<Shelf>> = VecDeque::new();
            for turn in 0.. {
                if done.load(Ordering::Acquire) {
                    break;
                }
                guests.push_back(Shelf::new(&hub));
                stays[turn % stays.len()].busy.fetch_xor(true, Ordering::AcqRel);
                stays[(turn * 7) % stays.len()].look();
                if guests.len() > 20 {
                    let guest = guests.pop_front().unwrap();
                    let seen = guest.seen.lock();
                    assert!(seen.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{seen:?}");
                }
            }
        });
        for seq in 1..=EVENTS {
            publish(&hub, seq);
        }
        done.store(true, Ordering::Release);
    });
    for shelf in &stays {
        // A courier may be on its way; whoever was told looks.
        for _ in 0..10_000_000 {
            if shelf.seen.lock().len() == EVENTS as usize {
                break;
            }
            shelf.look();
            std::thread::yield_now();
        }
        assert!(shelf.seen.lock().iter().copied().eq(1..=EVENTS));
    }
}

#[tokio::test]
async fn whoever_left_is_brought_nothing_that_came_after() {
    let hub = Hub::with_couriers(1);
    let me = UserId(Uuid::nil());
    let shelf = Shelf::new(&hub);
    publish(&hub, 1);
    settle(&hub, 0).await;
    // Told, not woken: the courier comes before the reader has looked.
    change(&hub, 2, MembershipChange::Left(me));
    publish(&hub, 3);
    settle(&hub, 0).await;
    shelf.look();
    publish(&hub, 4);
    settle(&hub, 0).await;
    assert_eq!(*shelf.seen.lock(), [1, 2]);
}

#[tokio::test]
async fn a_courier_that_took_down_who_was_there_before_they_left_and_came_back_brings_the_right_things() {
    let hub = Hub::with_couriers(1);
    let me = UserId(Uuid::nil());
    let shelf = Shelf::new(&hub);
    let (room, mut before, mut frames) = (hub.room(ROOM), Vec::new(), Vec::new());
    room.readers(0, 0, 1, &mut before);
    change(&hub, 1, MembershipChange::Left(me));
    settle(&hub, 0).await;
    change(&hub, 2, MembershipChange::Joined(me));
    shelf.look();
    publish(&hub, 3);
    before[0].deliver(&room, &mut frames);
    assert_eq!(*shelf.seen.lock(), [1, 2, 3]);
    // And where the reader has other things to do, it is told.
    shelf.busy.store(true, Ordering::Release);
    publish(&hub, 4);
    before[0].deliver(&room, &mut frames);
    shelf.busy.store(false, Ordering::Release);
    assert!(shelf.look());
    publish(&hub, 5);
    settle(&hub, 0).await;
    assert!(shelf.seen.lock().iter().copied().eq(1..=5));
}

#[tokio::test]
async fn a_visit_brings_what_fits_and_the_rest_is_pulled() {
    let hub = Hub::with_couriers(1);
    let shelf = Shelf::new(&hub);
    let frames = |seq| Publication {
        room: ROOM,
        frame: Frame { seq, bytes: Bytes::from_static(b"frame") },
        membership: None,
        text: Text::None,
    };
    // More than a fair share, at once, with nobody to be sent to the store.
    hub.publish(&(1..=200).map(frames).collect::<Vec<_>>());
    settle(&hub, 0).await;
    assert!(shelf.seen.lock().iter().copied().eq(1..=200));
    assert_eq!(shelf.behind.load(Ordering::Relaxed), 0);
}

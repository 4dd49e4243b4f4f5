//! The promise of the hub, checked against a model: a reader sees every event of its rooms that its user may see, once
//! and in order, however commits, publications, joining, leaving and reading interleave.

use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Waker};

use chat_shared::RoomId;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const ME: UserId = UserId(Uuid::from_u128(1));
const ROOM: RoomId = RoomId(Uuid::from_u128(7));
const TOKEN: TokenHash = TokenHash([0; 32]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Message,
    Joined,
    Left,
}

/// The log of one room, and how much of it the hub has heard of.
struct Log {
    hub: Arc<Hub>,
    events: Vec<Kind>,
    published: usize,
}

impl Log {
    fn new() -> Self {
        Self { hub: Hub::new(), events: Vec::new(), published: 0 }
    }

    fn head(&self) -> Seq {
        self.events.len() as Seq
    }

    fn commit(&mut self, kind: Kind) {
        self.events.push(kind);
    }

    fn publish(&mut self) {
        let publications: Vec<_> = (self.published..self.events.len())
            .map(|at| Publication {
                room: ROOM,
                frame: frame(at as Seq + 1),
                membership: match self.events[at] {
                    Kind::Message => None,
                    Kind::Joined => Some(MembershipChange::Joined(ME)),
                    Kind::Left => Some(MembershipChange::Left(ME)),
                },
                text: Text::None,
            })
            .collect();
        self.published = self.events.len();
        self.hub.publish(&publications);
    }

    fn is_member(&self) -> bool {
        self.events.iter().rev().find(|kind| **kind != Kind::Message) == Some(&Kind::Joined)
    }

    /// What a member from `from` on may see: everything but what happened between a leaving and the joining after it.
    fn visible_after(&self, from: Seq, mut member: bool) -> Vec<Seq> {
        let mut seen = Vec::new();
        for (at, kind) in self.events.iter().enumerate().skip(usize::try_from(from).unwrap()) {
            member |= *kind == Kind::Joined;
            if member {
                seen.push(at as Seq + 1);
            }
            member &= *kind != Kind::Left;
        }
        seen
    }
}

fn frame(seq: Seq) -> Frame {
    Frame { seq, bytes: Bytes::from(seq.to_string()) }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Does what a session does: takes the news, then one turn of pulling; reads the log where the ring is not enough.
/// Says whether there may be more to do.
fn turn(reader: &mut Reader, log: &Log, seen: &mut Vec<Seq>) -> bool {
    let is_quiet = reader.poll_news(&context()).is_pending();
    let mut batch = Vec::new();
    match reader.pull(&mut batch) {
        Pull::Idle => return !is_quiet,
        Pull::Frames => seen.extend(batch.iter().map(|frame| frame.seq)),
        Pull::Behind { room, after, until, since } => {
            let gap = reader.gap(room).unwrap();
            let (mut last, mut left, mut shared) = (after, false, Vec::new());
            for seq in after + 1..=log.head().min(until).min(after + 3) {
                seen.push(seq);
                last = seq;
                shared.push((frame(seq), Text::None));
                if log.events[usize::try_from(seq).unwrap() - 1] == Kind::Left {
                    shared.clear();
                    left = seq > since;
                }
                if left {
                    break;
                }
            }
            reader.share(room, &shared, gap);
            reader.supplied(room, last, left);
        }
    }
    true
}

fn drain(reader: &mut Reader, log: &Log, seen: &mut Vec<Seq>) {
    for _ in 0..10_000 {
        if !turn(reader, log, seen) {
            return;
        }
    }
    panic!("the reader never comes to rest");
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Post(u8),
    Toggle,
    Publish,
    Read,
    /// Of rooms that nobody uses, only the heads stay.
    Sweep,
    /// All frames are given up.
    MakeRoom,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1u8..200).prop_map(Step::Post),
        2 => Just(Step::Toggle),
        4 => Just(Step::Publish),
        4 => Just(Step::Read),
        1 => Just(Step::Sweep),
        1 => Just(Step::MakeRoom),
    ];
    prop::collection::vec(step, 0..60)
}

fn perform(step: Step, log: &mut Log) {
    match step {
        Step::Post(count) => (0..count).for_each(|_| log.commit(Kind::Message)),
        Step::Toggle => log.commit(if log.is_member() { Kind::Left } else { Kind::Joined }),
        Step::Publish => log.publish(),
        Step::Read => {}
        Step::Sweep => log.hub.rooms.write().sweep(),
        Step::MakeRoom => log.hub.rooms.read().rooms().for_each(|room| room.give_up_frames(true)),
    }
}

proptest! {
    #[test]
    fn a_reader_sees_all_that_it_may_once_and_in_order(before in steps(), between in steps(), after in steps(), cursor in 0u64..50) {
        let mut log = Log::new();
        for step in before {
            perform(step, &mut log);
        }
        let mut reader = log.hub.connect(ME, TOKEN, 0).unwrap();
        // The session reads its memberships from the store; meanwhile, things happen.
        let (was_member, head) = (log.is_member(), log.head());
        for step in between {
            perform(step, &mut log);
        }
        // A member may resume from anywhere, and sees what happened while it was none: it may read that now.
        let cursor = head.saturating_sub(cursor);
        if was_member {
            reader.subscribe(ROOM, cursor, head);
        }
        let mut seen = Vec::new();
        for step in after {
            perform(step, &mut log);
            if matches!(step, Step::Read) {
                turn(&mut reader, &log, &mut seen);
            }
        }
        log.publish();
        drain(&mut reader, &log, &mut seen);
        if was_member {
            let mut may_see: Vec<Seq> = (cursor + 1..=head).collect();
            may_see.extend(log.visible_after(head, true));
            prop_assert_eq!(seen, may_see);
        } else {
            // It may be told of an earlier stay whose publication is late: no more than the user could see then.
            let mut may_see = log.visible_after(0, false);
            prop_assert!(seen.iter().all(|seq| may_see.contains(seq)));
            seen.retain(|seq| *seq > head);
            may_see.retain(|seq| *seq > head);
            prop_assert_eq!(seen, may_see);
        }
    }
}

#[test]
fn whoever_leaves_sees_nothing_that_follows_in_the_same_commit() {
    let mut log = Log::new();
    log.commit(Kind::Joined);
    log.publish();
    let mut reader = log.hub.connect(ME, TOKEN, 0).unwrap();
    reader.subscribe(ROOM, 1, 1);
    for kind in [Kind::Message, Kind::Left, Kind::Message, Kind::Message] {
        log.commit(kind);
    }
    log.publish();
    let mut seen = Vec::new();
    drain(&mut reader, &log, &mut seen);
    assert_eq!(seen, [2, 3]);
    assert_eq!(reader.cursor(ROOM), None);
}

#[test]
fn is_woken_once_however_much_happens() {
    struct Count(AtomicUsize);
    impl std::task::Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let mut log = Log::new();
    log.commit(Kind::Joined);
    log.publish();
    let mut reader = log.hub.connect(ME, TOKEN, 0).unwrap();
    reader.subscribe(ROOM, 1, 1);
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&count));
    assert!(reader.poll_news(&Context::from_waker(&waker)).is_pending());
    for _ in 0..100 {
        log.commit(Kind::Message);
        log.publish();
    }
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    let mut seen = Vec::new();
    drain(&mut reader, &log, &mut seen);
    assert_eq!(seen.len(), 100);
}

#[test]
fn passing_frames_are_bounded_and_do_not_come_back_to_their_author() {
    let hub = Hub::new();
    let other = UserId(Uuid::from_u128(2));
    let mut mine = hub.connect(ME, TOKEN, 0).unwrap();
    let mut theirs = hub.connect(other, TOKEN, 0).unwrap();
    mine.subscribe(ROOM, 0, 0);
    theirs.subscribe(ROOM, 0, 0);
    for _ in 0..1000 {
        hub.broadcast(ROOM, &Bytes::from_static(b"typing"), ME);
    }
    assert!(mine.poll_news(&context()).is_pending());
    let Poll::Ready(news) = theirs.poll_news(&context()) else { panic!("nothing came") };
    assert_eq!(news.passing.len(), 16);
}

#[test]
fn what_all_rooms_hold_together_is_bounded_and_idle_ones_give_way_first() {
    let hub = Hub::new();
    let mut reader = hub.connect(ME, TOKEN, 0).unwrap();
    let rooms: Vec<_> = (0..2_000).map(|number| RoomId(Uuid::from_u128(number))).collect();
    let bytes = Bytes::from(vec![b'x'; 128 * 1024]);
    let post = |room: RoomId, seq| {
        let frame = Frame { seq, bytes: bytes.clone() };
        hub.publish(&[Publication { room, frame, membership: None, text: Text::None }]);
    };
    let mut most = 0;
    for &room in &rooms {
        reader.subscribe(room, 0, 0);
        let before = hub.held.kept();
        post(room, 1);
        // This one is never idle.
        post(rooms[0], hub.room(rooms[0]).head() + 1);
        let now = hub.held.kept();
        assert!(now >= before || now > 60 << 20, "no more is given up than has to be: {now}");
        most = most.max(now);
    }
    assert!((100 << 20..129 << 20).contains(&most), "{most}");
    let read = |room: RoomId, cursor| hub.room(room).read(cursor, 9, &mut Vec::new()).is_some();
    assert!(read(rooms[0], hub.room(rooms[0]).head() - 1) && read(rooms[1_999], 0));
    assert!(!read(rooms[1], 0), "it is left to the store");
    let mut batch = Vec::new();
    drop(reader.poll_news(&context()));
    assert_eq!(
        reader.pull_room(rooms[1], &mut batch),
        Pull::Behind { room: rooms[1], after: 0, until: Seq::MAX, since: 0 }
    );
    drop(reader);
    hub.rooms.write().sweep();
    assert_eq!((hub.held.kept(), hub.rooms.read().rooms().count()), (0, 0));
    assert_eq!(hub.room(rooms[1]).head(), 1);
}

#[test]
fn how_things_stand_is_never_dropped_and_never_old() {
    let hub = Hub::new();
    let mut reader = hub.connect(ME, TOKEN, 0).unwrap();
    let topics: Vec<_> = (0..100).map(|user| Topic::Presence(UserId(Uuid::from_u128(user)))).collect();
    let say = |text: &'static str| {
        topics.iter().for_each(|topic| hub.tell_user(ME, *topic, &Bytes::from_static(text.as_bytes())));
    };
    say("old");
    say("new");
    assert!(reader.poll_urgent(&context()).is_pending(), "there is no room for it");
    let Poll::Ready(News { words, .. }) = reader.poll_news(&context()) else { panic!("nothing came") };
    assert!(words.keys().eq(&topics) && words.values().all(|word| word == "new"));
    // No room after all; and meanwhile one of them has changed.
    hub.tell_user(ME, topics[7], &Bytes::from_static(b"newest"));
    reader.put_back(words);
    let Poll::Ready(News { words, .. }) = reader.poll_news(&context()) else { panic!("nothing came") };
    assert!(words.keys().eq(&topics));
    assert_eq!((&words[&topics[6]][..], &words[&topics[7]][..]), (&b"new"[..], &b"newest"[..]));
    assert!(reader.poll_news(&context()).is_pending());
}

#[test]
fn connections_are_counted_limited_and_forgotten() {
    let hub = Hub::new();
    let first = hub.connect(ME, TOKEN, 2).unwrap();
    let _second = hub.connect(ME, TokenHash([1; 32]), 2).unwrap();
    assert!(hub.connect(ME, TOKEN, 2).is_err());
    assert!(hub.connect(UserId(Uuid::from_u128(2)), TOKEN, 2).is_ok());
    drop(first);
    assert_eq!(hub.connections(), 1);
    assert!(hub.connect(ME, TOKEN, 2).is_ok());
}

#[test]
fn a_revoked_token_closes_its_own_connections_only() {
    let hub = Hub::new();
    let mut ends = hub.connect(ME, TOKEN, 0).unwrap();
    let mut stays = hub.connect(ME, TokenHash([1; 32]), 0).unwrap();
    hub.close_token(ME, TOKEN);
    let Poll::Ready(news) = ends.poll_news(&context()) else { panic!("nothing came") };
    assert_eq!(news.closed, Some(ByeReason::Unauthorized));
    assert!(stays.poll_news(&context()).is_pending());
}

/// Many threads at once, as in life: one commits and publishes, others connect, read and go.
#[test]
fn nothing_is_lost_between_threads() {
    const EVENTS: Seq = 20_000;
    let hub = Hub::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut reader = hub.connect(ME, TOKEN, 0).unwrap();
                let start = hub.room(ROOM).head();
                reader.subscribe(ROOM, start, start);
                let mut expected = start + 1;
                let mut batch = Vec::new();
                while expected <= EVENTS {
                    let finished = done.load(Ordering::Acquire);
                    let _ = reader.poll_news(&context());
                    match reader.pull(&mut batch) {
                        Pull::Idle if finished && !reader.has_pending() => {
                            assert!(
                                expected > EVENTS || reader.poll_news(&context()).is_ready(),
                                "stuck at {expected}"
                            );
                        }
                        Pull::Idle => std::thread::yield_now(),
                        Pull::Frames => {
                            for frame in batch.drain(..) {
                                assert_eq!(frame.seq, expected);
                                expected += 1;
                            }
                        }
                        // Every number is in the store; take one of them.
                        Pull::Behind { room, after, .. } => {
                            assert_eq!(after + 1, expected);
                            expected += 1;
                            reader.supplied(room, after + 1, false);
                        }
                    }
                }
            });
        }
        for seq in 1..=EVENTS {
            hub.publish(&[Publication { room: ROOM, frame: frame(seq), membership: None, text: Text::None }]);
        }
        done.store(true, Ordering::Release);
    });
}

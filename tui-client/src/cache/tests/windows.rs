//! What the file with the last known state makes of the changes that reach it.

use super::super::open;
use super::super::trim::{ROOM_MESSAGES, trim_all};
use super::*;
use crate::app::kept::{KeptLine, Line};
use crate::app::panels::query::Query;
use chat_shared::UserRef;

#[test]
fn the_next_events_continue_a_window() {
    let dir = tempfile::tempdir().unwrap();
    let mut views = filled(&dir);
    let edited = event(ROOM, 5, EventKind::Edited { target: 2, body: "new text".into() });
    let reacted = event(ROOM, 6, EventKind::ReactionAdded { target: 3, emoji: "👍".into() });
    views.write(steps(vec![live(says(ROOM, 4)), live(edited), live(reacted.clone()), live(reacted)])).unwrap();
    drop(views);
    let past = open_views(&dir).read().unwrap().unwrap();
    assert_eq!(past.windows[&ROOM], Some(6));
    let window = open_views(&dir).window(ROOM).unwrap().unwrap();
    assert_eq!((window.head, window.floor, window.messages.len()), (6, 1, 4));
    assert_eq!(window.messages[1].message.body, "new text");
    assert_eq!(window.messages[2].message.reactions[0].count, 1, "what comes twice counts once");
}

fn joins(seq: Seq, name: &str) -> Event {
    let user = UserRef { id: ANN, name: name.into() };
    event(ROOM, seq, EventKind::Joined { user })
}

fn lines(views: &mut Views) -> Vec<(Seq, String)> {
    let window = views.window(ROOM).unwrap().unwrap();
    window.lines.iter().map(|kept| (kept.seq, kept.line.text())).collect()
}

#[test]
fn who_came_and_went_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut views = filled(&dir);
    let topic = event(ROOM, 8, EventKind::RoomChanged { name: "ops".into(), topic: "calm".into() });
    let arrivals = vec![live(joins(4, "carol")), live(joins(5, "dave")), live(joins(5, "dave")), live(says(ROOM, 6))];
    views.write(steps(arrivals)).unwrap();
    // Another transaction, another client: the line goes on where it was.
    open_views(&dir).write(steps(vec![bootstrap(7), live(joins(7, "erin")), live(topic)])).unwrap();
    let expected = [
        (4, "→ carol, dave joined".to_owned()),
        (7, "→ erin joined".to_owned()),
        (8, "• ann changed the room: #ops, topic: calm".to_owned()),
    ];
    assert_eq!((lines(&mut views), seqs(&mut views, ROOM)), (expected.to_vec(), vec![1, 2, 3, 6]));
    let Save::Window(mut newer) = window(ROOM, 21..=30) else { panic!() };
    newer.messages.retain(|kept| kept.message.seq != 25);
    newer.lines = vec![KeptLine { seq: 25, line: Line::of(&joins(25, "frank")).unwrap() }];
    let older = Save::Older {
        room: ROOM,
        before: 21,
        floor: 11,
        messages: messages(ROOM, (11..21).filter(|seq| *seq != 12), 30),
        lines: vec![KeptLine { seq: 12, line: Line::of(&joins(12, "grace")).unwrap() }],
    };
    views.write(steps(vec![Save::Window(newer), older])).unwrap();
    assert_eq!(lines(&mut views), [(12, "→ grace joined".to_owned()), (25, "→ frank joined".to_owned())]);
}

#[test]
fn a_room_where_people_only_come_and_go_is_bounded_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut views = filled(&dir);
    let most = u64::try_from(ROOM_MESSAGES).unwrap();
    // Further apart than what is told in one line.
    let far_apart = (4..most + 20).map(|seq| {
        let at = Timestamp::from_ms(i64::try_from(seq).unwrap() * 4_000_000);
        live(Event { at, ..joins(seq, "carol") })
    });
    views.write(steps(far_apart.collect())).unwrap();
    let window = views.window(ROOM).unwrap().unwrap();
    assert_eq!((window.messages.len(), window.lines.len(), window.floor), (0, 2_000, 20));
}

#[test]
fn a_hole_or_a_reset_stops_a_window_until_a_newer_one_replaces_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut views = filled(&dir);
    views.write(steps(vec![live(says(ROOM, 5)), live(says(ROOM, 6))])).unwrap();
    assert_eq!(head(&mut views), 3, "the next start continues from here");
    views.write(steps(vec![Save::Stale { room: ROOM }, live(says(ROOM, 4))])).unwrap();
    assert_eq!((head(&mut views), views.read().unwrap().unwrap().windows[&ROOM]), (3, None));
    assert_eq!(seqs(&mut views, ROOM), [1, 2, 3], "the old view stays");
    views.write(steps(vec![window(ROOM, 5..=6), live(says(ROOM, 7)), window(ROOM, 2..=4)])).unwrap();
    assert_eq!(seqs(&mut views, ROOM), [5, 6, 7], "whoever is ahead wins");
}

#[test]
fn older_pages_join_without_holes() {
    let dir = tempfile::tempdir().unwrap();
    let mut views = open_views(&dir);
    let older = |before, floor, as_of| Save::Older {
        room: ROOM,
        before,
        floor,
        messages: messages(ROOM, floor.max(1)..before, as_of),
        lines: Vec::new(),
    };
    views.write(steps(vec![bootstrap(7), window(ROOM, 21..=30), older(10, 5, 30)])).unwrap();
    assert_eq!(seqs(&mut views, ROOM).first(), Some(&21), "it does not reach the window");
    views.write(steps(vec![older(21, 11, 29)])).unwrap();
    assert_eq!(seqs(&mut views, ROOM).first(), Some(&21), "it misses an event");
    views.write(steps(vec![older(21, 11, 30), older(11, 0, 31)])).unwrap();
    assert_eq!(seqs(&mut views, ROOM), (1..=30).collect::<Vec<_>>());
    assert_eq!(views.window(ROOM).unwrap().unwrap().floor, 0);
    // The page was read when event 31 had happened: it is in it already.
    let reacted = event(ROOM, 31, EventKind::ReactionAdded { target: 2, emoji: "👍".into() });
    views.write(steps(vec![live(reacted)])).unwrap();
    assert_eq!(views.window(ROOM).unwrap().unwrap().messages[1].message.reactions, []);
}

#[test]
fn another_epoch_drops_messages_and_what_is_still_written_for_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let (mut ours, mut theirs) = (filled(&dir), open_views(&dir));
    theirs.write(steps(vec![bootstrap(8)])).unwrap();
    assert_eq!(theirs.read().unwrap().unwrap().windows.len(), 0);
    ours.write(steps(vec![window(ROOM, 1..=9)])).unwrap();
    assert_eq!(seqs(&mut ours, ROOM), Vec::<Seq>::new(), "our numbers mean nothing any more");
    ours.write(steps(vec![bootstrap(8), window(ROOM, 1..=2)])).unwrap();
    assert_eq!(seqs(&mut theirs, ROOM), [1, 2]);
}

#[test]
fn two_clients_write_the_same_log_once() {
    let dir = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (filled(&dir), open_views(&dir));
    for seq in 4..=9 {
        one.write(steps(vec![live(says(ROOM, seq))])).unwrap();
        two.write(steps((seq.max(5) - 1..=seq).map(|seq| live(says(ROOM, seq))).collect())).unwrap();
    }
    assert_eq!(seqs(&mut one, ROOM), (1..=9).collect::<Vec<_>>());
    assert_eq!(head(&mut two), 9);
}

#[test]
fn rooms_counts_and_ages_are_those_of_the_last_change() {
    let dir = tempfile::tempdir().unwrap();
    let mut views = filled(&dir);
    let mut changes = steps(vec![window(OTHER, 1..=2)]);
    changes.rooms.insert(ROOM, Box::new(summary(ROOM, 5)));
    (changes.as_of, changes.current) = (Some(Timestamp::from_ms(500)), Some(OTHER));
    views.write(changes).unwrap();
    views.write(views::Changes { as_of: Some(Timestamp::from_ms(400)), ..Default::default() }).unwrap();
    let past = views.read().unwrap().unwrap();
    assert_eq!(past.bootstrap.rooms.iter().map(|room| room.unread).collect::<Vec<_>>(), [5, 0]);
    assert_eq!((past.as_of.as_ms(), past.current, past.window.unwrap().messages.len()), (500, Some(OTHER), 2));
    views.write(steps(vec![Save::Forget { room: OTHER }])).unwrap();
    let past = views.read().unwrap().unwrap();
    assert_eq!((past.bootstrap.rooms.len(), past.windows.len(), past.window), (1, 1, None));
}

#[test]
fn what_is_too_much_goes_oldest_first_and_leaves_no_hole() {
    let dir = tempfile::tempdir().unwrap();
    let mut views = filled(&dir);
    let newest = u64::try_from(ROOM_MESSAGES).unwrap() + 10;
    views.write(steps((4..=newest).map(|seq| live(says(ROOM, seq))).collect())).unwrap();
    let kept = views.window(ROOM).unwrap().unwrap();
    assert_eq!((kept.floor, kept.messages.len(), kept.messages[0].message.seq), (11, 2_000, 11));
    views.write(steps(vec![window(OTHER, 1..=20)])).unwrap();
    let db = rusqlite::Connection::open(dir.path().join("views.db")).unwrap();
    trim_all(&db, 100, i64::MAX).unwrap();
    assert_eq!(seqs(&mut views, OTHER), Vec::<Seq>::new());
    let kept = views.window(ROOM).unwrap().unwrap();
    assert_eq!((kept.messages.len(), kept.floor), (100, newest - 99));
    trim_all(&db, 100, 1_000).unwrap();
    assert!((1..10).contains(&seqs(&mut views, ROOM).len()));
    views.write(steps(vec![live(says(OTHER, 21))])).unwrap();
    let other = views.window(OTHER).unwrap().unwrap();
    assert_eq!((other.floor, other.messages.len()), (21, 1), "events continue what is left");
}

#[test]
fn numbers_beyond_all_measure_end_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut views = filled(&dir);
    let mut huge = says(ROOM, 1);
    huge.seq = Seq::MAX;
    let window = Window {
        room: OTHER,
        head: Seq::MAX,
        floor: Seq::MAX,
        is_stale: false,
        messages: Vec::new(),
        lines: Vec::new(),
    };
    views.write(steps(vec![live(huge), Save::Window(Box::new(window)), live(says(OTHER, 1))])).unwrap();
    assert_eq!(head(&mut views), 3);
}

/// How often the text stands in the file and the log beside it.
fn on_disk(dir: &TempDir, text: &str) -> usize {
    let bytes = |suffix: &str| std::fs::read(open::beside(&dir.path().join("views.db"), suffix)).unwrap_or_default();
    let count = |bytes: Vec<u8>| bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count();
    count(bytes("")) + count(bytes("-wal"))
}

#[test]
fn nothing_of_a_room_that_is_not_ours_any_more_stays_on_disk() {
    let Save::Bootstrap(mut without) = bootstrap(7) else { panic!() };
    without.rooms.retain(|room| room.id == OTHER);
    let large = |room| {
        let body = "what was said there ".repeat(500);
        event(room, 4, EventKind::Posted { body, key: None, reply_to: None })
    };
    for goes in [Save::Forget { room: ROOM }, Save::Bootstrap(without), bootstrap(8)] {
        let dir = tempfile::tempdir().unwrap();
        let mut views = filled(&dir);
        views.write(steps(vec![window(OTHER, 1..=3), live(large(ROOM)), live(says(OTHER, 4))])).unwrap();
        assert!(on_disk(&dir, "what was said there") > 400);
        // A second client has the file open, too.
        let other = open_views(&dir);
        views.write(steps(vec![goes])).unwrap();
        drop(other);
        assert_eq!(on_disk(&dir, "what was said there"), 0, "while it runs");
        drop(views);
        assert_eq!(on_disk(&dir, "what was said there"), 0);
    }
}

#[test]
fn what_was_deleted_or_trimmed_is_not_on_disk_once_nobody_has_it_open() {
    let dir = tempfile::tempdir().unwrap();
    let mut views = filled(&dir);
    let body = "words that were a mistake ".repeat(300);
    views.write(steps(vec![live(event(ROOM, 4, EventKind::Posted { body, key: None, reply_to: None }))])).unwrap();
    views.write(steps(vec![live(event(ROOM, 5, EventKind::Deleted { target: 4 }))])).unwrap();
    drop(views);
    assert_eq!((on_disk(&dir, "a mistake"), on_disk(&dir, "message 3")), (0, 1));
}

#[test]
fn what_is_kept_can_be_searched() {
    let dir = tempfile::tempdir().unwrap();
    let mut views = filled(&dir);
    let edited = |target| event(ROOM, 4, EventKind::Edited { target, body: "the Needle".into() });
    let gone = |target| event(ROOM, 5, EventKind::Deleted { target });
    views.write(steps(vec![live(edited(2)), live(gone(3)), window(OTHER, 1..=500)])).unwrap();
    let found = |words: &str, room| -> Vec<_> {
        let found = views.search(&Query::parse(words), room).unwrap();
        found.iter().map(|message| (message.room, message.seq)).collect()
    };
    assert_eq!(found("needle", None), [(ROOM, 2)], "as it stands now");
    assert_eq!(found("message", Some(ROOM)), [(ROOM, 1)], "what was deleted is not found");
    assert_eq!(found("message 499 from:ANN", None), [(OTHER, 499)]);
    assert!(found("message from:bob", None).is_empty() && found("--", None).is_empty());
    let many = found("message", None);
    assert_eq!((many.len(), many[0], many[99]), (100, (OTHER, 500), (OTHER, 401)), "the newest ones");
}

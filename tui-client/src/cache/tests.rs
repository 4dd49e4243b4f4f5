//! The two files: what goes in comes out, for the right account, within bounds, whatever state the files are in.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use chat_shared::api::{Bootstrap, Limits, RoomKind, RoomSettings, RoomSummary, User};
use chat_shared::{Epoch, Event, EventKind, Message, RoomId, Seq, Timestamp, UserId};
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;

use super::open::{self, Kind, Unusable};
use super::places::{Owner, Places};
use super::unsent::{self, Unsent};
use super::views::{self, ROOM_MESSAGES, Views, trim_all};
use super::{Keeper, owners};
use crate::app::kept::{Draft, Kept, KeptMessage, Restored, Save, Waiting, Window};

const ME: UserId = UserId(Uuid::from_u128(1));
const ANN: UserId = UserId(Uuid::from_u128(2));
const ROOM: RoomId = RoomId(Uuid::from_u128(11));
const OTHER: RoomId = RoomId(Uuid::from_u128(12));

fn summary(id: RoomId, unread: u64) -> RoomSummary {
    let (name, topic, kind) = (format!("room{}", id.0.as_u128()), String::new(), RoomKind::Public);
    RoomSummary {
        id,
        name,
        topic,
        kind,
        head: 9,
        read: 3,
        unread,
        mentions: 0,
        members: 2,
        unread_from: None,
        people: Vec::new(),
        settings: RoomSettings::default(),
    }
}

fn bootstrap(epoch: u128) -> Save {
    let me = User { id: ME, name: "me".into(), admin: false };
    let limits = Limits { message_bytes: 1, connections_per_user: 2, resume_events: 3 };
    let (rooms, epoch) = (vec![summary(ROOM, 1), summary(OTHER, 0)], Epoch(Uuid::from_u128(epoch)));
    Save::Bootstrap(Box::new(Bootstrap { me, rooms, online: Vec::new(), epoch, limits, version: "1".into() }))
}

fn event(room: RoomId, seq: Seq, kind: EventKind) -> Event {
    let at = Timestamp::from_ms(i64::try_from(seq).unwrap() * 1_000);
    Event { kind, room, seq, at, by: ANN, name: "ann".into() }
}

fn says(room: RoomId, seq: Seq) -> Event {
    event(room, seq, EventKind::Posted { body: format!("message {seq}"), key: None, reply_to: None })
}

fn live(event: Event) -> Save {
    Save::Event(Box::new(event))
}

fn messages(room: RoomId, seqs: impl IntoIterator<Item = Seq>, as_of: Seq) -> Vec<KeptMessage> {
    let kept = |seq| KeptMessage { as_of, message: Message::posted(&says(room, seq)).unwrap() };
    seqs.into_iter().map(kept).collect()
}

fn window(room: RoomId, seqs: std::ops::RangeInclusive<Seq>) -> Save {
    let (floor, head) = (*seqs.start(), *seqs.end());
    Save::Window(Box::new(Window { room, head, floor, is_stale: false, messages: messages(room, seqs, head) }))
}

fn steps(steps: Vec<Save>) -> views::Changes {
    views::Changes { steps, ..Default::default() }
}

fn open_views(dir: &TempDir) -> Views {
    Views::open(&dir.path().join("views.db"), "tag", ME).unwrap()
}

/// A file that holds messages 1 to 3 of `ROOM`.
fn filled(dir: &TempDir) -> Views {
    let mut views = open_views(dir);
    views.write(steps(vec![bootstrap(7), window(ROOM, 1..=3)])).unwrap();
    views
}

fn seqs(views: &mut Views, room: RoomId) -> Vec<Seq> {
    let window = views.window(room).unwrap();
    window.map(|w| w.messages.iter().map(|kept| kept.message.seq).collect()).unwrap_or_default()
}

fn head(views: &mut Views) -> Seq {
    views.window(ROOM).unwrap().unwrap().head
}

fn waiting(key: &str) -> Waiting {
    let (body, at) = ("hello".into(), Timestamp::from_ms(5));
    Waiting {
        key: key.into(),
        room: ROOM,
        body,
        reply_to: Some(4),
        at,
        was_tried: true,
        failed: Some(("no".into(), false)),
    }
}

fn outgoing(key: &str, message: Option<Waiting>) -> unsent::Changes {
    let mut changes = unsent::Changes::default();
    changes.outgoing.insert(key.into(), message.map(Box::new));
    changes
}

fn places(dir: &TempDir) -> Places {
    Places::in_folders(dir.path().join("views"), dir.path().join("unsent"))
}

fn owner(server: &str, user: UserId) -> Owner {
    Owner { server: server.parse().unwrap(), user }
}

/// A keeper, what it restored, and where its further news come.
fn keeper(dir: &TempDir, owner: &Owner) -> (Keeper, Restored, mpsc::Receiver<Kept>) {
    let (tell, news) = mpsc::channel();
    let keeper = Keeper::start(places(dir), owner.clone(), move |kept| drop(tell.send(kept))).unwrap();
    let Kept::Restored(restored) = next(&news) else { panic!("it restores first") };
    (keeper, *restored, news)
}

fn next(news: &mpsc::Receiver<Kept>) -> Kept {
    news.recv_timeout(Duration::from_secs(20)).unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

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
    let window = Window { room: OTHER, head: Seq::MAX, floor: Seq::MAX, is_stale: false, messages: Vec::new() };
    views.write(steps(vec![live(huge), Save::Window(Box::new(window)), live(says(OTHER, 1))])).unwrap();
    assert_eq!(head(&mut views), 3);
}

#[test]
fn files_are_their_owners_alone_and_say_whose_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/er/views.db");
    let mut views = Views::open(&path, "tag", ME).unwrap();
    views.write(steps(vec![bootstrap(7)])).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(mode(&open::beside(&path, suffix)), 0o600, "{suffix}");
    }
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    Views::open(&path, "tag", ME).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert!(matches!(Views::open(&path, "another", ME), Err(Unusable::Foreign { .. })));
}

#[test]
fn versions_go_forward_and_a_newer_one_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let first = Kind { migrations: &["CREATE TABLE a (x)"], is_precious: false };
    let both = Kind { migrations: &["CREATE TABLE a (x)", "INSERT INTO a VALUES (1)"], is_precious: true };
    drop(open::open(&path, "tag", &first).unwrap());
    for _ in 0..2 {
        let db = open::open(&path, "tag", &both).unwrap();
        assert_eq!(db.query_row("SELECT count(*) FROM a", (), |row| row.get::<_, i64>(0)).unwrap(), 1);
    }
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(open::open(&path, "tag", &first), Err(Unusable::Newer { found: 2, known: 1, .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn messages_on_their_way_belong_to_a_client_that_lives() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("unsent.db");
    let mut first = Unsent::open(&path, "tag").unwrap();
    first.write(&outgoing("k1", Some(waiting("k1")))).unwrap();
    let mut second = Unsent::open(&path, "tag").unwrap();
    assert_eq!(second.read().unwrap().outgoing, [], "the first one sends it");
    second.write(&outgoing("k2", Some(waiting("k2")))).unwrap();
    drop(first);
    let third = Unsent::open(&path, "tag").unwrap();
    assert_eq!(third.read().unwrap().outgoing, [waiting("k1")]);
    second.write(&outgoing("k1", None)).unwrap();
    assert_eq!(third.read().unwrap().outgoing, [], "whoever hears of it settles it");
    assert_eq!(second.read().unwrap().outgoing, [waiting("k2")]);
    drop((second, third));
    owners::sweep(&path).unwrap();
    let left = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.contains("client")).count(), 0);
}

#[tokio::test]
async fn a_keeper_gives_back_what_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owner("http://h", ME);
    let (keeper_1, restored, news) = keeper(&dir, &owner);
    assert_eq!(restored, Restored::default());
    let draft = Draft { text: "half a".into(), reply: Some((3, "ann: hi".into())), edit: Some((2, "new".into())) };
    for save in [
        bootstrap(7),
        window(ROOM, 1..=3),
        live(says(ROOM, 4)),
        Save::Room(Box::new(summary(ROOM, 2))),
        Save::Current(ROOM),
        Save::Draft { room: ROOM, draft: Some(Box::default()) },
        Save::Draft { room: ROOM, draft: Some(Box::new(draft.clone())) },
        Save::Outgoing(Box::new(waiting("k1"))),
        Save::Outgoing(Box::new(waiting("k2"))),
        Save::Settled { key: "k1".into() },
    ] {
        keeper_1.save(save);
    }
    keeper_1.load(ROOM);
    let Kept::Window { window: Some(window), .. } = next(&news) else { panic!("no window") };
    assert_eq!(window.messages.len(), 4, "with all that was given before");
    keeper_1.save(live(says(ROOM, 5)));
    keeper_1.close().await;
    let (keeper_2, restored, _news) = keeper(&dir, &owner);
    assert_eq!((restored.drafts, restored.outgoing), (vec![(ROOM, draft)], vec![waiting("k2")]));
    let past = restored.past.unwrap();
    assert_eq!((past.windows[&ROOM], past.window.unwrap().messages.len()), (Some(5), 5));
    assert_eq!(past.bootstrap.rooms[0].unread, 2);
    keeper_2.forget().await;
    let (_keeper, restored, _news) = keeper(&dir, &owner);
    assert_eq!((restored.past, restored.drafts.len(), restored.outgoing.len()), (None, 1, 1), "a logout");
}

#[tokio::test]
async fn another_account_or_server_sees_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mine, _, _news) = keeper(&dir, &owner("http://h", ME));
    mine.save(bootstrap(7));
    mine.save(Save::Outgoing(Box::new(waiting("k1"))));
    mine.close().await;
    for other in [owner("http://h", ANN), owner("https://h", ME), owner("http://h/team", ME)] {
        let (_keeper, restored, _news) = keeper(&dir, &other);
        assert_eq!(restored, Restored::default(), "{other:?}");
    }
}

#[tokio::test]
async fn broken_files_are_told_of_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owner("http://h", ME);
    let (first, _, _news) = keeper(&dir, &owner);
    first.close().await;
    let (views, unsent) = (places(&dir).views(&owner), places(&dir).unsent(&owner));
    for path in [&views, &unsent] {
        std::fs::write(
            path,
            "this is no database, and long enough to be seen as something else than an empty file".repeat(20),
        )
        .unwrap();
    }
    let (second, restored, news) = keeper(&dir, &owner);
    assert_eq!(restored, Restored::default());
    assert!(matches!(next(&news), Kept::Trouble(text) if text.contains("damaged")));
    second.save(Save::Outgoing(Box::new(waiting("k1"))));
    second.close().await;
    assert!(open::beside(&unsent, ".damaged").exists(), "somebody may want to look at it");
    let (_third, restored, _news) = keeper(&dir, &owner);
    assert_eq!(restored.outgoing.len(), 1);
}

#[tokio::test]
async fn a_newer_file_is_not_touched_and_said_once() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owner("http://h", ME);
    let (first, _, _news) = keeper(&dir, &owner);
    first.close().await;
    let path = places(&dir).views(&owner);
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let (second, restored, news) = keeper(&dir, &owner);
    assert_eq!(restored, Restored::default());
    assert!(matches!(next(&news), Kept::Trouble(text) if text.contains("newer chat-tui")));
    second.save(bootstrap(7));
    second.save(Save::Outgoing(Box::new(waiting("k1"))));
    second.load(ROOM);
    assert!(matches!(next(&news), Kept::Window { window: None, .. }));
    second.close().await;
    assert!(news.try_recv().is_err(), "once");
    let (_third, restored, _news) = keeper(&dir, &owner);
    assert_eq!(restored.outgoing.len(), 1, "the other file works");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_ends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["views", "unsent"] {
        std::fs::write(dir.path().join(name), "a file where a folder should be").unwrap();
    }
    let (keeper, restored, news) = keeper(&dir, &owner("http://h", ME));
    assert_eq!(restored, Restored::default());
    assert!(matches!((next(&news), next(&news)), (Kept::Trouble(_), Kept::Trouble(_))));
    keeper.save(bootstrap(7));
    keeper.save(Save::Settled { key: "k".into() });
    keeper.close().await;
}

#[tokio::test]
async fn what_could_not_be_written_is_said_once_and_written_later() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owner("http://h", ME);
    let (keeper_1, _, news) = keeper(&dir, &owner);
    let disk = rusqlite::Connection::open(places(&dir).unsent(&owner)).unwrap();
    disk.execute_batch("CREATE TRIGGER full BEFORE INSERT ON outgoing BEGIN SELECT RAISE(ABORT, 'no space'); END")
        .unwrap();
    for key in ["k1", "k2"] {
        keeper_1.save(Save::Outgoing(Box::new(waiting(key))));
        keeper_1.load(ROOM);
        let first = next(&news);
        let is_told = matches!(&first, Kept::Trouble(text) if text.contains("no space"));
        assert_eq!(is_told, key == "k1", "{first:?}");
        if is_told {
            assert!(matches!(next(&news), Kept::Window { .. }));
        }
    }
    disk.execute_batch("DROP TRIGGER full").unwrap();
    keeper_1.save(Save::Settled { key: "k3".into() });
    keeper_1.close().await;
    let (_keeper, restored, _news) = keeper(&dir, &owner);
    assert_eq!(restored.outgoing, [waiting("k1"), waiting("k2")]);
}

fn any_event(seq: Seq, kind: u8, target: Seq) -> Event {
    let target = target.min(seq - 1).max(1);
    match kind {
        0 | 1 => says(ROOM, seq),
        2 => event(ROOM, seq, EventKind::Edited { target, body: format!("edit {seq}") }),
        3 => event(ROOM, seq, EventKind::Deleted { target }),
        _ => event(ROOM, seq, EventKind::ReactionAdded { target, emoji: "👍".into() }),
    }
}

/// The room's messages after so many events, as a page of the server has them.
fn page(log: &[Event], head: usize, from: Seq, before: Seq) -> Vec<KeptMessage> {
    let mut messages = BTreeMap::new();
    log[..head].iter().for_each(|event| chat_shared::message::fold(&mut messages, event, ME));
    let kept = messages.into_values().filter(|m| (from..before).contains(&m.seq));
    kept.map(|message| KeptMessage { as_of: Seq::try_from(head).unwrap(), message }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Two clients, each somewhere in the log, write what they see in any order, and leave things out: what is there is
    /// always a part of the log without holes.
    #[test]
    fn what_is_on_disk_never_lies(
        log in prop::collection::vec((0u8..5, 1u64..20), 1..30),
        acts in prop::collection::vec((any::<bool>(), 0u8..6, 0usize..30, 1u64..30), 1..40),
    ) {
        let log: Vec<Event> = log.iter().zip(1..).map(|(&(kind, target), seq)| any_event(seq, kind, target)).collect();
        let dir = tempfile::tempdir().unwrap();
        let mut clients = [(open_views(&dir), 0), (open_views(&dir), 0)];
        for (views, _) in &mut clients {
            views.write(steps(vec![bootstrap(7)])).unwrap();
        }
        for (which, act, ahead, number) in acts {
            let (views, at) = &mut clients[usize::from(which)];
            let (head, seen) = (Seq::try_from(*at).unwrap(), (*at + ahead).min(log.len()));
            let step = match act {
                0 => Save::Window(Box::new(Window {
                    room: ROOM,
head, floor: number.min(head + 1), is_stale: false, messages: page(&log, *at, number.min(head + 1), Seq::MAX),
                })),
                // A page may know of events that the client has not seen yet.
                // It never asks for what is before a message that it cannot know.
                1 => {
                    let before = number.min(Seq::try_from(seen).unwrap() + 1);
                    let floor = before / 2;
                    Save::Older { room: ROOM, before, floor, messages: page(&log, seen, floor, before) }
                }
                2 if ahead == 0 => Save::Stale { room: ROOM },
                _ if *at < log.len() => {
                    *at += 1;
                    // One in a few is left out.
                    if ahead == 1 { continue }
                    live(log[*at - 1].clone())
                }
                _ => continue,
            };
            views.write(steps(vec![step])).unwrap();
        }
        if let Some(window) = clients[0].0.window(ROOM).unwrap() {
            let events = log[..usize::try_from(window.head).unwrap()].iter();
            let mut expected = BTreeMap::new();
            events.for_each(|event| chat_shared::message::fold(&mut expected, event, ME));
            expected.retain(|seq, _| *seq >= window.floor);
            // A message may know of later events already: then it says so.
            let rest = |kept: &KeptMessage| &log[usize::try_from(window.head).unwrap()..usize::try_from(kept.as_of.max(window.head)).unwrap()];
            for kept in &window.messages {
                let mut message = expected.remove(&kept.message.seq);
                if let Some(message) = &mut message {
 rest(kept).iter().for_each(|event| { message.apply(event, ME); });
}
                prop_assert_eq!(Some(&kept.message), message.as_ref());
            }
            prop_assert!(expected.is_empty(), "missing: {:?}", expected);
        }
    }
}

//! The thread that has the files open: what it gives back, and what it says where something fails.

use super::super::open;
use super::*;
use crate::app::kept::{Draft, NewerDraft, Said};

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
    keeper_1.search(7, crate::app::panels::query::Query::parse("message 4"), None);
    let Kept::Found { number: 7, messages } = next(&news) else { panic!("no answer") };
    assert_eq!(messages.iter().map(|message| message.seq).collect::<Vec<_>>(), [4]);
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
    assert!(matches!(next(&news), Kept::Well(text) if text.contains("unsent messages are on disk again")));
    keeper_1.save(Save::Settled { key: "k4".into() });
    keeper_1.close().await;
    assert!(news.try_recv().is_err(), "once, too");
    let (_keeper, restored, _news) = keeper(&dir, &owner);
    assert_eq!(restored.outgoing, [waiting("k1"), waiting("k2")]);
}

/// Another client that holds the file, until it is dropped.
fn held(dir: &TempDir, owner: &Owner) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(places(dir).unsent(owner)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

fn drafted(text: &str) -> Save {
    Save::Draft { room: ROOM, draft: Some(Box::new(Draft { text: text.into(), ..Draft::default() })) }
}

#[tokio::test]
async fn a_message_is_written_when_it_is_said_to_be() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owner("http://h", ME);
    let (keeper, _, _news) = keeper(&dir, &owner);
    let disk = rusqlite::Connection::open(places(&dir).unsent(&owner)).unwrap();
    let count = || disk.query_row("SELECT count(*) FROM outgoing", (), |row| row.get::<_, i64>(0)).unwrap();
    keeper.written().await;
    for n in 1..=20 {
        keeper.save(window(ROOM, 1..=n));
        let (draft, message) = (drafted("x"), Save::Outgoing(Box::new(waiting(&format!("k{n}")))));
        keeper.save(Save::Sent(Box::new([draft, message])));
        keeper.written().await;
        assert_eq!(count(), i64::try_from(n).unwrap());
    }
    keeper.save(Save::Outgoing(Box::new(waiting("k"))));
    let written = keeper.written();
    keeper.close().await;
    written.await;
    assert_eq!(count(), 21);
}

#[tokio::test]
async fn a_draft_that_could_not_be_written_is_tried_again_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owner("http://h", ME);
    let (keeper, _, news) = keeper(&dir, &owner);
    let other = held(&dir, &owner);
    keeper.save(drafted("the last words"));
    assert!(matches!(next(&news), Kept::Trouble(text) if text.contains("locked")));
    drop(other);
    let disk = rusqlite::Connection::open(places(&dir).unsent(&owner)).unwrap();
    let count = || disk.query_row("SELECT count(*) FROM draft", (), |row| row.get::<_, i64>(0)).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while count() == 0 {
        assert!(std::time::Instant::now() < deadline, "it is not written");
        std::thread::yield_now();
    }
    drop(keeper);
}

#[tokio::test]
async fn the_last_words_are_written_although_another_client_holds_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owner("http://h", ME);
    let (first, _, news) = keeper(&dir, &owner);
    let other = held(&dir, &owner);
    first.save(drafted("the last words"));
    let closed = tokio::spawn(first.close());
    tokio::task::yield_now().await;
    assert!(matches!(next(&news), Kept::Trouble(text) if text.contains("locked")));
    drop(other);
    closed.await.unwrap();
    let (_second, restored, _news) = keeper(&dir, &owner);
    assert_eq!(restored.drafts[0].1.text, "the last words");
}

#[tokio::test]
async fn linear_mode_keeps_words_and_leaves_the_rest_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owner("http://h", ME);
    let said = Said { epoch: Epoch(Uuid::from_u128(7)), seq: 1, is_unread: true, read: 9, unread_from: None };
    let (first, _, _news) = keeper(&dir, &owner);
    for save in [bootstrap(7), drafted("a draft"), Save::Outgoing(Box::new(waiting("k1")))] {
        first.save(save);
    }
    first.save(Save::Said { room: ROOM, said: Some(Box::new(said)) });
    first.close().await;
    let (tell, news) = mpsc::channel();
    let places = places(&dir).for_words();
    let lines = Keeper::start(places, owner.clone(), move |kept| drop(tell.send(kept))).unwrap();
    let Kept::Restored(restored) = next(&news) else { panic!("it restores first") };
    assert_eq!(*restored, Restored { said: vec![(ROOM, said)], ..Restored::default() });
    lines.save(Save::Said { room: ROOM, said: None });
    lines.save(Save::Said { room: OTHER, said: Some(Box::new(said)) });
    lines.close().await;
    let (_second, restored, _news) = keeper(&dir, &owner);
    assert_eq!((restored.outgoing, restored.drafts.len()), (vec![waiting("k1")], 1));
    assert_eq!((restored.said, restored.past.is_some()), (vec![(OTHER, said)], true));
}

#[tokio::test]
async fn linear_mode_searches_what_others_keep_and_makes_nothing_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (mine, theirs) = (owner("http://h", ME), owner("http://h", ANN));
    let found_by = |owner: &Owner| -> Vec<Seq> {
        let (tell, news) = mpsc::channel();
        let lines = Keeper::start(places(&dir).for_words(), owner.clone(), move |kept| drop(tell.send(kept))).unwrap();
        let Kept::Restored(_) = next(&news) else { panic!("it restores first") };
        lines.search(3, crate::app::panels::query::Query::parse("message"), Some(ROOM));
        let Kept::Found { number: 3, messages } = next(&news) else { panic!("no answer") };
        messages.iter().map(|message| message.seq).collect()
    };
    assert_eq!(found_by(&mine), [0; 0]);
    assert!(!places(&dir).views(&mine).exists(), "who only searches makes no file");
    let (screen, _, news) = keeper(&dir, &mine);
    for save in [bootstrap(7), window(ROOM, 1..=3)] {
        screen.save(save);
    }
    screen.load(ROOM);
    assert!(matches!(next(&news), Kept::Window { .. }));
    assert_eq!(found_by(&mine), [3, 2, 1], "also while the screen has it open");
    screen.close().await;
    assert_eq!(found_by(&mine), [3, 2, 1]);
    std::fs::copy(places(&dir).views(&mine), places(&dir).views(&theirs)).unwrap();
    assert_eq!(found_by(&theirs), [0; 0], "whatever its name, it is another account's");
    std::fs::write(places(&dir).views(&mine), "no database").unwrap();
    assert_eq!(found_by(&mine), [0; 0]);
    assert_eq!(std::fs::read(places(&dir).views(&mine)).unwrap(), b"no database", "it is left to whom it belongs");
}

#[tokio::test]
async fn what_is_seen_is_kept_again_and_that_is_said_once() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owner("http://h", ME);
    let (keeper, _, news) = keeper(&dir, &owner);
    let disk = rusqlite::Connection::open(places(&dir).views(&owner)).unwrap();
    disk.execute_batch("CREATE TRIGGER full BEFORE INSERT ON room BEGIN SELECT RAISE(ABORT, 'no space'); END").unwrap();
    keeper.save(bootstrap(7));
    keeper.load(ROOM);
    assert!(matches!(next(&news), Kept::Trouble(text) if text.contains("no space")));
    assert!(matches!(next(&news), Kept::Window { .. }));
    disk.execute_batch("DROP TRIGGER full").unwrap();
    for _ in 0..2 {
        keeper.save(bootstrap(7));
    }
    keeper.load(ROOM);
    assert!(matches!(next(&news), Kept::Well(text) if text.contains("kept on disk again")));
    assert!(matches!(next(&news), Kept::Window { .. }));
    keeper.close().await;
}

#[tokio::test]
async fn what_another_client_has_written_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let owner = owner("http://h", ME);
    let (first, _, _news) = keeper(&dir, &owner);
    let (second, _, news) = keeper(&dir, &owner);
    first.save(drafted("from the first"));
    first.save(Save::Outgoing(Box::new(waiting("k1"))));
    first.written().await;
    let draft = |text: &str| Some(Draft { text: text.into(), ..Draft::default() });
    let told = |now| vec![NewerDraft { room: ROOM, before: None, now }];
    second.look_at_drafts();
    assert!(matches!(next(&news), Kept::Drafts(newer) if newer == told(draft("from the first"))));
    // Nothing is new, and nothing is told.
    second.look_at_drafts();
    second.load(ROOM);
    assert!(matches!(next(&news), Kept::Window { .. }));
    // Before it would be overwritten, too.
    let (third, _, news_of_third) = keeper(&dir, &owner);
    first.save(drafted("and more"));
    first.close().await;
    third.save(drafted("from the third"));
    third.save(Save::Outgoing(Box::new(waiting("k2"))));
    third.written().await;
    let Kept::Drafts(newer) = next(&news_of_third) else { panic!("it is told") };
    assert_eq!((newer[0].before.clone(), newer[0].now.clone()), (draft("from the first"), draft("and more")));
    // Who ends loses nothing of either.
    second.save(drafted("from the second"));
    second.close().await;
    let (_fourth, restored, _news) = keeper(&dir, &owner);
    assert_eq!(restored.drafts[0].1.text, "from the second\n\nand more");
}

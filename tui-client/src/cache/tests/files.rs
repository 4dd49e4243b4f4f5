//! Whose the files are, which version they have, and who has them open.

use super::super::open::{self, Kind, Unusable};
use super::super::owners;
use super::super::places::Extent;
use super::super::unsent::Unsent;
use super::*;
use crate::app::kept::{Draft, NewerDraft, Said};

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
    let mut first = Unsent::open(&path, "tag", Extent::Everything).unwrap();
    first.write(&outgoing("k1", Some(waiting("k1")))).unwrap();
    let mut second = Unsent::open(&path, "tag", Extent::Everything).unwrap();
    assert_eq!(second.read().unwrap().outgoing, [], "the first one sends it");
    second.write(&outgoing("k2", Some(waiting("k2")))).unwrap();
    drop(first);
    let third = Unsent::open(&path, "tag", Extent::Everything).unwrap();
    assert_eq!(third.read().unwrap().outgoing, [waiting("k1")]);
    second.write(&outgoing("k1", None)).unwrap();
    assert_eq!(third.read().unwrap().outgoing, [], "whoever hears of it settles it");
    assert_eq!(second.read().unwrap().outgoing, [waiting("k2")]);
    drop((second, third));
    owners::sweep(&path).unwrap();
    let left = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.contains("client")).count(), 0);
}

#[test]
fn what_was_said_of_reading_passes_to_the_next_client_and_the_later_word_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("unsent.db");
    let said = |seq| Said { epoch: Epoch(uuid::Uuid::from_u128(7)), seq, is_unread: true, read: 9, unread_from: None };
    let word = |room, said: Option<Said>| {
        let mut changes = unsent::Changes::default();
        changes.said.insert(room, said.map(Box::new));
        changes
    };
    let mut first = Unsent::open(&path, "tag", Extent::Everything).unwrap();
    first.write(&word(ROOM, Some(said(1)))).unwrap();
    first.write(&word(ROOM, Some(said(2)))).unwrap();
    let mut second = Unsent::open(&path, "tag", Extent::Everything).unwrap();
    assert_eq!(second.read().unwrap().said, [], "the first one tells it");
    second.write(&word(ROOM, None)).unwrap();
    assert_eq!(first.read().unwrap().said, [(ROOM, said(2))]);
    second.write(&word(ROOM, Some(said(3)))).unwrap();
    second.write(&word(OTHER, Some(said(4)))).unwrap();
    drop((first, second));
    let mut third = Unsent::open(&path, "tag", Extent::Everything).unwrap();
    assert_eq!(third.read().unwrap().said, [(ROOM, said(3)), (OTHER, said(4))]);
    third.write(&word(ROOM, None)).unwrap();
    drop(third);
    assert_eq!(Unsent::open(&path, "tag", Extent::Everything).unwrap().read().unwrap().said, [(OTHER, said(4))]);
}

#[test]
fn a_draft_of_another_client_is_not_overwritten_unseen() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("unsent.db");
    let open = || Unsent::open(&path, "tag", Extent::Everything).unwrap();
    let draft = |text: &str| (!text.is_empty()).then(|| Draft { text: text.into(), ..Draft::default() });
    let write = |text: &str| {
        let mut changes = outgoing("k", Some(waiting("k")));
        changes.drafts.insert(ROOM, draft(text).map(Box::new));
        changes
    };
    let newer = |before: &str, now: &str| vec![NewerDraft { room: ROOM, before: draft(before), now: draft(now) }];
    let on_disk = || open().read().unwrap().drafts.pop().map(|(_, draft)| draft.text);
    let (mut a, mut b) = (open(), open());
    assert_eq!(a.write(&write("a")).unwrap(), []);
    assert_eq!(a.write(&write("aa")).unwrap(), [], "one's own is no surprise");
    assert_eq!(b.write(&write("b")).unwrap(), newer("", "aa"));
    assert_eq!((on_disk(), b.read().unwrap().outgoing.len()), (Some("aa".into()), 0), "the message is the first one's");
    // Now it was seen.
    assert_eq!(b.write(&write("b")).unwrap(), []);
    assert_eq!((a.newer_drafts().unwrap(), a.newer_drafts().unwrap()), (newer("aa", "b"), vec![]));
    assert_eq!(a.write(&write("")).unwrap(), []);
    assert_eq!(b.newer_drafts().unwrap(), newer("b", ""));
    // Whose text is gone removes nobody else's, and is told of it when they look.
    assert_eq!(b.write(&write("theirs")).unwrap(), []);
    assert_eq!((a.write(&write("")).unwrap(), on_disk()), (vec![], Some("theirs".into())));
    assert_eq!(a.newer_drafts().unwrap(), newer("", "theirs"));
    assert_eq!(a.write(&write("")).unwrap(), []);
    // What is gone there can be written anew, and the same text is no conflict.
    assert_eq!(a.write(&write("c")).unwrap(), []);
    assert_eq!(b.write(&write("c")).unwrap(), []);
    assert_eq!(b.write(&write("")).unwrap(), []);
    assert_eq!(a.write(&write("d")).unwrap(), []);
    assert_eq!(on_disk(), Some("d".into()));
}

#[test]
fn a_draft_that_cannot_be_read_costs_none_that_is_written() {
    let ours = Draft { text: "ours".into(), ..Draft::default() };
    let mut changes = unsent::Changes::default();
    changes.drafts.insert(ROOM, Some(Box::new(ours.clone())));
    changes.join(NewerDraft { room: ROOM, before: None, now: None });
    assert_eq!(changes.drafts[&ROOM].as_deref(), Some(&ours));
    changes.drafts.insert(ROOM, None);
    changes.join(NewerDraft { room: ROOM, before: None, now: Some(ours) });
    assert!(!changes.drafts.contains_key(&ROOM), "theirs is on disk already");
}

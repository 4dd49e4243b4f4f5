//! What only a store in a directory can get wrong: the directory, its lock, foreign and damaged files, traces on disk.

use std::path::Path;
use std::sync::Arc;

use chat_server::store::sqlite::{OpenError, SqliteStore};
use chat_server::store::{Draft, RoomRef, SearchQuery, Store, Who, Window};
use chat_shared::api::{ChangeSettings, User};
use rusqlite::Connection;

use super::world::{Heard, Sqlite, World, draft, general};

fn open(dir: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(dir, Arc::new(Heard::default()))
}

fn refusal(dir: &Path) -> OpenError {
    match open(dir) {
        Ok(_) => panic!("{} was opened", dir.display()),
        Err(error) => error,
    }
}

/// A directory with a store in it that is closed, and a connection to its file.
fn tampered_with(sql: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    Connection::open(dir.path().join("chat.db")).unwrap().execute_batch(sql).unwrap();
    dir
}

#[test]
fn a_directory_belongs_to_one_server() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).unwrap();
    let error = refusal(dir.path());
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("another server"), "{error}");
    let epoch = first.epoch();
    drop(first);
    assert_eq!(open(dir.path()).unwrap().epoch(), epoch);
}

/// Takes back what the scripts from the third one on did.
const SECOND_SCHEMA: &str = "
    DROP TABLE index_times; ALTER TABLE members DROP COLUMN place; DROP INDEX events_threads; ALTER TABLE events DROP COLUMN thread;
    ALTER TABLE members DROP COLUMN mark_seq; ALTER TABLE members DROP COLUMN mark_posted;
    ALTER TABLE members DROP COLUMN own_after_mark; ALTER TABLE rooms DROP COLUMN last_at;
    ALTER TABLE rooms DROP COLUMN newest_at; ALTER TABLE message_state DROP COLUMN digest;
    DROP TABLE message_index; DROP TABLE indexed; ALTER TABLE rooms DROP COLUMN indexed;
    CREATE VIRTUAL TABLE message_index USING fts5 (
        body, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
    );
    INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', 1);
    PRAGMA user_version = 2;";

/// Takes back what the scripts from the sixth one on did.
const FIFTH_SCHEMA: &str = "
    DROP TABLE index_times; ALTER TABLE rooms DROP COLUMN newest_at; ALTER TABLE message_state DROP COLUMN digest;
    ALTER TABLE members DROP COLUMN place; DROP INDEX events_threads; ALTER TABLE events DROP COLUMN thread;
    CREATE INDEX events_replies ON events (reply_to) WHERE reply_to IS NOT NULL;
    PRAGMA user_version = 5;";

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let dir = tampered_with("PRAGMA user_version = 99");
    let error = refusal(dir.path());
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    let words = error.to_string();
    assert!(words.contains("version 99") && words.contains("up to 8"), "{words}");
    Connection::open(dir.path().join("chat.db")).unwrap().execute_batch("PRAGMA user_version = 8").unwrap();
    open(dir.path()).unwrap();
}

#[test]
fn a_store_of_the_first_schema_is_brought_up_to_date() {
    let first_schema = format!(
        "{SECOND_SCHEMA} DROP TABLE dms;
         ALTER TABLE members DROP COLUMN level; ALTER TABLE members DROP COLUMN favourite;
         INSERT INTO users (uid, name, name_key, password_hash, admin, created_at)
             VALUES (x'00000000000000000000000000000001', 'ann', 'ann', 'hash', 1, 1);
         INSERT INTO members (room, user, joined_at, read_seq, read_posted) VALUES (1, 1, 1, 0, 0);
         PRAGMA user_version = 1"
    );
    let dir = tampered_with(&first_schema);
    drop(open(dir.path()).unwrap());
    let upgraded = Connection::open(dir.path().join("chat.db")).unwrap();
    let row: (i64, i64, i64) = upgraded
        .query_row("SELECT level, favourite, (SELECT count(*) FROM dms) FROM members", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(row, (0, 0, 0), "everybody is told of everything, as before");
}

#[tokio::test]
async fn rooms_of_the_fourth_schema_know_their_newest_message() {
    let place = Sqlite::new();
    let file = place.dir.path().join("data/chat.db");
    let mut world = World::new(place);
    let ann = world.user("ann").await;
    let quiet = world.room(&ann, "quiet").await;
    let seq = world.post(&ann, &general(), "the newest").await;
    world.react(&ann, &general(), seq, "👍", true).await.unwrap();
    let at = world.message(&ann, &general(), seq).await.at;
    world.close();
    let script = format!("{FIFTH_SCHEMA} ALTER TABLE rooms DROP COLUMN last_at; PRAGMA user_version = 4");
    Connection::open(&file).unwrap().execute_batch(&script).unwrap();
    let world = world.reopen();
    assert_eq!(world.summary(&ann, &general()).await.last_message_at, Some(at));
    assert_eq!(world.summary(&ann, &quiet).await.last_message_at, None);
}

#[tokio::test]
async fn favourites_of_the_fifth_schema_keep_their_order() {
    let place = Sqlite::new();
    let file = place.dir.path().join("data/chat.db");
    let mut world = World::new(place);
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let (zoo, ops) = (world.room(&ann, "Zoo").await, world.room(&ann, "ops").await);
    let (talk, _) = world.store.open_dm(world.actor(&ann), vec![Who::Id(bob.id)]).await.unwrap();
    let favourite = ChangeSettings { favourite: Some(true), ..ChangeSettings::default() };
    for room in [RoomRef::Id(talk.id), zoo.clone(), ops.clone()] {
        world.store.change_settings(ann.id, room, favourite).await.unwrap();
    }
    world.store.change_settings(bob.id, general(), favourite).await.unwrap();
    world.close();
    Connection::open(&file).unwrap().execute_batch(FIFTH_SCHEMA).unwrap();
    let world = world.reopen();
    let mut places = Vec::new();
    for room in [&ops, &zoo, &RoomRef::Id(talk.id), &general()] {
        places.push(world.summary(&ann, room).await.settings.place);
    }
    assert_eq!(places, [Some(1), Some(2), Some(3), None], "by name, and people last");
    assert_eq!(world.summary(&bob, &general()).await.settings.place, Some(1));
}

#[tokio::test]
async fn conversations_of_the_fifth_schema_hang_together() {
    let place = Sqlite::new();
    let file = place.dir.path().join("data/chat.db");
    let mut world = World::new(place);
    let ann = world.user("ann").await;
    let rooms = [general(), world.room(&ann, "ops").await];
    // Two conversations in each of two rooms with the same numbers, one of them a long chain.
    let answer = async |world: &World, room: &RoomRef, to| {
        let draft = Draft { reply_to: Some(to), ..draft(room.clone(), "answer") };
        world.try_post(&ann, draft).await.unwrap().seq
    };
    let mut expected = Vec::new();
    for room in &rooms {
        let (one, two) = (world.post(&ann, room, "one").await, world.post(&ann, room, "two").await);
        let mut chain = vec![one];
        for _ in 0..1_200 {
            chain.push(answer(&world, room, chain[chain.len() - 1]).await);
        }
        let other = vec![two, answer(&world, room, two).await, answer(&world, room, two).await];
        expected.push([chain, other]);
    }
    world.close();
    Connection::open(&file).unwrap().execute_batch(FIFTH_SCHEMA).unwrap();
    let world = world.reopen();
    for (room, conversations) in rooms.iter().zip(&expected) {
        for conversation in conversations {
            let (first, last) = (conversation[0], conversation[conversation.len() - 1]);
            for seq in [first, last] {
                let page = world.store.thread(ann.id, room.clone(), seq, Window::Latest, 2_000).await.unwrap();
                assert!(page.messages.iter().map(|message| message.seq).eq(conversation.iter().copied()));
            }
        }
    }
}

/// What is found of "word", by number, the newest first.
async fn found(world: &World, user: &User) -> Vec<u64> {
    let query = SearchQuery { text: "word".into(), room: None, from: None, before: None, limit: 2_000 };
    world.store.search(user.id, query).await.unwrap().messages.into_iter().map(|message| message.seq).collect()
}

/// Posts so many messages with "word" in them, in two rooms by turns.
async fn fill(world: &World, user: &User, count: usize) {
    let rooms = [general(), world.room(user, "other").await];
    let posts = (0..count).map(|number| world.post(user, &rooms[number % 2], "one word among others"));
    futures_util::future::join_all(posts).await;
}

#[tokio::test]
async fn messages_of_the_second_schema_are_found() {
    const COUNT: usize = 1_300;
    let place = Sqlite::new();
    let file = place.dir.path().join("data/chat.db");
    let mut world = World::new(place);
    let ann = world.user("ann").await;
    fill(&world, &ann, COUNT).await;
    let gone = world.post(&ann, &general(), "a word that is deleted").await;
    world.delete(&ann, &general(), gone).await.unwrap();
    let edited = world.post(&ann, &general(), "a word that is edited").await;
    world.edit(&ann, &general(), edited, "without it").await.unwrap();
    let before = found(&world, &ann).await;
    assert_eq!(before.len(), COUNT);
    world.close();
    Connection::open(file).unwrap().execute_batch(SECOND_SCHEMA).unwrap();
    let world = world.reopen();
    assert_eq!(found(&world, &ann).await, before, "in the same order");
    // The rows of the index know their messages: a change finds the right one.
    world.delete(&ann, &general(), gone - 1).await.unwrap().unwrap();
    assert_eq!(found(&world, &ann).await.len(), COUNT - 1);
}

#[tokio::test]
async fn the_index_of_the_fifth_schema_learns_its_times() {
    let place = Sqlite::new();
    let file = place.dir.path().join("data/chat.db");
    let mut world = World::new(place);
    let ann = world.user("ann").await;
    fill(&world, &ann, 1_300).await;
    let times = || -> Vec<(i64, i64)> {
        let conn = Connection::open(&file).unwrap();
        let mut select = conn.prepare("SELECT run, oldest FROM index_times ORDER BY run").unwrap();
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
    };
    world.close();
    let before = times();
    assert_eq!(before.len(), 3);
    Connection::open(&file).unwrap().execute_batch(FIFTH_SCHEMA).unwrap();
    world = world.reopen();
    world.close();
    assert_eq!(times(), before);
}

#[test]
fn other_peoples_databases_are_refused() {
    let foreign = tempfile::tempdir().unwrap();
    let file = foreign.path().join("chat.db");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    let before = std::fs::read(&file).unwrap();
    assert!(matches!(refusal(foreign.path()), OpenError::Foreign { .. }));
    assert!(std::fs::read(&file).unwrap() == before, "it was changed");
    let other = tampered_with("PRAGMA application_id = 1");
    assert!(matches!(refusal(other.path()), OpenError::Foreign { .. }));
}

#[test]
fn damaged_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("chat.db"), "this is not a database, whatever its name says ".repeat(100)).unwrap();
    let error = refusal(dir.path());
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = refusal(&file.join("data"));
    assert!(matches!(error, OpenError::Directory { .. }), "{error}");
    assert!(error.to_string().contains("file/data"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Sqlite::new();
    let dir = place.dir.path().join("data");
    let world = World::new(place);
    world.user("ann").await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn closing_leaves_one_file_without_a_trace_of_what_was_deleted() {
    let place = Sqlite::new();
    let dir = place.dir.path().join("data");
    let mut world = World::new(place);
    let ann = world.user("ann").await;
    let other = world.room(&ann, "other").await;
    let mut targets = Vec::new();
    for number in 0..200 {
        world.post(&ann, &general(), &format!("harmless {number}")).await;
        if number % 20 == 0 {
            // The longest ones leave the page that their row is in.
            let body = format!("zzsecret{number} {}", "zzlonger ".repeat(number * 10));
            let seq = world.post(&ann, &general(), &body).await;
            world.edit(&ann, &general(), seq, &format!("zzedited{number} {}", &body[2..])).await.unwrap();
            targets.push(seq);
        }
        world.post(&ann, &other, "elsewhere").await;
    }
    for seq in targets {
        world.delete(&ann, &general(), seq).await.unwrap().unwrap();
    }
    world.close();
    let mut files: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["chat.db", "chat.lock"]);
    let raw = std::fs::read(dir.join("chat.db")).unwrap();
    for word in ["zzsecret", "zzlonger", "zzedited"] {
        assert!(!raw.windows(word.len()).any(|bytes| bytes == word.as_bytes()), "{word} is still in the file");
    }
    assert!(raw.windows(8).any(|bytes| bytes == b"harmless"));
}

#[tokio::test]
async fn what_was_accepted_is_committed_when_it_closes() {
    let mut world = World::new(Sqlite::new());
    let ann = world.user("ann").await;
    for _ in 0..50 {
        let actor = world.actor(&ann);
        let mut post = world.store.post(actor, super::world::draft(general(), "x"));
        let _ = futures_util::poll!(&mut post);
    }
    world.close();
    assert_eq!(world.heard.count(), 51);
}

//! A file that is damaged where the full-text index is: nobody else notices, and the next start makes the index anew.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use chat_server::store::{SearchQuery, StoreError};
use chat_shared::Seq;
use chat_shared::api::User;
use rusqlite::Connection;

use super::world::{Sqlite, World, general};

/// A store with so many messages, each with a word of its own, and where its file is.
async fn store(messages: usize) -> (World, User, PathBuf) {
    let place = Sqlite::new();
    let file = place.dir.path().join("data/chat.db");
    let world = World::new(place);
    let ann = world.user("ann").await;
    let all: Vec<_> = (0..messages).map(|number| format!("one w{number}x {}", "filler ".repeat(number % 9))).collect();
    let room = general();
    for some in all.chunks(256) {
        futures_util::future::join_all(some.iter().map(|body| world.post(&ann, &room, body))).await;
    }
    (world, ann, file)
}

async fn search(world: &World, user: &User, text: &str) -> Result<Vec<Seq>, StoreError> {
    let query = SearchQuery { text: text.into(), room: None, from: None, before: None, limit: 500 };
    let page = world.store.search(user.id, query).await?;
    Ok(page.messages.iter().map(|message| message.seq).collect())
}

fn sql(file: &Path, sql: &str) {
    Connection::open(file).unwrap().execute_batch(sql).unwrap();
}

/// What SQLite says of the whole file.
fn integrity(file: &Path) -> String {
    let said = Connection::open(file).unwrap().query_row("PRAGMA integrity_check", [], |row| row.get(0));
    said.unwrap_or_else(|error| error.to_string())
}

/// Overwrites pages of a table or an index of SQLite's, and says how many: its first one, or all that hold rows.
fn spoil(file: &Path, name: &str, pages: &str) -> usize {
    let conn = Connection::open(file).unwrap();
    let size: i64 = conn.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    let pages: Vec<i64> = conn
        .prepare(&format!("SELECT pageno FROM dbstat WHERE name = ?1 AND {pages}"))
        .unwrap()
        .query_map([name], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    drop(conn);
    let mut file = std::fs::File::options().read(true).write(true).open(file).unwrap();
    for page in &pages {
        file.seek(SeekFrom::Start(u64::try_from((page - 1) * size).unwrap())).unwrap();
        file.write_all(&vec![0xA5; usize::try_from(size).unwrap()]).unwrap();
    }
    pages.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_runs_it_fails_who_needs_the_index_and_nobody_else() {
    let (world, ann, file) = store(0).await;
    let old = world.post(&ann, &general(), "one word").await;
    assert_eq!(search(&world, &ann, "word").await.unwrap(), [old]);
    // What the index says of its own structure.
    sql(&file, "UPDATE message_index_data SET block = x'FFFFFFFFFFFFFFFF' WHERE id = 10");
    // So that a search has to wait for the writer.
    world.post(&ann, &general(), "another word").await;
    for number in 0..3 {
        let room = general();
        let posts = futures_util::future::join_all((0..20).map(|_| world.post(&ann, &room, "a word")));
        let body = format!("without it {number}");
        let (posts, edited, found, new) = tokio::join!(
            posts,
            world.edit(&ann, &room, old, &body),
            search(&world, &ann, "word"),
            world.post(&ann, &room, "the last word"),
        );
        assert_eq!(posts.len(), 20);
        assert!(edited.is_err() && found.is_err(), "{edited:?} {found:?}");
        assert_eq!(world.message(&ann, &general(), new).await.body, "the last word");
    }
    assert_eq!(world.message(&ann, &general(), old).await.body, "one word");
    // The next start makes up for it.
    let mut world = world.reopen();
    assert_eq!(search(&world, &ann, "word").await.unwrap().len(), 2 + 3 * 21);
    world.edit(&ann, &general(), old, "another text").await.unwrap();
    assert_eq!(search(&world, &ann, "text").await.unwrap(), [old]);
    world.close();
    assert_eq!(integrity(&file), "ok");
}

/// Damage of the file itself, wherever the index keeps something: where a look at the start does not find it, whoever meets it
/// leaves word for the next start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_are_spoilt_are_replaced() {
    let parts = [
        ("message_index_data", "path = '/'"),
        ("message_index_data", "path <> '/' AND pagetype = 'leaf'"),
        ("message_index_idx", "path = '/'"),
        ("message_index_config", "path = '/'"),
        ("indexed", "path = '/'"),
        ("sqlite_autoindex_indexed_1", "path = '/'"),
        ("index_times", "path = '/'"),
    ];
    for (name, pages) in parts {
        let (mut world, ann, file) = store(1_500).await;
        world.close();
        assert_eq!(integrity(&file), "ok");
        assert!(spoil(&file, name, pages) > 0, "{name}");
        assert_ne!(integrity(&file), "ok", "{name}");
        let world = world.reopen();
        let new = world.post(&ann, &general(), "a new word").await;
        // Here some of them fail.
        let _ = (search(&world, &ann, "w7x").await, world.edit(&ann, &general(), 10, "edited").await);
        let mut world = world.reopen();
        for number in [0, 700, 1_499] {
            assert_eq!(search(&world, &ann, &format!("w{number}x")).await.map(|found| found.len()), Ok(1), "{name}");
        }
        assert_eq!(search(&world, &ann, "new").await.unwrap(), [new]);
        world.close();
        assert_eq!(integrity(&file), "ok", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_or_ahead_of_the_log_is_made_anew() {
    let (mut world, ann, file) = store(40).await;
    let deleted = world.post(&ann, &general(), "a secret").await;
    world.delete(&ann, &general(), deleted).await.unwrap();
    let count = |table: &str| -> i64 {
        let conn = Connection::open(&file).unwrap();
        conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    for damage in [
        // What the operators' page tells who wants a new one.
        "DROP TABLE indexed",
        "DROP TABLE message_index",
        "DROP TABLE message_index_config",
        "DROP TABLE index_times; DROP TABLE message_index_data",
        "UPDATE rooms SET indexed = head + 1",
        "DELETE FROM message_index_data; DELETE FROM message_index_idx",
        "DELETE FROM indexed WHERE id = (SELECT max(id) FROM indexed)",
    ] {
        world.close();
        sql(&file, damage);
        world = world.reopen();
        assert_eq!(search(&world, &ann, "one").await.map(|found| found.len()), Ok(40), "{damage}");
        assert_eq!(search(&world, &ann, "secret").await, Ok(vec![]));
        assert_eq!((count("indexed"), count("meta WHERE key = 'index'")), (40, 0), "{damage}");
    }
    world.close();
    assert_eq!(integrity(&file), "ok");
    let mut bytes = Vec::new();
    std::fs::File::open(&file).unwrap().read_to_end(&mut bytes).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"secret"));
}

/// Else a store of which a page of the log is lost would not start any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_log_is_left_alone() {
    let (mut world, ann, file) = store(1_500).await;
    world.close();
    sql(&file, "INSERT INTO meta (key, value) VALUES ('index', x'')");
    assert!(
        spoil(&file, "events", "pageno = (SELECT min(pageno) FROM dbstat WHERE name = 'events' AND pagetype = 'leaf')")
            > 0
    );
    let world = world.reopen();
    let new = world.post(&ann, &general(), "a new word").await;
    assert_eq!(search(&world, &ann, "new").await, Ok(vec![new]));
}

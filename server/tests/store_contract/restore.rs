//! A database that is not the one that was here last is another epoch; a store that went on is the same.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::world::{Sqlite, World, general};

struct Place {
    world: World,
    data: PathBuf,
    /// Where backups are.
    aside: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let sqlite = Sqlite::new();
        let data = sqlite.dir.path().join("data");
        Self { world: World::new(sqlite), data, aside: tempfile::tempdir().unwrap() }
    }

    /// A copy of the database, made while the server runs.
    fn back_up(&self, name: &str) -> PathBuf {
        let file = self.aside.path().join(name);
        let running = Connection::open(self.data.join("chat.db")).unwrap();
        running.execute("VACUUM INTO ?1", [file.to_str().unwrap()]).unwrap();
        file
    }

    /// Stops, and starts with this database.
    fn put_back(mut self, backup: &Path) -> Self {
        self.world.close();
        std::fs::copy(backup, self.data.join("chat.db")).unwrap();
        Self { world: self.world.reopen(), ..self }
    }
}

#[tokio::test]
async fn what_was_put_back_is_another_epoch_and_stays_it() {
    let place = Place::new();
    let ann = place.world.user("ann").await;
    let backup = place.back_up("same run");
    place.world.post(&ann, &general(), "what is lost").await;
    let before = place.world.store.epoch();
    let place = place.put_back(&backup);
    let after = place.world.store.epoch();
    assert_ne!(after, before, "made by the start that ran to the end");
    let backup = place.back_up("earlier run");
    let place = Place { world: place.world.reopen(), ..place };
    assert_eq!(place.world.store.epoch(), after);
    place.world.post(&ann, &general(), "what is lost").await;
    let place = place.put_back(&backup);
    assert_ne!(place.world.store.epoch(), after, "made by a start before");
}

#[tokio::test]
async fn what_went_on_elsewhere_is_another_epoch() {
    let place = Place::new();
    let ann = place.world.user("ann").await;
    let copy = place.back_up("copy");
    place.world.post(&ann, &general(), "here").await;
    let elsewhere = Place::new().put_back(&copy);
    assert_ne!(elsewhere.world.store.epoch(), place.world.store.epoch());
    // As if it had kept the epoch of the place that it came from.
    let here = place.world.store.epoch();
    for _ in 0..2 {
        elsewhere.world.post(&ann, &general(), "elsewhere").await;
    }
    let ahead = elsewhere.back_up("ahead");
    Connection::open(&ahead)
        .unwrap()
        .execute("UPDATE meta SET value = ?1 WHERE key = 'epoch'", [here.0.as_bytes()])
        .unwrap();
    let place = place.put_back(&ahead);
    assert_ne!(place.world.store.epoch(), here);
}

#[tokio::test]
async fn without_its_note_it_is_another_epoch() {
    let mut place = Place::new();
    let before = place.world.store.epoch();
    place.world.close();
    std::fs::remove_file(place.data.join("chat.lock")).unwrap();
    let world = place.world.reopen();
    let after = world.store.epoch();
    assert_ne!(after, before);
    assert_eq!(world.reopen().store.epoch(), after);
}

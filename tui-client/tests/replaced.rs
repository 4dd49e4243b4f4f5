//! The server is replaced while clients are connected: by its successor, by another store, by an older copy of the same.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod pty;

use pty::person::{Person, register};
use pty::server::Server;
use pty::{Pty, key};

const SIZE: (u16, u16) = (100, 30);

/// Waits until this message is in the room, and nothing waits to be sent.
#[track_caller]
fn wait_sent(pty: &Pty, text: &str) {
    pty.wait(&format!("{text:?} to be sent"), |screen| {
        let shown = screen.contents();
        let has_row = shown.lines().any(|line| line.contains("ann  ") && line.contains(text));
        has_row && !shown.contains('⧗') && !shown.contains("queued")
    });
}

/// Changes the store of a server that does not run.
fn tamper(server: &Server, sql: &str) {
    rusqlite::Connection::open(server.data().join("chat.db")).unwrap().execute_batch(sql).unwrap();
}

/// Quits, and starts again without a server: what is on disk is all there is.
fn reopened_offline(server: &mut Server, ann: Person) -> Person {
    let Person { mut pty, home } = ann;
    pty.press(&key::ctrl('c'));
    assert_eq!(pty.exit_code(), 0);
    server.kill();
    let pty = Pty::chat(&server.url, home.path(), SIZE);
    pty.wait_for("as of ");
    Person { pty, home }
}

#[test]
fn by_its_successor() {
    let mut server = Server::start();
    let mut ann = register(&server, "ann", SIZE);
    let mut bob = register(&server, "bob", SIZE);
    ann.pty.enter("before the upgrade");
    bob.pty.wait_for("before the upgrade");
    bob.pty.press("half a sentence");
    server.stop();
    ann.pty.wait_for("reconnecting");
    ann.pty.enter("during the upgrade");
    ann.pty.wait_for("1 queued");
    server.restart();
    wait_sent(&ann.pty, "during the upgrade");
    bob.pty.wait_for("during the upgrade");
    bob.pty.wait_for("live");
    bob.pty.enter(" that goes on");
    ann.pty.wait_for("half a sentence that goes on");
    for text in ["before the upgrade", "during the upgrade", "half a sentence that goes on"] {
        assert_eq!((ann.pty.count(text), bob.pty.count(text)), (1, 1), "{text}");
    }
}

#[test]
fn by_another_store() {
    let mut server = Server::start();
    let mut ann = register(&server, "ann", SIZE);
    ann.pty.enter("the old words");
    wait_sent(&ann.pty, "the old words");
    server.stop();
    ann.pty.wait_for("reconnecting");
    ann.pty.enter("written between the two");
    ann.pty.wait_for("1 queued");
    tamper(
        &server,
        "UPDATE meta SET value = randomblob(16) WHERE key = 'epoch';
         UPDATE events SET text = 'the new words' WHERE text = 'the old words'",
    );
    server.restart();
    ann.pty.wait_for("the new words");
    wait_sent(&ann.pty, "written between the two");
    assert_eq!((ann.pty.count("the old words"), ann.pty.count("written between the two")), (0, 1));
    let ann = reopened_offline(&mut server, ann);
    ann.pty.wait_for("written between the two");
    assert_eq!((ann.pty.count("the old words"), ann.pty.count("the new words")), (0, 1), "nor is it on disk");
}

#[test]
fn by_an_older_copy_of_itself() {
    let mut server = Server::start();
    let mut ann = register(&server, "ann", SIZE);
    ann.pty.enter("what was saved");
    wait_sent(&ann.pty, "what was saved");
    server.stop();
    let copy = std::fs::read(server.data().join("chat.db")).unwrap();
    server.restart();
    ann.pty.wait_for("live");
    for text in ["lost one", "lost two", "lost three"] {
        ann.pty.enter(text);
        wait_sent(&ann.pty, text);
    }
    server.stop();
    for file in ["chat.db-wal", "chat.db-shm"] {
        let _ = std::fs::remove_file(server.data().join(file));
    }
    std::fs::write(server.data().join("chat.db"), copy).unwrap();
    server.restart();
    ann.pty.wait_gone("lost");
    ann.pty.wait_for("live");
    ann.pty.enter("what came after");
    wait_sent(&ann.pty, "what came after");
    assert_eq!((ann.pty.count("what was saved"), ann.pty.count("lost")), (1, 0));
    let ann = reopened_offline(&mut server, ann);
    ann.pty.wait_for("what came after");
    assert_eq!((ann.pty.count("what was saved"), ann.pty.count("lost")), (1, 0), "nor is it on disk");
}

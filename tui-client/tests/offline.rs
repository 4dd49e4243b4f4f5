//! What outlives the client: started without a server, killed in the middle, used by several.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod fake;
mod pty;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use fake::{Fake, Peer};
use pty::person::{PASSWORD, sign_up};
use pty::server::Server;
use pty::{PATIENCE, Pty, key};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const SIZE: (u16, u16) = (100, 30);

/// A new account, and its client.
fn begin(server: &Server, name: &str) -> (TempDir, Pty) {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::chat(&server.url, home.path(), SIZE);
    sign_up(&mut pty, name);
    (home, pty)
}

/// Waits until this message is in the room, and nothing waits to be sent.
#[track_caller]
fn wait_sent(pty: &Pty, text: &str) {
    let is_there = |line: &str| line.contains("ann  ") || line.contains("bob  ");
    pty.wait(&format!("{text:?} to be sent"), |screen| {
        let shown = screen.contents();
        !shown.contains('⧗') && shown.lines().any(|line| is_there(line) && line.contains(text))
    });
}

fn views(home: &Path) -> PathBuf {
    home.join(".cache/chat-tui")
}

fn unsent(home: &Path) -> PathBuf {
    home.join("chat-tui/unsent")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

/// Messages and drafts in a file, as far as they are committed.
fn texts(file: &Path) -> rusqlite::Result<Vec<String>> {
    let db = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut texts = Vec::new();
    for select in ["SELECT draft FROM draft", "SELECT message FROM outgoing", "SELECT message FROM message"] {
        // Each file has some of them.
        let Ok(mut select) = db.prepare(select) else { continue };
        for text in select.query_map((), |row| row.get(0))? {
            texts.push(text?);
        }
    }
    Ok(texts)
}

/// Waits until a file of the folder holds this text for whoever opens it, whatever becomes of the one who wrote it.
#[track_caller]
fn wait_on_disk(folder: &Path, text: &str) {
    let deadline = Instant::now() + PATIENCE;
    let is_there = |path: &PathBuf| {
        let is_database = path.extension().is_some_and(|extension| extension == "db");
        is_database && texts(path).is_ok_and(|texts| texts.iter().any(|found| found.contains(text)))
    };
    while !files(folder).iter().any(is_there) {
        assert!(Instant::now() < deadline, "{text:?} is not written");
        std::thread::yield_now();
    }
}

/// The bodies of the messages of `general` that were posted, oldest first.
fn log(home: &Path, server: &Server) -> Vec<String> {
    let account = files(&home.join("chat-tui/accounts")).remove(0);
    let account: serde_json::Value = serde_json::from_slice(&std::fs::read(account).unwrap()).unwrap();
    let output = std::process::Command::new("curl")
        .args(["--disable", "--noproxy", "*", "--silent", "--show-error", "--fail", "--header"])
        .arg(format!("Authorization: Bearer {}", account["token"].as_str().unwrap()))
        .arg(format!("{}/api/v1/rooms/general/events?after=0&limit=500", server.url))
        .output()
        .unwrap();
    let page: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let bodies = page["events"].as_array().unwrap().iter().filter_map(|event| event["body"].as_str());
    bodies.map(str::to_owned).collect()
}

#[test]
fn without_a_server_it_shows_the_last_known_state() {
    let mut server = Server::start();
    let (home, mut ann) = begin(&server, "ann");
    ann.enter("the last words");
    ann.enter("/create ops deploys and such");
    ann.wait_for("deploys and such");
    ann.enter("elsewhere");
    wait_sent(&ann, "elsewhere");
    // The answer may have been there before the room was; then it is kept with its echo.
    wait_on_disk(&views(home.path()), "elsewhere");
    ann.press(&key::alt('1'));
    ann.wait_for("the last words");
    ann.press(&key::ctrl('c'));
    assert_eq!(ann.exit_code(), 0);
    server.kill();

    let mut ann = Pty::chat(&server.url, home.path(), SIZE);
    ann.wait_for("the last words");
    ann.wait_for("as of ");
    ann.wait_for("offline");
    ann.press(&key::alt('2'));
    ann.wait_for("elsewhere");
    ann.enter("written meanwhile");
    ann.wait_for("1 queued");
    server.restart();
    ann.wait_for("live");
    ann.wait_gone("as of ");
    wait_sent(&ann, "written meanwhile");
    assert_eq!((ann.count("elsewhere"), ann.count("written meanwhile")), (1, 1));
    for file in files(&views(home.path())).into_iter().chain(files(&unsent(home.path()))) {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }

    // What is only a cache can go at any time.
    ann.press(&key::ctrl('c'));
    ann.exit_code();
    std::fs::remove_dir_all(views(home.path())).unwrap();
    let ann = Pty::chat(&server.url, home.path(), SIZE);
    ann.wait_for("live");
    ann.wait_for("the last words");
    wait_on_disk(&views(home.path()), "the last words");
    drop(ann);
    let logout = pty::client(home.path()).args(["logout", "--server", &server.url]).status();
    assert!(logout.unwrap().success());
    assert_eq!(files(&views(home.path())), Vec::<PathBuf>::new());
}

/// A client that has just logged in at a server in this process.
fn begin_at(runtime: &Runtime, server: &mut Fake) -> (TempDir, Pty, Peer) {
    let home = tempfile::tempdir().unwrap();
    let mut me = Pty::chat(&server.url, home.path(), SIZE);
    me.wait_for("Password");
    me.press("me");
    me.press(key::TAB);
    me.press("right password");
    me.press(key::ENTER);
    let (peer, _) = runtime.block_on(server.accept_ready());
    me.wait_for("text 3");
    me.wait_for("live");
    (home, me, peer)
}

#[test]
fn what_the_server_has_answered_is_kept_though_its_echo_never_came() {
    let runtime = Runtime::new().unwrap();
    let mut server = runtime.block_on(Fake::start(3));
    let (home, mut me, _silent) = begin_at(&runtime, &mut server);
    me.enter("what was said");
    wait_sent(&me, "what was said");
    me.press(&key::ctrl('c'));
    assert_eq!(me.exit_code(), 0);
    drop(runtime);
    let me = Pty::chat(&server.url, home.path(), SIZE);
    me.wait_for("as of ");
    me.wait_for("what was said");
    assert_eq!((me.count("text 3"), me.count("what was said"), me.count("⧗")), (1, 1, 0));
}

#[test]
fn a_message_is_on_disk_with_its_key_when_it_reaches_the_server() {
    let runtime = Runtime::new().unwrap();
    let mut server = runtime.block_on(Fake::start(3));
    let (home, mut me, _silent) = begin_at(&runtime, &mut server);
    me.press("hello");
    wait_on_disk(&unsent(home.path()), "hello");
    let file =
        files(&unsent(home.path())).into_iter().find(|path| path.extension().is_some_and(|e| e == "db")).unwrap();
    let (told, keys) = std::sync::mpsc::channel();
    let disk = rusqlite::Connection::open(&file).unwrap();
    server.world().on_post = Some(Box::new(move |key| {
        let count = |sql: &str| disk.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
        let is_there =
            format!("SELECT count(*) FROM outgoing WHERE key = '{key}' AND message LIKE '%\"was_tried\":true%'");
        told.send((count(&is_there), count("SELECT count(*) FROM draft"))).unwrap();
    }));
    // While another client writes, the message cannot be on disk: so it is not sent.
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    me.press(key::ENTER);
    me.wait_for("hello");
    me.wait_for("⧗");
    drop(other);
    assert_eq!(keys.recv_timeout(PATIENCE).unwrap(), (1, 0), "it is a message on its way, and no draft");
    wait_sent(&me, "hello");
}

#[test]
fn what_others_wrote_meanwhile_continues_what_was_kept() {
    let server = Server::start();
    let (home, mut ann) = begin(&server, "ann");
    let (_bobs_home, mut bob) = begin(&server, "bob");
    ann.enter("first");
    bob.wait_for("first");
    wait_on_disk(&views(home.path()), "first");
    ann.signal(Signal::KILL);
    bob.enter("second");
    wait_sent(&bob, "second");
    let mut ann = Pty::chat(&server.url, home.path(), SIZE);
    ann.wait_for("second");
    ann.enter("third");
    bob.wait_for("third");
    assert_eq!((ann.count("first"), ann.count("second"), ann.count("third")), (1, 1, 1));
}

#[test]
fn a_queued_message_and_a_draft_survive_a_kill_and_are_sent_once() {
    let mut server = Server::start();
    let (home, mut ann) = begin(&server, "ann");
    ann.enter("before");
    wait_sent(&ann, "before");
    server.kill();
    ann.wait_for("offline");
    ann.enter("queued one");
    ann.enter("queued two");
    ann.press("half a thought");
    ann.wait_for("2 queued");
    wait_on_disk(&unsent(home.path()), "half a thought");
    ann.signal(Signal::KILL);

    for _ in 0..2 {
        let again = Pty::chat(&server.url, home.path(), SIZE);
        again.wait_for("half a thought");
        again.wait_for("queued one");
        again.wait_for("2 queued");
        assert_eq!(again.count("⧗"), 2);
        again.signal(Signal::KILL);
    }
    server.restart();
    let mut ann = Pty::chat(&server.url, home.path(), SIZE);
    wait_sent(&ann, "queued two");
    assert_eq!((ann.count("queued one"), ann.count("half a thought")), (1, 1));
    assert_eq!(log(home.path(), &server), ["before", "queued one", "queued two"]);
    ann.press(key::ENTER);
    wait_sent(&ann, "half a thought");
    ann.press(&key::ctrl('c'));
    assert_eq!(ann.exit_code(), 0);
    let ann = Pty::chat(&server.url, home.path(), SIZE);
    ann.wait_for("live");
    assert_eq!((ann.count("half a thought"), ann.count("»")), (1, 0), "the draft is a message, and nothing else");
    assert_eq!(log(home.path(), &server).len(), 4);
}

#[test]
fn a_client_that_is_killed_while_it_sends_posts_nothing_twice() {
    let server = Server::start();
    let (home, mut ann) = begin(&server, "ann");
    for n in 0..20 {
        ann.enter(&format!("line {n:02}"));
    }
    // The server has some of them. Of the others some are on their way, some on disk, some perhaps not even there.
    ann.wait("line 05 to be sent", |screen| {
        let is_sent = |line: &str| line.contains("line 05") && line.contains("ann  ") && !line.contains('⧗');
        screen.contents().lines().any(is_sent)
    });
    ann.signal(Signal::KILL);
    let mut ann = Pty::chat(&server.url, home.path(), SIZE);
    ann.wait_for("live");
    // A line that was not complete is a draft.
    ann.press(&key::ctrl('u'));
    ann.enter("the end");
    wait_sent(&ann, "the end");
    let mut log = log(home.path(), &server);
    assert_eq!(log.pop().as_deref(), Some("the end"));
    // What was not on disk yet is lost; what the server had confirmed is there, nothing twice, and nothing is left out or out of order.
    let expected: Vec<String> = (0..log.len()).map(|n| format!("line {n:02}")).collect();
    assert_eq!(log, expected);
    assert!(log.len() > 5);
}

#[test]
fn a_mark_without_a_server_is_told_after_a_restart() {
    let mut server = Server::start();
    let (home, mut ann) = begin(&server, "ann");
    let (_bobs, mut bob) = begin(&server, "bob");
    bob.enter("can you look at this");
    ann.wait_for("can you look");
    server.kill();
    ann.wait_for("offline");
    ann.wait_told("Unread from there on", |pty| pty.enter("/unread"));
    ann.press(&key::ctrl('c'));
    assert_eq!(ann.exit_code(), 0);
    drop(bob);
    server.restart();
    let ann = Pty::chat(&server.url, home.path(), SIZE);
    ann.wait_for("live");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = pty::client(home.path()).args(["status", "--json", "--server", &server.url]).output().unwrap();
        let status = String::from_utf8_lossy(&status.stdout).into_owned();
        if status.contains("\"unread\":1") {
            break;
        }
        assert!(Instant::now() < deadline, "{status}");
    }
}

#[test]
fn the_last_keys_are_kept_when_a_signal_or_a_closed_terminal_ends_it() {
    let server = Server::start();
    let (home, mut ann) = begin(&server, "ann");
    for (n, signal) in [Signal::TERM, Signal::HUP].into_iter().enumerate() {
        ann.press(&format!("draft {n}."));
        ann.wait_for(&format!("draft {n}."));
        ann.signal(signal);
        ann.exit_code();
        ann = Pty::chat(&server.url, home.path(), SIZE);
        ann.wait_for(&format!("draft {n}."));
    }
    ann.wait_for("draft 0.draft 1.");
}

#[test]
fn another_account_on_the_same_machine_sees_nothing() {
    let mut server = Server::start();
    let (home, mut ann) = begin(&server, "ann");
    ann.enter("/create secrets");
    ann.wait_for("#secrets");
    ann.enter("nobody shall know");
    wait_sent(&ann, "nobody shall know");
    ann.press("my private draft");
    wait_on_disk(&views(home.path()), "nobody shall know");
    wait_on_disk(&unsent(home.path()), "my private draft");
    ann.press(&key::alt('1'));
    ann.wait_for("#general");
    ann.enter("/logout");
    ann.wait_for("Password");
    sign_up(&mut ann, "bob");
    for text in ["secrets", "nobody", "private"] {
        assert_eq!(ann.count(text), 0, "{text}");
    }
    ann.press(&key::ctrl('c'));
    ann.exit_code();
    server.kill();
    // Offline there is only what bob has seen.
    let mut bob = Pty::chat(&server.url, home.path(), SIZE);
    bob.wait_for("as of ");
    for text in ["secrets", "nobody", "private"] {
        assert_eq!(bob.count(text), 0, "{text}");
    }
    let seen = files(&views(home.path()));
    assert!(seen.iter().all(|file| !String::from_utf8_lossy(&std::fs::read(file).unwrap()).contains("nobody shall")));
    // What ann has not sent waits for ann.
    server.restart();
    bob.wait_for("live");
    bob.enter("/logout");
    bob.wait_for("Password");
    bob.press("ann");
    bob.press(key::TAB);
    bob.press(PASSWORD);
    bob.wait_for("•••");
    bob.press(key::ENTER);
    bob.wait_for("live");
    bob.wait_for("»");
    bob.press(&key::alt('2'));
    bob.wait_for("my private draft");
}

#[test]
fn two_clients_of_one_account_send_a_message_once() {
    let mut server = Server::start();
    let (home, mut one) = begin(&server, "ann");
    server.kill();
    one.wait_for("offline");
    one.enter("by the first");
    one.wait_for("1 queued");
    wait_on_disk(&unsent(home.path()), "by the first");
    let mut two = Pty::chat(&server.url, home.path(), SIZE);
    two.wait_for("offline");
    two.enter("by the second");
    two.wait_for("1 queued");
    assert_eq!(two.count("by the first"), 0, "the first one lives, and sends it");
    server.restart();
    for client in [&one, &two] {
        client.wait_for("live");
        client.wait_for("by the first");
        client.wait_for("by the second");
        client.wait_gone("⧗");
    }
    assert_eq!(log(home.path(), &server).len(), 2);
}

#[test]
fn a_draft_is_in_every_client_and_none_is_lost() {
    let server = Server::start();
    let (home, mut first) = begin(&server, "ann");
    let mut second = Pty::chat(&server.url, home.path(), SIZE);
    second.wait_for("live");
    first.press("half a thought");
    wait_on_disk(&unsent(home.path()), "half a thought");
    // The user goes to the other terminal.
    second.press(key::FOCUS_LOST);
    second.press(key::FOCUS_GAINED);
    second.wait_for("half a thought");
    second.enter(" is better whole");
    wait_sent(&second, "half a thought is better whole");
    first.wait_for("better whole");
    for event in [key::FOCUS_LOST, key::FOCUS_GAINED] {
        first.press(event);
    }
    first.wait("it is no draft any more", |screen| screen.contents().matches("half a thought").count() == 1);

    // Where a terminal does not tell of the focus, and both are written in.
    first.press("one");
    wait_on_disk(&unsent(home.path()), "\"one\"");
    second.wait_told("that text stands below this one", |pty| pty.press("two"));
    for client in [&mut first, &mut second] {
        client.press(&key::ctrl('c'));
        assert_eq!(client.exit_code(), 0);
    }
    let third = Pty::chat(&server.url, home.path(), SIZE);
    third.wait("both texts", |screen| {
        let shown = screen.contents();
        shown.contains("two") && shown.contains("one")
    });
}

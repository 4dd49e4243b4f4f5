//! What one does every day, in a real terminal with the real server: searching, and being called from elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod pty;

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use chat_tui::account::Accounts;
use chat_tui::net::api::Api;
use pty::person::{Person, register, register_with};
use pty::server::Server;
use pty::{Pty, Start, client, key};

const SMALL: (u16, u16) = (80, 24);

/// Posts so many messages in #general, as fast as they are taken.
fn chatter(server: &Server, home: &Path, count: usize) {
    let url = server.url.parse().unwrap();
    let account = Accounts::in_folder(home.join("chat-tui/accounts")).load(&url).unwrap().unwrap();
    let api = Api::new(url).unwrap().with_token(account.token);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let api = &api;
        let posts =
            (0..count).map(|n| async move { api.post("general", &n.to_string(), &format!("line {n}"), None).await });
        for posted in futures_util::future::join_all(posts).await {
            posted.unwrap();
        }
    });
}

#[test]
fn what_was_said_long_ago_is_found_and_shown_in_its_place() {
    let server = Server::start();
    let (mut ann, mut bob) = (register(&server, "ann", SMALL), register(&server, "bob", SMALL));
    ann.pty.enter("the albatross has landed");
    bob.pty.wait_for("albatross");
    // So much that no page around it reaches the end.
    chatter(&server, ann.home.path(), 150);
    ann.pty.enter("enough of that");
    bob.pty.wait_for("enough of that");
    bob.pty.wait_gone("albatross");

    bob.pty.enter("/search albatross from:@ann");
    bob.pty.wait_for("1 hit");
    bob.pty.wait_for("the albatross has landed");
    bob.pty.press(key::ENTER);
    bob.pty.wait_for("the albatross has landed");
    bob.pty.wait_for("End back to now");
    bob.pty.wait("the hit to be marked", |screen| {
        let cells = (0..24).flat_map(|row| (0..80).filter_map(move |column| screen.cell(row, column)));
        let marked: String = cells.filter(|cell| cell.inverse()).map(|cell| cell.contents().to_owned()).collect();
        marked.contains("albatross")
    });

    // What is said now is not shown in the middle of the past; End goes back to it.
    ann.pty.enter("still there?");
    bob.pty.wait_for("1 new below");
    assert_eq!(bob.pty.count("still there?"), 0);
    bob.pty.press(key::END);
    bob.pty.wait_for("still there?");
    bob.pty.wait_gone("albatross");
    bob.pty.enter("yes");
    ann.pty.wait_for("yes");
}

#[test]
fn who_looks_elsewhere_is_notified() {
    let server = Server::start();
    let mut ann = register_with(&server, "ann", SMALL, &[("CHAT_NOTIFY", "osc777")]);
    let mut bob = register(&server, "bob", SMALL);
    let sequences = |ann: &Pty| String::from_utf8_lossy(&ann.bytes()).matches("\x1b]777;notify;").count();
    bob.pty.enter("@ann you see this");
    ann.pty.wait_for("you see this");
    assert_eq!(sequences(&ann.pty), 0, "she is looking");

    ann.pty.press(key::FOCUS_LOST);
    // The news that she looks away has to be there before the message is. (A key would say that she is back.) A new size goes
    // another way than keys do, so it goes twice.
    for cols in [81, 80] {
        ann.pty.resize(cols, 24);
        ann.pty.wait("the other size", |screen| {
            screen.contents().lines().next().is_some_and(|row| {
                let row = row.trim_end();
                row.ends_with("members") && row.contains("#general") && row.chars().count() == usize::from(cols) - 1
            })
        });
    }
    bob.pty.enter("@ann; where are you?");
    ann.pty.wait_for("where are you?");
    ann.pty.wait_written("\x1b]777;notify;bob in #general;@ann; where are you?\x07");

    ann.pty.enter("/dnd");
    ann.pty.wait_for("do not disturb");
    ann.pty.press(key::FOCUS_LOST);
    bob.pty.enter("@ann are you asleep?");
    ann.pty.wait_for("are you asleep?");
    assert_eq!(sequences(&ann.pty), 1);
}

/// Linear mode in a dumb terminal, as this person.
fn plain(server: &Server, home: &Path) -> Pty {
    let program = Path::new(env!("CARGO_BIN_EXE_chat-tui"));
    let home = home.to_str().unwrap();
    let env = [("HOME", home), ("XDG_STATE_HOME", home), ("TERM", "dumb"), ("CHAT_SERVER", &server.url)];
    Pty::start(&Start { program, args: &[], env: &env, cols: 100, rows: 60 })
}

#[test]
fn a_conversation_in_lines() {
    let mut server = Server::start();
    let mut bob = register(&server, "bob", SMALL);
    let ann = register(&server, "ann", SMALL);
    let mut ann_plain = plain(&server, ann.home.path());
    ann_plain.wait_for("Connected to 127.0.0.1");
    ann_plain.wait_for("Now in #general, 2 members.");
    bob.pty.enter("hello ann");
    ann_plain.wait_for("bob: hello ann (3)");
    ann_plain.enter("/reply 3 hello bob");
    ann_plain.wait_for("you answer bob (3): hello bob (4)");
    bob.pty.wait_for("hello bob");
    ann_plain.enter("/react 3 :tada:");
    ann_plain.wait_for("you put 🎉 on 3");
    ann_plain.enter("/edit 4 good evening");
    ann_plain.wait_for("you changed 4: good evening");
    bob.pty.wait_for("good evening");
    ann_plain.enter("/edit 3 not mine");
    ann_plain.wait_for("Error: Only your own messages");
    ann_plain.enter("/search hello");
    ann_plain.wait_for("1 hit:");
    ann_plain.enter("/nonsense");
    ann_plain.wait_for("Error: There is no command /nonsense.");
    server.kill();
    ann_plain.wait_for("Not connected:");
    ann_plain.enter("are you there?");
    ann_plain.wait_for("It waits until there is a connection.");
    server.restart();
    ann_plain.wait_for("Connected again");
    ann_plain.wait_for("you: are you there? (7)");
    ann_plain.enter("/quit");
    assert_eq!(ann_plain.exit_code(), 0);
    let bytes = ann_plain.bytes();
    assert!(!bytes.contains(&0x1b), "{}", String::from_utf8_lossy(&bytes));
}

/// What the linear mode says to lines that are all there before it has a connection.
fn piped(server: &Server, person: &Person, lines: &str) -> String {
    let mut child = client(person.home.path())
        .args(["--server", &server.url, "--plain"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended before it has read everything; what it says then is the report.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn a_conversation_in_a_pipe() {
    let server = Server::start();
    let ann = register(&server, "ann", SMALL);
    // All of it is there before there is a connection; what follows on a room has to be said there.
    let input = "one\n/create ops on call\ntwo\n/join general\nthree\n/rooms\n";
    let text = piped(&server, &ann, input);
    let find = |line: &str| text.find(line).unwrap_or_else(|| panic!("{line:?} is not in:\n{text}"));
    for line in ["one (2)", "two (2)", "three (3)"] {
        find(line);
    }
    let places = ["Now in #general", "Now in #ops, 1 member. Topic: on call.", "2 rooms:"].map(find);
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn history_in_a_pipe_reaches_back_behind_what_is_loaded() {
    let server = Server::start();
    let ann = register(&server, "ann", SMALL);
    chatter(&server, ann.home.path(), 150);
    let text = piped(&server, &ann, "/history 150\nafter that\n");
    for n in 0..150 {
        assert!(text.contains(&format!("you: line {n} (")), "{n} in {text}");
    }
    assert!(text.trim_end().ends_with("you: after that (152)"), "what is typed behind it comes after it: {text}");
}

#[test]
fn what_is_marked_in_lines_without_a_connection_outlives_the_program() {
    let mut server = Server::start();
    let mut bob = register(&server, "bob", SMALL);
    let mut ann = register(&server, "ann", SMALL);
    ann.pty.press(&key::ctrl('c'));
    ann.pty.exit_code();
    let mut lines = plain(&server, ann.home.path());
    lines.wait_for("Now in #general, 2 members.");
    bob.pty.enter("remember this");
    lines.wait_for("bob: remember this (3)");
    server.kill();
    lines.wait_for("Not connected:");
    lines.enter("/unread 3");
    lines.wait_for("The server is told with the next connection.");
    lines.enter("/quit");
    assert_eq!(lines.exit_code(), 0);
    server.restart();
    // Whichever client comes next tells it.
    let mut lines = plain(&server, ann.home.path());
    lines.wait_for("Now in #general");
    lines.enter("/quit");
    assert_eq!(lines.exit_code(), 0);
    let status = client(ann.home.path()).args(["--server", &server.url, "status"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&status.stdout), "1 unread\n");
}

/// More than a terminal program reads at once: none of it may wait for the next key.
#[test]
fn a_burst_of_keys_is_read_to_its_end() {
    let server = Server::start();
    let mut ann = register(&server, "ann", SMALL);
    let burst: String = (0..200).map(|n| format!("burst {n}\r")).collect();
    ann.pty.press(&burst);
    ann.pty.wait_for("burst 199");
    ann.pty.wait_gone("⧗");
}

/// The names in the sidebar, from top to bottom.
fn sidebar(screen: &vt100::Screen) -> Vec<String> {
    let rows = screen.rows(0, 22).map(|row| row.trim_matches(|c: char| !c.is_alphanumeric()).to_owned());
    rows.filter(|name| ["general", "ops", "design"].contains(&name.as_str())).collect()
}

#[test]
fn favourites_and_history_are_the_same_on_every_device() {
    let server = Server::start();
    let mut ann = register(&server, "ann", SMALL);
    for room in ["ops", "design"] {
        ann.pty.enter(&format!("/create {room}"));
        ann.pty.wait_for(&format!("Message #{room}"));
        ann.pty.wait_told(&format!("#{room}: a favourite"), |pty| pty.enter("/favourite"));
    }
    let in_order = |order: [&'static str; 3]| move |screen: &vt100::Screen| sidebar(screen) == order;
    ann.pty.wait("favourites in the order of their coming", in_order(["ops", "design", "general"]));
    let bob = register(&server, "bob", SMALL);

    // Another terminal of ann's, which was not there when people came.
    let mut second = Pty::chat(&server.url, ann.home.path(), SMALL);
    second.wait("the same order", in_order(["ops", "design", "general"]));
    second.enter("/join general");
    second.wait_for("→ ann, bob joined");
    ann.pty.wait_told("favourite 1 of 2", |pty| pty.press("\x1b[1;4A"));
    ann.pty.wait("moved", in_order(["design", "ops", "general"]));
    for pty in [&ann.pty, &second] {
        pty.wait("the other order", in_order(["design", "ops", "general"]));
    }
    second.press(&key::alt('2'));
    second.wait_for("Message #ops");
    second.enter("/move first");
    ann.pty.wait("the first order", in_order(["ops", "design", "general"]));
    ann.pty.press("\x1b[1;4A");
    ann.pty.wait("and back", in_order(["design", "ops", "general"]));
    drop(bob);
}

//! What one does every day, in a real terminal with the real server: searching, and being called from elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod pty;

use std::path::Path;

use chat_tui::account::Accounts;
use chat_tui::net::api::Api;
use pty::key;
use pty::person::{register, register_with};
use pty::server::Server;

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
    let screen = bob.pty.screen();
    let marked = (0..24).flat_map(|row| (0..80).map(move |column| (row, column)));
    let marked: String = marked
        .filter_map(|(row, column)| screen.cell(row, column))
        .filter(|cell| cell.inverse())
        .map(|cell| cell.contents().to_owned())
        .collect();
    assert!(marked.contains("albatross"), "{marked:?}");

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
    let sequences = |ann: &pty::Pty| String::from_utf8_lossy(&ann.bytes()).matches("\x1b]777;notify;").count();
    bob.pty.enter("@ann you see this");
    ann.pty.wait_for("you see this");
    assert_eq!(sequences(&ann.pty), 0, "she is looking");

    ann.pty.press(key::FOCUS_LOST);
    // The news that she looks away has to be there before the message is.
    ann.pty.press("x");
    ann.pty.wait_for("│ x");
    bob.pty.enter("@ann; where are you?");
    ann.pty.wait_for("where are you?");
    let bytes = String::from_utf8_lossy(&ann.pty.bytes()).into_owned();
    assert!(bytes.contains("\x1b]777;notify;bob in #general;@ann; where are you?\x07"), "{bytes:?}");

    ann.pty.press(key::BACKSPACE);
    ann.pty.enter("/dnd");
    ann.pty.wait_for("do not disturb");
    bob.pty.enter("@ann are you asleep?");
    ann.pty.wait_for("are you asleep?");
    assert_eq!(sequences(&ann.pty), 1);
}

//! Two people at two terminals, and the real server between them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod pty;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use chat_shared::Event;
use pty::person::{PASSWORD, register};
use pty::server::Server;
use pty::{Pty, Start, client, key};

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

/// Selects the last message. What follows too closely on Esc is Alt and a letter, for every terminal program.
fn select(pty: &mut Pty) {
    pty.wait_gone("r reply");
    pty.press(key::ESC);
    pty.wait_for("r reply");
}

/// The client as a command, as this person.
fn run(home: &Path, server: &Server, arguments: &[&str], input: &str) -> Output {
    let mut child = client(home)
        .args(["--server", &server.url])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may have closed its input already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn send(home: &Path, server: &Server, text: &str) {
    let output = run(home, server, &["send", "--room", "general", "--", text], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The token that this person's client keeps.
fn token(home: &Path) -> String {
    let file = std::fs::read_dir(home.join("chat-tui/accounts")).unwrap().next().unwrap().unwrap();
    let account: serde_json::Value = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
    account["token"].as_str().unwrap().to_owned()
}

/// A call by hand: what the client itself would never send.
fn curl(home: &Path, server: &Server, path: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("curl")
        .args([
            "--disable",
            "--noproxy",
            "*",
            "--silent",
            "--show-error",
            "--fail",
            "--header",
            &format!("Authorization: Bearer {}", token(home)),
        ])
        .args(arguments)
        .arg(format!("{}/api/v1{path}", server.url))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The bodies of all messages of `general`, oldest first, straight from the log.
fn log(home: &Path, server: &Server) -> Vec<String> {
    let page = curl(home, server, "/rooms/general/events?after=0&limit=500", &[]);
    let page: serde_json::Value = serde_json::from_slice(&page).unwrap();
    let events: Vec<Event> = serde_json::from_value(page["events"].clone()).unwrap();
    let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>(), "the log has no holes");
    events
        .into_iter()
        .filter_map(|event| match event.kind {
            chat_shared::EventKind::Posted { body, .. } => Some(body),
            _ => None,
        })
        .collect()
}

#[test]
fn what_one_types_the_other_sees() {
    let server = Server::start();
    let (mut ann, mut bob) = (register(&server, "ann", SMALL), register(&server, "bob", LARGE));
    ann.pty.enter("good morning 👋 今日は");
    bob.pty.wait_for("good morning 👋 今日は");
    bob.pty.enter("hello @ann");
    ann.pty.wait_for("hello @ann");
    // It fades after seconds; whoever types on is seen again.
    ann.pty.press("thinking");
    while !bob.pty.comes_soon("ann is typing") {
        ann.pty.press("g");
    }

    // A room of their own: made by one, found by the other, with a topic and an action.
    ann.pty.press(&key::ctrl('u'));
    ann.pty.enter("/create ops deploys and such");
    ann.pty.wait_for("#ops");
    bob.pty.enter("/join ops");
    bob.pty.wait_for("deploys and such");
    bob.pty.enter("/me waves");
    ann.pty.wait_for("bob waves");
    ann.pty.enter("/topic only deploys");
    bob.pty.wait_for("only deploys");
    bob.pty.enter("/leave");
    ann.pty.wait_for("bob left");

    ann.pty.enter("/quit");
    assert_eq!(ann.pty.exit_code(), 0);
}

#[test]
fn two_talk_directly_and_see_each_other_come_and_go() {
    let server = Server::start();
    let (mut ann, mut bob) = (register(&server, "ann", SMALL), register(&server, "bob", LARGE));
    ann.pty.enter("/dm bob are you there?");
    ann.pty.wait_for("online");
    // For bob the conversation appears by itself, with what is unread in it.
    bob.pty.wait_for("Direct");
    bob.pty.wait("one unread message of ann", |screen| {
        screen.contents().lines().any(|line| line.contains("● ann") && line.contains(" 1 │"))
    });
    bob.pty.press(&key::alt('a'));
    bob.pty.wait_for("are you there?");
    bob.pty.enter("always");
    ann.pty.wait_for("always");
    ann.pty.wait_for("● bob");

    let output = run(bob.home.path(), &server, &["send", "--room", "@ann", "from a script"], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ann.pty.wait_for("from a script");
    let rooms = run(ann.home.path(), &server, &["rooms"], "");
    assert!(String::from_utf8_lossy(&rooms.stdout).contains("* @bob"));
    let tail = run(ann.home.path(), &server, &["tail", "@nobody"], "");
    assert_eq!(tail.status.code(), Some(1));

    ann.pty.enter("/quit");
    assert_eq!(ann.pty.exit_code(), 0);
    bob.pty.wait_for("○ ann");
}

#[test]
fn a_message_can_be_edited_deleted_and_reacted_to() {
    let server = Server::start();
    let (mut ann, mut bob) = (register(&server, "ann", LARGE), register(&server, "bob", SMALL));
    ann.pty.enter("frist");
    bob.pty.wait_for("frist");
    // Only what is committed can be edited.
    ann.pty.wait("her own message, sent", |screen| {
        screen.contents().contains("frist") && !screen.contents().contains('⧗')
    });
    ann.pty.press(key::UP);
    ann.pty.press("e");
    ann.pty.press(&key::ctrl('u'));
    ann.pty.enter("first");
    bob.pty.wait_for("first");
    bob.pty.wait_gone("frist");
    select(&mut bob.pty);
    bob.pty.press("+");
    bob.pty.enter(":tada:");
    ann.pty.wait_for("🎉 1");
    select(&mut bob.pty);
    bob.pty.press("r");
    bob.pty.enter("indeed");
    ann.pty.wait_for("↳ ann: first");
    ann.pty.press(key::UP);
    ann.pty.press("d");
    ann.pty.press("y");
    bob.pty.wait_gone("🎉 1");
    assert_eq!(log(ann.home.path(), &server), ["", "indeed"]);
}

#[test]
fn a_server_that_is_killed_costs_nobody_anything() {
    let mut server = Server::start();
    let (mut ann, mut bob) = (register(&server, "ann", SMALL), register(&server, "bob", SMALL));
    ann.pty.enter("before");
    bob.pty.wait_for("before");
    for round in 0..3 {
        server.kill();
        ann.pty.wait_for("offline");
        ann.pty.enter(&format!("meanwhile {round}"));
        bob.pty.enter(&format!("also {round}"));
        ann.pty.wait_for("1 queued");
        // The old view stays.
        ann.pty.wait_for("before");
        server.restart();
        for person in [&ann, &bob] {
            person.pty.wait_for("live");
            person.pty.wait_for(&format!("meanwhile {round}"));
            person.pty.wait_for(&format!("also {round}"));
        }
        ann.pty.wait_gone("⧗");
        bob.pty.wait_gone("⧗");
    }
    ann.pty.enter("after");
    for person in [&ann, &bob] {
        person.pty.wait_for("after");
        person.pty.wait_gone("⧗");
    }
    let mut messages = log(ann.home.path(), &server);
    assert_eq!((messages.remove(0), messages.pop().unwrap()), ("before".into(), "after".into()));
    messages.sort();
    assert_eq!(messages, ["also 0", "also 1", "also 2", "meanwhile 0", "meanwhile 1", "meanwhile 2"]);
    for text in ["meanwhile 1", "also 2", "before", "after"] {
        assert_eq!((ann.pty.count(text), bob.pty.count(text)), (1, 1), "{text} is there once");
    }
}

#[test]
fn a_burst_of_lines_arrives_whole_while_the_server_dies() {
    let mut server = Server::start();
    let (mut ann, bob) = (register(&server, "ann", SMALL), register(&server, "bob", LARGE));
    for n in 0..30 {
        ann.pty.enter(&format!("line {n:02}"));
        if n == 15 {
            server.kill();
        }
    }
    server.restart();
    bob.pty.wait_for("line 29");
    ann.pty.wait_gone("⧗");
    let expected: Vec<String> = (0..30).map(|n| format!("line {n:02}")).collect();
    assert_eq!(log(ann.home.path(), &server), expected, "each once, and in order");
}

#[test]
fn a_window_may_have_any_size() {
    let server = Server::start();
    let mut ann = register(&server, "ann", SMALL);
    ann.pty.enter("a message that is long enough to be wrapped in a narrow window but not in a wide one");
    ann.pty.wait_gone("⧗");
    for (cols, rows) in [(200, 50), (40, 10), (20, 5), (1, 1), (500, 200), (80, 24)] {
        ann.pty.resize(cols, rows);
    }
    ann.pty.wait_for("wrapped in a narrow");
    ann.pty.wait_for("live");
    ann.pty.resize(200, 50);
    ann.pty.wait_for("to be wrapped in a narrow window but not in a wide one");
}

#[test]
fn a_paste_is_one_message_and_never_lost() {
    let server = Server::start();
    let (mut ann, bob) = (register(&server, "ann", SMALL), register(&server, "bob", SMALL));
    let lines: Vec<String> = (0..12).map(|n| format!("pasted {n}")).collect();
    ann.pty.press(&key::paste(&lines.join("\r")));
    ann.pty.wait_for("pasted 11");
    ann.pty.press(key::ENTER);
    bob.pty.wait_for("pasted 11");
    assert_eq!(log(ann.home.path(), &server), [lines.join("\n")]);

    // Ten thousand lines are more than a message may hold: it says so, and keeps them.
    let book: Vec<String> = (0..10_000).map(|n| format!("chapter {n}")).collect();
    ann.pty.press(&key::paste(&book.join("\r")));
    ann.pty.wait_for("chapter 9999");
    ann.pty.wait_told("16384", |pty| pty.press(key::ENTER));
    ann.pty.wait_for("chapter 9999");
    assert_eq!(log(ann.home.path(), &server).len(), 1);
}

#[test]
fn history_loads_as_one_scrolls_and_news_does_not_move_it() {
    let server = Server::start();
    let ann = register(&server, "ann", SMALL);
    let home = ann.home.path().to_owned();
    let text: Vec<String> = (0..200).map(|n| format!("old message {n:03}")).collect();
    for text in &text {
        send(&home, &server, text);
    }
    ann.pty.wait_for("old message 199");
    // A client that starts now has none of it, and asks for what it shows.
    let mut late = Pty::chat(&server.url, &home, SMALL);
    late.wait_for("old message 199");
    while !late.contents().contains("the beginning of #general") {
        let before = late.contents();
        late.press(key::PAGE_UP);
        late.wait("another page", |screen| screen.contents() != before);
    }
    late.wait_for("old message 000");
    let top = |screen: &vt100::Screen| screen.rows(22, 58).take(8).collect::<Vec<_>>();
    let before = top(&late.screen());
    let bob = tempfile::tempdir().unwrap();
    let login = ["login", "--name", "bob", "--password-stdin", "--register"];
    assert!(run(bob.path(), &server, &login, PASSWORD).status.success());
    send(bob.path(), &server, "something new");
    late.wait_for("1 new");
    assert_eq!(top(&late.screen())[1..], before[1..], "the view did not move");
    late.press(key::END);
    late.wait_for("something new");
}

#[test]
fn texts_of_others_do_nothing_to_the_terminal() {
    let server = Server::start();
    let ann = register(&server, "ann", SMALL);
    let home = ann.home.path().to_owned();
    let evil = "safe\u{202E}gpj.exe\u{2066}\u{200B} end";
    curl(&home, &server, "/rooms/general/messages", &["--data", evil]);
    send(&home, &server, "\x1b]0;owned\x07\x1b[2Jstripped\u{9b}31m");
    ann.pty.wait_for("stripped");
    ann.pty.wait_for("safegpj.exe end");
    let written = String::from_utf8_lossy(&ann.pty.bytes()).into_owned();
    assert!(!written.contains("owned") && !written.contains(['\u{202E}', '\u{2066}', '\u{9b}']));
    let tail = run_tail(&home, &server, &["--since", "0"], 3);
    assert!(!tail.contains(['\u{202E}', '\u{2066}', '\x1b', '\u{9b}']), "{tail:?}");
    let json = run_tail(&home, &server, &["--since", "0", "--json"], 3);
    assert!(json.contains("\\u202e") && !json.contains('\u{202E}'), "{json:?}");
}

/// The first `lines` that `tail` prints.
fn run_tail(home: &Path, server: &Server, arguments: &[&str], lines: usize) -> String {
    use std::io::BufRead as _;
    let mut child = client(home)
        .args(["tail", "general", "--server", &server.url])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let text: Vec<String> = out.lines().take(lines).map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    text.join("\n")
}

#[test]
fn scripts_log_in_send_and_follow_without_a_screen() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let login = ["login", "--name", "bot", "--password-stdin", "--register"];
    let output = run(home.path(), &server, &login, "correct horse\n");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = run(home.path(), &server, &["send", "--room", "general", "-"], "line 1\nline 2\n");
    assert!(output.status.success());
    let output = run(home.path(), &server, &["send", "--room", "nowhere", "x"], "");
    assert_eq!(output.status.code(), Some(1), "refused");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no such room"));
    assert_eq!(log(home.path(), &server), ["line 1\nline 2"]);
    // Afterwards the full screen opens straight into the chat.
    let pty = Pty::chat(&server.url, home.path(), LARGE);
    pty.wait_for("line 2");
    pty.wait_for("live");
}

#[test]
fn a_login_without_a_screen_asks_for_the_password() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().to_str().unwrap();
    let login = |more: &[&str]| {
        let args = [&["login", "--server", server.url.as_str(), "--name", "ann"], more].concat();
        let env = [("HOME", folder), ("XDG_STATE_HOME", folder), ("XDG_CONFIG_HOME", folder)];
        let program = Path::new(env!("CARGO_BIN_EXE_chat-tui"));
        let pty = Pty::start(&Start { program, args: &args, env: &env, cols: 80, rows: 24 });
        pty.wait_for("Password of ann:");
        pty
    };
    let mut pty = login(&["--register"]);
    pty.enter("correct horse");
    pty.wait_for("The same again:");
    pty.enter("another horse");
    pty.wait_for("two different passwords");
    assert_eq!(pty.exit_code(), 2);
    let mut pty = login(&["--register"]);
    pty.enter("correct horse");
    pty.wait_for("The same again:");
    pty.enter("correct horse");
    assert_eq!(pty.exit_code(), 0);
    assert!(!pty.contents().contains("horse"), "{}", pty.contents());
    let mut pty = login(&[]);
    pty.press("not the");
    pty.press(&key::ctrl('u'));
    pty.enter("correct horse");
    assert_eq!(pty.exit_code(), 0);
    let mut pty = login(&[]);
    pty.press(&key::ctrl('c'));
    pty.wait_for("you gave it up");
    assert_eq!(pty.exit_code(), 1);
}

#[test]
fn a_wrong_password_is_explained_and_a_logout_asks_again() {
    let server = Server::start();
    let mut ann = register(&server, "ann", SMALL);
    ann.pty.enter("/logout");
    ann.pty.wait_for("Password");
    ann.pty.press("ann");
    ann.pty.press(key::TAB);
    ann.pty.enter("not my password");
    ann.pty.wait_for("No such name, or not its password");
}

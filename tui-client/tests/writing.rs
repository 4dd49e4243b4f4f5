//! Writing and reading in a real terminal: the user's own editor, links, code in colours.
#![allow(clippy::unwrap_used, reason = "a test")]

mod fake;
mod pty;

use std::path::Path;

use chat_shared::{Event, EventKind};
use chat_tui::account::{Account, Accounts};
use chat_tui::net::token::Token;
use fake::{Fake, Peer};
use pty::{Pty, Start, key};
use tempfile::TempDir;

/// The client, logged in at a server, with these variables.
async fn open(fake: &mut Fake, home: &TempDir, env: &[(&str, &str)]) -> (Pty, Peer) {
    let account = Account { user: fake::me(), token: Token::new(fake::TOKEN.into()).unwrap() };
    let accounts = Accounts::in_folder(home.path().join("chat-tui/accounts"));
    accounts.save(&fake.url.parse().unwrap(), &account).unwrap();
    let path = home.path().to_str().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_chat-tui"));
    let args = ["--server", fake.url.as_str()];
    let mut all = vec![("HOME", path), ("XDG_STATE_HOME", path), ("XDG_CONFIG_HOME", path), ("TMPDIR", path)];
    all.extend_from_slice(env);
    let pty = Pty::start(&Start { program, args: &args, env: &all, cols: 80, rows: 24 });
    let (peer, _) = fake.accept_ready().await;
    tokio::task::block_in_place(|| pty.wait("the room", |screen| screen.contents().contains("live")));
    (pty, peer)
}

fn says(seq: u64, body: &str) -> Event {
    let mut event = fake::posted(fake::room_id(1), seq);
    event.kind = EventKind::Posted { body: body.into(), key: None, reply_to: None };
    event
}

/// A script that takes the place of a program.
fn script(home: &TempDir, name: &str, text: &str) -> String {
    let path = home.path().join(name);
    std::fs::write(&path, format!("{text}\n")).unwrap();
    // Read, and not run: nothing can be run that somebody has open for writing, as a process may that another test has just forked.
    format!("/bin/sh {}", path.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_editor_has_the_terminal_and_gives_the_text_back() {
    let mut fake = Fake::start(0).await;
    let home = tempfile::tempdir().unwrap();
    // It shows what it got and how private that is, waits for a line of the user, and writes it behind the text.
    let editor = script(
        &home,
        "editor",
        "ls -l \"$1\" | cut -c1-10; echo \"<$(cat \"$1\")>\"; read line; echo \" and $line\" >> \"$1\"; test \"$line\" != bad",
    );
    let (mut pty, mut peer) = open(&mut fake, &home, &[("EDITOR", &editor)]).await;
    tokio::task::block_in_place(|| {
        pty.press("a draft");
        pty.wait_for("a draft");
        pty.press(&key::ctrl('o'));
        pty.wait("the editor", |screen| !screen.alternate_screen() && screen.contents().contains("<a draft>"));
        assert!(pty.contents().contains("-rw-------"), "{}", pty.contents());
    });
    // The room goes on behind it.
    peer.say(&says(1, "while you wrote")).await;
    tokio::task::block_in_place(|| {
        let title = "\x1b]0;chat: #general\x07";
        let titles = |pty: &Pty| String::from_utf8_lossy(&pty.bytes()).matches(title).count();
        let before = titles(&pty);
        assert!(before > 0, "the window says where one is");
        pty.press("qj more\r");
        pty.wait("the screen again", |screen| {
            screen.alternate_screen()
                && screen.contents().contains("and qj more")
                && screen.contents().contains("while you wrote")
        });
        assert!(titles(&pty) > before, "also behind the editor, which may have a title of its own");
        // Keys are ours again; and an editor that fails changes nothing.
        pty.press(&key::ctrl('o'));
        pty.wait_for("<a draft and qj more>");
        pty.wait_told("Your text is as it was", |pty| pty.press("bad\r"));
        assert!(pty.contents().contains("and qj more") && !pty.contents().contains("and bad"), "{}", pty.contents());
        pty.press(&key::ctrl('c'));
        assert_eq!(pty.exit_code(), 0);
    });
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".md")), "{left:?}");
}

/// An editor that writes, says that it is there, and waits for a line in the pipe `go`.
fn slow_editor(home: &TempDir) -> String {
    let go = home.path().join("go");
    let go = go.display();
    script(home, "editor", &format!("mkfifo {go}; echo ' and a half' >> \"$1\"; echo EDITOR; read line < {go}"))
}

#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + fake::PATIENCE;
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_editor_nothing_is_seen_and_everything_goes_on() {
    let mut fake = Fake::start(1).await;
    let home = tempfile::tempdir().unwrap();
    let (editor, log) = (slow_editor(&home), home.path().join("log"));
    let env = [("EDITOR", editor.as_str()), ("CHAT_LOG", log.to_str().unwrap())];
    let (mut pty, mut peer) = open(&mut fake, &home, &env).await;
    let (told, posts) = std::sync::mpsc::channel();
    tokio::task::block_in_place(|| {
        pty.wait_for("text 1");
        wait_until("it is read", || fake.count("/read") > 0);
        fake.fail_next("/messages", 503, chat_shared::ErrorCode::Unavailable, None);
        fake.world().on_post = Some(Box::new(move |key| told.send(key.to_owned()).unwrap()));
        // It is refused, and to be tried again after a while.
        pty.enter("on its way");
        wait_until("it is refused", || fake.world().failures.is_empty());
        pty.press("a draft");
        pty.press(&key::ctrl('o'));
        pty.wait_for("EDITOR");
        posts.recv_timeout(fake::PATIENCE).expect("it waits for the editor");
        assert!(!pty.screen().alternate_screen(), "it is still there");
    });
    peer.say(&says(3, "while you wrote")).await;
    tokio::task::block_in_place(|| {
        // Else the editor might end before the loop has come to it.
        wait_until("the client has it", || std::fs::read_to_string(&log).unwrap().contains("seq=3"));
        std::fs::write(home.path().join("go"), "\n").unwrap();
        pty.wait_for("a draft and a half");
        pty.wait_for("while you wrote");
        pty.wait("what came meanwhile to be new", |screen| {
            let text = screen.contents();
            let [seen, rule, unseen] = ["text 1", " new ─", "while you wrote"].map(|part| text.find(part));
            seen.is_some() && seen < rule && rule < unseen
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_editor_has_written_outlives_a_signal() {
    let mut fake = Fake::start(1).await;
    let home = tempfile::tempdir().unwrap();
    let editor = slow_editor(&home);
    let (mut pty, _peer) = open(&mut fake, &home, &[("EDITOR", &editor)]).await;
    tokio::task::block_in_place(|| {
        pty.press("a draft");
        pty.wait_for("a draft");
        pty.press(&key::ctrl('o'));
        pty.wait_for("EDITOR");
        pty.signal(rustix::process::Signal::TERM);
        pty.exit_code();
    });
    let (pty, _peer) = open(&mut fake, &home, &[]).await;
    tokio::task::block_in_place(|| pty.wait_for("a draft and a half"));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_is_selected_with_the_mouse_or_copied_by_a_key() {
    let mut fake = Fake::start(0).await;
    let home = tempfile::tempdir().unwrap();
    let (mut pty, mut peer) = open(&mut fake, &home, &[("TMUX", "/tmp/tmux")]).await;
    peer.say(&says(1, "see\n```\nls | wc\n```")).await;
    tokio::task::block_in_place(|| {
        pty.wait_for("ls | wc");
        assert_ne!(pty.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        pty.press("\x1bOQ");
        pty.wait("the mouse to be the terminal's", |screen| {
            screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
                && !screen.contents().contains("Message #")
                && screen.contents().contains("ls | wc")
        });
        pty.press(key::ESC);
        pty.wait("it to be as it was", |screen| {
            screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None && screen.contents().contains("Message #")
        });
        pty.press(key::ESC);
        pty.wait_for("y copy");
        pty.wait_told("Copied.", |pty| pty.press("Y"));
        // "ls | wc", for tmux itself and for the terminal around it.
        let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
        assert!(bytes.contains("\x1b]52;c;bHMgfCB3Yw==\x1b\\\x1bPtmux;\x1b\x1b]52;c;bHMgfCB3Yw=="), "{bytes:?}");
        pty.press(&key::ctrl('c'));
        assert_eq!(pty.exit_code(), 0);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_told_to_the_terminal_and_opened() {
    let mut fake = Fake::start(0).await;
    let home = tempfile::tempdir().unwrap();
    let browser = script(&home, "browser", "echo \"$1\" > \"$HOME/opened\"");
    let (mut pty, mut peer) = open(&mut fake, &home, &[("BROWSER", &browser)]).await;
    peer.say(&says(1, "see [the docs](https://a.example/x) and [no](javascript:alert(1))")).await;
    tokio::task::block_in_place(|| {
        pty.wait_for("[no](javascript:alert(1))");
        let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
        let (_, rest) = bytes.split_once("\x1b]8;id=0;https://a.example/x\x1b\\").expect("the link begins");
        let (inside, _) = rest.split_once("\x1b]8;;\x1b\\").expect("the link ends");
        assert!(inside.contains("the docs") && !inside.contains("see"), "{inside:?}");
        assert!(!bytes.contains("]8;;javascript") && !bytes.contains(";javascript:"));
    });
    let told = fake::room_id(1);
    // The address changes under the same words: the cells are painted anew.
    let mut edit = says(2, "");
    edit.room = told;
    edit.kind = EventKind::Edited { target: 1, body: "see [the docs](https://b.example/y)".into() };
    peer.say(&edit).await;
    tokio::task::block_in_place(|| {
        pty.wait_for("(b.example)");
        let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
        let (_, rest) = bytes.split_once("\x1b]8;id=1;https://b.example/y\x1b\\").expect("the new link");
        assert!(rest.split("\x1b]8;;").next().unwrap().contains("the docs"), "{rest:?}");
        pty.press(key::ESC);
        pty.wait_for("y copy");
        pty.press("o");
    });
    let opened = home.path().join("opened");
    let deadline = std::time::Instant::now() + pty::PATIENCE;
    while std::fs::read_to_string(&opened).unwrap_or_default() != "https://b.example/y\n" {
        assert!(std::time::Instant::now() < deadline, "it was never opened");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn code_is_coloured_once_its_parts_are_found() {
    let mut fake = Fake::start(0).await;
    let home = tempfile::tempdir().unwrap();
    let (pty, mut peer) = open(&mut fake, &home, &[]).await;
    peer.say(&says(1, "```rust\nfn main() {}\n```")).await;
    tokio::task::block_in_place(|| {
        pty.wait("colours", |screen| {
            let (rows, cols) = screen.size();
            let find = |text: &str| {
                let line = screen.rows(0, cols.get()).position(|row| row.contains("fn main"))?;
                let row = screen.rows(0, cols.get()).nth(line)?;
                let column = row[..row.find(text)?].chars().count();
                screen.cell(u16::try_from(line).ok()?.min(rows.get()), u16::try_from(column).ok()?)
            };
            matches!((find("fn"), find("main")), (Some(a), Some(b)) if a.fgcolor() != b.fgcolor())
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_heeded_and_read_again_and_mistakes_change_nothing() {
    let mut fake = Fake::start(0).await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("chat-tui");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.toml");
    std::fs::write(&file, "time = \"12h\"\nmouse = false\n[keys]\nhelp = \"F9\"\n").unwrap();
    let (mut pty, mut peer) = open(&mut fake, &home, &[]).await;
    peer.say(&says(1, "good morning")).await;
    tokio::task::block_in_place(|| {
        pty.wait_for("10:00am ann");
        pty.wait_for("F9 help");
        let hears = |pty: &mut Pty| String::from_utf8_lossy(&pty.bytes()).contains("\x1b[?1002h");
        assert!(!hears(&mut pty), "the mouse is the terminal's");
        std::fs::write(&file, "time = \"24h\"\n[keys]\nhelp = \"Hyper+h\"\n").unwrap();
        pty.wait_told("The old settings stay", |pty| pty.enter("/reload"));
        pty.wait_for("10:00am ann");
        std::fs::write(&file, "time = \"24h\"\n[keys]\nhelp = \"F8\"\n").unwrap();
        pty.enter("/reload");
        pty.wait_for("10:00 ann");
        assert!(hears(&mut pty), "until the settings say otherwise");
        pty.press("\x1b[19~");
        pty.wait_for("│  F8 ");
        pty.press(&key::ctrl('c'));
        assert_eq!(pty.exit_code(), 0);
    });
}

#[test]
fn wrong_settings_are_said_before_the_screen_opens() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "\ntheme = \"drak\"\n").unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_chat-tui"));
    let (path, args) = (home.path().to_str().unwrap(), ["--config", file.to_str().unwrap()]);
    let mut pty = Pty::start(&Start { program, args: &args, env: &[("HOME", path)], cols: 200, rows: 24 });
    assert_eq!(pty.exit_code(), 2);
    assert!(pty.contents().contains("mine.toml:2: theme: \"drak\" is none of auto"), "{}", pty.contents());
}

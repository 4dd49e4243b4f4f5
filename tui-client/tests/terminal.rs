//! The manners of the full screen: it takes the terminal, gives it back however it ends, and does nothing at rest.
#![allow(clippy::unwrap_used, reason = "a test")]

mod fake;
mod pty;

use std::io::Read as _;
use std::path::Path;

use chat_tui::account::{Account, Accounts};
use chat_tui::net::token::Token;
use chat_tui::terminal::Screen;
use chat_tui::terminal::manners::Manners;
use fake::Fake;
use pty::{Pty, Start, key};
use rustix::process::Signal;
use tempfile::TempDir;

const NOBODY: &str = "http://127.0.0.1:9";

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(home: &TempDir) -> Pty {
    let pty = Pty::chat(NOBODY, home.path(), (80, 24));
    pty.wait("the full screen", |screen| screen.alternate_screen() && !screen.contents().trim().is_empty());
    pty
}

#[track_caller]
fn assert_given_back(pty: &mut Pty) {
    let screen = pty.screen();
    assert!(!screen.alternate_screen(), "the alternate screen is left");
    assert!(!screen.hide_cursor(), "the cursor is back");
    assert!(!screen.bracketed_paste(), "paste is as it was");
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is the terminal's");
    let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
    for (on, off) in [("\x1b[?1004h", "\x1b[?1004l"), ("\x1b[>1u", "\x1b[<1u"), ("\x1b[22;0t", "\x1b[23;0t")] {
        assert!(bytes.rfind(on) < bytes.rfind(off), "{on:?} is undone");
        assert!(bytes.contains(on), "{on:?} is done");
    }
    assert_eq!(bytes.matches("\x1b[?2026h").count() > 0, bytes.contains("\x1b[?2026l"));
}

/// What all the tests in a terminal rely on.
#[test]
fn frames_are_seen_whole_however_they_are_cut() {
    let (one, two) = ("\x1b[?2026hone\x1b[?2026l", "\x1b[?2026htwo\x1b[?2026hmore\x1b[?2026l");
    let written = format!("$ \x1b[1m{one}\x1b]0;title\x07{two}end\x1b[?20");
    for cut in 0..=written.len() {
        let mut frames = pty::frames::Frames::default();
        let seen = [&written[..cut], &written[cut..]].map(|part| frames.take(part.as_bytes())).concat();
        for frame in [one, two] {
            assert!(seen.iter().any(|seen| seen == frame.as_bytes()), "{frame:?}, cut at {cut}");
        }
        assert_eq!(seen.concat(), &written.as_bytes()[..written.len() - 5], "what may become a frame is held");
        assert_eq!(frames.rest(), b"\x1b[?20");
    }
}

#[test]
fn ctrl_c_quits_and_gives_the_terminal_back() {
    let home = home();
    let mut pty = open(&home);
    assert!(pty.screen().bracketed_paste());
    pty.press(&key::ctrl('c'));
    assert_eq!(pty.exit_code(), 0);
    assert_given_back(&mut pty);
}

#[test]
fn signals_end_it_cleanly() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = home();
        let mut pty = open(&home);
        pty.signal(signal);
        assert_eq!(pty.exit_code(), 0, "{signal:?}");
        assert_given_back(&mut pty);
    }
}

/// The window is closed while the program runs. Everything that holds the terminal has to go, so this reads by itself.
#[test]
fn a_closed_terminal_ends_it() {
    let home = home();
    let size = portable_pty::PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pair = portable_pty::native_pty_system().openpty(size).unwrap();
    let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_chat-tui"));
    command.args(["--server", NOBODY]);
    command.env_clear();
    for name in ["HOME", "XDG_STATE_HOME"] {
        command.env(name, home.path());
    }
    command.env("TERM", "xterm");
    command.env(pty::NO_BUS.0, pty::NO_BUS.1);
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut killer = child.clone_killer();
    let mut reader = pair.master.try_clone_reader().unwrap();
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&bytes).contains("\x1b[?2026l") {
        let count = reader.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..count]);
    }
    drop((pair, reader));
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait()));
    match end.recv_timeout(pty::PATIENCE) {
        Ok(status) => assert_eq!(status.unwrap().exit_code(), 0),
        Err(_) => {
            killer.kill().unwrap();
            panic!("it goes on without a terminal");
        }
    }
}

#[test]
fn options_of_the_full_screen_are_heeded() {
    let home = home();
    let program = Path::new(env!("CARGO_BIN_EXE_chat-tui"));
    let (path, args) = (home.path().to_str().unwrap(), ["--server", NOBODY, "--no-mouse", "--name", "ann"]);
    let env = [("HOME", path), ("XDG_STATE_HOME", path)];
    let mut pty = Pty::start(&Start { program, args: &args, env: &env, cols: 80, rows: 24 });
    pty.wait_for("ann");
    pty.press(&key::ctrl('c'));
    assert_eq!(pty.exit_code(), 0);
    let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
    assert!(!bytes.contains("\x1b[?1000h") && !bytes.contains("\x1b[?1000l"));
    let mut pty = Pty::start(&Start { program, args: &args[..2], env: &env, cols: 80, rows: 24 });
    pty.wait_for("Password");
    pty.press(&key::ctrl('c'));
    assert_eq!(pty.exit_code(), 0);
    let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
    assert!(bytes.contains("\x1b[?1002h") && bytes.contains("\x1b[?1000l"));
    assert!(!bytes.contains("\x1b[?1003"), "no movement of the mouse wakes anybody");
}

#[test]
fn a_dumb_terminal_gets_lines() {
    let home = home();
    let program = Path::new(env!("CARGO_BIN_EXE_chat-tui"));
    let env = [("HOME", home.path().to_str().unwrap()), ("TERM", "dumb")];
    let mut pty = Pty::start(&Start { program, args: &[], env: &env, cols: 80, rows: 24 });
    assert_eq!(pty.exit_code(), 4, "lines ask no password");
    assert!(pty.contents().contains("chat-tui login"), "{}", pty.contents());
    assert!(!String::from_utf8_lossy(&pty.bytes()).contains('\x1b'));
}

#[test]
fn what_happens_is_logged_where_the_user_wants_it_and_no_secret_is_in_it() {
    let home = home();
    let log = home.path().join("chat.log");
    let mut pty = Pty::chat_with(NOBODY, home.path(), (80, 24), &[("CHAT_LOG", log.to_str().unwrap())]);
    pty.wait_for("Password");
    pty.press("ann\tcorrect horse\r");
    pty.wait_for("Nothing listens");
    pty.press(&key::ctrl('c'));
    assert_eq!(pty.exit_code(), 0);
    let text = std::fs::read_to_string(&log).unwrap();
    for word in ["started", "a call got no answer", "/login", "could not log in", "quit"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("horse") && !text.contains('\x1b'), "{text}");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!pty.contents().contains("started"), "nothing of it is on the screen");
}

/// The colours of the cells in which the screen has this text.
fn colours_of(screen: &vt100::Screen, text: &str) -> Vec<vt100::Color> {
    let rows: Vec<String> = screen.rows(0, 80).collect();
    let found = rows.iter().enumerate().find_map(|(row, line)| Some((row, line.find(text)?)));
    let Some((row, column)) = found else { return Vec::new() };
    let column = rows[row][..column].chars().count();
    let cell =
        |n: usize| screen.cell(u16::try_from(row).unwrap(), u16::try_from(column + n).unwrap()).unwrap().fgcolor();
    (0..text.chars().count()).map(cell).collect()
}

#[test]
fn the_terminals_background_is_heard_and_no_key_is_taken_for_it() {
    let home = home();
    let mut pty = open(&home);
    assert!(String::from_utf8_lossy(&pty.bytes()).contains("\x1b]11;?\x07"), "it is asked");
    let dark = colours_of(&pty.screen(), "goes on");
    assert!(!dark.is_empty());
    // Late, in the middle of what somebody types; and Alt+] and Esc are typed, too.
    pty.press("an\x1b]\x1b]11;rgb:ffff/ffff/eeee\x07na");
    pty.wait_for("anna");
    pty.wait("the light look", |screen| colours_of(screen, "goes on") != dark);
    assert!(!pty.contents().contains("rgb") && !pty.contents().contains("]11"), "{}", pty.contents());
    pty.press(&key::ctrl('c'));
    assert_eq!(pty.exit_code(), 0);
}

#[test]
fn half_an_answer_was_typed() {
    let home = home();
    let mut pty = open(&home);
    pty.press("\x1b]11;rgb:12");
    // What is held is given back when nothing follows.
    pty.wait_for("11;rgb:12");
    pty.press(&key::ctrl('c'));
    assert_eq!(pty.exit_code(), 0);
}

#[test]
fn the_linux_console_gets_only_what_it_knows() {
    let home = home();
    let env = [("TERM", "linux"), ("COLORTERM", "")];
    let mut pty = Pty::chat_with(NOBODY, home.path(), (80, 24), &env);
    pty.wait_for("Password");
    pty.press("ann\tsecret");
    pty.wait_for("------");
    pty.press(&key::ctrl('c'));
    assert_eq!(pty.exit_code(), 0);
    let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
    for unknown in ["\x1b]11;?", "\x1b[>1u", "\x1b]8;", "•", "…"] {
        assert!(!bytes.contains(unknown), "{unknown:?}");
    }
}

/// A program with a defect; the test below runs it in a terminal.
#[test]
#[ignore = "a part of `a_panic_gives_the_terminal_back_and_says_so`"]
fn panics_with_the_screen() {
    let manners = Manners { mouse: true, keyboard: true, hyperlinks: true, background: false, is_console: false };
    let mut screen = Screen::take(manners, true).unwrap();
    screen.draw(|frame, _| frame.render_widget("all is well", frame.area())).unwrap();
    let defect = std::thread::spawn(|| panic!("a defect in another thread"));
    assert!(defect.join().is_err());
    assert!(!screen.is_ours() && screen.draw(|_, _| ()).is_err(), "nothing is drawn over the words");
}

#[test]
fn a_panic_gives_the_terminal_back_and_says_so() {
    let program = std::env::current_exe().unwrap();
    let args = ["--ignored", "--exact", "panics_with_the_screen", "--nocapture"];
    let mut pty = Pty::start(&Start { program: &program, args: &args, env: &[], cols: 100, rows: 24 });
    assert_eq!(pty.exit_code(), 0, "{}", pty.contents());
    assert_given_back(&mut pty);
    let shown = pty.contents();
    assert!(shown.contains("chat-tui has a defect") && shown.contains("a defect in another thread"), "{shown}");
    assert!(!shown.contains("all is well"), "{shown}");
}

#[test]
fn stops_with_the_shell_and_comes_back() {
    let home = home();
    let (path, client) = (home.path().to_str().unwrap(), env!("CARGO_BIN_EXE_chat-tui"));
    // A shell with job control, as a user has it; its prompt says when it is its turn.
    let env =
        [("HOME", path), ("XDG_STATE_HOME", path), ("CHAT_SERVER", NOBODY), ("PS1", "ready$ "), ("CLIENT", client)];
    let program = Path::new("/bin/bash");
    let mut pty = Pty::start(&Start { program, args: &["--norc", "--noprofile", "-i"], env: &env, cols: 80, rows: 24 });
    let prompts = |screen: &vt100::Screen| {
        let (row, _) = screen.cursor_position();
        let line = screen.rows(0, screen.size().1.get()).nth(usize::from(row)).unwrap_or_default();
        !screen.alternate_screen() && line.trim() == "ready$"
    };
    pty.wait("the shell", prompts);
    pty.enter("\"$CLIENT\"");
    pty.wait("the full screen", |screen| screen.alternate_screen() && !screen.contents().trim().is_empty());
    pty.press(&key::ctrl('z'));
    pty.wait("the shell", |screen| prompts(screen) && screen.contents().contains("Stopped"));
    pty.resize(60, 20);
    pty.enter("fg");
    pty.wait("the full screen again", |screen| screen.alternate_screen() && !screen.contents().trim().is_empty());
    pty.press(&key::ctrl('c'));
    pty.wait("the shell again", prompts);
    pty.enter("echo code=$?");
    pty.wait_for("code=0");
}

/// Every thread of a process, and how often it was woken (its voluntary context switches).
#[cfg(target_os = "linux")]
fn wake_ups(pid: rustix::process::Pid) -> Vec<(std::ffi::OsString, String)> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())).unwrap();
    // A thread may end while we look.
    let of = |task: std::fs::DirEntry| {
        let status = std::fs::read_to_string(task.path().join("status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"))?;
        Some((task.file_name(), line.to_owned()))
    };
    tasks.flatten().filter_map(of).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn at_rest_nothing_wakes_and_nothing_is_asked() {
    let mut fake = Fake::start(0).await;
    let home = home();
    let account = Account { user: fake::me(), token: Token::new(fake::TOKEN.into()).unwrap() };
    let accounts = Accounts::in_folder(home.path().join("chat-tui/accounts"));
    accounts.save(&fake.url.parse().unwrap(), &account).unwrap();
    let pty = Pty::chat(&fake.url, home.path(), (80, 24));
    let (mut peer, _) = fake.accept_ready().await;
    tokio::task::block_in_place(|| pty.wait_for("general"));
    // Whatever belongs to the start has to end first, however long that takes here: threads that had something to do wait ten
    // seconds for more. What ticks never comes to rest.
    let deadline = std::time::Instant::now() + pty::PATIENCE;
    let now = || (wake_ups(pty.pid()), fake.count("/"));
    let mut before = now();
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
        let after = now();
        if after == before {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "something wakes it, or it asks for something: {after:?}");
        before = after;
    }
    // And it is still listening.
    peer.say(&fake::posted(fake::room_id(1), 1)).await;
    tokio::task::block_in_place(|| pty.wait_for("text 1"));
}

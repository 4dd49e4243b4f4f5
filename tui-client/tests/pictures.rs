//! The pictures of the documentation, drawn by the real client in a terminal, with the real server and three people behind it.
//!
//! A picture in `docs/` that shows another screen than the program does today fails here. To draw them anew:
//! `CHAT_PICTURES=draw cargo test -p chat-tui --test pictures`

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod pty;
#[path = "pictures/svg.rs"]
mod svg;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use pty::person::{PASSWORD, Person, sign_up};
use pty::server::Server;
use pty::{Pty, client, key};
use svg::Ground;
use tempfile::TempDir;

const SIZE: (u16, u16) = (96, 26);

/// The client as a command, as the person whose home this is.
fn run(server: &Server, home: &Path, arguments: &[&str], input: &str) {
    let mut child = client(home)
        .args(["--server", &server.url])
        .args(arguments)
        .env("XDG_CONFIG_HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // A command that reads nothing may have closed its input already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    assert!(child.wait().unwrap().success(), "{arguments:?}");
}

/// Somebody who is there by commands only.
fn scripted(server: &Server, name: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    run(server, home.path(), &["login", "--name", name, "--password-stdin", "--register"], &format!("{PASSWORD}\n"));
    home
}

/// Somebody at a terminal, with a theme.
fn at_a_terminal(server: &Server, name: &str, theme: &str) -> Person {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("chat-tui");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), format!("tokens = \"file\"\ntheme = \"{theme}\"\n")).unwrap();
    let mut pty = Pty::chat(&server.url, home.path(), SIZE);
    sign_up(&mut pty, name);
    Person { pty, home }
}

/// Waits until all of this is on the screen at the same time, and gives that screen.
fn screen_with(pty: &Pty, wanted: &[&str]) -> vt100::Screen {
    let mut seen = None;
    let seen = std::sync::Mutex::new(&mut seen);
    pty.wait(&format!("{wanted:?}"), |screen| {
        let text = screen.contents();
        let is_there = wanted.iter().all(|wanted| text.contains(wanted));
        if is_there {
            **seen.lock().unwrap() = Some(screen.clone());
        }
        is_there
    });
    seen.into_inner().unwrap().take().unwrap()
}

/// Holds a picture in `docs/` against what is on the screen, or draws it there.
fn hold(name: &str, screen: &vt100::Screen, ground: Ground) {
    let drawn = svg::draw(screen, ground);
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "docs", name].iter().collect();
    if std::env::var_os("CHAT_PICTURES").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let [kept, drawn] = [&kept, &drawn].map(|svg| lasting(svg.split("</desc>").next().unwrap()));
    let again = "draw it anew with: CHAT_PICTURES=draw cargo test -p chat-tui --test pictures";
    assert_eq!(kept, drawn, "docs/{name} is not what the client shows; {again}");
}

/// What stays the same from one drawing to the next: not the time, the day, the port, and how wide they are.
fn lasting(text: &str) -> String {
    let rows = text.lines().filter(|row| !row.contains("───── ") && !row.contains("viewBox"));
    let no_digits = |row: &str| {
        row.split_whitespace()
            .map(|word| word.trim_matches(|c: char| c.is_ascii_digit() || c == ':'))
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    rows.map(no_digits).collect::<Vec<_>>().join("\n")
}

/// Ann's rooms and what was said in them, up to a screen that shows a bit of everything.
fn talk(server: &Server, ann: &mut Person, bob: &mut Person) {
    let carol = scripted(server, "carol");
    // By command: a message is committed before the next one comes.
    let say =
        |who: &TempDir, room: &str, text: &str| run(server, who.path(), &["send", "--room", room, "--", text], "");
    ann.pty.enter("/create design the new dashboard");
    ann.pty.wait_for("#design  the new dashboard");
    bob.pty.enter("/create ops deploys and alerts");
    bob.pty.wait_for("#ops  deploys and alerts");
    ann.pty.enter("/join ops");
    ann.pty.wait_for("#ops  deploys and alerts");
    run(server, carol.path(), &["--plain"], "/join design\n/join ops\n");
    say(&carol, "design", "@ann which of the two blues do we take?");
    ann.pty.enter("/favourite");
    ann.pty.wait_for("★ ops");
    ann.pty.enter("/join general");
    ann.pty.wait_for("3 members");
    bob.pty.enter("/dm ann lunch at one?");
    say(&carol, "general", "morning! the deploy is **green**, notes are in https://ci.example.com/v2.4.0");
    say(
        &ann.home,
        "general",
        "nice, I'll tag it and write the notes this afternoon, unless somebody wants them sooner",
    );
    say(&carol, "general", CODE);
    ann.pty.wait_for("build.is_green()");
    ann.pty.press(key::ESC);
    ann.pty.wait_for("r reply");
    ann.pty.press("+");
    ann.pty.wait_for("or :name:");
    ann.pty.enter(":tada:");
    ann.pty.wait_for("🎉 1");
    bob.pty.press(&key::ctrl('k'));
    bob.pty.wait_for("Jump to");
    bob.pty.enter("general");
    bob.pty.wait_for("#general");
    let answer = "looks right. I'd be careful with `DAY`, it was *two* days once";
    run(server, bob.home.path(), &["send", "--room", "general", "--reply-to", "6", "--", answer], "");
    bob.pty.wait_for("be careful");
}

const CODE: &str = "今日は 👋 what I run before I tag:\n
```rust
fn ready(build: &Build) -> bool {
    build.is_green() && build.age() < DAY // or not
}
```";

#[test]
fn the_pictures_show_what_the_client_shows() {
    let server = Server::start();
    let mut ann = at_a_terminal(&server, "ann", "dark");
    let mut bob = at_a_terminal(&server, "bob", "light");
    talk(&server, &mut ann, &mut bob);
    bob.pty.press("and one more th");
    let lasts = ["be careful", "@1", "● bob", "🎉 1", "live", "Esc select"];
    let screen = loop {
        let screen = screen_with(&ann.pty, &lasts);
        if screen.contents().contains("bob is typing") {
            break screen;
        }
        // That fades after seconds; whoever types on is seen again.
        if !ann.pty.comes_soon("bob is typing") {
            bob.pty.press("\x7fh");
        }
    };
    hold("screen.svg", &screen, svg::DARK);

    bob.pty.press(&key::ctrl('u'));
    bob.pty.press(&key::ctrl('f'));
    bob.pty.wait_for("Search");
    bob.pty.enter("deploy");
    hold("search.svg", &screen_with(&bob.pty, &["1 hit", "notes are in https"]), svg::LIGHT);
}

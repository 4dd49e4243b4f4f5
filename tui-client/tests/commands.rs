//! The commands without a screen: the real binary against a server in the test's hand.
#![allow(clippy::unwrap_used, reason = "a test")]

mod fake;

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use chat_shared::frame::{ByeReason, Control};
use chat_shared::{ErrorCode, Event, EventKind, UserRef};
use fake::{Fake, PATIENCE, event, me, posted, room_id};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A user with a home of their own.
struct Home {
    dir: TempDir,
    server: String,
}

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Home {
    fn new(server: &str) -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap(), server: server.to_owned() };
        home.configure("");
        home
    }

    /// Settings of one's own. No test reaches for the keyring of whoever runs it.
    fn configure(&self, settings: &str) {
        let folder = self.dir.path().join(".config/chat-tui");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), format!("tokens = \"file\"\n{settings}")).unwrap();
    }

    async fn logged_in(fake: &Fake) -> Self {
        let home = Self::new(&fake.url);
        let ended = home.run("login --name me --password-stdin", "right password\n").await;
        assert_eq!(ended, Ended { code: Some(0), out: String::new(), err: String::new() });
        home
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chat-tui"));
        command.args(args.split_whitespace()).env_clear().env("TZ", "UTC").env("TERM", "xterm");
        // The keyring and the desktop of whoever runs the tests are none of ours.
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
        command.env("HOME", self.dir.path()).env("XDG_STATE_HOME", self.dir.path()).env("CHAT_SERVER", &self.server);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    async fn run(&self, args: &str, input: &str) -> Ended {
        let mut child = self.command(args).spawn().unwrap();
        // A command that reads nothing may have closed its input already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("it hangs").unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn tail(&self, args: &str) -> Tail {
        let mut child = self.command(&format!("tail {args}")).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Tail { child, lines }
    }
}

/// A running `tail`.
struct Tail {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Tail {
    async fn line(&mut self) -> String {
        tokio::time::timeout(PATIENCE, self.lines.next_line()).await.expect("no line").unwrap().expect("it ended")
    }

    async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for _ in 0..count {
            texts.push(self.line().await);
        }
        texts
    }

    async fn code(mut self) -> Option<i32> {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it goes on").unwrap().code()
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), signal).unwrap();
    }
}

fn texts(range: std::ops::RangeInclusive<u64>) -> Vec<String> {
    range.map(|seq| format!("2026-11-22 10:00 ann  text {seq}")).collect()
}

#[tokio::test]
async fn login_keeps_the_token_and_logout_forgets_it() {
    let fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    let folder = home.dir.path().join("chat-tui/accounts");
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(file.path()).unwrap().contains(fake::TOKEN));

    let ended = home.run("logout", "").await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    let ended = home.run("rooms", "").await;
    assert_eq!(ended.code, Some(4));
    assert!(ended.err.contains("not logged in") && ended.err.contains("chat-tui login"), "{}", ended.err);
}

#[tokio::test]
async fn a_wrong_password_keeps_nothing() {
    let fake = Fake::start(1).await;
    let home = Home::new(&fake.url);
    let ended = home.run("login --name me --password-stdin --register", "wrong\n").await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.starts_with("chat-tui: Could not register: The fake says no."), "{}", ended.err);
    assert_eq!(home.run("login --name me --password-stdin", "\n").await.code, Some(2));
    let piped = home.run("login --name me", "right password\n").await;
    assert_eq!((piped.code, piped.err.contains("--password-stdin")), (Some(2), true), "{}", piped.err);
    assert!(!home.dir.path().join("chat-tui").exists());
}

#[tokio::test]
async fn send_commits_one_message_and_says_so_by_its_code() {
    let fake = Fake::start(3).await;
    let home = Home::logged_in(&fake).await;
    let ended = home.run("send --room general hello", "").await;
    assert_eq!(ended, Ended { code: Some(0), out: String::new(), err: String::new() });
    let ended = home.run("send --room #general -v --reply-to 2", "\x1b[32mok\x1b[0m\r\n  done\r\n").await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "general/5\n"), "{}", ended.err);
    let again = home.run("send --room general --key k1 -v once", "").await.out;
    assert_eq!(home.run("send --room general --key k1 -v once", "").await.out, again);

    let world = fake.world();
    let bodies: Vec<_> = world.rooms[&room_id(1)].events[3..].iter().map(|event| &event.kind).collect();
    let EventKind::Posted { body, reply_to, .. } = bodies[1] else { panic!() };
    assert_eq!((body.as_str(), *reply_to, bodies.len()), ("ok\n  done", Some(2), 3));
}

#[tokio::test]
async fn send_tries_again_with_the_same_key() {
    let fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    fake.fail_next("/messages", 503, ErrorCode::Unavailable, None);
    fake.fail_next("/messages", 429, ErrorCode::RateLimited, Some(0));
    assert_eq!(home.run("send --room general hello", "").await.code, Some(0));
    let world = fake.world();
    let keys: Vec<_> = world.calls.iter().filter_map(|call| call.key.clone()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test]
async fn send_tells_refused_from_unknown() {
    let fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    let ended = home.run("send --room nowhere hello", "").await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("chat-tui rooms"), "{}", ended.err);
    assert_eq!(home.run("send --room general", "  \n").await.code, Some(2));
    fake.fail_next("/messages", 503, ErrorCode::Unavailable, Some(300));
    assert_eq!(
        home.run("send --room general --timeout 100 hello", "").await.code,
        Some(1),
        "it says that nothing was done"
    );
    fake.world().token = "another".into();
    assert_eq!(home.run("send --room general hello", "").await.code, Some(4));
}

#[tokio::test]
async fn send_gives_up_in_time_where_nothing_listens() {
    let fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    // The login is for another address now: where nothing listens.
    let (_nobody, gone) = fake::nobody();
    let accounts = chat_tui::account::Accounts::in_folder(home.dir.path().join("chat-tui/accounts"));
    let account = accounts.load(&fake.url.parse().unwrap()).unwrap().unwrap();
    accounts.save(&format!("http://{gone}").parse().unwrap(), &account).unwrap();
    let ended = home.run(&format!("--server http://{gone} send --room general --timeout 1 hello"), "").await;
    assert_eq!(ended.code, Some(3));
    // What is said of it depends on how far it came in that time; `send` has a test of that, with another clock.
    assert!(ended.err.contains(&gone.to_string()), "{}", ended.err);
}

#[tokio::test]
async fn a_proxy_is_not_asked_for_this_machine() {
    let fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    let (_nobody, proxy) = fake::nobody();
    let mut command = home.command("rooms");
    let status =
        command.env("http_proxy", format!("http://{proxy}")).env("ALL_PROXY", format!("http://{proxy}")).status();
    assert!(status.await.unwrap().success());
}

#[tokio::test]
async fn rooms_are_listed_harmlessly() {
    let fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    assert_eq!(home.run("rooms", "").await.out, "* general      2  about ␛[31mthings\n");
}

#[tokio::test]
async fn tail_prints_only_what_is_new_unless_asked() {
    let mut fake = Fake::start(3).await;
    let home = Home::logged_in(&fake).await;
    let mut tail = home.tail("general");
    let (mut peer, _) = fake.accept_ready().await;
    peer.say(&posted(room_id(1), 4)).await;
    assert_eq!(tail.line().await, "2026-11-22 10:00 ann  text 4");
    tail.signal(rustix::process::Signal::TERM);
    assert_eq!(tail.code().await, Some(0));
}

#[tokio::test]
async fn tail_goes_through_history_and_on_without_a_seam() {
    let mut fake = Fake::start(450).await;
    let home = Home::logged_in(&fake).await;
    let mut tail = home.tail("#General --since 0");
    assert_eq!(tail.texts(450).await, texts(1..=450));
    let (mut peer, hello) = fake.accept_ready().await;
    assert_eq!(hello.resume.values().copied().collect::<Vec<_>>(), [450]);
    peer.say(&posted(room_id(1), 450)).await;
    peer.say(&posted(room_id(1), 451)).await;
    assert_eq!(tail.line().await, "2026-11-22 10:00 ann  text 451");
    tail.signal(rustix::process::Signal::INT);
    assert_eq!(tail.code().await, Some(0));
}

#[tokio::test]
async fn tail_prints_only_what_the_filters_let_through() {
    let mut fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    let mut tail = home.tail("general --type message.posted --from @Ann --mentions");
    let (mut peer, _) = fake.accept_ready().await;
    peer.say(&posted(room_id(1), 2)).await;
    let says = |body: &str| EventKind::Posted { body: body.into(), key: None, reply_to: None };
    peer.say(&event(room_id(1), 3, EventKind::Edited { target: 2, body: "@me".into() })).await;
    peer.say(&event(room_id(1), 4, says("for @Me."))).await;
    assert_eq!(tail.line().await, "2026-11-22 10:00 ann  for @Me.");
    let wrong = home.run("tail general --type message", "").await;
    assert!(wrong.code == Some(2) && wrong.err.contains("message.posted, message.edited"), "{}", wrong.err);
}

#[tokio::test]
async fn tail_resumes_over_restarts_and_resets() {
    let mut fake = Fake::start(2).await;
    let home = Home::logged_in(&fake).await;
    let mut tail = home.tail("general --since 1");
    assert_eq!(tail.texts(1).await, texts(2..=2));
    let (peer, _) = fake.accept_ready().await;
    peer.bye(ByeReason::GoingAway, None).await;
    fake.post(room_id(1), 5);
    let mut peer = fake.accept().await;
    let hello = peer.hello().await;
    assert_eq!(hello.resume.values().copied().collect::<Vec<_>>(), [2]);
    peer.say(&fake.ready()).await;
    // The gap was too large for the server: the client reads it page by page.
    peer.say(&Control::Reset { room: room_id(1), head: 7 }).await;
    peer.say(&Control::CaughtUp).await;
    peer.say(&posted(room_id(1), 8)).await;
    assert_eq!(tail.texts(6).await, texts(3..=8));
}

#[tokio::test]
async fn tail_says_json_that_no_terminal_acts_on() {
    let mut fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    let mut tail = home.tail("general --json");
    let (mut peer, _) = fake.accept_ready().await;
    let body = "\u{9b}2J\u{202E}\x1b]0;x\x07\nnext".to_owned();
    let sent = event(room_id(1), 2, EventKind::Posted { body, key: None, reply_to: None });
    peer.say(&sent).await;
    let line = tail.line().await;
    assert!(!line.contains(|c: char| c.is_control() || c == '\u{202E}'), "{line:?}");
    assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), sent);
}

#[tokio::test]
async fn tail_ends_quietly_when_nobody_reads() {
    let mut fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    let Tail { mut child, lines } = home.tail("general");
    let (_peer, _) = fake.accept_ready().await;
    drop(lines);
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.expect("it goes on").unwrap();
    let mut err = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut child.stderr.take().unwrap(), &mut err).await.unwrap();
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn tail_ends_where_it_is_not_welcome() {
    let mut fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    assert_eq!(home.run("tail nowhere", "").await.code, Some(1));
    let tail = home.tail("general");
    let (mut peer, _) = fake.accept_ready().await;
    let left = EventKind::Left { user: UserRef { id: me().id, name: "me".into() } };
    peer.say(&event(room_id(1), 2, left)).await;
    assert_eq!(tail.code().await, Some(1));
    fake.world().token = "another".into();
    assert_eq!(home.run("tail general", "").await.code, Some(4));
}

#[tokio::test]
async fn tail_follows_several_rooms_at_once() {
    let mut fake = Fake::start(2).await;
    fake.add_room(room_id(2), "ops", 3);
    let home = Home::logged_in(&fake).await;
    let mut tail = home.tail("general #ops");
    let (mut peer, hello) = fake.accept_ready().await;
    assert_eq!(hello.resume.values().copied().collect::<Vec<_>>(), [2, 3]);
    peer.say(&posted(room_id(2), 4)).await;
    peer.say(&posted(room_id(1), 3)).await;
    let left = EventKind::Left { user: UserRef { id: me().id, name: "me".into() } };
    peer.say(&event(room_id(2), 5, left)).await;
    peer.say(&posted(room_id(1), 4)).await;
    assert_eq!(
        tail.texts(4).await,
        [
            "2026-11-22 10:00 #ops ann  text 4",
            "2026-11-22 10:00 #general ann  text 3",
            "2026-11-22 10:00 #ops ann  * removed me",
            "2026-11-22 10:00 #general ann  text 4",
        ]
    );
    tail.signal(rustix::process::Signal::TERM);
    assert_eq!(tail.code().await, Some(0));
    assert_eq!(home.run("tail general ops --since 0", "").await.code, Some(2));
}

#[tokio::test]
async fn tail_prints_what_a_template_says() {
    let mut fake = Fake::start(0).await;
    let home = Home::logged_in(&fake).await;
    let mut tail = home.tail("general --format {room}/{seq}\\t{type}\\t{date}T{time}\\t{name}:{text}");
    let (mut peer, _) = fake.accept_ready().await;
    let body = "a\x1b[2J\nb".to_owned();
    peer.say(&event(room_id(1), 1, EventKind::Posted { body, key: None, reply_to: None })).await;
    assert_eq!(tail.line().await, "general/1\tmessage.posted\t2026-11-22T10:00\tann:a␛[2J b");
    assert_eq!(home.run("tail general --format {nope}", "").await.code, Some(2));
}

#[tokio::test]
async fn search_prints_the_newest_first() {
    let fake = Fake::start(150).await;
    fake.add_room(room_id(2), "ops", 1);
    let home = Home::logged_in(&fake).await;
    let ended = home.run("search text in:#ops --from @ann -n 2", "").await;
    let lines = ["2026-11-22 10:00 #ops/1 ann  text 1\n", "2026-11-22 10:00 #general/150 ann  text 150\n"];
    assert_eq!(ended, Ended { code: Some(0), out: lines.concat(), err: String::new() });
    let call = fake.world().calls.iter().find(|call| call.path.contains("/search")).unwrap().path.clone();
    assert!(call.contains("q=text&") && call.contains("room=ops") && call.contains("from=ann"), "{call}");

    let ended = home.run("search text 1 -n 500 --format {room}:{seq}", "").await;
    assert_eq!(ended.code, Some(5), "all of the words: {ended:?}");
    assert!(ended.err.contains("Nothing was found"));
    let ended = home.run("search text -n 500 --format {room}:{seq}", "").await;
    assert_eq!(ended.out.lines().count(), 100, "the second page is empty");
    let ended = home.run("search text --json -n 1", "").await;
    assert_eq!(serde_json::from_str::<chat_shared::Message>(&ended.out).unwrap().body, "text 1");
    fake.fail_next("/search", 404, ErrorCode::RoomNotFound, None);
    assert_eq!(home.run("search text --room nowhere", "").await.code, Some(1));
    assert_eq!(home.run("search in:ops", "").await.code, Some(2));
}

#[tokio::test]
async fn status_is_one_line() {
    let fake = Fake::start(3).await;
    fake.add_room(room_id(2), "ops", 4);
    fake.add_room(room_id(3), "quiet", 0);
    let home = Home::logged_in(&fake).await;
    assert_eq!(home.run("status", "").await.out, "7 unread, 2 mentions\n");
    assert_eq!(home.run("status --format {name}:{unread}/{mentions}/{rooms}", "").await.out, "me:7/2/2\n");
    let json: serde_json::Value = serde_json::from_str(&home.run("status --json", "").await.out).unwrap();
    assert_eq!((json["unread"].as_u64(), json["rooms"][1]["name"].as_str()), (Some(7), Some("ops")));
    fake.world().token = "another".into();
    assert_eq!(home.run("status", "").await.code, Some(4));
}

#[tokio::test]
async fn rooms_speak_json() {
    let fake = Fake::start(1).await;
    let home = Home::logged_in(&fake).await;
    let ended = home.run("rooms --json", "").await;
    let room: chat_shared::api::RoomListing = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(room.name, "general");
    assert!(!ended.out.trim_end().contains(char::is_control));
}

#[tokio::test]
async fn completions_and_manual_pages_know_every_command() {
    let home = Home::new("http://127.0.0.1:1");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = home.run(&format!("completions {shell}"), "").await;
        assert!(ended.code == Some(0) && ended.out.contains("status"), "{ended:?}");
    }
    let folder = home.dir.path().join("man/man1");
    assert_eq!(home.run(&format!("man {}", folder.display()), "").await.code, Some(0));
    for page in ["chat-tui.1", "chat-tui-search.1", "chat-tui-tail.1", "chat-tui-config.1"] {
        assert!(std::fs::read_to_string(folder.join(page)).unwrap().starts_with(".ie"), "{page}");
    }
}

#[tokio::test]
async fn the_full_screen_says_why_it_does_not_open_in_a_pipe() {
    let home = Home::new("http://127.0.0.1:1");
    let ended = home.run("", "").await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.err.contains("needs a terminal"), "{}", ended.err);
    let ended = home.run("--server ftp://x rooms", "").await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("http:// or https://"), "{}", ended.err);
}

#[tokio::test]
async fn a_line_for_a_room_that_cannot_be_entered_is_said_nowhere_else() {
    for (line, path) in [("/join nowhere", "/join"), ("/dm nobody", "/dms")] {
        let fake = Fake::start(3).await;
        fake.fail_next(path, 403, ErrorCode::Forbidden, None);
        let home = Home::logged_in(&fake).await;
        // Nobody answers its socket: it may be gone before that is open.
        let ended = home.run("--plain", &format!("{line}\na secret\n")).await;
        assert_eq!(ended.code, Some(1), "{line}: {} {}", ended.out, ended.err);
        assert!(ended.out.contains("Error: "), "{line}: {}", ended.out);
        let posts =
            fake.world().calls.iter().filter(|call| call.method == "POST" && call.path.contains("/messages")).count();
        assert_eq!(posts, 0, "{line}");
    }
}

#[tokio::test]
async fn lines_of_one_message_end_with_the_input() {
    let mut fake = Fake::start(3).await;
    let home = Home::logged_in(&fake).await;
    let (posted, mut is_posted) = tokio::sync::mpsc::channel(1);
    fake.world().on_post = Some(Box::new(move |_| posted.try_send(()).unwrap()));
    let (ended, _peer) = tokio::join!(home.run("--plain", "/around 2\n/lines\n/first\n  second\n"), async {
        let (mut peer, _) = fake.accept_ready().await;
        is_posted.recv().await;
        peer.say(&event(room_id(1), 4, EventKind::Posted { body: "x".into(), key: None, reply_to: None })).await;
        peer
    });
    assert_eq!(ended.code, Some(0), "{} {}", ended.out, ended.err);
    assert_eq!(ended.out.matches("text 2 (2)").count(), 2, "of the newest, and around it: {}", ended.out);
    let posts: Vec<String> =
        fake.world().calls.iter().filter(|call| call.method == "POST").map(|call| call.body.clone()).collect();
    assert!(posts.iter().any(|body| body.contains("/first\\n  second")), "{posts:?}");
}

#[tokio::test]
async fn plain_mode_talks_and_is_harmless() {
    let mut fake = Fake::start(3).await;
    fake.add_room(room_id(2), "ops", 1);
    let home = Home::logged_in(&fake).await;
    let mut child = home.command("--plain").spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut talk = Tail { child, lines };
    let (mut peer, _) = fake.accept_ready().await;
    let mut until = async |wanted: &str| loop {
        let line = talk.line().await;
        assert!(!line.contains(char::is_control), "{line:?}");
        if line.contains(wanted) {
            return line;
        }
    };
    until("text 3 (3)").await;
    let say = |body: &str| EventKind::Posted { body: body.into(), key: None, reply_to: Some(3) };
    peer.say(&event(room_id(1), 4, say("a\x1b[2J\nb"))).await;
    assert_eq!(until("(4)").await, "10:00 ann answers ann (3): a␛[2J b (4)");
    peer.say(&event(room_id(2), 2, say("not for us"))).await;
    peer.say(&event(room_id(2), 3, say("@me look"))).await;
    assert_eq!(until("#ops").await, "10:00 ann in #ops answers (3): @me look (3)");
    fake.fail_next("/messages", 403, ErrorCode::Forbidden, None);
    input.write_all(b"hello\n").await.unwrap();
    assert!(until("not sent").await.starts_with("Error: not sent: The fake says no."));
    input.write_all(b"/unread\n").await.unwrap();
    assert_eq!(until("unread").await, "#ops: 3 unread, 2 of them mention you");
    drop(input);
    assert_eq!(talk.code().await, Some(1), "something was refused");
}

#[tokio::test]
async fn help_teaches() {
    let home = Home::new("http://127.0.0.1:1");
    let ended = home.run("send --help", "").await;
    assert_eq!(ended.code, Some(0));
    assert!(ended.out.contains("Exit codes:") && ended.out.contains("make deploy"), "{}", ended.out);
}

/// A home whose config.toml names two servers.
async fn two_servers(settings: &str) -> (Fake, Fake, Home) {
    let (work, play) = (Fake::start(1).await, Fake::start(1).await);
    let home = Home::new("");
    let profiles = format!(
        "{settings}[profiles.work]\nserver = \"{}\"\nuser = \"me\"\n[profiles.play]\nserver = \"{}\"\n",
        work.url, play.url
    );
    home.configure(&profiles);
    (work, play, home)
}

#[tokio::test]
async fn servers_have_names_and_nothing_of_one_is_told_to_another() {
    let (work, play, home) = two_servers("default-profile = \"work\"\n").await;
    play.world().token = "token-at-play".into();
    let run = async |args: &str, input: &str| {
        let mut command = home.command(args);
        let mut child = command.env_remove("CHAT_SERVER").spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("it hangs").unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    };
    let refused = run("rooms --profile wrok", "").await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("no profile \"wrok\"; config.toml has play, work"), "{}", refused.err);
    let nobody = run("rooms --profile play", "").await;
    assert_eq!(nobody.code, Some(4));
    assert!(nobody.err.contains("(profile play)") && nobody.err.contains("--profile play --name"), "{}", nobody.err);

    // The default profile says where and as whom.
    assert_eq!(run("login --name bob --password-stdin", "right password\n").await.code, Some(2));
    assert_eq!(run("login --password-stdin", "right password\n").await.code, Some(0));
    assert!(run("rooms", "").await.out.contains("general"));
    assert_eq!(play.count("/"), 0, "the other server has heard nothing");
    assert_eq!(run("login --password-stdin --profile play", "").await.code, Some(2), "whose?");
    assert_eq!(run("login --name me --password-stdin --profile play", "right password\n").await.code, Some(0));
    assert_eq!(run("rooms --profile play", "").await.code, Some(0), "with its own token");

    let listed = run("accounts", "").await;
    assert_eq!(listed.code, Some(0));
    for (url, profile) in [(&work.url, "work"), (&play.url, "play")] {
        assert!(listed.out.contains(&format!("{url}  me  {profile}  {}", home.dir.path().display())), "{}", listed.out);
    }
    let json = run("accounts --json", "").await.out;
    assert!(json.lines().count() == 2 && json.contains("\"profiles\":[\"play\"]"), "{json}");
    assert!(!json.contains(fake::TOKEN) && !listed.out.contains("token-at"), "tokens are nobody's business");

    assert_eq!(run("logout --profile work", "").await.code, Some(0));
    assert_eq!((work.count("/logout"), play.count("/logout")), (1, 0));
    assert_eq!(run("rooms", "").await.code, Some(4));
    assert_eq!(run("rooms --profile play", "").await.code, Some(0));
    assert_eq!(run("logout --all", "").await.code, Some(0));
    assert_eq!(run("accounts", "").await, Ended { code: Some(0), out: String::new(), err: String::new() });
    assert_eq!(play.count("/logout"), 1);
}

#[tokio::test]
async fn what_is_written_last_says_which_server() {
    let (work, play, mut home) = two_servers("").await;
    home.server = play.url.clone();
    for (args, variable, asked) in [
        ("login --password-stdin --name me", None, &play),
        ("login --password-stdin --name me", Some("work"), &work),
        ("login --password-stdin --name me --profile work", None, &work),
    ] {
        let before = asked.count("/");
        let mut command = home.command(args);
        command.envs(variable.map(|name| ("CHAT_PROFILE", name)));
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"right password\n").await.unwrap();
        assert!(child.wait().await.unwrap().success(), "{args} {variable:?}");
        assert!(asked.count("/") > before, "{args} {variable:?}");
    }
    let mut command = home.command(&format!("rooms --server {}", play.url));
    assert!(command.env("CHAT_PROFILE", "work").status().await.unwrap().success(), "an address beats a variable");
    // A mistake in the colours stops no script; one in the servers does.
    std::fs::write(home.dir.path().join(".config/chat-tui/config.toml"), "theme = 1\n").unwrap();
    assert_eq!(home.run("rooms", "").await.code, Some(0));
    std::fs::write(home.dir.path().join(".config/chat-tui/config.toml"), "[profiles.x]\n").unwrap();
    let ended = home.run("rooms", "").await;
    assert!(ended.code == Some(2) && ended.err.contains("config.toml:1: profiles.x"), "{ended:?}");
}

/// A keyring that is there needs a desktop; that there is none can be tested everywhere.
#[cfg(feature = "keyring")]
#[tokio::test]
async fn without_a_keyring_the_token_is_in_a_file_and_that_is_said() {
    let fake = Fake::start(1).await;
    let home = Home::new(&fake.url);
    std::fs::remove_file(home.dir.path().join(".config/chat-tui/config.toml")).unwrap();
    let mut login = home.command("login --name me --password-stdin");
    let mut child = login.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"right password\n").await.unwrap();
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("it hangs").unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    for words in ["which only you can read: the keyring cannot be used", "tokens = \"file\" in config.toml"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(home.run("accounts", "").await.out.trim_end().ends_with(".json"));
    assert_eq!(home.run("rooms", "").await.code, Some(0));
    assert_eq!(home.run("logout", "").await.code, Some(0));
    assert_eq!(home.run("accounts", "").await.out, "");
}

//! The real binary, and the worst that can happen to it: nothing that was acknowledged is missing, nothing is doubled.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chat_shared::api::{EventsPage, SearchPage, Session};
use chat_shared::{Event, EventKind, Seq};
use common::{Client, PATIENCE, read};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::net::TcpSocket;

/// A server process. It is killed when it is dropped.
struct Process {
    child: Child,
    address: String,
}

/// The server, without what is in the environment of whoever runs the tests.
fn server() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CHAT_SERVER")) {
        command.env_remove(name);
    }
    command
}

/// Keeps a port for a server that comes back to it, while it is down. Elsewhere than on Linux nobody can share an address like that.
fn reserved() -> (Option<TcpSocket>, String) {
    if cfg!(not(target_os = "linux")) {
        return (None, "127.0.0.1:0".into());
    }
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (Some(socket), address)
}

impl Process {
    fn start(data: &std::path::Path, listen: &str) -> Self {
        let mut child = server()
            .args(["--listen", listen, "--log", "warn", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("the line of the contract").to_owned();
        Self { child, address }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn register(address: &str) -> Client {
    let anonymous = Client::anonymous(address);
    let response = anonymous.post("/register", &json!({"name": "ann", "password": "correct horse"})).await;
    let session: Session = read(response, StatusCode::CREATED).await;
    Client { token: Some(session.token), user: Some(session.user), ..anonymous }
}

/// Posts until it is acknowledged, always with the same key, however often the server dies meanwhile.
async fn post_until_acknowledged(client: &Client, key: &str, body: &str) -> Seq {
    loop {
        let request = client.request(Method::POST, "/rooms/general/messages").header("Idempotency-Key", key);
        let request = request.json(&json!({"body": body})).timeout(PATIENCE);
        if let Ok(response) = request.send().await
            && response.status() == StatusCode::CREATED
            && let Ok(event) = response.json::<Event>().await
        {
            return event.seq;
        }
        tokio::time::sleep(Duration::from_millis(5)).await; // Between tries of a client, not a wait for an outcome.
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_and_doubles_nothing() {
    let data = tempfile::tempdir().unwrap();
    let (_port, address) = reserved();
    let mut server = Process::start(data.path(), &address);
    let mut ann = register(&server.address).await;
    let epoch = ann.bootstrap().await.epoch;
    let mut posting = tokio::task::JoinSet::new();
    for part in 0..6 {
        let ann = ann.clone();
        posting.spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0..40 {
                let key = format!("{part}-{n}");
                acknowledged.push((post_until_acknowledged(&ann, &key, &key).await, key));
            }
            acknowledged
        });
    }
    for killed_at in [40, 90, 150] {
        // Wait for progress, then strike in the middle of it.
        while ann.get("/rooms/general/events?after=0&limit=500").await.json::<EventsPage>().await.unwrap().head
            < killed_at
        {}
        server.kill();
        server = Process::start(data.path(), &server.address.clone());
        // Of connections to the one before, this client may not have heard the end.
        ann.http = Client::anonymous(&server.address).http;
    }
    assert_eq!(ann.bootstrap().await.epoch, epoch, "a crash is no restore");
    let mut acknowledged: Vec<(Seq, String)> = posting.join_all().await.into_iter().flatten().collect();
    acknowledged.sort();
    let page: EventsPage = read(ann.get("/rooms/general/events?after=0&limit=500").await, StatusCode::OK).await;
    assert_eq!(page.events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=page.head).collect::<Vec<_>>());
    let kept: Vec<(Seq, String)> = page
        .events
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::Posted { body, .. } => Some((event.seq, body)),
            _ => None,
        })
        .collect();
    assert_eq!(kept, acknowledged);
}

/// Numbers of the messages in which a search finds the word, the newest first.
async fn found(client: &Client, word: &str) -> Vec<Seq> {
    let page: SearchPage = read(client.get(&format!("/search?limit=200&q={word}")).await, StatusCode::OK).await;
    page.messages.into_iter().map(|message| message.seq).collect()
}

#[tokio::test]
async fn what_was_posted_is_found_at_once_and_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(data.path(), "127.0.0.1:0");
    let ann = register(&server.address).await;
    let mut posted = Vec::new();
    for n in 0..100 {
        posted.insert(0, post_until_acknowledged(&ann, &n.to_string(), "a needle").await);
        if n % 10 == 0 {
            assert_eq!(found(&ann, "needle").await, posted);
        }
    }
    server.kill();
    // The index had not come as far as the log: that is what this is about.
    let file = rusqlite::Connection::open(data.path().join("chat.db")).unwrap();
    let behind =
        "SELECT count(*) FROM events e, rooms r WHERE r.name_key = 'general' AND e.pos > (r.id << 40 | r.indexed)";
    assert_eq!(file.query_row(behind, [], |row| row.get::<_, i64>(0)).unwrap(), 9);
    drop(file);
    server = Process::start(data.path(), "127.0.0.1:0");
    let ann = Client { token: ann.token, user: ann.user, ..Client::anonymous(&server.address) };
    assert_eq!(found(&ann, "needle").await, posted);
    posted.insert(0, post_until_acknowledged(&ann, "last", "a needle").await);
    assert_eq!(found(&ann, "needle").await, posted);
}

#[tokio::test]
async fn one_folder_serves_one_server() {
    let data = tempfile::tempdir().unwrap();
    let _first = Process::start(data.path(), "127.0.0.1:0");
    let second = server().args(["--listen", "127.0.0.1:0", "--data"]).arg(data.path()).output().unwrap();
    assert!(!second.status.success());
    let words = String::from_utf8(second.stderr).unwrap();
    assert!(words.contains("another") && words.contains(data.path().to_str().unwrap()), "{words}");
}

#[test]
fn mistakes_on_the_command_line_are_explained() {
    let run = |arguments: &[&str]| {
        let output = server().args(arguments).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(run(&["--listen", "nowhere"]).contains("HOST:PORT"));
    assert!(run(&["--config", "/does/not/exist.toml"]).contains("/does/not/exist.toml"));
    assert!(run(&["--data", "/proc/nowhere", "--listen", "127.0.0.1:0"]).contains("/proc/nowhere"));
    assert!(run(&["--log", "a=b=c"]).contains("--log"));
}

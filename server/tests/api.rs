//! The HTTP API, as a script author meets it: what works, and what every mistake is answered with.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod common;

use chat_shared::api::{
    EventsPage, History, Level, MembersPage, MessagesPage, ReadState, RoomSettings, RoomSummary, Rooms, SearchPage,
};
use chat_shared::{Event, EventKind};
use common::{Client, PATIENCE, Server, error, read};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn a_day_in_the_life_of_a_room() {
    let server = Server::start().await;
    let (ann, bob) = (server.join("ann").await, server.join("bob").await);
    assert!(ann.user.as_ref().unwrap().admin, "the first account is the administrator");
    assert!(!bob.user.as_ref().unwrap().admin);

    let room: RoomSummary =
        read(ann.post("/rooms", &json!({"name": "ops", "topic": "deploys"})).await, StatusCode::CREATED).await;
    let joined: RoomSummary = read(bob.post("/rooms/%23OPS/join", &json!({})).await, StatusCode::OK).await;
    assert_eq!((joined.id, joined.members, joined.topic.as_str()), (room.id, 2, "deploys"));
    let rooms: Rooms = read(bob.get("/rooms").await, StatusCode::OK).await;
    assert_eq!(
        rooms.rooms.iter().map(|room| (room.name.as_str(), room.joined)).collect::<Vec<_>>(),
        [("general", true), ("ops", true)]
    );

    let posted = ann.say("ops", "hi @bob, look").await;
    let summary = bob.bootstrap().await.rooms.into_iter().find(|room| room.name == "ops").unwrap();
    assert_eq!((summary.unread, summary.mentions), (1, 1));
    let state: ReadState = read(bob.put("/rooms/ops/read", &json!({"seq": posted.seq})).await, StatusCode::OK).await;
    assert_eq!((state.seq, state.unread, state.mentions), (posted.seq, 0, 0));
    let back: ReadState = read(bob.put("/rooms/ops/read", &json!({"seq": 1})).await, StatusCode::OK).await;
    assert_eq!(back.seq, posted.seq, "a read cursor never moves back");

    let path = format!("/rooms/ops/messages/{}", posted.seq);
    let reaction = bob.put(&format!("{path}/reactions/👍"), &json!({})).await;
    let _: Event = read(reaction, StatusCode::OK).await;
    let edit = ann.request(Method::PATCH, &path).json(&json!({"body": "look at ops"})).send().await.unwrap();
    let edited: Event = read(edit, StatusCode::OK).await;
    assert_eq!(edited.kind, EventKind::Edited { target: posted.seq, body: "look at ops".into() });

    let again = bob.put("/rooms/ops/unread", &json!({"seq": posted.seq})).await;
    let again: ReadState = read(again, StatusCode::OK).await;
    assert_eq!((again.seq, again.unread, again.unread_from), (posted.seq, 1, Some(posted.seq)));
    let history: History = read(bob.get(&format!("{path}/history")).await, StatusCode::OK).await;
    let texts: Vec<_> = history.versions.iter().map(|version| version.body.as_str()).collect();
    assert_eq!(texts, ["hi @bob, look", "look at ops"]);
    let thread: MessagesPage = read(bob.get(&format!("{path}/thread?limit=9")).await, StatusCode::OK).await;
    assert_eq!((thread.messages.len(), thread.head), (1, edited.seq));

    let page: MessagesPage = read(bob.get("/rooms/ops/messages").await, StatusCode::OK).await;
    let [message] = &page.messages[..] else { panic!("{page:?}") };
    assert_eq!((message.body.as_str(), message.reactions[0].mine, page.head), ("look at ops", true, edited.seq));
    let found: SearchPage = read(bob.get("/search?q=look").await, StatusCode::OK).await;
    assert_eq!(found.messages.len(), 1);
    let events: EventsPage = read(bob.get("/rooms/ops/events?after=0").await, StatusCode::OK).await;
    assert_eq!(events.events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=edited.seq).collect::<Vec<_>>());
    let members: MembersPage = read(bob.get("/rooms/ops/members?limit=1").await, StatusCode::OK).await;
    let next = members.next.expect("there is a second page");
    let members: MembersPage = read(bob.get(&format!("/rooms/ops/members?after={next}")).await, StatusCode::OK).await;
    assert_eq!((members.members[0].name.as_str(), members.next), ("bob", None));

    assert_eq!(ann.request(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(ann.request(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(bob.post("/rooms/ops/leave", &json!({})).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(error(bob.get("/rooms/ops/messages").await).await, (403, "not_a_member".into()));
}

#[tokio::test]
async fn direct_conversations_and_settings() {
    let server = Server::start().await;
    let (ann, bob, eve) = (server.join("ann").await, server.join("bob").await, server.join("eve").await);
    let room: RoomSummary = read(ann.post("/dms", &json!({"user": "bob"})).await, StatusCode::CREATED).await;
    let ids = json!({"users": [ann.user.as_ref().unwrap().id, bob.user.as_ref().unwrap().id]});
    let again: RoomSummary = read(bob.post("/dms", &ids).await, StatusCode::OK).await;
    assert_eq!((again.id, again.people[0].name.as_str()), (room.id, "ann"));
    let path = format!("/rooms/{}", room.id);
    ann.say(&room.id.to_string(), "for your eyes").await;
    let found: SearchPage = read(bob.get("/search?q=eyes").await, StatusCode::OK).await;
    assert_eq!(found.messages[0].room, room.id);
    for response in [
        eve.get(&format!("{path}/messages")).await,
        eve.post(&format!("{path}/join"), &json!({})).await,
        eve.put(&format!("{path}/settings"), &json!({"level": "nothing"})).await,
    ] {
        assert_eq!(error(response).await, (404, "room_not_found".into()));
    }
    assert_eq!(error(bob.post(&format!("{path}/leave"), &json!({})).await).await, (403, "forbidden".into()));
    assert_eq!(error(ann.post("/dms", &json!({"user": "zoe"})).await).await, (404, "user_not_found".into()));
    let many: Vec<_> = (0..16).map(|n| format!("user{n}")).collect();
    for body in [json!({}), json!({"users": many})] {
        assert_eq!(error(ann.post("/dms", &body).await).await, (422, "invalid_parameter".into()));
    }

    let settings = format!("{path}/settings");
    let set: RoomSettings = read(bob.put(&settings, &json!({"level": "nothing"})).await, StatusCode::OK).await;
    assert_eq!(set, RoomSettings { level: Level::Nothing, ..RoomSettings::default() });
    assert_eq!(bob.bootstrap().await.rooms.last().unwrap().settings, set);
    let unknown = bob.put(&settings, &json!({"level": "whispers"})).await;
    assert_eq!(error(unknown).await, (422, "invalid_parameter".into()));
}

#[tokio::test]
async fn a_key_makes_a_retry_safe() {
    let server = Server::start().await;
    let ann = server.join("ann").await;
    let post = |key: &str, body: &str| {
        let request = ann.request(Method::POST, "/rooms/general/messages").header("Idempotency-Key", key);
        request.json(&json!({"body": body})).send()
    };
    let first: Event = read(post("k", "once").await.unwrap(), StatusCode::CREATED).await;
    let again: Event = read(post("k", "once").await.unwrap(), StatusCode::CREATED).await;
    assert_eq!(first, again);
    assert_eq!(error(post("k", "twice").await.unwrap()).await, (422, "key_reused".into()));
    for bad in ["with space", &"x".repeat(65)] {
        assert_eq!(error(post(bad, "x").await.unwrap()).await, (422, "invalid_key".into()));
    }
    let page: MessagesPage = read(ann.get("/rooms/general/messages").await, StatusCode::OK).await;
    assert_eq!(page.messages.len(), 1);
}

#[tokio::test]
async fn curl_with_nothing_else_can_post() {
    let server = Server::start().await;
    let ann = server.join("ann").await;
    for content_type in ["text/plain", "text/plain; charset=utf-8", "application/x-www-form-urlencoded"] {
        let request = ann.request(Method::POST, "/rooms/general/messages").header("Content-Type", content_type);
        let event: Event = read(request.body("a=b & c\r\nd").send().await.unwrap(), StatusCode::CREATED).await;
        assert!(matches!(event.kind, EventKind::Posted { body, .. } if body == "a=b & c\nd"));
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one table")]
async fn every_mistake_has_its_answer() {
    let server = Server::start().await;
    let ann = server.join("ann").await;
    let nobody = Client::anonymous(&server.address);
    let stranger = Client { token: Some("0".repeat(64)), ..nobody.clone() };
    let message = |body: Value| ann.request(Method::POST, "/rooms/general/messages").json(&body);
    let raw = |content_type: &str, body: Vec<u8>| {
        let request = ann.request(Method::POST, "/rooms/general/messages").header("Content-Type", content_type);
        request.body(body)
    };
    let register =
        |name: &str| nobody.request(Method::POST, "/register").json(&json!({"name": name, "password": "12345678"}));
    let get = |path: &str| ann.request(Method::GET, path);
    let cases = [
        (401, "unauthorized", nobody.request(Method::GET, "/bootstrap")),
        (401, "unauthorized", stranger.request(Method::GET, "/bootstrap")),
        (
            401,
            "wrong_credentials",
            nobody.request(Method::POST, "/login").json(&json!({"name": "ann", "password": "wrong"})),
        ),
        (
            401,
            "wrong_credentials",
            nobody.request(Method::POST, "/login").json(&json!({"name": "zoe", "password": "wrong"})),
        ),
        (409, "name_taken", register("ANN")),
        (422, "invalid_name", register("an n")),
        (422, "invalid_name", register("ann\u{200b}")),
        (422, "invalid_name", register("\u{1b}[31mann")),
        (
            422,
            "invalid_password",
            nobody.request(Method::POST, "/register").json(&json!({"name": "x", "password": "short"})),
        ),
        (404, "not_found", get("/nowhere")),
        (404, "room_not_found", get("/rooms/nowhere/messages")),
        (404, "message_not_found", ann.request(Method::DELETE, "/rooms/general/messages/999")),
        (404, "message_not_found", get("/rooms/general/messages/999/history")),
        (404, "message_not_found", get("/rooms/general/messages/999/thread")),
        (400, "malformed", get("/rooms/general/messages/x/thread")),
        (405, "method_not_allowed", ann.request(Method::DELETE, "/rooms")),
        (400, "malformed", raw("application/json", b"{\"body\":".to_vec())),
        (400, "malformed", raw("application/json", b"{\"body\":\"\xff\"}".to_vec())),
        (400, "malformed", raw("text/plain", b"\xff\xfe".to_vec())),
        (400, "malformed", message(json!({"text": "no body"}))),
        (400, "malformed", get("/rooms/general/messages?before=x")),
        (400, "malformed", get("/rooms/general/messages?before=-1")),
        (400, "malformed", ann.request(Method::DELETE, "/rooms/general/messages/x")),
        (400, "malformed", get("/search")),
        (400, "malformed", get("/ws")),
        (422, "invalid_parameter", get(&format!("/search?q={}", "a.".repeat(33)))),
        (422, "invalid_parameter", get(&format!("/search?q={}", "x".repeat(1025)))),
        (422, "invalid_parameter", get("/rooms/general/messages?before=1&after=2")),
        (422, "invalid_parameter", get("/rooms/general/messages?limit=0")),
        (413, "too_large", message(json!({"body": "x".repeat(16 * 1024 + 1)}))),
        (413, "too_large", raw("text/plain", vec![b'x'; 10_000_000])),
        (415, "unsupported_media_type", raw("image/png", b"x".to_vec())),
        (415, "unsupported_media_type", ann.request(Method::POST, "/rooms").body("x")),
        (422, "invalid_body", message(json!({"body": " \n"}))),
        (422, "invalid_body", message(json!({"body": "\u{1b}]0;owned\u{7}"}))),
        (422, "invalid_body", message(json!({"body": "a\u{9b}31m"}))),
        (422, "invalid_reply", message(json!({"body": "x", "reply_to": 999}))),
        (422, "invalid_name", ann.request(Method::POST, "/rooms").json(&json!({"name": "a/b"}))),
        (409, "room_name_taken", ann.request(Method::POST, "/rooms").json(&json!({"name": "General"}))),
        (422, "invalid_topic", ann.request(Method::PATCH, "/rooms/general").json(&json!({"topic": "a\nb"}))),
        (403, "forbidden", ann.request(Method::PATCH, "/rooms/general").json(&json!({"name": "other"}))),
        (422, "invalid_parameter", ann.request(Method::POST, "/rooms").json(&json!({"name": "x", "private": true}))),
    ];
    for (status, code, request) in cases {
        let request = request.build().unwrap();
        let what = format!("{} {}", request.method(), request.url().path());
        let found = error(ann.http.execute(request).await.unwrap()).await;
        assert_eq!(found, (status, code.to_owned()), "{what}");
    }
    let page: MessagesPage = read(ann.get("/rooms/general/messages").await, StatusCode::OK).await;
    assert_eq!(page.messages, [], "none of it left a trace");
    assert!(
        message(json!({"body": "\u{0}".replace('\u{0}', "x").repeat(16 * 1024)}))
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
}

#[tokio::test]
async fn words_are_their_authors_and_emoji_are_emoji() {
    let server = Server::start().await;
    let (ann, bob) = (server.join("ann").await, server.join("bob").await);
    let seq = ann.say("general", "mine").await.seq;
    let path = format!("/rooms/general/messages/{seq}");
    let edit = bob.request(Method::PATCH, &path).json(&json!({"body": "yours"})).send().await.unwrap();
    assert_eq!(error(edit).await, (403, "forbidden".into()));
    assert_eq!(error(bob.request(Method::DELETE, &path).send().await.unwrap()).await, (403, "forbidden".into()));
    let theirs = bob.say("general", "bob's").await.seq;
    let delete = ann.request(Method::DELETE, &format!("/rooms/general/messages/{theirs}")).send().await.unwrap();
    assert_eq!(delete.status(), StatusCode::OK, "an administrator may delete");
    for bad in ["word", "+1", "%1b%5b2J", "%F0%9F%91%8D%20"] {
        assert_eq!(
            error(ann.put(&format!("{path}/reactions/{bad}"), &json!({})).await).await,
            (422, "invalid_emoji".into())
        );
    }
    assert_eq!(ann.put(&format!("{path}/reactions/👍"), &json!({})).await.status(), StatusCode::OK);
    assert_eq!(ann.put(&format!("{path}/reactions/👍"), &json!({})).await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_closed_server_takes_no_new_accounts() {
    let server = Server::with(&["--registration", "closed"]).await;
    let nobody = Client::anonymous(&server.address);
    let response = nobody.post("/register", &json!({"name": "ann", "password": "12345678"})).await;
    assert_eq!(error(response).await, (403, "registration_closed".into()));
}

#[tokio::test]
async fn tokens_end_with_logout_and_others_stay() {
    let server = Server::start().await;
    let ann = server.join("ann").await;
    let login = ann.post("/login", &json!({"name": "Ann", "password": "correct horse"})).await;
    let second: chat_shared::api::Session = read(login, StatusCode::OK).await;
    assert_eq!(ann.post("/logout", &json!({})).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(error(ann.get("/bootstrap").await).await, (401, "unauthorized".into()));
    let second = Client { token: Some(second.token), ..ann };
    assert_eq!(second.get("/bootstrap").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_server_that_cannot_write_is_not_ready() {
    let server = Server::start().await;
    let nobody = Client::anonymous(&server.address);
    let ready = async || nobody.http.get(format!("http://{}/readyz", server.address)).send().await.unwrap();
    assert_eq!(ready().await.status(), StatusCode::OK);
    // Somebody else holds the database.
    let other = rusqlite::Connection::open(server.data.path().join("chat.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // What was found is told for a second.
    let mut told = ready().await;
    while told.status() == StatusCode::OK {
        told = ready().await;
    }
    assert_eq!(error(told).await, (503, "unavailable".into()));
    other.execute_batch("ROLLBACK").unwrap();
    while ready().await.status() != StatusCode::OK {}
}

#[tokio::test]
async fn the_health_of_a_server_can_be_seen() {
    let server = Server::start().await;
    let ann = server.join("ann").await;
    ann.say("general", "x").await;
    for (path, expected) in [("healthz", "ok"), ("readyz", "ready"), ("metrics", "chat_events_total 2")] {
        let text =
            ann.http.get(format!("http://{}/{path}", server.address)).send().await.unwrap().text().await.unwrap();
        assert!(text.contains(expected), "{path}: {text}");
    }
}

#[tokio::test]
async fn headers_are_bounded() {
    let server = Server::start().await;
    let head = "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ";
    let begun = |bytes: usize| head.to_owned() + &"x".repeat(bytes - head.len());
    for (request, expected) in [(begun(60_000) + "\r\n\r\n", "200"), (begun(64 * 1024), "431")] {
        let mut tcp = TcpStream::connect(&server.address).await.unwrap();
        tcp.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        timeout(PATIENCE, tcp.read_exact(&mut answer)).await.expect("an answer").unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), format!("HTTP/1.1 {expected}"));
    }
}

#[tokio::test]
async fn who_has_ended_its_own_side_is_still_answered() {
    let server = Server::start().await;
    let mut tcp = TcpStream::connect(&server.address).await.unwrap();
    // The password is hashed meanwhile: the server knows of the end long before it has the answer.
    let body = json!({"name": "ann", "password": "correct horse"}).to_string();
    let head = "POST /api/v1/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length:";
    tcp.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    tcp.shutdown().await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, tcp.read_to_string(&mut answer)).await.expect("an answer, and the end").unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer:?}");
}

//! The socket, as a client meets it: live, resumed, slow, hostile, revoked.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod common;

use std::collections::BTreeMap;

use chat_shared::api::{Level, MembersPage, RoomSummary};
use chat_shared::frame::{ByeReason, Control};
use chat_shared::{EventKind, RoomId, Seq, ServerFrame};
use common::{Client, Server};
use futures_util::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

fn bye(reason: ByeReason) -> Option<Control> {
    let retry_after_ms = match reason {
        ByeReason::GoingAway => Some(1000),
        _ => None,
    };
    Some(Control::Bye { reason, retry_after_ms })
}

#[tokio::test]
async fn everyone_hears_of_everything_in_order() {
    let server = Server::start().await;
    let (ann, bob) = (server.join("ann").await, server.join("bob").await);
    let (mut to_ann, mut to_bob) = (ann.live().await, bob.live().await);
    let first = ann.say("general", "hello").await;
    assert_eq!(to_ann.event().await, first);
    assert_eq!(to_bob.event().await, first);

    // A room that is joined later is included by itself, from the joining on.
    let room = ann.create_room("ops").await;
    ann.say("ops", "before bob").await;
    bob.post("/rooms/ops/join", &json!({})).await;
    let joined = to_bob.event().await;
    assert!(matches!(&joined.kind, EventKind::Joined { user } if user.name == "bob"), "{joined:?}");
    assert_eq!((joined.room, joined.seq), (room.id, 3));

    // And ends with the leaving, at once.
    bob.post("/rooms/ops/leave", &json!({})).await;
    ann.say("ops", "without bob").await;
    let marker = ann.say("general", "to all").await;
    assert!(matches!(to_bob.event().await.kind, EventKind::Left { .. }));
    assert_eq!(to_bob.event().await, marker);
}

#[tokio::test]
async fn a_resume_brings_what_was_missed_and_a_reset_what_cannot_be() {
    let server = Server::with(&["--max-resume-events", "5"]).await;
    let ann = server.join("ann").await;
    let before = ann.bootstrap().await;
    let general = before.rooms[0].clone();
    for n in 0..5 {
        ann.say("general", &n.to_string()).await;
    }
    let resume = |seq: Seq| json!({"resume": {general.id.to_string(): seq, "not an id": 3, RoomId(uuid::Uuid::nil()).to_string(): 1}});
    let (_socket, frames) = ann.listen(resume(general.head)).await;
    let [ServerFrame::Control(Control::Ready { user, epoch, heads, .. }), missed @ ..] = &frames[..] else {
        panic!("{frames:?}")
    };
    assert_eq!((user, *epoch, heads[&general.id]), (&before.me, before.epoch, general.head + 5));
    let seqs: Vec<_> = missed.iter().map(|frame| matches!(frame, ServerFrame::Event(_))).collect();
    assert_eq!(seqs, [true; 5]);

    let reset = ServerFrame::Control(Control::Reset { room: general.id, head: general.head + 5 });
    let other_epoch = json!({"epoch": "another", "resume": {general.id.to_string(): general.head}});
    for hello in [resume(0), resume(999), other_epoch] {
        let (_socket, frames) = ann.listen(hello).await;
        assert_eq!(frames[1..], *std::slice::from_ref(&reset));
    }
}

#[tokio::test]
async fn typing_and_reading_reach_those_they_concern() {
    let server = Server::start().await;
    let (ann, bob) = (server.join("ann").await, server.join("bob").await);
    let mut to_bob = bob.live().await;
    ann.post("/rooms/general/typing", &json!({})).await;
    let frame = to_bob.next().await;
    assert!(matches!(&frame, ServerFrame::Control(Control::Typing { name, .. }) if name == "ann"), "{frame:?}");
    bob.put("/rooms/general/read", &json!({"seq": 2})).await;
    let frame = to_bob.next().await;
    assert!(matches!(frame, ServerFrame::Control(Control::Read { upto: 2, unread_from: None, .. })), "{frame:?}");
    bob.put("/rooms/general/unread", &json!({"seq": 2})).await;
    let frame = to_bob.next().await;
    assert!(matches!(frame, ServerFrame::Control(Control::Read { upto: 2, unread_from: Some(2), .. })), "{frame:?}");
}

#[tokio::test]
async fn a_direct_conversation_reaches_both_sides_at_once() {
    let server = Server::start().await;
    let (ann, bob, eve) = (server.join("ann").await, server.join("bob").await, server.join("eve").await);
    let (mut to_ann, mut to_bob, mut to_eve) = (ann.live().await, bob.live().await, eve.live().await);
    let room: RoomSummary =
        common::read(ann.post("/dms", &json!({"user": "@Bob"})).await, reqwest::StatusCode::CREATED).await;
    for socket in [&mut to_ann, &mut to_bob] {
        let came = socket.event().await;
        assert!(matches!(came.kind, EventKind::Joined { .. }) && came.room == room.id, "{came:?}");
    }
    let said = ann.say(&room.id.to_string(), "just us").await;
    while to_bob.event().await != said {}
    let bootstrap = bob.bootstrap().await;
    let (id, people) = bootstrap.rooms.last().map(|room| (room.id, &room.people)).unwrap();
    assert_eq!((id, people[0].name.as_str()), (room.id, "ann"));
    assert_eq!(bootstrap.online, [people[0].id]);
    // For eve, all of that did not happen.
    let marker = ann.say("general", "to all").await;
    assert_eq!(to_eve.next().await, ServerFrame::Event(marker));
}

#[tokio::test]
async fn members_of_a_room_may_ask_who_of_them_is_connected() {
    let server = Server::start().await;
    let (ann, bob, _eve) = (server.join("ann").await, server.join("bob").await, server.join("eve").await);
    let online = async || {
        let page: MembersPage = common::read(ann.get("/rooms/general/members").await, reqwest::StatusCode::OK).await;
        let online = page.members.into_iter().filter(|member| member.online);
        online.map(|member| member.name).collect::<Vec<_>>()
    };
    assert_eq!(online().await, [""; 0]);
    let (_to_ann, mut to_bob) = (ann.live().await, bob.live().await);
    assert_eq!(online().await, ["ann", "bob"]);
    // They share no conversation: asking tells bob nothing.
    let marker = ann.say("general", "to all").await;
    assert_eq!(to_bob.next().await, ServerFrame::Event(marker));
}

#[tokio::test]
async fn settings_reach_the_users_other_devices() {
    let server = Server::start().await;
    let ann = server.join("ann").await;
    let mut elsewhere = ann.live().await;
    let body = json!({"level": "mentions", "favourite": true});
    assert_eq!(ann.put("/rooms/general/settings", &body).await.status(), 200);
    let frame = elsewhere.next().await;
    let ServerFrame::Control(Control::Settings { level, favourite, place, .. }) = frame else { panic!("{frame:?}") };
    assert_eq!((level, favourite, place), (Level::Mentions, true, Some(1)));
}

#[tokio::test]
async fn the_order_of_favourites_reaches_the_users_other_devices() {
    let server = Server::start().await;
    let ann = server.join("ann").await;
    for name in ["ops", "design"] {
        ann.post("/rooms", &json!({"name": name})).await;
    }
    for name in ["general", "ops", "design"] {
        ann.put(&format!("/rooms/{name}/settings"), &json!({"favourite": true})).await;
    }
    let names: BTreeMap<_, _> = ann.bootstrap().await.rooms.into_iter().map(|room| (room.id, room.name)).collect();
    let mut elsewhere = ann.live().await;
    assert_eq!(ann.put("/rooms/design/settings", &json!({"place": 1})).await.status(), 200);
    let mut heard = Vec::new();
    for _ in 0..3 {
        let frame = elsewhere.next().await;
        let ServerFrame::Control(Control::Settings { room, place, .. }) = frame else { panic!("{frame:?}") };
        heard.push((names[&room].as_str(), place));
    }
    heard[..2].sort_unstable();
    assert_eq!(heard, [("general", Some(2)), ("ops", Some(3)), ("design", Some(1))], "the one that moved comes last");
    let (_socket, frames) = ann.listen(json!({})).await;
    let ServerFrame::Control(Control::Ready { settings: Some(settings), .. }) = &frames[0] else {
        panic!("{frames:?}")
    };
    let told: BTreeMap<_, _> = settings.iter().map(|(room, wanted)| (names[room].as_str(), wanted.place)).collect();
    assert_eq!(told, BTreeMap::from([("design", Some(1)), ("general", Some(2)), ("ops", Some(3))]));
    let refused = ann.put("/rooms/design/settings", &json!({"place": 0})).await;
    assert_eq!(refused.status(), 422);
}

#[tokio::test]
async fn ready_says_up_to_where_one_has_read() {
    let server = Server::start().await;
    let (ann, bob) = (server.join("ann").await, server.join("bob").await);
    let reads = async || {
        let (_socket, frames) = ann.listen(json!({})).await;
        let ServerFrame::Control(Control::Ready { heads, reads: Some(reads), .. }) = frames[0].clone() else {
            panic!("{frames:?}")
        };
        let (general, head) = heads.into_iter().next().unwrap();
        (reads.get(&general).copied(), head)
    };
    let first = bob.say("general", "one").await.seq;
    let last = bob.say("general", "two").await.seq;
    let (unread, head) = reads().await;
    assert!(unread.is_some_and(|read| read < first) && head == last);
    ann.put("/rooms/general/read", &json!({"seq": last})).await;
    assert_eq!(reads().await, (None, head), "all of it");
    ann.put("/rooms/general/unread", &json!({"seq": last})).await;
    assert_eq!(reads().await, (Some(last - 1), head), "to before the mark");
}

#[tokio::test]
async fn whoever_breaks_the_contract_hears_why() {
    let server = Server::start().await;
    let ann = server.join("ann").await;
    let stranger = Client { token: Some("f".repeat(64)), ..ann.clone() };
    let cases = [
        (Message::text("not json"), ByeReason::BadFrame, 1008),
        (Message::text(r#"{"type":"typing"}"#), ByeReason::BadFrame, 1008),
        (
            Message::text(json!({"type": "hello", "token": ann.token, "resume": {"x": -1}}).to_string()),
            ByeReason::BadFrame,
            1008,
        ),
        (Message::binary(vec![1, 2, 3]), ByeReason::BadFrame, 1008),
        (Message::text("x".repeat(10_000_000)), ByeReason::FrameTooBig, 1009),
        (Message::text(r#"{"type":"hello"}"#), ByeReason::Unauthorized, 4401),
        (Message::text(json!({"type": "hello", "token": stranger.token}).to_string()), ByeReason::Unauthorized, 4401),
    ];
    for (message, reason, code) in cases {
        let mut socket = ann.dial().await;
        // The server may hang up before a large frame is through.
        let _ = socket.0.send(message).await;
        assert_eq!(socket.ending().await, (bye(reason), code));
    }
    let (mut socket, _) = ann.listen(json!({})).await;
    socket.send(r#"{"type":"from the future"}"#).await;
    ann.say("general", "still here").await;
    socket.event().await;
    socket.0.send(Message::binary(vec![0])).await.unwrap();
    assert_eq!(socket.ending().await, (bye(ByeReason::BadFrame), 1008));
}

#[tokio::test]
async fn whoever_resumes_a_great_many_rooms_is_heard() {
    let server = Server::start().await;
    let ann = server.join("ann").await;
    let event = ann.say("general", "before").await;
    let mut resume: BTreeMap<_, _> = (0..5_000).map(|number| (uuid::Uuid::from_u128(number).to_string(), 7)).collect();
    resume.insert(event.room.to_string(), event.seq - 1);
    let (_, frames) = ann.listen(json!({ "resume": resume })).await;
    assert!(frames.contains(&ServerFrame::Event(event)), "{frames:?}");
}

#[tokio::test]
async fn sockets_of_one_account_are_limited() {
    let server = Server::with(&["--max-connections-per-user", "3"]).await;
    let (ann, bob) = (server.join("ann").await, server.join("bob").await);
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(ann.live().await);
    }
    let mut fourth = ann.dial().await;
    fourth.send(&json!({"type": "hello", "token": ann.token}).to_string()).await;
    assert_eq!(fourth.ending().await, (bye(ByeReason::TooManyConnections), 1008));
    bob.live().await;
    for mut socket in open {
        socket.0.close(None).await.unwrap();
        socket.ending().await;
    }
    ann.live().await;
}

#[tokio::test]
async fn a_revoked_token_ends_its_sockets_at_once() {
    let server = Server::start().await;
    let (ann, bob) = (server.join("ann").await, server.join("bob").await);
    let (to_ann, mut to_bob) = (ann.live().await, bob.live().await);
    ann.post("/logout", &json!({})).await;
    assert_eq!(to_ann.ending().await, (bye(ByeReason::Unauthorized), 4401));
    bob.say("general", "still here").await;
    to_bob.event().await;
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_keeps_everything() {
    let server = Server::start().await;
    let ann = server.join("ann").await;
    let socket = ann.live().await;
    let said = ann.say("general", "remember me").await;
    let data = server.stop().await;
    assert_eq!(socket.ending().await, (bye(ByeReason::GoingAway), 1001));
    let server = Server::on(data, &[]).await;
    let ann = Client { address: server.address.clone(), ..ann };
    let (_socket, frames) = ann.listen(json!({"resume": {said.room.to_string(): said.seq - 1}})).await;
    assert_eq!(frames[1..], [ServerFrame::Event(said)]);
}

/// Posts from many, while others connect, resume, join and leave: everyone proves that they missed nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_misses_anything_whatever_happens_meanwhile() {
    const POSTS: u64 = 60;
    let server = Server::start().await;
    let ann = server.join("ann").await;
    let general = ann.bootstrap().await.rooms[0].id;
    let readers: Vec<_> = (0..4).map(|n| server.join(["b", "c", "d", "e"][n])).collect();
    let readers = futures_util::future::join_all(readers).await;
    let mut tasks = tokio::task::JoinSet::new();
    for reader in readers {
        tasks.spawn(async move {
            // Reconnects after every few events, and resumes where it was.
            let mut seen: Vec<Seq> = Vec::new();
            let mut cursor = reader.bootstrap().await.rooms[0].head;
            let start = cursor;
            while cursor < start + POSTS {
                let (mut socket, frames) = reader.listen(json!({"resume": {general.to_string(): cursor}})).await;
                for frame in frames {
                    if let ServerFrame::Event(event) = frame {
                        seen.push(event.seq);
                    }
                }
                cursor = seen.last().copied().unwrap_or(cursor);
                for _ in 0..7 {
                    if cursor >= start + POSTS {
                        break;
                    }
                    cursor = socket.event().await.seq;
                    seen.push(cursor);
                }
            }
            (start, seen)
        });
    }
    let mut posting = tokio::task::JoinSet::new();
    for part in 0..6 {
        let ann = ann.clone();
        posting.spawn(async move {
            for n in 0..POSTS / 4 {
                ann.say("general", &format!("{part}/{n}")).await;
            }
        });
    }
    posting.join_all().await;
    for (start, seen) in tasks.join_all().await {
        assert_eq!(seen, (start + 1..=seen.last().copied().unwrap()).collect::<Vec<_>>());
        assert!(seen.len() as u64 >= POSTS);
    }
}

/// A reader that reads little is served from the log when it comes back, and costs the others nothing. (One that takes nothing at
/// all is given up after a while; on a slow machine that might come first.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_catches_up_from_the_log() {
    const POSTS: usize = 400;
    let server = Server::with(&["--max-message-bytes", "40000"]).await;
    let (ann, bob) = (server.join("ann").await, server.join("bob").await);
    let (mut slow, mut quick) = (ann.live().await, bob.live().await);
    let text = "x".repeat(32 * 1024);
    let mut posting = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (ann, text) = (ann.clone(), text.clone());
        posting.spawn(async move {
            for _ in 0..POSTS / 8 {
                ann.say("general", &text).await;
            }
        });
    }
    let (mut quick_seen, mut slow_seen) = (Vec::new(), Vec::new());
    for n in 0..POSTS {
        quick_seen.push(quick.event().await.seq);
        if n % 5 == 0 {
            slow_seen.push(slow.event().await.seq);
        }
    }
    posting.join_all().await;
    while slow_seen.len() < POSTS {
        slow_seen.push(slow.event().await.seq);
    }
    assert_eq!(slow_seen, quick_seen);
    assert!(slow_seen.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{slow_seen:?}");
    let metrics =
        ann.http.get(format!("http://{}/metrics", server.address)).send().await.unwrap().text().await.unwrap();
    let backfills = metrics.lines().find_map(|line| line.strip_prefix("chat_backfills_total ")).unwrap();
    assert_ne!(backfills, "0", "it was behind the ring");
}

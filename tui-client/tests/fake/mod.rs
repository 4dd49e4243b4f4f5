//! A small server in the test's own process: enough of the contract for the client, and every answer in the test's hand.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "shared by several tests, each uses a part")]

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, header};
use chat_shared::api::{
    Bootstrap, EventsPage, Limits, MessagesPage, ReadState, RoomKind, RoomListing, RoomSettings, RoomSummary, Rooms,
    SearchPage, Session, User,
};
use chat_shared::frame::{ByeReason, Control, Hello};
use chat_shared::{
    ClientFrame, Epoch, ErrorCode, Event, EventKind, Message as ChatMessage, RoomId, Seq, Timestamp, UserId, UserRef,
};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use uuid::Uuid;

/// The token that the server accepts.
pub const TOKEN: &str = "token-of-me";
/// Longer than anything here takes, also on a machine that has a lot else to do: who waits longer, waits for nothing.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Who is told of something by name.
pub type Told = Box<dyn Fn(&str) + Send>;

/// What the server knows.
pub struct World {
    pub epoch: Epoch,
    pub rooms: BTreeMap<RoomId, Room>,
    /// How the next calls fail, by the end of their path: status, code, `Retry-After`.
    pub failures: VecDeque<(&'static str, u16, ErrorCode, Option<u64>)>,
    /// Every call: method, path with query, idempotency key, body.
    pub calls: Vec<Call>,
    pub token: String,
    /// Events that history leaves out.
    pub pruned: Vec<Seq>,
    /// Is told the key of each message when it arrives.
    pub on_post: Option<Told>,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub key: Option<String>,
    pub agent: String,
    pub body: String,
}

pub struct Room {
    pub name: String,
    pub events: Vec<Event>,
}

/// A running server.
pub struct Fake {
    pub url: String,
    world: Arc<Mutex<World>>,
    sockets: mpsc::Receiver<Peer>,
}

/// The server's end of one socket.
pub struct Peer {
    frames: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>,
    pub authorization: Option<String>,
}

#[derive(Clone)]
struct Shared {
    world: Arc<Mutex<World>>,
    sockets: mpsc::Sender<Peer>,
}

pub fn me() -> User {
    User { id: UserId(Uuid::from_u128(0xA)), name: "me".into(), admin: false }
}

pub fn room_id(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(n))
}

pub fn epoch(n: u128) -> Epoch {
    Epoch(Uuid::from_u128(n))
}

pub fn event(room: RoomId, seq: Seq, kind: EventKind) -> Event {
    let at = Timestamp::from_ms(1_795_341_600_123);
    Event { kind, room, seq, at, by: UserId(Uuid::from_u128(0xB)), name: "ann".into() }
}

pub fn posted(room: RoomId, seq: Seq) -> Event {
    event(room, seq, EventKind::Posted { body: format!("text {seq}"), key: None, reply_to: None })
}

pub fn joined(room: RoomId, seq: Seq) -> Event {
    event(room, seq, EventKind::Joined { user: UserRef { id: me().id, name: "me".into() } })
}

/// An address at which nothing listens, and nothing else begins to while the socket is there.
pub fn nobody() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

impl Fake {
    /// Starts with the room `general` (number 1), which holds so many messages.
    pub async fn start(messages: Seq) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = World {
            epoch: epoch(1),
            rooms: BTreeMap::new(),
            failures: VecDeque::new(),
            calls: Vec::new(),
            token: TOKEN.into(),
            pruned: Vec::new(),
            on_post: None,
        };
        let world = Arc::new(Mutex::new(world));
        let (accepted, sockets) = mpsc::channel(8);
        let shared = Shared { world: Arc::clone(&world), sockets: accepted };
        let app = axum::Router::new().fallback(answer).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let fake = Self { url, world, sockets };
        fake.add_room(room_id(1), "general", messages);
        fake
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub fn add_room(&self, id: RoomId, name: &str, messages: Seq) {
        let events = (1..=messages).map(|seq| posted(id, seq)).collect();
        self.world().rooms.insert(id, Room { name: name.into(), events });
    }

    /// Adds messages to a room; tells nobody.
    pub fn post(&self, room: RoomId, count: Seq) {
        let mut world = self.world();
        let events = &mut world.rooms.get_mut(&room).unwrap().events;
        for _ in 0..count {
            events.push(posted(room, events.len() as Seq + 1));
        }
    }

    pub fn fail_next(&self, path_end: &'static str, status: u16, code: ErrorCode, retry_after: Option<u64>) {
        self.world().failures.push_back((path_end, status, code, retry_after));
    }

    /// How many calls there were whose path contains this.
    pub fn count(&self, part: &str) -> usize {
        self.world().calls.iter().filter(|call| call.path.contains(part)).count()
    }

    /// The answer to a hello, as things stand.
    pub fn ready(&self) -> Control {
        let world = self.world();
        let heads = world.rooms.iter().map(|(id, room)| (*id, room.events.len() as Seq)).collect();
        Control::Ready { user: me(), epoch: world.epoch, heads, online: Vec::new(), settings: None, reads: None }
    }

    /// The next client that opens a socket.
    pub async fn accept(&mut self) -> Peer {
        tokio::time::timeout(PATIENCE, self.sockets.recv()).await.expect("nobody connects").unwrap()
    }

    /// The next client, after its hello was answered with `ready` and `caught_up`.
    pub async fn accept_ready(&mut self) -> (Peer, Hello) {
        let mut peer = self.accept().await;
        let hello = peer.hello().await;
        peer.say(&self.ready()).await;
        peer.say(&Control::CaughtUp).await;
        (peer, hello)
    }
}

impl Peer {
    pub async fn hello(&mut self) -> Hello {
        match tokio::time::timeout(PATIENCE, self.frames.next()).await.expect("no hello") {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(text.as_str()).unwrap() {
                ClientFrame::Hello(hello) => hello,
                ClientFrame::Unknown => panic!("not a hello: {text}"),
            },
            other => panic!("not a hello: {other:?}"),
        }
    }

    /// Sends a frame.
    pub async fn say(&mut self, frame: &impl Serialize) {
        self.raw(&serde_json::to_string(frame).unwrap()).await;
    }

    pub async fn raw(&mut self, text: &str) {
        self.frames.send(Message::text(text)).await.unwrap();
    }

    /// Sends what the client may hang up on before all of it is through.
    pub async fn raw_in_vain(&mut self, text: &str) {
        let _ = self.frames.send(Message::text(text)).await;
    }

    pub async fn bye(mut self, reason: ByeReason, retry_after_ms: Option<u64>) {
        self.say(&Control::Bye { reason, retry_after_ms }).await;
    }

    /// Waits until the client closes.
    pub async fn closed(mut self) {
        let all = async { while let Some(Ok(_)) = self.frames.next().await {} };
        tokio::time::timeout(PATIENCE, all).await.expect("the client stays");
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().strip_prefix("/api/v1").unwrap_or_default().to_owned();
    let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    if path == "/ws" {
        let request = Request::from_parts(parts, body);
        return upgrade(shared.sockets, request);
    }
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        key: header("idempotency-key"),
        agent: header("user-agent").unwrap_or_default(),
        body,
    };
    let mut world = shared.world.lock().unwrap();
    world.calls.push(call.clone());
    if let Some(index) = world.failures.iter().position(|(end, ..)| path.ends_with(end)) {
        let (_, status, code, retry_after) = world.failures.remove(index).unwrap();
        return refusal(status, code, retry_after);
    }
    let public = matches!(path.as_str(), "/login" | "/register");
    if !public && header("authorization") != Some(format!("Bearer {}", world.token)) {
        return refusal(401, ErrorCode::Unauthorized, None);
    }
    route(&mut world, &call, &path, parts.uri.query().unwrap_or_default())
}

fn route(world: &mut World, call: &Call, path: &str, query: &str) -> Response<Body> {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("POST", ["login" | "register"]) if call.body.contains("right password") => {
            json(200, &Session { user: me(), token: world.token.clone() })
        }
        ("POST", ["login" | "register"]) => refusal(401, ErrorCode::WrongCredentials, None),
        ("POST", ["logout"]) => Response::builder().status(204).body(Body::empty()).unwrap(),
        ("GET", ["bootstrap"]) => json(200, &bootstrap(world)),
        ("GET", ["rooms"]) => json(200, &Rooms { rooms: world.rooms.iter().map(listing).collect() }),
        ("GET", ["search"]) => json(200, &found(world, query)),
        ("GET", ["rooms", room, "events"]) => match find(world, room) {
            Some(id) => json(200, &events_page(world, id, query)),
            None => refusal(404, ErrorCode::RoomNotFound, None),
        },
        ("GET", ["rooms", room, "messages"]) => match find(world, room) {
            Some(id) => json(200, &messages_page(world, id)),
            None => refusal(404, ErrorCode::RoomNotFound, None),
        },
        ("PUT", ["rooms", _, "read"]) => {
            let mark: chat_shared::api::MarkRead = serde_json::from_str(&call.body).unwrap();
            json(200, &ReadState { seq: mark.seq, unread: 0, mentions: 0, unread_from: None })
        }
        ("POST", ["rooms", room, "messages"]) => match find(world, room) {
            Some(id) => commit(world, id, call),
            None => refusal(404, ErrorCode::RoomNotFound, None),
        },
        _ => refusal(404, ErrorCode::NotFound, None),
    }
}

fn commit(world: &mut World, room: RoomId, call: &Call) -> Response<Body> {
    let post: chat_shared::api::PostMessage = serde_json::from_str(&call.body).unwrap();
    if let (Some(told), Some(key)) = (&world.on_post, &call.key) {
        told(key);
    }
    let events = &mut world.rooms.get_mut(&room).unwrap().events;
    let same = |e: &&Event| matches!(&e.kind, EventKind::Posted { key: Some(k), .. } if Some(k) == call.key.as_ref());
    if let Some(first) = events.iter().find(same) {
        return json(201, first);
    }
    let kind = EventKind::Posted { body: post.body, key: call.key.clone(), reply_to: post.reply_to };
    let event = event(room, events.len() as Seq + 1, kind);
    events.push(event.clone());
    json(201, &event)
}

fn find(world: &World, room: &str) -> Option<RoomId> {
    world.rooms.iter().find(|(id, known)| id.to_string() == room || known.name == room).map(|(id, _)| *id)
}

fn events_page(world: &World, room: RoomId, query: &str) -> EventsPage {
    let number = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.and_then(|v| v.parse::<u64>().ok())
    };
    let events = &world.rooms[&room].events;
    let after = number("after").unwrap_or(0);
    let limit = usize::try_from(number("limit").unwrap_or(50)).unwrap();
    let page = events.iter().filter(|e| e.seq > after && !world.pruned.contains(&e.seq)).take(limit).cloned();
    EventsPage { events: page.collect(), head: events.len() as Seq }
}

/// What holds the word, newest first; pages go by time, of which all messages here have the same.
fn found(world: &World, query: &str) -> SearchPage {
    let word = query.split('&').find_map(|pair| pair.strip_prefix("q=")).unwrap_or_default();
    let all = world.rooms.values().flat_map(|room| &room.events).filter_map(ChatMessage::posted);
    let mut messages: Vec<_> = all.filter(|message| message.body.contains(word)).collect();
    messages.sort_by_key(|message| std::cmp::Reverse((message.room, message.seq)));
    messages.truncate(if query.contains("before=") { 0 } else { 100 });
    SearchPage { messages, more: false }
}

/// The newest messages; the parts of history that the client may ask for are the real server's business.
fn messages_page(world: &World, room: RoomId) -> MessagesPage {
    let events = &world.rooms[&room].events;
    let messages: Vec<_> = events.iter().filter_map(ChatMessage::posted).collect();
    MessagesPage {
        messages: messages[messages.len().saturating_sub(50)..].to_vec(),
        head: events.len() as Seq,
        ..MessagesPage::default()
    }
}

fn bootstrap(world: &World) -> Bootstrap {
    let summary = |(id, room): (&RoomId, &Room)| RoomSummary {
        id: *id,
        name: room.name.clone(),
        topic: String::new(),
        kind: RoomKind::Public,
        head: room.events.len() as Seq,
        read: 0,
        unread: room.events.len() as Seq,
        mentions: u64::from(!room.events.is_empty()),
        members: 2,
        unread_from: None,
        last_message_at: None,
        people: Vec::new(),
        settings: RoomSettings::default(),
    };
    let limits = Limits { message_bytes: 16384, connections_per_user: 0, resume_events: 1000 };
    let rooms = world.rooms.iter().map(summary).collect();
    Bootstrap { me: me(), rooms, online: Vec::new(), epoch: world.epoch, limits, version: "test".into() }
}

fn listing((id, room): (&RoomId, &Room)) -> RoomListing {
    let head = room.events.len() as Seq;
    let topic = "about \u{1b}[31mthings".into();
    RoomListing { id: *id, name: room.name.clone(), topic, kind: RoomKind::Public, head, members: 2, joined: true }
}

fn json(status: u16, body: &impl Serialize) -> Response<Body> {
    let body = Body::from(serde_json::to_vec(body).unwrap());
    Response::builder().status(status).header(header::CONTENT_TYPE, "application/json").body(body).unwrap()
}

fn refusal(status: u16, code: ErrorCode, retry_after: Option<u64>) -> Response<Body> {
    let mut response = json(status, &serde_json::json!({"error": {"code": code, "message": "The fake says no."}}));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn upgrade(sockets: mpsc::Sender<Peer>, mut request: Request) -> Response<Body> {
    let key = request.headers().get("sec-websocket-key").unwrap().as_bytes().to_vec();
    let authorization = request.headers().get(header::AUTHORIZATION).map(|v| v.to_str().unwrap().to_owned());
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let frames = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let _ = sockets.send(Peer { frames, authorization }).await;
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "websocket")
        .header("sec-websocket-accept", derive_accept_key(&key))
        .body(Body::empty())
        .unwrap()
}

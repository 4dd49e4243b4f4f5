//! The session loop with channels in place of sockets, and time in the tests' hands.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use chat_server::auth::{Auth, new_token};
use chat_server::hub::Hub;
use chat_server::metrics::Metrics;
use chat_server::presence::Presence;
use chat_server::publish::Publisher;
use chat_server::requests::Requests;
use chat_server::store::sqlite::SqliteStore;
use chat_server::store::{Actor, Draft, RoomRef, Store, Who};
use chat_server::transport::connection::{End, Inbound};
use chat_server::transport::context::SessionContext;
use chat_server::transport::strangers::Strangers;
use chat_server::transport::{encode, session};
use chat_server::turns::Turns;
use chat_server::validate::Name;
use chat_shared::api::{RoomKind, User};
use chat_shared::frame::{ByeReason, Control};
use chat_shared::{Event, EventKind, ServerFrame, Timestamp, UserId};
use futures_util::{Sink, Stream};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, PollSender};

/// A connection made of two channels. The one to the client holds few frames: a client that does not read is slow.
struct Pipe {
    to_client: PollSender<Bytes>,
    from_client: mpsc::Receiver<Inbound>,
}

impl Stream for Pipe {
    type Item = io::Result<Inbound>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.from_client.poll_recv(cx).map(|inbound| inbound.map(Ok))
    }
}

impl Sink<Bytes> for Pipe {
    type Error = io::Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.to_client.poll_reserve(cx).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn start_send(mut self: Pin<&mut Self>, frame: Bytes) -> io::Result<()> {
        self.to_client.send_item(frame).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The client's end, and the session that runs against it.
struct Peer {
    frames: mpsc::Receiver<Bytes>,
    says: mpsc::Sender<Inbound>,
    session: JoinHandle<End>,
}

impl Peer {
    async fn say(&self, text: &str) {
        self.says.send(Inbound::Text(text.to_owned())).await.unwrap();
    }

    /// The next frame, without its header; `None` for those of WebSocket itself.
    async fn frame(&mut self) -> Option<ServerFrame> {
        let bytes = self.frames.recv().await.expect("the session goes on");
        if bytes[0] != 0x81 {
            return None;
        }
        let header = if bytes[1] < 126 { 2 } else { 4 };
        Some(ServerFrame::parse(std::str::from_utf8(&bytes[header..]).unwrap()).unwrap())
    }

    async fn caught_up(&mut self) {
        while self.frame().await != Some(ServerFrame::Control(Control::CaughtUp)) {}
    }

    async fn event(&mut self) -> Event {
        loop {
            if let Some(ServerFrame::Event(event)) = self.frame().await {
                return event;
            }
        }
    }

    /// How many events come before the session says goodbye.
    async fn rest(&mut self) -> usize {
        let mut events = 0;
        loop {
            match self.frame().await {
                Some(ServerFrame::Event(_)) => events += 1,
                Some(ServerFrame::Control(Control::Bye { .. })) => return events,
                _ => {}
            }
        }
    }

    async fn ends(self) -> ByeReason {
        match self.session.await.unwrap() {
            End::Bye(reason) => reason,
            other => panic!("{other:?}"),
        }
    }
}

struct World {
    context: Arc<SessionContext>,
    actor: Actor,
    token: String,
    _data: TempDir,
}

impl World {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let (hub, metrics) = (Hub::with_couriers(2), Metrics::new());
        for courier in 0..hub.couriers() {
            let hub = Arc::clone(&hub);
            tokio::spawn(async move { hub.run_courier(courier).await });
        }
        let publisher = Publisher::new(Arc::clone(&hub), Arc::clone(&metrics));
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(data.path(), Arc::new(publisher)).unwrap());
        let auth = Arc::new(Auth::new(Arc::clone(&store), Arc::clone(&hub)));
        let token = new_token().unwrap();
        let at = Timestamp::from_ms(1);
        let user = store.register(Name::of_user("ann").unwrap(), "hash".into(), token.hash, at).await.unwrap();
        let shutdown = CancellationToken::new();
        let presence = Presence::new(Arc::clone(&store), Arc::clone(&hub), encode::presence);
        let context = SessionContext {
            store,
            hub,
            auth,
            presence,
            metrics,
            connections_per_user: 2,
            resume_events: 0,
            turns: Arc::new(Turns::new(1)),
            strangers: Strangers::default(),
            requests: Requests::new(2),
            began: Instant::now(),
            shutdown,
        };
        let (context, token) = (Arc::new(context), token.text.to_string());
        Self { context, actor: Actor { user, at }, token, _data: data }
    }

    /// A connection whose client reads no further than `ahead` frames by itself.
    fn connect(&self, ahead: usize) -> Peer {
        self.connect_with(ahead, Some(self.token.clone()))
    }

    fn connect_with(&self, ahead: usize, token: Option<String>) -> Peer {
        let (to_client, frames) = mpsc::channel(ahead);
        let (says, from_client) = mpsc::channel(16);
        let pipe = Pipe { to_client: PollSender::new(to_client), from_client };
        let context = Arc::clone(&self.context);
        let session = tokio::spawn(async move { session::run(Box::new(pipe), &context, token, "a test").await });
        Peer { frames, says, session }
    }

    async fn live(&self) -> Peer {
        let mut peer = self.connect(4096);
        peer.say(r#"{"type":"hello"}"#).await;
        peer.caught_up().await;
        peer
    }

    async fn post(&self, body: &str) -> Arc<Event> {
        let room = RoomRef::Name("general".into());
        let draft = Draft { room, body: body.into(), reply_to: None, key: None, mentions: Vec::new() };
        self.context.store.post(self.actor.clone(), draft).await.unwrap()
    }
}

#[tokio::test]
async fn whoever_says_nothing_is_not_waited_for() {
    let world = World::new().await;
    tokio::time::pause();
    let (began, peer) = (Instant::now(), world.connect(16));
    assert_eq!(peer.session.await.map(|end| matches!(end, End::Bye(ByeReason::HelloTimeout))).ok(), Some(true));
    assert!(began.elapsed() >= Duration::from_secs(10) && began.elapsed() < Duration::from_secs(13));
}

#[tokio::test]
async fn a_peer_that_does_not_answer_pings_is_dead_within_45_seconds() {
    let world = World::new().await;
    let mut peer = world.live().await;
    tokio::time::pause();
    let began = Instant::now();
    assert_eq!(peer.frame().await, None, "a ping");
    // The session began before the clock stood still, nobody knows how long.
    assert!(began.elapsed().as_secs() <= 22, "{:?}", began.elapsed());
    let began = Instant::now();
    peer.says.send(Inbound::Alive).await.unwrap();
    assert_eq!(peer.frame().await, None, "another ping");
    assert_eq!(began.elapsed().as_secs(), 22);
    let Some(ServerFrame::Control(Control::Bye { reason, .. })) = peer.frame().await else { panic!("no bye") };
    assert_eq!((reason, began.elapsed().as_secs()), (ByeReason::Dead, 44));
}

#[tokio::test]
async fn a_peer_that_could_not_be_asked_is_not_dead() {
    let world = World::new().await;
    let mut slow = world.connect(3);
    slow.say(r#"{"type":"hello"}"#).await;
    slow.caught_up().await;
    let mut posted = Vec::new();
    for n in 0..10 {
        posted.push(world.post(&n.to_string()).await.seq);
    }
    tokio::time::pause();
    // It takes nothing, so that no ping reaches it. (How long that may last is the sink's to say.)
    tokio::time::sleep(Duration::from_secs(100)).await;
    for seq in posted {
        assert_eq!(slow.event().await.seq, seq);
    }
}

#[tokio::test]
async fn an_idle_session_wakes_for_heartbeats_only() {
    let world = World::new().await;
    let mut peer = world.live().await;
    tokio::time::pause();
    for _ in 0..10 {
        assert_eq!(peer.frame().await, None);
        peer.says.send(Inbound::Alive).await.unwrap();
    }
    let polls = world.context.metrics.deliveries.get();
    assert_eq!(polls, 0, "nothing but pings was sent");
}

#[tokio::test]
async fn violations_unknown_frames_and_a_second_hello() {
    let world = World::new().await;
    let peer = world.live().await;
    peer.say(r#"{"type":"something new","x":1}"#).await;
    peer.says.send(Inbound::Violation(ByeReason::FrameTooBig)).await.unwrap();
    assert_eq!(peer.ends().await, ByeReason::FrameTooBig);
    let peer = world.live().await;
    peer.say(r#"{"type":"hello"}"#).await;
    assert_eq!(peer.ends().await, ByeReason::BadFrame);
}

#[tokio::test]
async fn a_client_that_goes_leaves_no_trace() {
    let world = World::new().await;
    for _ in 0..5 {
        let peer = world.live().await;
        assert_eq!(world.context.hub.connections(), 1);
        drop(peer.says);
        assert!(matches!(peer.session.await.unwrap(), End::Closed));
        assert_eq!(world.context.hub.connections(), 0);
    }
    assert_eq!(world.context.metrics.sessions_open.get(), 0);
}

#[tokio::test]
async fn a_slow_reader_is_closed_when_its_token_ends_not_when_it_reads_on() {
    let world = World::new().await;
    let mut slow = world.connect(2);
    slow.say(r#"{"type":"hello"}"#).await;
    slow.caught_up().await;
    for n in 0..2000 {
        world.post(&n.to_string()).await;
    }
    let principal = world.context.auth.authenticate(&world.token).await.unwrap().unwrap();
    world.context.auth.revoke(&principal).await.unwrap();
    // It never reads again, and still the session ends; what it says then is not waited for.
    tokio::time::pause();
    assert_eq!(slow.ends().await, ByeReason::Unauthorized);
}

#[tokio::test]
async fn whoever_catches_up_at_full_speed_is_listened_to() {
    // In a task, which takes turns with the session's; what a runtime blocks on is polled less often.
    tokio::spawn(revoke_and_offend_while_catching_up()).await.unwrap();
}

async fn revoke_and_offend_while_catching_up() {
    let world = World::new().await;
    let room = world.post("first").await.room;
    let principal = world.context.auth.authenticate(&world.token).await.unwrap().unwrap();
    for _ in 0..40 {
        world.post(&"x".repeat(16 * 1024)).await;
    }
    let catch_up = async || {
        let mut peer = world.connect(4096);
        peer.say(&format!(r#"{{"type":"hello","resume":{{"{room}":1}}}}"#)).await;
        peer.event().await;
        peer
    };
    // What the hub tells, and what the client says, is heard while there is still something to read from the store.
    let mut peer = catch_up().await;
    world.context.hub.close_token(principal.user.id, principal.token);
    assert!(peer.rest().await < 40);
    assert_eq!(peer.ends().await, ByeReason::Unauthorized);
    let mut peer = catch_up().await;
    peer.says.send(Inbound::Violation(ByeReason::FrameTooBig)).await.unwrap();
    assert!(peer.rest().await < 40);
    assert_eq!(peer.ends().await, ByeReason::FrameTooBig);
}

#[tokio::test]
async fn a_reader_that_fell_behind_gets_every_event_once_and_in_order() {
    let world = World::new().await;
    let mut slow = world.connect(3);
    slow.say(r#"{"type":"hello"}"#).await;
    slow.caught_up().await;
    let mut posted = Vec::new();
    for n in 0..1500 {
        posted.push(world.post(&n.to_string()).await.seq);
    }
    for seq in posted {
        let event = slow.event().await;
        assert_eq!(event.seq, seq);
        assert!(matches!(event.kind, EventKind::Posted { .. }));
    }
    assert!(world.context.metrics.backfills.get() > 0);
}

#[tokio::test]
async fn what_was_deleted_is_not_told_to_those_who_come_for_it_later() {
    let world = World::new().await;
    let mut reads = world.live().await;
    let posted = world.post("a secret").await;
    let (room, store) = (RoomRef::Id(posted.room), &world.context.store);
    let edit = store.edit(world.actor.clone(), room.clone(), posted.seq, "another secret".into(), Vec::new());
    edit.await.unwrap().unwrap();
    store.delete(world.actor.clone(), room, posted.seq).await.unwrap().unwrap();
    // Somebody has read it, so that the room's newest frames are kept; and all of it is in reach of who comes now.
    for _ in 0..3 {
        reads.event().await;
    }
    let mut resumes = world.connect(4096);
    resumes.say(&format!(r#"{{"type":"hello","resume":{{"{}":{}}}}}"#, posted.room, posted.seq - 1)).await;
    for seq in posted.seq..=posted.seq + 2 {
        let event = resumes.event().await;
        assert_eq!(event.seq, seq);
        assert!(!format!("{event:?}").contains("secret"), "{event:?}");
    }
}

#[tokio::test]
async fn a_stopping_server_says_goodbye_to_all() {
    let world = World::new().await;
    let (one, two) = (world.live().await, world.connect(16));
    world.context.shutdown.cancel();
    assert_eq!(one.ends().await, ByeReason::GoingAway);
    assert_eq!(two.ends().await, ByeReason::GoingAway);
}

#[tokio::test]
async fn who_takes_nothing_of_what_was_missed_does_not_hold_up_a_server_that_stops() {
    let world = World::new().await;
    let room = world.post("first").await.room;
    for n in 0..10 {
        world.post(&n.to_string()).await;
    }
    let mut slow = world.connect(1);
    slow.say(&format!(r#"{{"type":"hello","resume":{{"{room}":1}}}}"#)).await;
    assert!(matches!(slow.frame().await, Some(ServerFrame::Control(Control::Ready { .. }))));
    slow.event().await;
    tokio::time::pause();
    world.context.shutdown.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(5), slow.ends()).await;
    assert_eq!(ended.ok(), Some(ByeReason::GoingAway));
}

#[tokio::test]
async fn who_takes_nothing_of_its_greeting_is_closed_when_its_token_ends() {
    let world = World::new().await;
    let mut resume = vec![world.post("first").await.room];
    for name in ["one", "two", "three"] {
        let name = Name::of_room(name).unwrap();
        let made = world.context.store.create_room(world.actor.clone(), name, String::new(), RoomKind::Public).await;
        resume.push(made.unwrap().id);
    }
    // Each of these rooms is reset.
    let resume: Vec<_> = resume.iter().map(|room| format!(r#""{room}":9999"#)).collect();
    let hello = format!(r#"{{"type":"hello","resume":{{{}}}}}"#, resume.join(","));
    let principal = world.context.auth.authenticate(&world.token).await.unwrap().unwrap();
    let mut slow = world.connect(1);
    slow.say(&hello).await;
    assert!(matches!(slow.frame().await, Some(ServerFrame::Control(Control::Ready { .. }))));
    world.context.auth.revoke(&principal).await.unwrap();
    // Not before: a clock that stands still runs ahead while the store writes.
    tokio::time::pause();
    let ended = tokio::time::timeout(Duration::from_secs(5), slow.ends()).await;
    assert_eq!(ended.ok(), Some(ByeReason::Unauthorized));
}

#[tokio::test]
async fn strangers_wait_for_each_other_before_they_say_much_and_nobody_waits_for_them() {
    let world = World::new().await;
    let hello = format!(r#"{{"type":"hello","token":"{}"}}"#, world.token);
    // As many as there is room for say that much will come, and more of them wait.
    let mut crowd = Vec::new();
    for _ in 0..64 {
        let peer = world.connect_with(16, None);
        // Two places in the channel: the first is free again once it was heard.
        peer.says.send(Inbound::Long).await.unwrap();
        while peer.says.capacity() < 16 {
            tokio::task::yield_now().await;
        }
        crowd.push(peer);
    }
    let mut waits = world.connect_with(16, Some("wrong".into()));
    waits.says.send(Inbound::Long).await.unwrap();
    waits.say(&hello).await;
    let mut next = world.connect_with(16, None);
    next.says.send(Inbound::Long).await.unwrap();
    next.say(&hello).await;
    // Whoever says little, and whoever has shown who they are, does not wait.
    let mut brief = world.connect_with(16, None);
    brief.say(&hello).await;
    brief.caught_up().await;
    let mut known = world.connect(16);
    known.says.send(Inbound::Long).await.unwrap();
    known.say(&hello).await;
    known.caught_up().await;
    for peer in [brief, known] {
        drop(peer.says);
        peer.session.await.unwrap();
    }
    assert!(waits.frames.try_recv().is_err() && next.frames.try_recv().is_err());
    assert_eq!(waits.says.capacity(), 15, "it is not read on");
    tokio::time::pause();
    // A place for each that goes.
    drop(crowd.pop());
    assert_eq!(waits.ends().await, ByeReason::Unauthorized);
    next.caught_up().await;
    // The others have their time, and no more.
    for peer in crowd {
        assert_eq!(peer.ends().await, ByeReason::HelloTimeout);
    }
}

#[tokio::test]
async fn whoever_waits_too_long_for_room_is_told_that_time_is_up() {
    let world = World::new().await;
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(world.context.requests.begin(world.actor.user.id).await);
    }
    let waits = world.connect(16);
    waits.says.send(Inbound::Long).await.unwrap();
    tokio::time::pause();
    assert_eq!(waits.ends().await, ByeReason::HelloTimeout);
    drop(held);
    let mut peer = world.connect(16);
    peer.says.send(Inbound::Long).await.unwrap();
    peer.say(r#"{"type":"hello"}"#).await;
    peer.caught_up().await;
}

#[tokio::test]
async fn what_cannot_be_resumed_is_no_hello_and_a_wrong_token_is_worse() {
    let world = World::new().await;
    tokio::time::pause();
    for hello in ["{", r#"{"type":"hi"}"#, r#"{"token":"x"}"#, r#"{"type":"hello","resume":[1]}"#] {
        let peer = world.connect(16);
        peer.say(hello).await;
        assert_eq!(peer.ends().await, ByeReason::BadFrame, "{hello}");
    }
    let peer = world.connect_with(16, Some("wrong".into()));
    peer.say(r#"{"type":"hello","resume":[1]}"#).await;
    assert_eq!(peer.ends().await, ByeReason::Unauthorized);
}

/// Somebody with whom ann shares a conversation, and a token of theirs.
async fn partner(world: &World, name: &str) -> (User, String) {
    let token = new_token().unwrap();
    let (store, at) = (&world.context.store, Timestamp::from_ms(1));
    let user = store.register(Name::of_user(name).unwrap(), "hash".into(), token.hash, at).await.unwrap();
    store.open_dm(world.actor.clone(), vec![Who::Id(user.id)]).await.unwrap();
    (user, token.text.to_string())
}

async fn presence(peer: &mut Peer) -> (UserId, bool) {
    loop {
        if let Some(ServerFrame::Control(Control::Presence { user, online })) = peer.frame().await {
            return (user, online);
        }
    }
}

#[tokio::test]
async fn partners_hear_who_comes_and_goes_but_not_of_a_reconnect() {
    let world = World::new().await;
    let (bob, token) = partner(&world, "bob").await;
    let mut to_ann = world.live().await;
    let as_bob = World { token, ..world };
    let (first, second) = (as_bob.live().await, as_bob.live().await);
    assert_eq!(presence(&mut to_ann).await, (bob.id, true));
    tokio::time::pause();

    // One of two sessions, then the other; and back within the grace: nothing to say.
    drop((first.says, second.says));
    drop((first.session.await, second.session.await));
    let third = as_bob.live().await;
    let began = Instant::now();
    drop(third.says);
    drop(third.session.await);
    assert_eq!(presence(&mut to_ann).await, (bob.id, false));
    assert_eq!(began.elapsed().as_secs(), 5, "the grace began anew with the last session");
    drop(as_bob.live().await);
    assert_eq!(presence(&mut to_ann).await, (bob.id, true));
}

#[tokio::test]
async fn a_session_that_comes_to_nothing_does_not_keep_the_news_of_the_next_one() {
    let world = World::new().await;
    let (bob, token) = partner(&world, "bob").await;
    let mut to_ann = world.live().await;
    // It got no further than to being there.
    drop(world.context.presence.enter(bob.id));
    let still_on_its_way = world.context.presence.enter(bob.id);
    let as_bob = World { token, ..world };
    let _bob = as_bob.live().await;
    assert_eq!(presence(&mut to_ann).await, (bob.id, true));
    drop(still_on_its_way);
}

#[tokio::test]
async fn a_slow_peer_hears_how_things_stand_when_it_reads_on() {
    let world = World::new().await;
    let (bob, token) = partner(&world, "bob").await;
    let mut slow = world.connect(2);
    slow.say(r#"{"type":"hello"}"#).await;
    slow.caught_up().await;
    for n in 0..10 {
        world.post(&n.to_string()).await;
    }
    let as_bob = World { token, ..world };
    let _bob = as_bob.live().await;
    as_bob.context.presence.announce(bob.id).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(presence(&mut slow).await, (bob.id, true));
}

#[tokio::test]
async fn who_is_there_already_is_told_at_the_beginning() {
    let world = World::new().await;
    let (bob, token) = partner(&world, "bob").await;
    let ann = world.token.clone();
    let as_bob = World { token, ..world };
    let _bob = as_bob.live().await;
    let as_ann = World { token: ann, ..as_bob };
    let mut peer = as_ann.connect(4096);
    peer.say(r#"{"type":"hello"}"#).await;
    let Some(ServerFrame::Control(Control::Ready { online, .. })) = peer.frame().await else { panic!() };
    assert_eq!(online, [bob.id]);
}

#[tokio::test]
async fn a_crowd_that_resumes_gets_everything_and_asks_the_store_once() {
    let mut world = World::new().await;
    Arc::get_mut(&mut world.context).unwrap().connections_per_user = 0;
    let first = world.post("first").await;
    let posts = 300;
    for number in 0..posts {
        world.post(&format!("message {number}")).await;
    }
    // More than have their turn at a time, and some of them go away while they wait for it, or do not read.
    let mut crowd = Vec::new();
    for number in 0..60 {
        let peer = world.connect(if number % 3 == 1 { 1 } else { 4096 });
        peer.say(&format!(r#"{{"type":"hello","resume":{{"{}":{}}}}}"#, first.room, first.seq)).await;
        crowd.push(peer);
    }
    for (number, mut peer) in crowd.into_iter().enumerate() {
        if number % 3 == 0 {
            drop(peer);
            continue;
        }
        for seq in first.seq + 1..=first.seq + posts {
            assert_eq!(peer.event().await.seq, seq);
        }
        peer.caught_up().await;
    }
    // The first of them, and those who had their turn together with it.
    let (looks, each) = (world.context.metrics.backfills.get(), posts / 64 + 1);
    assert!(looks <= 10 * each, "{looks} looks into the log");
    // Nobody kept a turn.
    for _ in 0..10 {
        world.live().await;
    }
}

#[tokio::test]
async fn who_waits_for_a_turn_hears_that_the_server_stops() {
    let world = World::new().await;
    let mut turns = Vec::new();
    for _ in 0..4 {
        turns.push(world.context.turns.take().await);
    }
    tokio::time::pause();
    let mut waits = world.connect(16);
    waits.say(r#"{"type":"hello"}"#).await;
    // Its deadline was for saying hello, and it has.
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(waits.frames.try_recv().is_err());
    assert!(!waits.session.is_finished());
    world.context.shutdown.cancel();
    let Some(ServerFrame::Control(Control::Bye { reason, .. })) = waits.frame().await else { panic!("no bye") };
    assert_eq!(reason, ByeReason::GoingAway);
}

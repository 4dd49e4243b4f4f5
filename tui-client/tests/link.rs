//! The link against a server whose every frame is in the test's hand.
#![allow(clippy::unwrap_used, reason = "a test")]

mod fake;

use std::collections::BTreeMap;
use std::time::Duration;

use chat_shared::api::RoomSettings;
use chat_shared::frame::{ByeReason, Control};
use chat_shared::{ErrorCode, Event, EventKind, Seq, UserRef};
use chat_tui::app::LinkEvent;
use chat_tui::net::api::Api;
use chat_tui::net::cursors::Cursors;
use chat_tui::net::link::{Link, Patience, Scope, Setup};
use chat_tui::net::token::Token;
use fake::{Fake, PATIENCE, epoch, event, joined, me, posted, room_id};
use tokio::sync::mpsc;

/// A link under test, and what it says.
struct Following {
    link: Link,
    events: mpsc::Receiver<LinkEvent>,
}

fn quick() -> Patience {
    Patience { backoff_base: Duration::from_millis(5), ..Patience::default() }
}

fn follow_with(url: &str, scope: Scope, cursors: Cursors, patience: Patience) -> Following {
    let api = Api::new(url.parse().unwrap()).unwrap().with_token(Token::new(fake::TOKEN.into()).unwrap());
    let (sender, events) = mpsc::channel(4);
    Following { link: Link::spawn(Setup { api, scope, cursors, patience }, sender), events }
}

fn follow(fake: &Fake) -> Following {
    follow_with(&fake.url, Scope::All, Cursors::default(), quick())
}

impl Following {
    async fn next(&mut self) -> LinkEvent {
        tokio::time::timeout(PATIENCE, self.events.recv()).await.expect("nothing is said").expect("the link ended")
    }

    /// The next event that is not about connecting.
    async fn next_news(&mut self) -> LinkEvent {
        loop {
            match self.next().await {
                LinkEvent::Connecting
                | LinkEvent::Bootstrapped(_)
                | LinkEvent::Present(_)
                | LinkEvent::Online
                | LinkEvent::Offline { .. } => {}
                news => return news,
            }
        }
    }

    async fn next_room(&mut self) -> Event {
        match self.next_news().await {
            LinkEvent::Room(event) => event,
            other => panic!("not a room event: {other:?}"),
        }
    }

    async fn seqs(&mut self, count: usize) -> Vec<Seq> {
        let mut seqs = Vec::new();
        for _ in 0..count {
            seqs.push(self.next_room().await.seq);
        }
        seqs
    }

    async fn until_online(&mut self) {
        while !matches!(self.next().await, LinkEvent::Online) {}
    }

    async fn until_offline(&mut self) -> (String, u64) {
        loop {
            if let LinkEvent::Offline { reason, retry_in_ms } = self.next().await {
                return (reason, retry_in_ms);
            }
        }
    }
}

fn resume(hello: &chat_shared::frame::Hello) -> Vec<Seq> {
    hello.resume.values().copied().collect()
}

#[tokio::test]
async fn tells_the_story_in_order() {
    let mut fake = Fake::start(3).await;
    let mut following = follow(&fake);
    assert!(matches!(following.next().await, LinkEvent::Connecting));
    let LinkEvent::Bootstrapped(bootstrap) = following.next().await else { panic!() };
    assert_eq!((bootstrap.me.name.as_str(), bootstrap.rooms[0].head), ("me", 3));
    let (mut peer, hello) = fake.accept_ready().await;
    assert_eq!(peer.authorization.as_deref(), Some("Bearer token-of-me"));
    assert_eq!((hello.token.as_deref(), hello.epoch.clone()), (None, Some(epoch(1).to_string())));
    assert_eq!(resume(&hello), [3], "what happens between bootstrap and hello is not lost");
    assert!(matches!(following.next().await, LinkEvent::Present(online) if online.is_empty()));
    assert!(matches!(following.next().await, LinkEvent::Online));
    peer.say(&posted(room_id(1), 4)).await;
    peer.say(&Control::Typing { room: room_id(1), by: me().id, name: "me".into() }).await;
    assert_eq!(following.next_room().await, posted(room_id(1), 4));
    assert!(matches!(following.next().await, LinkEvent::Typing { .. }));
    assert!(fake.world().calls[0].agent.starts_with("chat-tui/"));
}

#[tokio::test]
async fn repeats_are_dropped_and_gaps_are_filled_page_by_page() {
    let mut fake = Fake::start(0).await;
    let mut following = follow(&fake);
    let (mut peer, _) = fake.accept_ready().await;
    fake.post(room_id(1), 450);
    for seq in [1, 1, 2, 1, 450, 3, 449, 450, 451] {
        peer.say(&posted(room_id(1), seq)).await;
    }
    assert_eq!(following.seqs(451).await, (1..=451).collect::<Vec<_>>());
    assert_eq!(fake.count("/events?after="), 3, "450 events are 2.x pages, and the last one is in hand already");
}

#[tokio::test]
async fn a_gap_that_cannot_be_filled_is_a_lost_connection() {
    let mut fake = Fake::start(1).await;
    let mut following = follow(&fake);
    let (mut peer, _) = fake.accept_ready().await;
    following.until_online().await;
    fake.post(room_id(1), 9);
    fake.fail_next("/events", 503, ErrorCode::Unavailable, None);
    peer.say(&posted(room_id(1), 5)).await;
    let (reason, _) = following.until_offline().await;
    assert_eq!(reason, "The fake says no.");
    peer.closed().await;
    let (mut peer, hello) = fake.accept_ready().await;
    assert_eq!(resume(&hello), [1], "nothing was delivered, so nothing is left out");
    for seq in 2..=10 {
        peer.say(&posted(room_id(1), seq)).await;
    }
    assert_eq!(following.seqs(9).await, (2..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_server_that_leaves_events_out_is_not_believed() {
    let mut fake = Fake::start(1).await;
    let mut following = follow(&fake);
    let (mut peer, _) = fake.accept_ready().await;
    fake.post(room_id(1), 9);
    fake.world().pruned = vec![3];
    peer.say(&posted(room_id(1), 9)).await;
    assert_eq!(following.next_room().await.seq, 2);
    following.until_offline().await;
    let (_, hello) = fake.accept_ready().await;
    assert_eq!(resume(&hello), [2]);
}

#[tokio::test]
async fn comes_back_where_it_was() {
    let mut fake = Fake::start(2).await;
    let mut following = follow(&fake);
    let (mut peer, _) = fake.accept_ready().await;
    peer.say(&posted(room_id(1), 3)).await;
    assert_eq!(following.next_room().await.seq, 3);
    fake.post(room_id(1), 4);
    drop(peer);
    following.until_offline().await;
    let (mut peer, hello) = fake.accept_ready().await;
    assert_eq!(resume(&hello), [3], "its own cursor, and not the head of the new bootstrap");
    peer.say(&posted(room_id(1), 4)).await;
    assert_eq!(following.next_room().await.seq, 4);
}

#[tokio::test]
async fn a_reset_of_the_server_moves_the_cursor() {
    let mut fake = Fake::start(2).await;
    let mut following = follow(&fake);
    let mut peer = fake.accept().await;
    peer.hello().await;
    peer.say(&fake.ready()).await;
    peer.say(&Control::Reset { room: room_id(1), head: 70 }).await;
    peer.say(&posted(room_id(1), 70)).await;
    peer.say(&posted(room_id(1), 71)).await;
    assert!(matches!(following.next_news().await, LinkEvent::Reset { head: 70, .. }));
    assert_eq!(following.next_room().await.seq, 71);
}

#[tokio::test]
async fn another_epoch_starts_every_room_anew() {
    let mut fake = Fake::start(8).await;
    let mut following = follow(&fake);
    let (peer, _) = fake.accept_ready().await;
    following.until_online().await;
    fake.world().epoch = epoch(2);
    fake.add_room(room_id(1), "general", 5);
    drop(peer);
    following.until_offline().await;
    assert!(matches!(following.next().await, LinkEvent::Connecting));
    assert!(matches!(following.next().await, LinkEvent::Bootstrapped(_)));
    assert!(matches!(following.next().await, LinkEvent::Reset { head: 5, .. }));
    let (mut peer, hello) = fake.accept_ready().await;
    assert_eq!((hello.epoch.clone(), resume(&hello)), (Some(epoch(2).to_string()), vec![5]));
    peer.say(&posted(room_id(1), 6)).await;
    assert_eq!(following.next_room().await.seq, 6);
}

#[tokio::test]
async fn a_store_that_is_replaced_between_bootstrap_and_hello_is_noticed() {
    let mut fake = Fake::start(8).await;
    let mut following = follow(&fake);
    let mut peer = fake.accept().await;
    peer.hello().await;
    fake.world().epoch = epoch(2);
    peer.say(&fake.ready()).await;
    following.until_offline().await;
    let (_, hello) = fake.accept_ready().await;
    assert_eq!(hello.epoch, Some(epoch(2).to_string()));
}

#[tokio::test]
async fn rooms_joined_later_are_included() {
    let mut fake = Fake::start(1).await;
    let mut following = follow(&fake);
    let (mut peer, _) = fake.accept_ready().await;
    following.until_online().await;
    fake.add_room(room_id(2), "ops", 0);
    fake.world().rooms.get_mut(&room_id(2)).unwrap().events.extend([posted(room_id(2), 1), joined(room_id(2), 2)]);
    peer.say(&joined(room_id(2), 2)).await;
    peer.say(&posted(room_id(2), 3)).await;
    let LinkEvent::Bootstrapped(bootstrap) = following.next().await else { panic!("its name is not known") };
    assert_eq!(bootstrap.rooms[1].name, "ops");
    assert_eq!(following.seqs(2).await, [2, 3]);
}

#[tokio::test]
async fn rooms_left_are_forgotten_and_can_be_joined_again() {
    let mut fake = Fake::start(1).await;
    let mut following = follow(&fake);
    let (mut peer, _) = fake.accept_ready().await;
    let left = EventKind::Left { user: UserRef { id: me().id, name: "me".into() } };
    peer.say(&event(room_id(1), 2, left)).await;
    peer.say(&joined(room_id(1), 9)).await;
    assert_eq!(following.seqs(2).await, [2, 9], "what happened meanwhile is not ours");
    assert_eq!(fake.count("/events"), 0);
}

#[tokio::test]
async fn rooms_that_come_between_bootstrap_and_hello_are_not_missed() {
    let mut fake = Fake::start(1).await;
    let mut following = follow(&fake);
    let mut peer = fake.accept().await;
    peer.hello().await;
    fake.add_room(room_id(2), "ops", 4);
    peer.say(&fake.ready()).await;
    peer.say(&posted(room_id(2), 5)).await;
    assert_eq!(following.next_room().await.seq, 5);
    assert_eq!(fake.count("/bootstrap"), 2);
}

#[tokio::test]
async fn one_room_is_all_that_a_narrow_link_follows() {
    let mut fake = Fake::start(9).await;
    fake.add_room(room_id(2), "ops", 5);
    let cursors = Cursors::new(epoch(1), BTreeMap::from([(room_id(2), 3)]));
    let mut following = follow_with(&fake.url, Scope::Only([room_id(2)].into()), cursors, quick());
    let (mut peer, hello) = fake.accept_ready().await;
    assert_eq!(resume(&hello), [3]);
    peer.say(&posted(room_id(1), 10)).await;
    peer.say(&posted(room_id(2), 4)).await;
    assert_eq!(following.next_room().await, posted(room_id(2), 4));
    assert_eq!(fake.count("/bootstrap"), 1);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_ends_it() {
    let mut fake = Fake::start(1).await;
    fake.world().token = "another".into();
    let mut following = follow(&fake);
    let LinkEvent::Unauthorized { reason } = following.next_news().await else { panic!() };
    assert!(reason.contains("log in again"), "{reason}");
    assert!(following.events.recv().await.is_none());

    fake.world().token = fake::TOKEN.into();
    let mut following = follow(&fake);
    let (peer, _) = fake.accept_ready().await;
    peer.bye(ByeReason::Unauthorized, None).await;
    assert!(matches!(following.next_news().await, LinkEvent::Unauthorized { .. }));
    assert!(following.events.recv().await.is_none());
}

#[tokio::test]
async fn bye_says_when_to_come_back_and_the_user_may_not_wait() {
    let mut fake = Fake::start(1).await;
    let mut following = follow(&fake);
    let (peer, _) = fake.accept_ready().await;
    peer.bye(ByeReason::GoingAway, Some(60_000)).await;
    let (reason, retry_in_ms) = following.until_offline().await;
    assert_eq!(reason, "The server restarts.");
    assert!((60_000..61_000).contains(&retry_in_ms), "{retry_in_ms}");
    following.link.reconnect_now();
    fake.accept_ready().await;
    following.until_online().await;
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says() {
    let mut fake = Fake::start(1).await;
    fake.fail_next("/bootstrap", 503, ErrorCode::Unavailable, Some(120));
    let mut following = follow(&fake);
    let (_, retry_in_ms) = following.until_offline().await;
    assert!((120_000..121_000).contains(&retry_in_ms), "{retry_in_ms}");
    following.link.reconnect_now();
    fake.accept_ready().await;
}

#[tokio::test]
async fn a_silent_server_is_dead() {
    let mut fake = Fake::start(1).await;
    let patience = Patience { dead_after: Duration::from_millis(30), ..quick() };
    let mut following = follow_with(&fake.url, Scope::All, Cursors::default(), patience);
    // It takes the hello, and that is all: what it would say might come too late already.
    let _silent = fake.accept().await;
    let (reason, _) = following.until_offline().await;
    assert!(reason.starts_with("Nothing was heard of 127.0.0.1:"), "{reason}");
    fake.accept().await;
}

#[tokio::test]
async fn nonsense_costs_the_connection_and_nothing_else() {
    let mut fake = Fake::start(1).await;
    let mut following = follow(&fake);
    for nonsense in ["not json", "{}", "[1]", r#"{"type":"reset"}"#, r#"{"seq":2,"at":"x"}"#] {
        let (mut peer, _) = fake.accept_ready().await;
        peer.raw(nonsense).await;
        following.until_offline().await;
    }
    let (mut peer, _) = fake.accept_ready().await;
    peer.raw_in_vain(&format!(r#"{{"type":"x","pad":"{}"}}"#, "a".repeat(2 << 20))).await;
    let (reason, _) = following.until_offline().await;
    assert_eq!(reason, "The server sent a frame that is too large.");
    let (mut peer, _) = fake.accept_ready().await;
    peer.raw(r#"{"type":"hologram"}"#).await;
    peer.say(&posted(room_id(1), 2)).await;
    assert_eq!(following.next_room().await.seq, 2);
}

#[tokio::test]
async fn nobody_there_is_said_in_words_and_tried_again() {
    let (_nobody, free) = fake::nobody();
    let mut following = follow_with(&format!("http://{free}"), Scope::All, Cursors::default(), quick());
    for _ in 0..3 {
        let (reason, _) = following.until_offline().await;
        assert_eq!(reason, format!("Nothing listens at http://{free}."));
    }
}

#[tokio::test]
async fn dropping_the_link_closes_the_socket() {
    let mut fake = Fake::start(1).await;
    let following = follow(&fake);
    let (peer, _) = fake.accept_ready().await;
    drop(following.link);
    peer.closed().await;
}

#[tokio::test]
async fn what_was_set_between_bootstrap_and_hello_is_told() {
    let mut fake = Fake::start(1).await;
    fake.add_room(room_id(99), "ops", 0);
    let mut following = follow(&fake);
    let mut peer = fake.accept().await;
    peer.hello().await;
    let mut ready = fake.ready();
    let Control::Ready { settings, .. } = &mut ready else { panic!() };
    let room = room_id(99);
    let wanted = RoomSettings { favourite: true, place: Some(1), ..RoomSettings::default() };
    *settings = Some([(room, wanted)].into());
    peer.say(&ready).await;
    let LinkEvent::Settings { room: told, settings } = following.next_news().await else { panic!() };
    assert_eq!((told, settings), (room, wanted));
    peer.say(&Control::CaughtUp).await;
    assert!(matches!(following.next().await, LinkEvent::Present(_)));
    assert!(matches!(following.next().await, LinkEvent::Online), "of the other room there is no news");
}

#[tokio::test]
async fn what_was_read_between_bootstrap_and_hello_is_asked_for_again() {
    let mut fake = Fake::start(3).await;
    let mut following = follow(&fake);
    let general = room_id(1);
    for (reads, asked) in [
        // Nothing of the room is read, as the bootstrap said; and a server that does not say.
        (Some([(general, 0)].into()), 1),
        (None, 1),
        // Some of it, or all, meanwhile.
        (Some([(general, 2)].into()), 2),
        (Some([].into()), 2),
    ] {
        let mut peer = fake.accept().await;
        peer.hello().await;
        let mut ready = fake.ready();
        let Control::Ready { reads: told, .. } = &mut ready else { panic!() };
        told.clone_from(&reads);
        peer.say(&ready).await;
        peer.say(&Control::CaughtUp).await;
        let mut bootstraps = 0;
        loop {
            match following.next().await {
                LinkEvent::Bootstrapped(_) => bootstraps += 1,
                LinkEvent::Online => break,
                _ => {}
            }
        }
        assert_eq!(bootstraps, asked, "{reads:?}");
        drop(peer);
    }
}

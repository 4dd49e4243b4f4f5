//! Sending: from Enter to the echo, on good days and bad.

use chat_shared::ErrorCode;
use crossterm::event::KeyCode;

use crate::app::effect::{Asked, Effect, PageFrom, TimerPurpose, Unsent};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::testing::*;
use crate::failure::FailureKind;

fn posted_ok(world: &mut World, seq: u64, body: &str, key: &str) {
    let result = Ok(Box::new(mine(GENERAL, seq, body, key)));
    world.send(Event::Done(Done::Posted { key: key.into(), result }));
}

fn post_fails(world: &mut World, key: &str, kind: FailureKind) {
    world.send(Event::Done(Done::Posted { key: key.into(), result: Err(failure(kind)) }));
}

fn rows_with(world: &World, text: &str) -> Vec<String> {
    world.pane().into_iter().filter(|row| row.contains(text)).collect()
}

fn go_offline(world: &mut World) {
    world.send(Event::Link(LinkEvent::Offline { reason: "no route".into(), retry_in_ms: 4_000 }));
}

fn go_online(world: &mut World) {
    world.send(bootstrap(vec![summary(GENERAL, "general", 3, 3, 0), summary(OPS, "ops", 5, 5, 0)]));
    world.send(Event::Link(LinkEvent::Online));
}

#[test]
fn it_is_on_the_screen_at_once_and_becomes_sent() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("hello");
    let posts = world.posts();
    assert_eq!(posts[0].1, "hello");
    assert!(world.last_row().ends_with("hello ⧗"), "{}", world.last_row());
    assert_eq!(world.draft(), "");
    world.now_us += 3_400;
    world.send(live(mine(GENERAL, 4, "hello", &posts[0].0)));
    assert_eq!(rows_with(&world, "hello").len(), 1);
    assert!(world.last_row().ends_with("hello"));
    assert_eq!(world.state.latency_us, Some(3_400));
    posted_ok(&mut world, 4, "hello", &posts[0].0);
    assert_eq!(rows_with(&world, "hello").len(), 1);
}

#[test]
fn the_answer_may_come_before_the_echo() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("hello");
    let key = world.posts().remove(0).0;
    posted_ok(&mut world, 5, "hello", &key);
    assert_eq!(rows_with(&world, "hello").len(), 1);
    world.send(live(says(GENERAL, 4, "overtaken")));
    world.now_us += 9_000;
    world.send(live(mine(GENERAL, 5, "hello", &key)));
    assert_eq!(rows_with(&world, "hello").len(), 1);
    assert!(world.last_row().ends_with("hello"));
    assert_eq!(world.state.latency_us, Some(9_000), "the echo through the socket counts");
}

#[test]
fn one_in_flight_and_in_order() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("one").enter("two").enter("three");
    let first = world.posts();
    assert_eq!(first.len(), 1);
    posted_ok(&mut world, 4, "one", &first[0].0);
    let second = world.posts();
    assert_eq!(second[0].1, "two");
    world.send(live(mine(GENERAL, 5, "two", &second[0].0)));
    assert_eq!(world.posts()[0].1, "three");
}

#[test]
fn who_wants_a_connection_now_does_not_wait_for_the_next_attempt() {
    let mut world = World::chatting(80, 24, 3);
    let hurries =
        |world: &mut World| world.take().iter().filter(|effect| matches!(effect, Effect::ReconnectNow)).count();
    world.enter("sent").send(ctrl('l'));
    assert_eq!(hurries(&mut world), 0, "there is one");
    go_offline(&mut world);
    world.type_text("x");
    assert_eq!(hurries(&mut world), 0);
    world.send(key(KeyCode::Enter));
    assert_eq!(hurries(&mut world), 1, "something waits to be sent");
    world.send(key(KeyCode::Enter));
    assert_eq!(hurries(&mut world), 1, "and still does");
    world.send(ctrl('l'));
    assert_eq!(hurries(&mut world), 1);
    world.send(Event::Link(LinkEvent::Connecting)).send(ctrl('l'));
    assert_eq!(hurries(&mut world), 0, "it is tried already");
}

#[test]
fn offline_it_waits() {
    let mut world = World::chatting(80, 24, 3);
    go_offline(&mut world);
    world.enter("one").enter("two");
    assert_eq!(world.posts(), []);
    assert_eq!(crate::app::status::status_lines(&world.state), ["offline: 2 queued", "reconnecting in 4 s"]);
    go_online(&mut world);
    assert_eq!(world.posts()[0].1, "one");
    assert!(rows_with(&world, "message 3").len() == 1, "the old view stayed");
}

#[test]
fn a_passing_failure_is_tried_again_with_the_same_key() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("hello");
    let key = world.posts().remove(0).0;
    let mut delays = Vec::new();
    for _ in 0..7 {
        post_fails(&mut world, &key, FailureKind::Refused(ErrorCode::RateLimited));
        let timer = world.take_only(|effect| match effect {
            Effect::StartTimer { id, after_ms } if id.purpose == TimerPurpose::RetrySend => Some((*id, *after_ms)),
            _ => None,
        });
        delays.push(timer[0].1);
        world.send(Event::Timer(timer[0].0));
        assert_eq!(world.posts()[0].0, key);
    }
    assert!(delays[0] < 2_000 && delays[3] >= 8_000 && delays[6] <= 40_000, "{delays:?}");
    assert!(world.last_row().ends_with("⧗"));
}

#[test]
fn a_lost_answer_is_settled_by_the_echo_after_the_reconnect() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("hello");
    let key = world.posts().remove(0).0;
    go_offline(&mut world);
    post_fails(&mut world, &key, FailureKind::NoAnswer);
    world.send(bootstrap(vec![summary(GENERAL, "general", 4, 3, 0)]));
    world.send(live(mine(GENERAL, 4, "hello", &key)));
    world.send(Event::Link(LinkEvent::Online));
    assert_eq!(world.posts(), [], "it had arrived");
    assert_eq!(rows_with(&world, "hello").len(), 1);
}

#[test]
fn a_reset_finds_it_in_the_page() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("hello");
    let key = world.posts().remove(0).0;
    go_offline(&mut world);
    post_fails(&mut world, &key, FailureKind::NoAnswer);
    go_online(&mut world);
    world.send(Event::Link(LinkEvent::Reset { room: GENERAL, head: 4 }));
    assert!(rows_with(&world, "message 3").len() == 1, "the old view stays");
    let events = [says(GENERAL, 3, "other"), mine(GENERAL, 4, "hello", &key)];
    world.page_with(GENERAL, PageFrom::Latest, &events, 4);
    assert_eq!(rows_with(&world, "hello").len(), 1);
    assert!(world.state.room().unwrap().outbox.waiting.is_empty());
}

#[test]
fn a_lasting_failure_says_why_and_r_tries_again() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("hello");
    let key_of_first = world.posts().remove(0).0;
    post_fails(&mut world, &key_of_first, FailureKind::Refused(ErrorCode::NotAMember));
    assert!(rows_with(&world, "hello")[0].ends_with("✗"));
    assert_eq!(rows_with(&world, "not sent: it did not work").len(), 1, "{:?}", world.pane());
    world.send(key(KeyCode::Up)).send(key(KeyCode::Char('r')));
    assert_eq!(world.posts()[0].0, key_of_first, "the same key");
    post_fails(&mut world, &key_of_first, FailureKind::Refused(ErrorCode::KeyReused));
    world.send(key(KeyCode::Up)).send(key(KeyCode::Char('r')));
    assert_ne!(world.posts()[0].0, key_of_first, "another key");
}

#[test]
fn what_failed_can_be_discarded() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("hello");
    let key_of_it = world.posts().remove(0).0;
    world.send(key(KeyCode::Up)).send(key(KeyCode::Char('d')));
    assert!(world.notice().contains("on its way"));
    post_fails(&mut world, &key_of_it, FailureKind::NotUnderstood);
    world.send(key(KeyCode::Char('d')));
    assert_eq!(rows_with(&world, "hello"), Vec::<String>::new());
}

#[test]
fn too_long_stays_in_the_composer() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Paste("x".repeat(20_000)));
    assert!(world.notice().contains("20000 bytes"));
    world.send(key(KeyCode::Enter));
    assert_eq!((world.posts(), world.draft().len()), (vec![], 20_000));
}

#[test]
fn a_draft_becomes_a_message_of_its_own_room() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("for general").send(alt('2')).enter("for ops").send(alt('1')).send(key(KeyCode::Enter));
    let sent =
        world.take_only(|e| if let Effect::Post { room, body, .. } = e { Some((*room, body.clone())) } else { None });
    assert_eq!(sent, [(OPS, "for ops".into()), (GENERAL, "for general".into())]);
}

#[test]
fn slashes() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("//etc/hosts");
    assert_eq!(world.posts()[0].1, "/etc/hosts");
    world.enter("/me waves");
    assert!(world.last_row().contains("me waves"), "{}", world.last_row());
    world.enter("/nonsense");
    assert!(world.notice().contains("no command"));
    assert_eq!(world.draft(), "/nonsense");
    world.send(ctrl('u')).enter("/topic news").enter("/quit");
    let effects = world.take();
    let asked = Asked { room: Some(GENERAL), text: "/topic news".into() };
    assert!(effects.contains(&Effect::SetTopic { room: GENERAL, topic: "news".into(), asked: asked.clone() }));
    assert!(effects.contains(&Effect::Quit));
    let (unsent, failure) = (Unsent::Command(asked), failure(FailureKind::NoAnswer));
    world.send(Event::Done(Done::Returned { what: "set the topic", unsent, failure }));
    assert_eq!(world.draft(), "/topic news", "it comes back");
}

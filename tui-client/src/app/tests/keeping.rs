//! What outlives the program: what is saved when, and what comes of it at the next start.

use std::collections::BTreeMap;

use chat_shared::api::{Bootstrap, RoomSummary};
use chat_shared::{ErrorCode, Message, RoomId, Seq};
use crossterm::event::KeyCode;

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::kept::{Draft, Kept, KeptMessage, Past, Restored, Save, Waiting, Window};
use crate::app::status::{as_of, status_lines};
use crate::app::testing::*;
use crate::failure::FailureKind;

fn kept(kept: Kept) -> Event {
    Event::Kept(kept)
}

fn window(room: RoomId, seqs: std::ops::RangeInclusive<Seq>) -> Box<Window> {
    // What begins with 1 is the whole of the room.
    let (floor, head) = (*seqs.start() - 1, *seqs.end());
    let message = |seq| Message::posted(&says(room, seq, &format!("message {seq}"))).unwrap();
    let messages = seqs.map(|seq| KeptMessage { as_of: head, message: message(seq) }).collect();
    Box::new(Window { room, head, floor, is_stale: false, messages, lines: Vec::new() })
}

fn rooms(head: Seq) -> Vec<RoomSummary> {
    vec![summary(GENERAL, "general", head, 3, 0), summary(OPS, "ops", 5, 5, 0)]
}

/// Messages 1 to 3 of #general, which was open, and 1 to 5 of #ops.
fn past() -> Past {
    let Event::Link(LinkEvent::Bootstrapped(bootstrap)) = bootstrap(rooms(3)) else { unreachable!() };
    let bootstrap: Bootstrap = *bootstrap;
    let windows = BTreeMap::from([(GENERAL, Some(3)), (OPS, Some(5))]);
    Past { bootstrap, as_of: at(0), windows, current: Some(GENERAL), window: Some(window(GENERAL, 1..=3)) }
}

fn waiting(key: &str) -> Waiting {
    let (key, body) = (key.to_owned(), format!("body of {key}"));
    Waiting { key, room: GENERAL, body, reply_to: None, at: at(2), was_tried: false, failed: None }
}

fn restored(restored: Restored) -> World {
    let mut world = World::new(80, 24, true);
    world.send(kept(Kept::Restored(Box::new(restored))));
    world
}

/// A start with a past, still offline.
fn started() -> World {
    restored(Restored { past: Some(Box::new(past())), ..Restored::default() })
}

/// Online, with somebody who keeps things.
fn kept_world() -> World {
    let mut world = started();
    online(&mut world, 3);
    world.take();
    world
}

fn online(world: &mut World, head: Seq) {
    world.send(bootstrap(rooms(head)));
    world.send(Event::Link(LinkEvent::Online));
}

fn saves(world: &mut World) -> Vec<Save> {
    world.take_only(|effect| if let Effect::Save(save) = effect { Some(save.clone()) } else { None })
}

fn loads(world: &mut World) -> Vec<(RoomId, PageFrom)> {
    world.take_only(|e| if let Effect::LoadPage { room, from, .. } = e { Some((*room, *from)) } else { None })
}

fn shows(world: &World, text: &str) -> usize {
    world.pane().iter().filter(|row| row.contains(text)).count()
}

#[test]
fn the_last_known_state_is_there_at_once_with_its_age() {
    let mut world = started();
    assert_eq!((shows(&world, "message 3"), world.state.current), (1, Some(GENERAL)));
    assert_eq!(as_of(&world.state).as_deref(), Some("as of 10:00"));
    assert_eq!(loads(&mut world), [], "nothing is asked of a server that is not there");
    world.now_us += 86_400_000_000;
    world.send(Event::Link(LinkEvent::Offline { reason: "no route".into(), retry_in_ms: 1_000 }));
    assert_eq!(as_of(&world.state).as_deref(), Some("as of Sun 22 Nov 10:00"));
    online(&mut world, 3);
    assert_eq!(as_of(&world.state), None);
    assert_eq!(loads(&mut world), [], "what is kept is continued, not loaded");
    world.send(Event::Link(LinkEvent::Offline { reason: "no route".into(), retry_in_ms: 1_000 }));
    assert_eq!(as_of(&world.state).as_deref(), Some("as of 11:00"), "the last moment online");
}

#[test]
fn events_continue_what_was_kept() {
    let mut world = started();
    world.send(bootstrap(rooms(5)));
    world.send(live(says(GENERAL, 4, "message 4"))).send(live(says(GENERAL, 5, "message 5")));
    world.send(Event::Link(LinkEvent::Online));
    assert_eq!(loads(&mut world), []);
    assert_eq!((shows(&world, "message 3"), shows(&world, "message 5")), (1, 1));
}

#[test]
fn after_a_reset_the_old_view_stays_until_the_new_one_is_here() {
    let mut world = started();
    world.take();
    world.send(bootstrap(rooms(900)));
    world.send(Event::Link(LinkEvent::Reset { room: GENERAL, head: 900 }));
    world.send(Event::Link(LinkEvent::Online));
    let effects = world.take();
    assert!(effects.contains(&Effect::Save(Save::Stale { room: GENERAL })));
    assert!(effects.contains(&Effect::LoadPage { room: GENERAL, from: PageFrom::Latest, limit: 100 }));
    assert_eq!(shows(&world, "message 3"), 1);
    world.page(GENERAL, PageFrom::Latest, 801..=900, 900);
    assert_eq!((shows(&world, "message 900"), world.pane().iter().any(|row| row.ends_with("message 3"))), (1, false));
    assert!(saves(&mut world).iter().any(|save| matches!(save, Save::Window(window) if window.head == 900)));
}

#[test]
fn other_rooms_are_read_from_the_disk_when_they_are_opened() {
    let mut world = started();
    world.take();
    world.send(alt('2'));
    assert!(world.take().contains(&Effect::LoadKept { room: OPS }));
    // What happens meanwhile is not lost, and not applied twice.
    world.send(bootstrap(rooms(3))).send(live(says(OPS, 6, "message 6")));
    assert_eq!(loads(&mut world), []);
    world.send(kept(Kept::Window { room: OPS, window: Some(window(OPS, 1..=5)) }));
    assert_eq!((shows(&world, "message 5"), shows(&world, "message 6")), (1, 1));
    assert_eq!(loads(&mut world), []);
}

#[test]
fn a_window_that_ends_before_what_was_delivered_is_loaded_anew() {
    let mut world = started();
    online(&mut world, 3);
    world.send(live(says(OPS, 6, "message 6")));
    world.take();
    world.send(alt('2'));
    world.send(kept(Kept::Window { room: OPS, window: Some(window(OPS, 1..=5)) }));
    assert_eq!(shows(&world, "message 5"), 1);
    assert_eq!(loads(&mut world), [(OPS, PageFrom::Latest)]);
}

#[test]
fn what_the_disk_does_not_have_is_loaded() {
    let mut world = kept_world();
    world.send(alt('2'));
    assert_eq!(loads(&mut world), [], "the disk is asked first");
    world.send(kept(Kept::Window { room: OPS, window: None }));
    assert_eq!(loads(&mut world), [(OPS, PageFrom::Latest)]);
    world.page(OPS, PageFrom::Latest, 1..=5, 5);
    assert_eq!(shows(&world, "message 5"), 1);
}

#[test]
fn queued_and_failed_messages_come_back_as_such_and_keep_their_keys() {
    let failed = Waiting { was_tried: true, failed: Some(("too late".into(), false)), ..waiting("k2") };
    let outgoing = vec![waiting("k1"), failed, waiting("k3")];
    let mut world = restored(Restored { past: Some(Box::new(past())), outgoing, ..Restored::default() });
    assert!(world.pane().iter().any(|row| row.ends_with("body of k1 ⧗")), "{:?}", world.pane());
    assert!(world.pane().iter().any(|row| row.ends_with("body of k2 ✗")) && shows(&world, "too late") == 1);
    assert_eq!(status_lines(&world.state)[0], "2 queued");
    online(&mut world, 3);
    assert_eq!(world.posts(), [("k1".into(), "body of k1".into())]);
    world.send(live(mine(GENERAL, 4, "body of k1", "k1")));
    let effects = world.take();
    assert!(effects.contains(&Effect::Save(Save::Settled { key: "k1".into() })));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Post { key, .. } if key == "k3")));
    assert_eq!(shows(&world, "body of k1"), 1);
}

#[test]
fn a_message_that_did_arrive_is_settled_by_its_echo_or_by_history() {
    let outgoing = vec![Waiting { was_tried: true, ..waiting("k1") }];
    let mut world =
        restored(Restored { past: Some(Box::new(past())), outgoing: outgoing.clone(), ..Restored::default() });
    world.send(bootstrap(rooms(4))).send(live(mine(GENERAL, 4, "body of k1", "k1")));
    world.send(Event::Link(LinkEvent::Online));
    assert_eq!((world.posts(), shows(&world, "body of k1")), (vec![], 1));

    // Its echo was seen, and kept, just before the end.
    let mut past = past();
    let seen = Message::posted(&mine(GENERAL, 3, "body of k1", "k1")).unwrap();
    past.window.as_mut().unwrap().messages[2] = KeptMessage { as_of: 3, message: seen };
    let mut world = restored(Restored { past: Some(Box::new(past)), outgoing, ..Restored::default() });
    assert_eq!(shows(&world, "body of k1"), 1);
    assert!(saves(&mut world).contains(&Save::Settled { key: "k1".into() }));
    online(&mut world, 3);
    assert_eq!(world.posts(), []);
}

#[test]
fn what_may_be_at_the_server_cannot_be_discarded_after_a_restart_either() {
    let outgoing = vec![Waiting { was_tried: true, ..waiting("k1") }];
    let mut world = restored(Restored { past: Some(Box::new(past())), outgoing, ..Restored::default() });
    world.send(key(KeyCode::Up)).send(key(KeyCode::Char('d')));
    assert!(world.notice().contains("on its way"));
}

#[test]
fn drafts_come_back_in_their_rooms() {
    let reply = Some((2, "ann: message 2".into()));
    let drafts = vec![
        (GENERAL, Draft { text: "for general".into(), reply, edit: None }),
        (OPS, Draft { text: "for ops".into(), reply: None, edit: Some((4, "a better text".into())) }),
    ];
    let mut world = restored(Restored { past: Some(Box::new(past())), drafts, ..Restored::default() });
    assert_eq!(world.draft(), "for general");
    world.send(alt('2'));
    assert_eq!(world.draft(), "a better text");
    world.send(key(KeyCode::Esc));
    assert_eq!(world.draft(), "for ops");
    let edited = Draft { text: "for ops".into(), reply: None, edit: None };
    assert!(saves(&mut world).contains(&Save::Draft { room: OPS, draft: Some(Box::new(edited)) }));
    world.send(alt('1'));
    online(&mut world, 3);
    world.take();
    world.send(key(KeyCode::Enter));
    let effects = world.take();
    let gone = Save::Draft { room: GENERAL, draft: None };
    let is_sent =
        |save: &Save| matches!(save, Save::Sent(both) if both[0] == gone && matches!(both[1], Save::Outgoing(_)));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Save(save) if is_sent(save))), "in one step");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Post { reply_to: Some(2), .. })));
}

#[test]
fn drafts_and_messages_of_rooms_that_are_not_known_wait_for_them() {
    let drafts = vec![(OPS, Draft { text: "for ops".into(), ..Draft::default() })];
    let nowhere = Waiting { room: RoomId(uuid::Uuid::from_u128(99)), ..waiting("k2") };
    let outgoing = vec![waiting("k1"), nowhere];
    let mut world = restored(Restored { drafts, outgoing, ..Restored::default() });
    online(&mut world, 3);
    assert_eq!(world.posts()[0].0, "k1");
    assert!(world.notice().contains("1 unsent messages are for rooms"), "{}", world.notice());
    world.send(alt('2'));
    assert_eq!(world.draft(), "for ops");
}

#[test]
fn what_is_typed_is_kept_and_nothing_else_is() {
    let mut world = kept_world();
    world.type_text("ab");
    let draft = |text: &str| Save::Draft {
        room: GENERAL,
        draft: Some(Box::new(Draft { text: text.into(), ..Draft::default() })),
    };
    assert_eq!(saves(&mut world), [draft("a"), draft("ab")]);
    world.send(key(KeyCode::Left)).send(key(KeyCode::F(1))).send(key(KeyCode::Esc));
    assert_eq!(saves(&mut world), []);
    world.send(ctrl('u'));
    world.send(key(KeyCode::Delete));
    world.send(Event::Paste("pasted".into()));
    assert_eq!(saves(&mut world), [draft("b"), Save::Draft { room: GENERAL, draft: None }, draft("pasted")]);
}

#[test]
fn a_message_is_on_disk_as_tried_before_it_is_sent() {
    let mut world = kept_world();
    world.enter("hello");
    let effects = world.take();
    let is_tried = |effect: &Effect| matches!(effect, Effect::Save(Save::Sent(both)) if matches!(&both[1], Save::Outgoing(waiting) if waiting.was_tried));
    assert_eq!(
        effects.iter().filter(|effect| matches!(effect, Effect::Save(Save::Outgoing(_)))).count(),
        0,
        "one step"
    );
    let saved = effects.iter().position(is_tried).unwrap();
    let sent = effects.iter().position(|effect| matches!(effect, Effect::Post { .. })).unwrap();
    assert!(saved < sent);
    let Effect::Post { key: first, .. } = effects[sent].clone() else { unreachable!() };
    let refused = |key: &str, code| {
        let result = Err(failure(FailureKind::Refused(code)));
        Event::Done(Done::Posted { key: key.into(), result })
    };
    world.send(refused(&first, ErrorCode::KeyReused));
    assert!(saves(&mut world).iter().any(|save| matches!(save, Save::Outgoing(w) if w.failed.is_some())));
    world.send(key(KeyCode::Up)).send(key(KeyCode::Char('r')));
    let saves = saves(&mut world);
    assert!(saves.contains(&Save::Settled { key: first.clone() }), "{saves:?}");
    assert!(saves.iter().any(|save| matches!(save, Save::Outgoing(w) if w.key != first && w.failed.is_none())));
}

#[test]
fn an_answer_that_overtakes_events_leaves_no_hole_on_disk() {
    let mut world = kept_world();
    world.send(alt('2'));
    world.send(kept(Kept::Window { room: OPS, window: None })).enter("hello");
    let key = world.posts().remove(0).0;
    let answer = Ok(Box::new(mine(OPS, 7, "hello", &key)));
    world.send(Event::Done(Done::Posted { key: key.clone(), result: answer }));
    world.page(OPS, PageFrom::Latest, 1..=5, 5);
    assert_eq!(shows(&world, "hello"), 1);
    assert!(saves(&mut world).iter().any(|save| matches!(save, Save::Window(window) if window.head == 5)));
    world.send(live(says(OPS, 6, "message 6"))).send(live(mine(OPS, 7, "hello", &key)));
    assert_eq!((shows(&world, "message 6"), shows(&world, "hello")), (1, 1), "{:?}", world.pane());
}

#[test]
fn an_answer_is_kept_although_its_echo_may_come_too_late() {
    let mut world = kept_world();
    let answered = |world: &mut World, seq, key: &str| {
        world.take();
        let result = Ok(Box::new(mine(GENERAL, seq, "hello", key)));
        world.send(Event::Done(Done::Posted { key: key.into(), result }));
        saves(world).into_iter().filter(|save| matches!(save, Save::Event(_))).collect::<Vec<_>>()
    };
    world.enter("hello");
    let key = world.posts().remove(0).0;
    assert_eq!(answered(&mut world, 4, &key), [Save::Event(Box::new(mine(GENERAL, 4, "hello", &key)))]);
    world.enter("hello");
    let key = world.posts().remove(0).0;
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 10 }));
    online(&mut world, 4);
    assert_eq!(answered(&mut world, 5, &key), [], "it was asked of what may have been another store");
}

#[test]
fn counts_and_reading_are_kept_for_the_next_start() {
    let mut world = kept_world();
    world.send(live(says(OPS, 6, "@me please")));
    let saves_of = saves(&mut world);
    let is_counted = |save: &Save| matches!(save, Save::Room(room) if (room.id, room.head, room.unread, room.mentions) == (OPS, 6, 1, 1));
    assert!(saves_of.iter().any(is_counted), "{saves_of:?}");
    assert!(saves_of.iter().any(|save| matches!(save, Save::Event(event) if event.seq == 6)));
    world.send(Event::Link(LinkEvent::Read { room: OPS, seq: 6, unread: 0, mentions: 0, unread_from: None }));
    assert!(
        saves(&mut world).iter().any(|save| matches!(save, Save::Room(room) if room.unread == 0 && room.read == 6))
    );
}

#[test]
fn a_logout_leaves_no_command_behind_and_forgets_what_was_kept() {
    let mut world = kept_world();
    world.enter("/logout");
    let effects = world.take();
    let last = effects.iter().rfind(|effect| matches!(effect, Effect::Save(Save::Draft { .. })));
    assert_eq!(last, Some(&Effect::Save(Save::Draft { room: GENERAL, draft: None })));
    assert!(effects.contains(&Effect::Logout));
    world.type_text("ann");
    assert_eq!(saves(&mut world), []);
}

#[test]
fn a_past_of_somebody_else_is_not_shown() {
    let mut world = World::chatting(80, 24, 3);
    let mut past = past();
    past.bootstrap.me.id = ANN;
    past.bootstrap.rooms[0].name = "secret".into();
    world.send(kept(Kept::Restored(Box::new(Restored { past: Some(Box::new(past)), ..Restored::default() }))));
    assert!(world.state.rooms.named("secret").is_none());
}

#[test]
fn without_a_disk_nothing_is_asked_of_it() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("draft").send(alt('2')).enter("x");
    let effects = world.take();
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Save(_) | Effect::LoadKept { .. })));
    world.send(kept(Kept::Trouble("The disk is full.\u{202e}".into())));
    assert_eq!(world.notice(), "The disk is full.");
}

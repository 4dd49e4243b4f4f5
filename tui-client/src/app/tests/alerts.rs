//! Notifications: for what is meant for us, and not for what we see.

use crossterm::event::KeyCode;

use super::super::effect::Effect;
use super::super::event::{Event, LinkEvent};
use super::super::status::status_lines;
use super::super::testing::*;

fn notified(world: &mut World) -> Vec<(String, String)> {
    world.take_only(|effect| match effect {
        Effect::Notify { title, body } => Some((title.clone(), body.clone())),
        _ => None,
    })
}

fn pair(title: &str, body: &str) -> (String, String) {
    (title.into(), body.into())
}

#[test]
fn a_mention_where_nobody_looks() {
    let mut world = World::chatting(80, 24, 3);
    world.send(live(says(GENERAL, 4, "@Me you see this")));
    world.send(live(says(OPS, 6, "nothing for you")));
    assert_eq!(notified(&mut world), []);
    world.send(live(says(OPS, 7, "@Me  look\n\nhere")));
    assert_eq!(notified(&mut world), [pair("ann in #ops", "@Me look here")], "another room is shown");
    world.now_us += 5_000_000;
    world.send(Event::Focus(false)).send(live(says(GENERAL, 5, "/me waves at @me")));
    assert_eq!(notified(&mut world), [pair("ann in #general", "* ann waves at @me")]);
    world.send(live(mine(GENERAL, 6, "@me myself", "k")));
    world.send(live(says(GENERAL, 7, "a mail to x@me.example")));
    assert_eq!(notified(&mut world), []);
}

#[test]
fn a_direct_message_is_meant_for_us() {
    let mut world = World::chatting(80, 24, 3);
    let mut with_ann = summary(chat_shared::RoomId(uuid::Uuid::from_u128(13)), "ann", 5, 5, 0);
    with_ann.kind = chat_shared::api::RoomKind::Dm;
    let id = with_ann.id;
    world.send(bootstrap(vec![summary(GENERAL, "general", 3, 3, 0), with_ann]));
    world.send(live(says(id, 6, "psst")));
    assert_eq!(notified(&mut world), [pair("ann", "psst")]);
}

#[test]
fn many_are_told_as_one_and_a_mention_does_not_wait_for_chatter() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Focus(false));
    for seq in 4..10 {
        world.send(live(says(GENERAL, seq, "@me hey")));
        world.now_us += 100_000;
    }
    assert_eq!(notified(&mut world).len(), 1);
    world.now_us += 3_000_000;
    world.send(live(says(GENERAL, 10, "@me hey")));
    assert_eq!(notified(&mut world)[0].0, "ann in #general (and 5 more)");
}

#[test]
fn what_was_read_elsewhere_or_missed_long_ago_is_silent() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Focus(false));
    world.send(Event::Link(LinkEvent::Read { room: GENERAL, seq: 9, unread: 0, mentions: 0, unread_from: None }));
    world.send(live(says(GENERAL, 4, "@me hey")));
    world.send(bootstrap(vec![summary(GENERAL, "general", 20, 4, 9), summary(OPS, "ops", 5, 5, 0)]));
    world.send(live(says(GENERAL, 12, "@me replayed")));
    assert_eq!(notified(&mut world), []);
}

#[test]
fn do_not_disturb_is_shown_and_ends() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("/dnd");
    assert_eq!(status_lines(&world.state)[0], "do not disturb");
    world.send(Event::Focus(false)).send(live(says(GENERAL, 4, "@me hey")));
    assert_eq!(notified(&mut world), []);
    world.send(Event::Link(LinkEvent::Offline { reason: String::new(), retry_in_ms: 9_000 }));
    assert_eq!(status_lines(&world.state)[0], "dnd · offline");
    world.send(Event::Link(LinkEvent::Online)).enter("/dnd");
    assert_eq!(status_lines(&world.state)[0], "");
    world.send(live(says(GENERAL, 5, "@me hey"))).send(key(KeyCode::Esc));
    assert_eq!(notified(&mut world).len(), 1);
}

#[test]
fn a_notification_is_short_and_harmless() {
    let mut world = World::chatting(80, 24, 3);
    let body = format!("@me \x1b]0;x\x07\u{202E} {}", "long ".repeat(3_000));
    world.send(live(says(OPS, 6, &body)));
    let (title, body) = notified(&mut world).remove(0);
    assert!(body.chars().count() <= 200 && title.chars().count() <= 80);
    assert!(!body.contains(|c: char| c.is_control() || c == '\u{202E}'));
}

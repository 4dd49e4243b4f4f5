//! Notifications: for what is meant for us, and not for what we see.

use chat_shared::Timestamp;
use crossterm::event::KeyCode;

use crate::app::effect::{Effect, PageFrom, TimerPurpose};
use crate::app::event::{Event, LinkEvent, Moment};
use crate::app::status::status_lines;
use crate::app::testing::*;
use crate::app::update;

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
fn what_came_in_a_short_gap_is_told_once_there_is_a_connection() {
    let mut world = World::chatting(80, 24, 50);
    let ago = |seq, seconds: i64, body: &str| {
        let mut event = says(OPS, seq, body);
        event.at = Timestamp::from_ms(at(0).as_ms() + 3_600_000 - 1_000 * seconds);
        event
    };
    let offline = || Event::Link(LinkEvent::Offline { reason: String::new(), retry_in_ms: 100 });
    let back = |head, read| {
        bootstrap(vec![summary(GENERAL, "general", 50, 50, 0), summary(OPS, "ops", head, read, head - read)])
    };
    world.send(offline()).send(back(10, 5));
    for (seq, seconds, body) in
        [(6, 900, "@me long ago"), (7, 20, "@me first"), (8, 9, "@me prod is down"), (9, 3, "yes")]
    {
        world.send(live(ago(seq, seconds, body)));
    }
    assert_eq!(notified(&mut world), [], "not while it catches up");
    world.send(Event::Link(LinkEvent::Online));
    assert_eq!(notified(&mut world), [pair("ann in #ops (and 1 more)", "@me prod is down")]);
    // What was read on another device meanwhile is not told; and nothing is told twice.
    world.now_us += 10_000_000;
    world.send(offline()).send(back(11, 5)).send(live(ago(10, 1, "@me again")));
    world.send(Event::Link(LinkEvent::Read { room: OPS, seq: 11, unread: 0, mentions: 0, unread_from: None }));
    world.send(Event::Link(LinkEvent::Online)).send(live(ago(10, 1, "@me again")));
    assert_eq!(notified(&mut world), []);
    // In the open room, too, it is below the view that one had left it at.
    world.send(alt('2'));
    world.page(OPS, PageFrom::Latest, 1..=11, 11);
    for seq in 12..60 {
        world.send(live(ago(seq, 1, "more")));
    }
    world
        .send(key(KeyCode::PageUp))
        .send(offline())
        .send(back(61, 11))
        .send(live(ago(60, 1, "a")))
        .send(live(ago(61, 1, "b")));
    assert_eq!(world.state.room().unwrap().new_below, 2);
}

#[test]
fn do_not_disturb_is_shown_and_ends() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("/dnd");
    assert_eq!(status_lines(&world.state)[0], "do not disturb");
    world.send(Event::Focus(false)).send(live(says(GENERAL, 4, "@me hey")));
    assert_eq!(notified(&mut world), []);
    world.send(Event::Link(LinkEvent::Offline { reason: String::new(), retry_in_ms: 9_000 }));
    assert_eq!(status_lines(&world.state)[0], "offline · dnd");
    world.send(Event::Link(LinkEvent::Online)).enter("/dnd");
    assert_eq!(status_lines(&world.state)[0], "");
    world.send(Event::Focus(false)).send(live(says(GENERAL, 5, "@me hey"))).send(key(KeyCode::Esc));
    assert_eq!(notified(&mut world).len(), 1);
}

#[test]
fn do_not_disturb_ends_by_itself_in_time() {
    let mut world = World::chatting(80, 24, 3);
    let timer = |world: &mut World| {
        world.take_only(|effect| match effect {
            Effect::StartTimer { id, after_ms } if id.purpose == TimerPurpose::QuietEnds => Some((*id, *after_ms)),
            _ => None,
        })
    };
    let (hour, line) = (3_600_000, |world: &World| status_lines(&world.state)[0].clone());
    world.enter("/dnd 1h30m");
    let [(first, after_ms)] = timer(&mut world)[..] else { panic!("one timer") };
    assert_eq!(after_ms, 90 * 60_000);
    assert!(line(&world).starts_with("dnd until 12:3") && world.notice().starts_with("Do not disturb until 12:3"));
    world.send(Event::Focus(false)).send(live(says(GENERAL, 4, "@me hey")));
    assert_eq!(notified(&mut world), []);
    // Another time takes its place, and the old timer means nothing.
    world.enter("/dnd 2PM");
    let [(second, after_ms)] = timer(&mut world)[..] else { panic!("one timer") };
    assert!((2 * hour..3 * hour).contains(&after_ms), "{after_ms}");
    world.send(Event::Timer(first));
    assert_eq!(line(&world), "dnd until 14:00");
    world.send(Event::Timer(second));
    assert_eq!((line(&world), timer(&mut world).len()), (String::new(), 0));
    world.send(Event::Focus(false)).send(live(says(GENERAL, 5, "@me hey")));
    assert_eq!(notified(&mut world).len(), 1);
    world.enter("/dnd 30m").enter("/dnd");
    assert_eq!(line(&world), "", "by hand, too");
}

#[test]
fn do_not_disturb_ends_in_time_whatever_the_clocks_do() {
    let mut world = World::chatting(80, 24, 3);
    let mut quiet_after = |wall_ms: i64, mono_us: u64| {
        world.enter("/dnd 30m");
        let now = world.state.now;
        let at = Timestamp::from_ms(now.at.as_ms() + wall_ms);
        let _ = update(&mut world.state, Event::Resize { width: 80, height: 24 }, Moment { at, mono_us, ..now });
        let is_quiet = status_lines(&world.state)[0].starts_with("dnd");
        world.state.end_quiet();
        is_quiet
    };
    let half_an_hour = 30 * 60_000;
    assert!(quiet_after(half_an_hour - 1, 0));
    assert!(!quiet_after(half_an_hour, 0), "timers stand still while the machine sleeps");
    assert!(!quiet_after(-9 * half_an_hour, 31 * 60_000_000), "the clock was set back");
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

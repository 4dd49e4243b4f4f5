//! Marking as unread: what is marked stays so until one comes back, on every device.

use crossterm::event::KeyCode;

use chat_shared::{Epoch, ErrorCode};
use uuid::Uuid;

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::kept::{Kept, Restored, Said, Save};
use crate::app::testing::{GENERAL, OPS, World, alt, bootstrap, failure, key, live, mine, says, summary};
use crate::failure::FailureKind;

/// What the server is told of reading: `true` for unread.
fn told(world: &mut World) -> Vec<(bool, u64)> {
    world.take_only(|effect| match effect {
        Effect::MarkRead { room: GENERAL, seq } => Some((false, *seq)),
        Effect::MarkUnread { room: GENERAL, seq } => Some((true, *seq)),
        _ => None,
    })
}

fn counts(world: &World) -> (u64, u64, Option<u64>) {
    let reading = world.state.rooms.get(GENERAL).unwrap().reading;
    (reading.unread, reading.mentions, reading.unread_from)
}

fn answer(seq: u64, unread: u64, unread_from: Option<u64>) -> Event {
    Event::Link(LinkEvent::Read { room: GENERAL, seq, unread, mentions: 0, unread_from })
}

fn rule(world: &World) -> Option<String> {
    let pane = world.pane();
    let at = pane.iter().position(|row| row.contains(" new "))?;
    pane.get(at + 1).cloned()
}

#[test]
fn what_is_marked_stays_until_one_comes_back() {
    let mut world = World::chatting(80, 24, 50);
    world.send(key(KeyCode::Esc));
    world.send(key(KeyCode::Char('k'))).send(key(KeyCode::Char('k')));
    world.send(key(KeyCode::Char('u')));
    assert_eq!(told(&mut world), [(true, 48)]);
    assert_eq!((counts(&world), world.state.selected()), ((3, 0, Some(48)), None));
    assert!(rule(&world).unwrap().ends_with("message 48"), "{:?}", world.pane());
    world.send(answer(50, 3, Some(48)));
    // The end is in view, and somebody looks.
    world.send(key(KeyCode::End)).send(live(says(GENERAL, 51, "new"))).send(Event::Focus(false));
    world.send(Event::Focus(true)).send(live(mine(GENERAL, 52, "mine", "k")));
    assert_eq!((told(&mut world), counts(&world)), (vec![], (4, 0, Some(48))));
    assert!(rule(&world).unwrap().ends_with("message 48"));
    world.send(alt('2')).send(alt('1'));
    assert_eq!((told(&mut world), counts(&world)), (vec![(false, 52)], (0, 0, None)));
    assert!(rule(&world).unwrap().ends_with("message 48"), "coming back shows where one had been");
}

#[test]
fn a_mark_from_elsewhere_is_kept_too() {
    let mut world = World::chatting(80, 24, 50);
    world.send(answer(50, 5, Some(46)));
    assert_eq!((told(&mut world), counts(&world)), (vec![], (5, 0, Some(46))));
    assert!(rule(&world).unwrap().ends_with("message 46"));
    // And ended there.
    world.send(answer(50, 0, None));
    assert_eq!((told(&mut world), counts(&world)), (vec![], (0, 0, None)));
}

#[test]
fn a_mark_outlives_a_restart() {
    let mut world = World::new(80, 24, true);
    let general = || {
        let mut general = summary(GENERAL, "general", 50, 50, 2);
        general.unread_from = Some(49);
        general
    };
    world.send(bootstrap(vec![general(), summary(OPS, "ops", 5, 5, 0)])).send(Event::Link(LinkEvent::Online));
    world.page(GENERAL, PageFrom::Latest, 1..=50, 50);
    assert_eq!((told(&mut world), counts(&world)), (vec![], (2, 0, Some(49))), "nobody chose to open it");
    world.send(bootstrap(vec![general(), summary(OPS, "ops", 5, 5, 0)])).send(Event::Link(LinkEvent::Online));
    assert_eq!((told(&mut world), counts(&world)), (vec![], (2, 0, Some(49))), "a reconnect is no coming back");
    world.send(alt('2')).send(alt('1'));
    assert_eq!((told(&mut world), counts(&world)), (vec![(false, 50)], (0, 0, None)));
}

#[test]
fn the_command_marks_the_newest_of_others_or_a_number() {
    let mut world = World::chatting(80, 24, 50);
    world.send(live(mine(GENERAL, 51, "mine", "k")));
    told(&mut world);
    world.enter("/unread");
    assert_eq!((told(&mut world), counts(&world).0), (vec![(true, 50)], 1));
    world.enter("/unread (47)");
    assert_eq!((told(&mut world), counts(&world).0), (vec![(true, 47)], 4));
    world.enter("/unread 999");
    assert!(told(&mut world).is_empty());
}

#[test]
fn a_mark_without_a_connection_is_told_with_the_next_one() {
    let rooms = || vec![summary(GENERAL, "general", 50, 50, 0), summary(OPS, "ops", 5, 5, 0)];
    let offline = || Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 1_000 });
    let mut world = World::chatting(80, 24, 50);
    world.send(offline()).enter("/unread 48");
    assert_eq!((told(&mut world), counts(&world)), (vec![], (3, 0, Some(48))));
    assert!(world.notice().contains("with the next connection"), "{}", world.notice());
    world.send(bootstrap(rooms())).send(Event::Link(LinkEvent::Online));
    assert_eq!(
        (told(&mut world), counts(&world)),
        (vec![(true, 48)], (3, 0, Some(48))),
        "and nothing is read by looking"
    );
    world.send(answer(50, 3, Some(48)));
    world.send(offline()).send(bootstrap(rooms())).send(Event::Link(LinkEvent::Online));
    assert!(told(&mut world).iter().all(|(is_mark, _)| !is_mark), "it is told once");
    // Who comes back before the server has heard of it has taken it back.
    world.send(offline()).enter("/unread 48").send(alt('2')).send(alt('1'));
    world.send(bootstrap(rooms())).send(Event::Link(LinkEvent::Online));
    assert!(told(&mut world).iter().all(|(is_mark, _)| !is_mark));
}

#[test]
fn the_linear_command_takes_a_number_too() {
    let mut world = World::chatting(80, 24, 50);
    world.send(Event::Line("/unread 49".into()));
    assert_eq!((told(&mut world), counts(&world).0), (vec![(true, 49)], 2));
    world.send(Event::Line("/unread".into()));
    assert_eq!(world.state.told, ["#general: 2 unread"]);
}

fn offline(world: &mut World) {
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 1_000 }));
}

/// Connects to a server where #general, with 50 messages, is read like this.
fn online(world: &mut World, read: u64, unread: u64, unread_from: Option<u64>) {
    let mut general = summary(GENERAL, "general", 50, read, unread);
    general.unread_from = unread_from;
    world.send(bootstrap(vec![general, summary(OPS, "ops", 5, 5, 0)])).send(Event::Link(LinkEvent::Online));
}

/// Online, with somebody who keeps things, and #ops open: #general is looked at only when it is opened.
fn elsewhere() -> World {
    let mut world = World::chatting(80, 24, 50);
    world.send(Event::Kept(Kept::Restored(Box::default()))).send(alt('2'));
    world.take();
    world
}

fn heard(seq: u64, is_unread: bool, result: Result<(), FailureKind>) -> Event {
    Event::Done(Done::Heard { room: GENERAL, seq, is_unread, result: result.map_err(failure) })
}

/// What is on disk for the next start, after all that was saved since the last call; `None` where nothing was.
fn on_disk(world: &World) -> Option<Option<Said>> {
    world.effects.iter().rev().find_map(|effect| match effect {
        Effect::Save(Save::Said { room: GENERAL, said }) => Some(said.as_deref().copied()),
        _ => None,
    })
}

fn said(seq: u64, is_unread: bool) -> Said {
    Said { epoch: Epoch(Uuid::from_u128(7)), seq, is_unread, read: 50, unread_from: None }
}

/// A start without a past, with this word from before.
fn started_with(said: Said) -> World {
    let mut world = World::new(80, 24, true);
    let restored = Restored { said: vec![(GENERAL, said)], ..Restored::default() };
    world.send(Event::Kept(Kept::Restored(Box::new(restored))));
    world
}

#[test]
fn what_is_read_without_a_connection_is_read() {
    let mut world = elsewhere();
    world.send(live(says(GENERAL, 51, "new")));
    offline(&mut world);
    assert_eq!(counts(&world), (1, 0, None));
    world.send(alt('1'));
    assert_eq!(counts(&world), (0, 0, None), "whoever looks has read it");
    assert_eq!(on_disk(&world), Some(Some(Said { read: 50, ..said(51, false) })));
    assert!(told(&mut world).is_empty());
    world.send(Event::Focus(false)).send(Event::Focus(true));
    assert_eq!(on_disk(&world), None, "it is said once");
    // The server still counts it, until it is told.
    let mut general = summary(GENERAL, "general", 51, 50, 1);
    world.send(alt('2')).send(bootstrap(vec![general.clone(), summary(OPS, "ops", 5, 5, 0)]));
    assert_eq!(counts(&world), (0, 0, None), "not even for a moment");
    world.send(Event::Link(LinkEvent::Online));
    assert_eq!(told(&mut world), [(false, 51)]);
    // Its answer does not come: it is told again, and again only then.
    offline(&mut world);
    world.send(bootstrap(vec![general.clone(), summary(OPS, "ops", 5, 5, 0)])).send(Event::Link(LinkEvent::Online));
    assert_eq!(told(&mut world), [(false, 51)]);
    world.send(heard(51, false, Ok(())));
    assert_eq!(on_disk(&world), Some(None));
    offline(&mut world);
    general.read = 51;
    general.unread = 0;
    world.send(bootstrap(vec![general, summary(OPS, "ops", 5, 5, 0)])).send(Event::Link(LinkEvent::Online));
    assert_eq!((told(&mut world), counts(&world)), (vec![], (0, 0, None)));
}

#[test]
fn a_mark_without_a_connection_outlives_the_program() {
    let mut world = elsewhere();
    world.send(alt('1'));
    offline(&mut world);
    world.enter("/unread 48");
    assert_eq!(on_disk(&world), Some(Some(said(48, true))));
    assert!(world.notice().ends_with("with the next connection."), "{}", world.notice());
    let mut world = started_with(said(48, true));
    online(&mut world, 50, 0, None);
    world.page(GENERAL, PageFrom::Latest, 1..=50, 50);
    assert_eq!((told(&mut world), counts(&world).2), (vec![(true, 48)], Some(48)), "and looking does not end it");
    world.send(answer(50, 3, Some(48))).send(heard(48, true, Ok(())));
    assert_eq!((on_disk(&world), counts(&world)), (Some(None), (3, 0, Some(48))));
}

#[test]
fn a_word_from_before_takes_nothing_back_that_another_device_has_said() {
    // Whether the mark is the last word, where the server says this: cursor and mark.
    for (read, unread_from, counts) in [
        (50, None, true),
        // What was read here had not reached the server.
        (40, None, true),
        (50, Some(30), true),
        // Read on elsewhere.
        (60, None, false),
        (60, Some(60), false),
    ] {
        let mut world = started_with(said(48, true));
        online(&mut world, read, 0, unread_from);
        let expected = if counts { vec![(true, 48)] } else { vec![] };
        assert_eq!(told(&mut world), expected, "{read} {unread_from:?}");
    }
    // A mark that was there and is not any more: somebody has come back to the room.
    let moved = Said { unread_from: Some(45), ..said(48, true) };
    let mut world = started_with(moved);
    online(&mut world, 50, 0, None);
    assert!(world.notice().contains("#general is not marked"), "{}", world.notice());
    assert_eq!(on_disk(&world), Some(None));
    assert!(told(&mut world).is_empty());
    // Of reading: only a mark that another device has set is in its way.
    for (read, unread_from, counts) in
        [(40, None, true), (50, None, false), (60, None, false), (40, Some(30), false), (50, Some(45), false)]
    {
        let mut world = started_with(said(50, false));
        world.send(Event::Focus(false));
        online(&mut world, read, 0, unread_from);
        assert_eq!(told(&mut world), if counts { vec![(false, 50)] } else { vec![] }, "{read} {unread_from:?}");
    }
    let ends = Said { unread_from: Some(45), ..said(50, false) };
    let mut world = started_with(ends);
    online(&mut world, 50, 5, Some(45));
    assert_eq!((told(&mut world), counts(&world)), (vec![(false, 50)], (0, 0, None)), "one has come back to it");
    // Another store: its numbers are not these.
    let mut world = started_with(Said { epoch: Epoch(Uuid::from_u128(8)), ..said(48, true) });
    online(&mut world, 50, 0, None);
    assert_eq!((told(&mut world), on_disk(&world)), (vec![], None));
}

#[test]
fn of_two_words_the_last_one_is_told() {
    let mut world = elsewhere();
    world.send(alt('1'));
    offline(&mut world);
    world.enter("/unread 45").enter("/unread 48");
    online(&mut world, 50, 0, None);
    assert_eq!(told(&mut world), [(true, 48)]);
    // It is on its way when the connection breaks: the server has heard it, or has not.
    for heard in [true, false] {
        let mut world = world_after_a_broken_mark();
        online(&mut world, 50, 3 * u64::from(heard), heard.then_some(48));
        assert_eq!(told(&mut world), if heard { vec![(false, 50)] } else { vec![] }, "one came back to the room");
        assert_eq!(counts(&world), (0, 0, None));
        let mut world = world_after_a_broken_mark();
        world.enter("/unread 47");
        online(&mut world, 50, 3 * u64::from(heard), heard.then_some(48));
        assert_eq!((told(&mut world), counts(&world).2), (vec![(true, 47)], Some(47)));
    }
}

/// Marked from 48 on just before the connection broke; then the user came back to the room.
fn world_after_a_broken_mark() -> World {
    let mut world = elsewhere();
    world.send(alt('1')).enter("/unread 48");
    assert_eq!(on_disk(&world), Some(Some(said(48, true))), "until the server has answered");
    offline(&mut world);
    world.send(alt('2')).send(alt('1'));
    world.take();
    world
}

#[test]
fn reading_that_the_server_did_not_answer_is_kept() {
    let mut world = elsewhere();
    world.send(alt('1')).send(live(says(GENERAL, 51, "new")));
    assert_eq!((on_disk(&world), told(&mut world)), (None, vec![(false, 51)]), "it goes out at once");
    offline(&mut world);
    assert_eq!(on_disk(&world), Some(Some(said(51, false))));
    // And where the program ends before the answer.
    let mut world = elsewhere();
    world.send(alt('1')).send(live(says(GENERAL, 51, "new")));
    world.effects = world.state.ends(crate::app::testing::at(60));
    assert_eq!(on_disk(&world), Some(Some(said(51, false))));
}

#[test]
fn a_word_that_could_not_be_told_is_told_later_or_given_up() {
    let mut world = elsewhere();
    world.send(alt('1')).enter("/unread 48");
    told(&mut world);
    world.send(heard(48, true, Err(FailureKind::NoAnswer)));
    assert!(world.notice().contains("you come back"), "{}", world.notice());
    assert_eq!((told(&mut world), counts(&world).2), (vec![], Some(48)));
    offline(&mut world);
    online(&mut world, 50, 0, None);
    assert_eq!(told(&mut world), [(true, 48)]);
    world.send(heard(48, true, Err(FailureKind::Refused(ErrorCode::NotAMember))));
    assert_eq!(on_disk(&world), Some(None));
    // Reading is said again by itself.
    let mut world = elsewhere();
    world.send(alt('1')).send(live(says(GENERAL, 51, "new")));
    assert_eq!(told(&mut world), [(false, 51)]);
    world.send(heard(51, false, Err(FailureKind::NoAnswer)));
    world.now_us += 3_000_000;
    world.send(key(KeyCode::End));
    assert_eq!(told(&mut world), [(false, 51)]);
}

#[test]
fn words_on_rooms_that_are_gone_are_forgotten() {
    let mut world = started_with(said(48, true));
    world.send(bootstrap(vec![summary(OPS, "ops", 5, 5, 0)])).send(Event::Link(LinkEvent::Online));
    assert_eq!((on_disk(&world), told(&mut world)), (Some(None), vec![]));
    let mut world = elsewhere();
    world.send(alt('1'));
    offline(&mut world);
    world.enter("/unread 48");
    world.take();
    world.send(bootstrap(vec![summary(OPS, "ops", 5, 5, 0)]));
    assert_eq!(on_disk(&world), Some(None));
}

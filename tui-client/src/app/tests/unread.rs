//! Marking as unread: what is marked stays so until one comes back, on every device.

use crossterm::event::KeyCode;

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Event, LinkEvent};
use crate::app::testing::{GENERAL, OPS, World, alt, bootstrap, key, live, mine, says, summary};

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

//! Reading before there is a connection, and in lines: it is kept as what is read without one is.

use std::collections::BTreeMap;

use chat_shared::{Epoch, Message, Seq, Timestamp};
use uuid::Uuid;

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Event, LinkEvent};
use crate::app::kept::{Kept, KeptMessage, Past, Restored, Said, Save, Window};
use crate::app::testing::*;

/// #general as the server has it: read up to 1.
fn general(head: Seq, unread: u64, unread_from: Option<Seq>) -> Event {
    let mut general = summary(GENERAL, "general", head, 1, unread);
    general.unread_from = unread_from;
    bootstrap(vec![general, summary(OPS, "ops", 5, 5, 0)])
}

/// A start whose last known state is #general with messages 1 to 3, of which 2 and 3 are unread. Nothing is heard of the server yet.
fn started(has_focus: bool) -> World {
    let Event::Link(LinkEvent::Bootstrapped(bootstrap)) = general(3, 2, None) else { unreachable!() };
    let message = |seq| Message::posted(&says(GENERAL, seq, &format!("message {seq}"))).unwrap();
    let messages = (1..=3).map(|seq| KeptMessage { as_of: 3, message: message(seq) }).collect();
    let window = Window { room: GENERAL, head: 3, floor: 0, is_stale: false, messages, lines: Vec::new() };
    let windows = BTreeMap::from([(GENERAL, Some(3))]);
    let (bootstrap, window) = (*bootstrap, Some(Box::new(window)));
    let past = Past { bootstrap, as_of: at(0), windows, current: Some(GENERAL), window };
    let mut world = World::new(80, 24, true);
    world.send(Event::Focus(has_focus));
    world.send(Event::Kept(Kept::Restored(Box::new(Restored { past: Some(Box::new(past)), ..Restored::default() }))));
    world
}

fn unread(world: &World) -> u64 {
    world.state.rooms.get(GENERAL).unwrap().reading.unread
}

/// What the server and the disk are told of reading.
fn said(world: &mut World) -> (Vec<Seq>, Vec<Option<Seq>>) {
    let effects = world.take();
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::MarkRead { room: GENERAL, seq } => Some(*seq),
        _ => None,
    });
    let kept = effects.iter().filter_map(|effect| match effect {
        Effect::Save(Save::Said { room: GENERAL, said }) => Some(said.as_ref().map(|said| said.seq)),
        _ => None,
    });
    (told.collect(), kept.collect())
}

#[test]
fn what_is_read_while_connecting_is_read() {
    let mut world = started(true);
    assert_eq!((said(&mut world), unread(&world)), ((vec![], vec![Some(3)]), 0));
    world.send(Event::Focus(true)).send(Event::Link(LinkEvent::Connecting));
    assert_eq!(said(&mut world), (vec![], vec![]), "once");
    world.send(general(3, 2, None));
    assert_eq!(unread(&world), 0, "not even for a moment");
    world.send(Event::Link(LinkEvent::Online));
    assert_eq!(said(&mut world), (vec![3], vec![]));
}

#[test]
fn who_does_not_look_reads_nothing() {
    let mut world = started(false);
    assert_eq!((said(&mut world), unread(&world)), ((vec![], vec![]), 2));
}

#[test]
fn what_another_device_has_marked_counts_more() {
    let mut world = started(true);
    said(&mut world);
    world.send(general(3, 2, Some(2)));
    world.send(Event::Link(LinkEvent::Online));
    assert_eq!((said(&mut world), unread(&world)), ((vec![], vec![None]), 2));
}

#[test]
fn what_is_read_while_catching_up_is_told_then_or_kept_at_the_end() {
    let caught = || {
        let mut world = started(true);
        world.send(general(5, 4, None)).send(live(says(GENERAL, 4, "message 4")));
        said(&mut world);
        world
    };
    let mut world = caught();
    assert_eq!(unread(&world), 4, "message 5 has not been seen");
    world.send(live(says(GENERAL, 5, "message 5"))).send(Event::Link(LinkEvent::Online));
    assert_eq!((said(&mut world).0.last(), unread(&world)), (Some(&5), 0));
    let mut world = caught();
    world.effects = world.state.ends(Timestamp::default());
    assert_eq!(said(&mut world).1.last(), Some(&Some(4)));
}

#[test]
fn linear_mode_keeps_what_is_said_of_reading_and_nothing_else() {
    let mut world = World::new(80, 24, true);
    world.state = world.state.in_lines();
    let epoch = Epoch(Uuid::from_u128(7));
    let word = Said { epoch, seq: 2, is_unread: true, read: 3, unread_from: None };
    let restored = Restored { said: vec![(OPS, word)], ..Restored::default() };
    world.send(Event::Kept(Kept::Restored(Box::new(restored))));
    let rooms = || bootstrap(vec![summary(GENERAL, "general", 3, 3, 0), summary(OPS, "ops", 3, 3, 0)]);
    world.send(rooms()).send(Event::Link(LinkEvent::Online));
    let tells = |effect: &Effect| matches!(effect, Effect::MarkUnread { room: OPS, seq: 2 });
    assert!(world.take().iter().any(tells), "what was said before this start");
    world.page(GENERAL, PageFrom::Latest, 1..=3, 3);
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 1_000 }));
    world.take();
    world.send(Event::Line("/unread 2".into())).send(Event::Line("hello".into()));
    assert_eq!(world.notice(), "Unread from there on. The server is told with the next connection.");
    let effects = world.take();
    let saves: Vec<&Save> =
        effects.iter().filter_map(|e| if let Effect::Save(save) = e { Some(save) } else { None }).collect();
    let [Save::Said { room: GENERAL, said: Some(said) }] = saves[..] else { panic!("{saves:?}") };
    assert_eq!((said.seq, said.is_unread), (2, true));
    // Where nothing can be kept, the end of a pipe is a good one all the same.
    world.state.notices.clear();
    world.send(Event::Kept(Kept::Trouble("No space.".into())));
    assert_eq!(world.state.notices.current().unwrap().level, crate::app::notice::Level::Info);
}

#[test]
fn history_is_asked_for_as_soon_as_rooms_are_known() {
    let mut world = World::new(80, 24, true);
    world.state = world.state.in_lines();
    world.send(bootstrap(vec![summary(GENERAL, "general", 500, 500, 0)]));
    world.page(GENERAL, PageFrom::Latest, 401..=500, 500);
    world.take();
    // A pipe does not wait for what was missed.
    world.send(Event::Line("/history 150".into()));
    let from = PageFrom::Before(401);
    assert!(world.take().contains(&Effect::LoadPage { room: GENERAL, from, limit: 100 }));
    world.page(GENERAL, from, 301..=400, 500);
    assert_eq!(world.state.told.len(), 151, "{:?}", world.state.told);
}

#[test]
fn a_mark_behind_what_the_server_knows_as_read_outlives_the_program() {
    let epoch = Epoch(Uuid::from_u128(7));
    // Message 3 was read and marked, and the server has heard neither.
    let word = Said { epoch, seq: 3, is_unread: true, read: 3, unread_from: None };
    let mut world = World::new(80, 24, true);
    let restored = Restored { said: vec![(GENERAL, word)], ..Restored::default() };
    world.send(Event::Kept(Kept::Restored(Box::new(restored))));
    world.send(bootstrap(vec![summary(GENERAL, "general", 3, 2, 1)])).send(Event::Link(LinkEvent::Online));
    world.page(GENERAL, PageFrom::Latest, 1..=3, 3);
    let effects = world.take();
    assert!(effects.contains(&Effect::MarkUnread { room: GENERAL, seq: 3 }), "{effects:?}");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::MarkRead { .. })), "nobody has come back to it");
    assert_eq!(unread(&world), 1);
}

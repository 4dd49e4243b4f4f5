//! How often the server is told what is read: at once, but not with each message of a flood, and never too late.

use crate::app::effect::{Effect, TimerId, TimerPurpose};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::kept::{Kept, Save};
use crate::app::testing::{GENERAL, World, alt, at, key, live, says};
use crossterm::event::KeyCode;

/// Online in #general with 50 messages, with somebody who keeps things.
fn looking() -> World {
    let mut world = World::chatting(80, 24, 50);
    world.send(Event::Kept(Kept::Restored(Box::default())));
    world.take();
    world
}

/// What the server is told is read, and the timers that were started for the next time.
fn told(world: &mut World) -> (Vec<u64>, Vec<TimerId>) {
    let effects = world.take();
    let seqs = effects.iter().filter_map(|effect| match effect {
        Effect::MarkRead { room: GENERAL, seq } => Some(*seq),
        _ => None,
    });
    let timers = effects.iter().filter_map(|effect| match effect {
        Effect::StartTimer { id, .. } if id.purpose == TimerPurpose::TellReading => Some(*id),
        _ => None,
    });
    (seqs.collect(), timers.collect())
}

fn confirm(world: &mut World, seq: u64) {
    world.send(Event::Done(Done::Heard { room: GENERAL, seq, is_unread: false, result: Ok(()) }));
    let (unread, mentions, unread_from) = (0, 0, None);
    world.send(Event::Link(LinkEvent::Read { room: GENERAL, seq, unread, mentions, unread_from }));
}

/// Messages 51 to 53 have come in a moment: the first one was told, and a timer runs for the others.
fn flooded() -> (World, TimerId) {
    let mut world = looking();
    world.send(live(says(GENERAL, 51, "one")));
    assert_eq!(told(&mut world), (vec![51], vec![]));
    confirm(&mut world, 51);
    world.now_us += 20_000;
    world.send(live(says(GENERAL, 52, "two"))).send(live(says(GENERAL, 53, "three")));
    let (seqs, timers) = told(&mut world);
    let [timer] = timers.as_slice() else { panic!("{timers:?}") };
    assert_eq!(seqs, [0; 0]);
    assert_eq!(world.state.rooms.get(GENERAL).unwrap().reading.unread, 0, "here it is read");
    (world, *timer)
}

#[test]
fn in_quiet_times_each_message_is_told_at_once() {
    let mut world = looking();
    for seq in 51..55 {
        world.send(live(says(GENERAL, seq, "hello")));
        assert_eq!(told(&mut world), (vec![seq], vec![]));
        confirm(&mut world, seq);
        world.now_us += 500_000;
    }
}

#[test]
fn in_a_flood_the_last_one_is_told_when_its_time_has_come() {
    let (mut world, timer) = flooded();
    world.now_us += 480_000;
    world.send(Event::Timer(timer));
    assert_eq!(told(&mut world), (vec![53], vec![]));
    // Nothing waits any more: no timer, no word.
    confirm(&mut world, 53);
    world.now_us += 10_000_000;
    world.send(Event::Focus(false)).send(Event::Focus(true));
    assert_eq!(told(&mut world), (vec![], vec![]));
}

#[test]
fn the_next_word_waits_for_the_answer_to_the_last_one() {
    let mut world = looking();
    world.send(live(says(GENERAL, 51, "one"))).send(live(says(GENERAL, 52, "two")));
    let (seqs, timers) = told(&mut world);
    assert_eq!((seqs, timers.len()), (vec![51], 1));
    world.now_us += 500_000;
    world.send(Event::Timer(timers[0]));
    let (seqs, timers) = told(&mut world);
    assert_eq!((seqs, timers.len()), (vec![], 1), "the first one is not answered");
    confirm(&mut world, 51);
    assert_eq!(told(&mut world).0, [52]);
    world.send(Event::Timer(timers[0]));
    assert_eq!(told(&mut world), (vec![], vec![]));
}

#[test]
fn whoever_looks_away_has_read_it() {
    let (mut world, _) = flooded();
    world.send(Event::Focus(false));
    assert_eq!(told(&mut world).0, [53]);
    let (mut world, _) = flooded();
    world.send(alt('2'));
    assert_eq!(told(&mut world).0, [53]);
    // Whoever only reads further up tells it in time.
    let (mut world, timer) = flooded();
    world.send(key(KeyCode::PageUp)).send(live(says(GENERAL, 54, "not seen")));
    assert_eq!(told(&mut world).0, [0; 0]);
    world.now_us += 480_000;
    world.send(Event::Timer(timer));
    assert_eq!(told(&mut world).0, [53]);
}

#[test]
fn the_end_of_the_connection_or_of_the_program_loses_no_word() {
    let is_kept = |effects: &[Effect]| {
        let kept =
            |effect: &Effect| matches!(effect, Effect::Save(Save::Said { said: Some(said), .. }) if said.seq == 53);
        effects.iter().any(kept)
    };
    let (mut world, _) = flooded();
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 1_000 }));
    assert!(is_kept(&world.effects));
    assert_eq!(told(&mut world).0, [0; 0]);
    let (mut world, _) = flooded();
    world.effects = world.state.ends(at(60));
    assert!(is_kept(&world.effects));
    assert_eq!(told(&mut world).0, [53]);
}

#[test]
fn what_another_device_has_said_meanwhile_counts_more() {
    for (seq, unread, unread_from) in [(53, 0, None), (51, 3, Some(51))] {
        let (mut world, timer) = flooded();
        world.send(Event::Link(LinkEvent::Read { room: GENERAL, seq, unread, mentions: 0, unread_from }));
        world.now_us += 480_000;
        world.send(Event::Timer(timer));
        assert_eq!(told(&mut world), (vec![], vec![]), "{unread_from:?}");
    }
    // A mark of our own comes after what was read.
    let (mut world, _) = flooded();
    world.enter("/unread 52");
    let words: Vec<_> = world.take_only(|effect| match effect {
        Effect::MarkRead { seq, .. } => Some((false, *seq)),
        Effect::MarkUnread { seq, .. } => Some((true, *seq)),
        _ => None,
    });
    assert_eq!(words, [(false, 53), (true, 52)]);
}

#[test]
fn a_logout_tells_what_is_owed() {
    let (mut world, _) = flooded();
    world.enter("/logout");
    let order = world.take_only(|effect| match effect {
        Effect::MarkRead { room: GENERAL, seq } => Some(Some(*seq)),
        Effect::Logout => Some(None),
        _ => None,
    });
    assert_eq!(order, [Some(53), None]);
}

//! The chrome: link state, countdown, notices, and that nothing happens when nothing happens.

use crate::app::effect::{Effect, TimerId, TimerPurpose};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::status::{status_lines, title};
use crate::app::testing::*;
use crate::failure::FailureKind;

fn timers(world: &mut World, purpose: TimerPurpose) -> Vec<(TimerId, u64)> {
    world.take_only(|effect| match effect {
        Effect::StartTimer { id, after_ms } if id.purpose == purpose => Some((*id, *after_ms)),
        _ => None,
    })
}

#[test]
fn the_countdown_runs_only_while_there_is_one() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 2_500 }));
    let mut shown = vec![status_lines(&world.state)[1].clone()];
    let mut waits = Vec::new();
    while let [(id, after_ms)] = timers(&mut world, TimerPurpose::Countdown)[..] {
        waits.push(after_ms);
        world.now_us += after_ms * 1_000;
        world.send(Event::Timer(id));
        shown.push(status_lines(&world.state)[1].clone());
    }
    assert_eq!(waits, [500, 1_000, 1_000]);
    assert_eq!(shown, ["reconnecting in 3 s", "reconnecting in 2 s", "reconnecting in 1 s", "reconnecting …"]);
    world.send(Event::Link(LinkEvent::Connecting));
    assert_eq!(status_lines(&world.state)[1], "connecting …");
}

#[test]
fn a_stale_timer_does_nothing() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 9_000 }));
    let (id, _) = timers(&mut world, TimerPurpose::Countdown)[0];
    world.send(Event::Link(LinkEvent::Connecting));
    let _ = world.state.take_dirty();
    world.send(Event::Timer(id));
    assert!(!world.state.is_dirty() && world.take().is_empty());
}

#[test]
fn notices_fade_one_after_the_other() {
    let mut world = World::chatting(80, 24, 3);
    for what in ["delete the message", "leave"] {
        world.send(Event::Done(Done::Failed { what, failure: failure(FailureKind::NoAnswer) }));
    }
    assert_eq!(world.notice(), "Could not delete the message: it did not work");
    let set = timers(&mut world, TimerPurpose::NoticeFades);
    let [(stale, long), (id, short)] = set[..] else { panic!("{set:?}") };
    assert!(short < long, "it gives way to the one behind it");
    world.send(Event::Timer(stale)).send(Event::Timer(id));
    assert_eq!(world.notice(), "Could not leave: it did not work");
    let (id, _) = timers(&mut world, TimerPurpose::NoticeFades)[0];
    world.send(Event::Timer(id));
    assert_eq!((world.notice().as_str(), timers(&mut world, TimerPurpose::NoticeFades)), ("", vec![]));
}

#[test]
fn an_idle_interface_asks_for_nothing() {
    let mut world = World::chatting(80, 24, 3);
    assert_eq!(world.take(), []);
    let _ = world.state.take_dirty();
    world.send(Event::Resize { width: 80, height: 24 }).send(Event::Focus(true));
    world.send(Event::Link(LinkEvent::Typing { room: OPS, by: ANN, name: "ann".into() }));
    assert!(!world.state.is_dirty());
    assert_eq!(world.take(), []);
}

#[test]
fn the_title_names_the_room_and_what_is_unread() {
    let mut world = World::chatting(80, 24, 3);
    assert_eq!(title(&world.state), "chat: #general");
    world.send(live(says(OPS, 6, "x")));
    assert_eq!(world.take(), [Effect::SetTitle("(1) chat: #general".into())]);
    world.send(live(says(OPS, 7, "@me y")));
    world.send(live(says(OPS, 8, "@ME z")));
    let set = |title: &str| Effect::SetTitle(title.into());
    assert_eq!(
        world.take_only(|e| matches!(e, Effect::SetTitle(_)).then(|| e.clone())),
        [set("(@1 2) chat: #general"), set("(@2 3) chat: #general")]
    );
    let muted = chat_shared::api::RoomSettings { level: chat_shared::api::Level::Nothing, ..Default::default() };
    world.send(Event::Link(LinkEvent::Settings { room: OPS, settings: muted }));
    assert_eq!(title(&world.state), "chat: #general", "what is muted does not count");
}

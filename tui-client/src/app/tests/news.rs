//! The way to where the new messages of a room begin.

use crossterm::event::KeyCode;

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Event, LinkEvent};
use crate::app::pane::item::Scroll;
use crate::app::testing::{GENERAL, OPS, World, alt, bootstrap, key, live, says, summary};

/// In #general, read up to `read` of 300; then #ops.
fn behind(read: u64) -> World {
    let mut world = World::new(80, 24, true);
    let general = summary(GENERAL, "general", 300, read, 300 - read);
    world.send(bootstrap(vec![summary(OPS, "ops", 5, 5, 0), general])).send(Event::Link(LinkEvent::Online));
    world.send(alt('2')).send(alt('1'));
    assert_eq!(world.state.current, Some(GENERAL));
    world.page(GENERAL, PageFrom::Latest, 201..=300, 300);
    world.take();
    world
}

fn below_the_rule(world: &World) -> String {
    let pane = world.pane();
    let at = pane.iter().position(|row| row.contains(" new ")).expect("the rule is in view");
    pane[at + 1].clone()
}

#[test]
fn a_key_leads_to_the_first_new_message() {
    let mut world = behind(250);
    assert_eq!(world.state.new_above(), 50);
    assert!(world.last_row().ends_with("message 300"), "the view is at the end");
    world.send(alt('u'));
    assert!(below_the_rule(&world).ends_with("message 251"), "{:?}", world.pane());
    assert_eq!((world.state.new_above(), world.state.selected()), (0, None));
    world.type_text("u").send(key(KeyCode::Backspace));
    assert!(below_the_rule(&world).ends_with("message 251"), "one writes there");
    world.send(key(KeyCode::End));
    assert_eq!((world.state.room().unwrap().scroll, world.state.new_above()), (Scroll::End, 0), "it was seen");
}

#[test]
fn what_is_not_loaded_is_fetched_first() {
    let mut world = behind(100);
    world.send(alt('u'));
    let pages = world.take_only(|effect| match effect {
        Effect::LoadPage { room: GENERAL, from, .. } => Some(*from),
        _ => None,
    });
    assert!(pages.contains(&PageFrom::Around(100)), "{pages:?}");
    // Another part of the room comes first.
    world.page(GENERAL, PageFrom::Before(201), 151..=200, 300);
    assert!(world.state.room().unwrap().goes_to_new);
    world.page(GENERAL, PageFrom::Around(100), 51..=150, 300);
    assert!(below_the_rule(&world).ends_with("message 101"), "{:?}", world.pane());
    assert_eq!(world.state.selected(), None);
    assert!(!world.state.room().unwrap().goes_to_new && world.notice().is_empty());
}

#[test]
fn nothing_new_is_said() {
    let mut world = World::chatting(80, 24, 50);
    world.send(alt('u'));
    assert!(world.notice().contains("Nothing here was new"), "{}", world.notice());
    // What came while somebody looked elsewhere is new, and in view.
    world.send(Event::Focus(false)).send(live(says(GENERAL, 51, "hello"))).send(Event::Focus(true));
    assert_eq!(world.state.new_above(), 0);
    for seq in 52..=90 {
        world.send(Event::Focus(false)).send(live(says(GENERAL, seq, "more")));
    }
    world.send(Event::Focus(true));
    assert_eq!(world.state.new_above(), 39, "the rule scrolled away while nobody looked");
    world.send(alt('u'));
    assert!(below_the_rule(&world).ends_with("more"), "{:?}", world.pane());
}

#[test]
fn whoever_types_looks_at_it() {
    let mut world = World::chatting(80, 24, 50);
    world.send(Event::Focus(false)).send(live(says(GENERAL, 51, "hello")));
    let reads = |world: &mut World| world.take_only(|effect| matches!(effect, Effect::MarkRead { .. }).then_some(()));
    assert!(reads(&mut world).is_empty());
    world.type_text("h");
    assert_eq!(
        (reads(&mut world).len(), world.state.has_focus()),
        (1, true),
        "the terminal did not say that it is back"
    );
    assert!(below_the_rule(&world).ends_with("hello"));
}

#[test]
fn the_switcher_begins_with_what_is_unread() {
    let mut world = behind(300);
    world.send(live(says(OPS, 6, "hello")));
    let shown = |world: &World| {
        let offers = crate::app::panels::switcher::offers(&world.state.rooms, "");
        offers.into_iter().map(|offer| format!("{} {}", offer.shown, offer.unread)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&world), ["#ops 1", "#general "]);
    world.send(alt('2'));
    world.page(OPS, PageFrom::Latest, 1..=6, 6);
    assert_eq!(shown(&world), ["#general ", "#ops "], "the open one is last");
}

//! Selecting messages and acting on them.

use chat_shared::EventKind;
use crossterm::event::KeyCode;

use crate::app::effect::{Effect, PageFrom, Unsent};
use crate::app::event::{Done, Event};
use crate::app::pane::item::ItemId;
use crate::app::testing::*;
use crate::app::writing::composer::Mode;
use crate::failure::FailureKind;

fn press(world: &mut World, c: char) {
    world.send(key(KeyCode::Char(c)));
}

/// #general with ann's messages 1 to 9 and our 10th.
fn with_own_message() -> World {
    let mut world = World::chatting(80, 24, 9);
    world.send(live(mine(GENERAL, 10, "my words", "k0")));
    world.take();
    world
}

#[test]
fn up_selects_the_last_own_and_keys_move() {
    let mut world = with_own_message();
    world.send(live(says(GENERAL, 11, "a later one")));
    world.send(key(KeyCode::Up));
    assert_eq!(world.state.selected(), Some(ItemId::Seq(10)));
    press(&mut world, 'k');
    assert_eq!(world.state.selected(), Some(ItemId::Seq(9)));
    (0..3).for_each(|_| press(&mut world, 'j'));
    assert_eq!(world.state.selected(), None, "past the newest it ends");
    world.send(key(KeyCode::Esc));
    assert_eq!(world.state.selected(), Some(ItemId::Seq(11)));
}

#[test]
fn the_selection_is_always_in_view_and_passes_over_joins() {
    let mut world = World::chatting(80, 24, 200);
    let user = chat_shared::UserRef { id: ANN, name: "ann".into() };
    world.send(live(event(GENERAL, 201, ANN, EventKind::Joined { user })));
    world.send(live(says(GENERAL, 202, "last")));
    world.send(key(KeyCode::Esc));
    press(&mut world, 'k');
    assert_eq!(world.state.selected(), Some(ItemId::Seq(200)));
    for _ in 0..60 {
        press(&mut world, 'k');
        assert!(world.state.pane.iter().any(|row| Some(row.item) == world.state.selected()));
    }
    assert_eq!(world.state.selected(), Some(ItemId::Seq(140)));
}

#[test]
fn reply() {
    let mut world = with_own_message();
    world.type_text("half").send(key(KeyCode::Esc));
    press(&mut world, 'k');
    press(&mut world, 'r');
    let Mode::Reply { seq: 9, quote } = &world.state.room().unwrap().composer.mode else { panic!() };
    assert_eq!(quote, "ann: message 9");
    world.enter(" a reply");
    let posts = world.take_only(|e| match e {
        Effect::Post { body, reply_to, .. } => Some((body.clone(), *reply_to)),
        _ => None,
    });
    assert_eq!(posts, [("half a reply".into(), Some(9))]);
    assert!(world.pane().iter().any(|row| row.contains("↳ ann: message 9")));
    assert_eq!(world.state.room().unwrap().composer.mode, Mode::New);
}

/// The edit of our own message, number 10, fails.
fn edit_fails(body: &str) -> Event {
    let unsent = Unsent::Edit { room: GENERAL, seq: 10, body: body.into() };
    Event::Done(Done::Returned { what: "edit the message", unsent, failure: failure(FailureKind::NoAnswer) })
}

#[test]
fn an_edit_that_fails_is_never_lost() {
    let mut world = with_own_message();
    world.type_text("draft").send(key(KeyCode::Esc));
    press(&mut world, 'e');
    world.enter("!");
    // Something else fails first: it has nothing to do with the edit.
    world.send(Event::Done(Done::Failed { what: "react", failure: failure(FailureKind::NoAnswer) }));
    world.send(key(KeyCode::Esc)).send(key(KeyCode::Esc)).send(edit_fails("my words!"));
    assert_eq!(world.draft(), "draft", "the draft had waited");
    assert_eq!(world.notice(), "Could not edit the message: it did not work; Alt+p brings back what you had written");
    world.send(alt('p'));
    assert_eq!(world.draft(), "my words!");
    world.send(alt('n'));
    assert_eq!(world.draft(), "draft");
    // Only the answer was lost.
    world.send(live(event(GENERAL, 11, ME, EventKind::Edited { target: 10, body: "my words!".into() })));
    world.send(key(KeyCode::Esc)).send(edit_fails("my words!"));
    assert!(!world.notice().contains("Could not"), "{}", world.notice());
}

#[test]
fn edit_keeps_the_draft_and_gives_back_what_failed() {
    let mut world = with_own_message();
    world.type_text("draft").send(key(KeyCode::Esc));
    press(&mut world, 'e');
    assert_eq!(world.draft(), "my words");
    world.send(key(KeyCode::Esc));
    assert_eq!(world.draft(), "draft");
    world.send(ctrl('u')).send(key(KeyCode::Up));
    press(&mut world, 'e');
    world.enter("!");
    assert_eq!(
        world.take_only(|e| matches!(e, Effect::Edit { .. }).then(|| e.clone())),
        [Effect::Edit { room: GENERAL, seq: 10, body: "my words!".into() }]
    );
    world.send(edit_fails("my words!"));
    assert_eq!((world.draft(), world.notice()), ("my words!", "Could not edit the message: it did not work".into()));
    world.send(key(KeyCode::Enter));
    world.send(live(event(GENERAL, 11, ME, EventKind::Edited { target: 10, body: "my words!".into() })));
    assert!(world.last_row().ends_with("my words! (edited)"));
}

#[test]
fn only_own_messages_are_edited_and_deleted() {
    let mut world = with_own_message();
    world.send(key(KeyCode::Esc));
    press(&mut world, 'k');
    press(&mut world, 'd');
    assert!(world.notice().contains("Only your own"));
    press(&mut world, 'j');
    press(&mut world, 'd');
    press(&mut world, 'n');
    assert!(world.take().iter().all(|e| !matches!(e, Effect::Delete { .. })), "asked, and answered no");
    press(&mut world, 'd');
    press(&mut world, 'y');
    assert!(world.take().contains(&Effect::Delete { room: GENERAL, seq: 10 }));
    world.send(live(event(GENERAL, 11, ME, EventKind::Deleted { target: 10 })));
    assert!(world.last_row().ends_with("(deleted)"));
}

#[test]
fn react_and_take_it_back() {
    let mut world = with_own_message();
    world.send(key(KeyCode::Up));
    press(&mut world, '+');
    press(&mut world, '2');
    let react = |emoji: &str, add| Effect::React { room: GENERAL, seq: 10, emoji: emoji.into(), add };
    assert_eq!(world.take(), [react("🎉", true)]);
    world.send(live(event(GENERAL, 11, ME, EventKind::ReactionAdded { target: 10, emoji: "🎉".into() })));
    assert!(world.last_row().contains("🎉 1"));
    world.send(key(KeyCode::Up));
    press(&mut world, '+');
    world.enter("tada");
    assert_eq!(world.take(), [react("🎉", false)]);
}

#[test]
fn copy() {
    let mut world = with_own_message();
    world.send(key(KeyCode::Up));
    press(&mut world, 'y');
    assert!(world.take().contains(&Effect::Copy("my words".into())));
}

#[test]
fn g_goes_to_the_message_that_it_answers_loaded_or_not() {
    let mut world = World::chatting(80, 24, 300);
    let answer = EventKind::Posted { body: "yes".into(), key: None, reply_to: Some(50) };
    world.send(live(event(GENERAL, 301, ANN, answer)));
    world.take();
    world.send(key(KeyCode::Esc)).send(key(KeyCode::Char('g')));
    let loads = world.take_only(|e| if let Effect::LoadPage { from, .. } = e { Some(*from) } else { None });
    assert_eq!(loads, [PageFrom::Around(50)]);
    assert!(world.last_row().ends_with("yes"), "the old view stays");
    world.page(GENERAL, PageFrom::Around(50), 1..=99, 301);
    assert_eq!(world.state.selected(), Some(ItemId::Seq(50)));
    assert!(world.pane().iter().any(|row| row.ends_with("message 50")));
    world.send(live(says(GENERAL, 302, "far below")));
    assert!(!world.pane().iter().any(|row| row.ends_with("far below")));
    world.send(key(KeyCode::Esc)).send(key(KeyCode::End));
    world.page(GENERAL, PageFrom::Latest, 203..=302, 302);
    assert!(world.last_row().ends_with("message 302"));
}

#[test]
fn a_jump_that_fails_says_so_and_can_be_tried_again() {
    let mut world = World::chatting(80, 24, 300);
    let answer = EventKind::Posted { body: "yes".into(), key: None, reply_to: Some(50) };
    world.send(live(event(GENERAL, 301, ANN, answer)));
    world.send(key(KeyCode::Esc)).send(key(KeyCode::Char('g')));
    let from = PageFrom::Around(50);
    world.send(Event::Done(Done::Page { room: GENERAL, from, result: Err(failure(FailureKind::NoAnswer)) }));
    assert_eq!(world.notice(), "Could not load the messages: it did not work");
    world.take();
    world.send(key(KeyCode::Char('g')));
    assert!(world.take().iter().any(|e| matches!(e, Effect::LoadPage { from: PageFrom::Around(50), .. })));
    world.page(GENERAL, from, 60..=150, 301);
    assert!(world.state.notices.current().is_some(), "a page without it is no answer");
}

#[test]
fn the_selection_follows_a_message_that_becomes_sent() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("hello");
    let posts = world.posts();
    world.send(key(KeyCode::Up));
    assert!(matches!(world.state.selected(), Some(ItemId::Pending(_))));
    world.send(live(mine(GENERAL, 4, "hello", &posts[0].0)));
    assert_eq!(world.state.selected(), Some(ItemId::Seq(4)));
}

#[test]
fn o_opens_the_link_or_asks_which() {
    let mut world = World::chatting(80, 24, 3);
    world.send(live(says(GENERAL, 4, "none here"))).send(key(KeyCode::Esc));
    press(&mut world, 'o');
    assert!(world.notice().contains("no link"));
    world.send(key(KeyCode::Esc)).send(live(says(GENERAL, 5, "https://a.example and [b](https://b.example)")));
    world.send(key(KeyCode::Esc));
    press(&mut world, 'o');
    world.send(key(KeyCode::Down)).send(key(KeyCode::Enter));
    assert_eq!(world.take().pop(), Some(Effect::OpenUrl("https://b.example/".into())));
}

#[test]
fn a_click_on_a_link_opens_it() {
    let mut world = World::chatting(80, 24, 3);
    world.send(live(says(GENERAL, 4, "see https://a.example")));
    let pane = world.state.geometry.pane;
    let row = u16::try_from(world.pane().len()).unwrap() - 1;
    let column = u16::try_from(world.last_row().find("https").unwrap()).unwrap();
    let click = |column| {
        let kind = crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left);
        let modifiers = crossterm::event::KeyModifiers::NONE;
        Event::Mouse(crossterm::event::MouseEvent { kind, column: pane.x + column, row: pane.y + row, modifiers })
    };
    let opened = |effect: &Effect| if let Effect::OpenUrl(url) = effect { Some(url.clone()) } else { None };
    world.send(click(column - 2));
    assert_eq!((world.take_only(opened), world.state.selected()), (vec![], Some(ItemId::Seq(4))));
    world.send(click(column));
    assert_eq!(world.take_only(opened), ["https://a.example/"]);
}

#[test]
fn a_conversation_takes_the_keys_of_a_message() {
    let open = || {
        let mut world = World::chatting(80, 24, 50);
        world.send(key(KeyCode::Esc)).send(key(KeyCode::Enter));
        assert!(matches!(world.state.overlay, Some(crate::app::panels::overlay::Overlay::Thread(_))));
        world.take();
        world
    };
    let mut world = open();
    world.send(key(KeyCode::Char('y')));
    assert!(world.take().contains(&Effect::Copy("message 50".into())));
    assert!(world.state.overlay.is_some(), "one goes on reading");
    world.send(key(KeyCode::Char('r')));
    assert!(world.state.overlay.is_none());
    world.enter("on it");
    let answers = world.take_only(|effect| match effect {
        Effect::Post { reply_to, .. } => Some(*reply_to),
        _ => None,
    });
    assert_eq!(answers, [Some(50)]);
    let mut world = open();
    world.send(key(KeyCode::Char('+'))).send(key(KeyCode::Char('1')));
    assert!(world.take().iter().any(|effect| matches!(effect, Effect::React { seq: 50, .. })));
    let mut world = open();
    world.send(key(KeyCode::Char('e')));
    assert!(world.notice().contains("Only your own"), "{}", world.notice());
}

#[test]
fn a_slash_begins_a_command_whatever_is_selected() {
    let mut world = World::chatting(80, 24, 9);
    world.send(key(KeyCode::Esc));
    assert!(world.state.selected().is_some());
    world.take();
    world.enter("/reload");
    assert_eq!((world.take(), world.state.selected()), (vec![Effect::ReloadConfig], None));
}

//! Drafts that another client of the account has written: nothing that was typed is lost, here or there.

use chat_shared::RoomId;
use crossterm::event::KeyCode;

use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::kept::{Draft, Kept, NewerDraft, Restored, Save};
use crate::app::testing::*;

fn draft(text: &str) -> Option<Draft> {
    (!text.is_empty()).then(|| Draft { text: text.into(), ..Draft::default() })
}

/// Somebody else has made `now` of `before`.
fn newer(room: RoomId, before: &str, now: &str) -> Event {
    Event::Kept(Kept::Drafts(vec![NewerDraft { room, before: draft(before), now: draft(now) }]))
}

/// Online, with somebody who keeps things, where `text` has been typed in #general.
fn typed(text: &str) -> World {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Kept(Kept::Restored(Box::<Restored>::default())));
    world.type_text(text).take();
    world
}

fn looks(world: &mut World) -> usize {
    world.take().iter().filter(|effect| matches!(effect, Effect::LookAtDrafts)).count()
}

fn saved(world: &mut World) -> Option<Option<String>> {
    let drafts = world.take_only(|effect| match effect {
        Effect::Save(Save::Draft { room: GENERAL, draft }) => Some(draft.as_ref().map(|draft| draft.text.clone())),
        _ => None,
    });
    drafts.into_iter().next_back()
}

#[test]
fn others_are_looked_for_when_one_comes() {
    let mut world = typed("");
    world.send(alt('2'));
    assert_eq!(looks(&mut world), 1, "a room is opened");
    world.send(Event::Focus(false));
    assert_eq!(looks(&mut world), 0);
    world.send(Event::Focus(true)).send(Event::Focus(true));
    assert_eq!(looks(&mut world), 1, "the user is back");
    let mut world = World::chatting(80, 24, 3);
    world.send(alt('2'));
    assert_eq!(looks(&mut world), 0, "nobody keeps anything");
}

#[test]
fn a_newer_draft_takes_the_place_of_the_one_it_was_made_of() {
    let mut world = typed("");
    world.send(newer(GENERAL, "", "from the other one"));
    assert_eq!((world.draft(), world.notice()), ("from the other one", String::new()));
    world.send(newer(GENERAL, "from the other one", "from the other one, more"));
    world.type_text("!");
    assert_eq!(saved(&mut world), Some(Some("from the other one, more!".into())));
    // It was sent there.
    world.send(newer(GENERAL, "from the other one, more!", ""));
    assert_eq!(world.draft(), "");
    assert_eq!(saved(&mut world), Some(None));
    // In a room that is not open, and in one that is not known yet.
    world.send(newer(OPS, "", "for ops")).send(alt('2'));
    assert_eq!(world.draft(), "for ops");
    let third = RoomId(uuid::Uuid::from_u128(13));
    world.send(newer(third, "", "for the third one"));
    world.send(bootstrap(vec![summary(GENERAL, "general", 3, 3, 0), summary(third, "third", 1, 1, 0)]));
    world.send(alt('2'));
    assert_eq!(world.draft(), "for the third one");
}

#[test]
fn where_both_have_written_both_stay() {
    let mut world = typed("mine");
    world.send(key(KeyCode::Left)).send(newer(GENERAL, "", "theirs"));
    assert_eq!(world.draft(), "mine\n\ntheirs");
    assert_eq!(saved(&mut world), Some(Some("mine\n\ntheirs".into())), "and it is on disk");
    assert!(world.notice().contains("stands below this one"), "{}", world.notice());
    world.type_text("x");
    assert_eq!(world.draft(), "minxe\n\ntheirs", "the cursor stays where one types");
    // One that goes on with the other is both of them.
    let mut world = typed("half a");
    world.send(newer(GENERAL, "", "half a thought"));
    assert_eq!((world.draft(), world.notice()), ("half a thought", String::new()));
    let mut world = typed("half a thought");
    world.send(newer(GENERAL, "", "half"));
    assert_eq!(world.draft(), "half a thought");
    assert_eq!(saved(&mut world), Some(Some("half a thought".into())));
    // What is gone there takes nothing from here.
    let mut world = typed("half a thought");
    world.send(newer(GENERAL, "half", ""));
    assert_eq!(world.draft(), "half a thought");
}

#[test]
fn an_edit_is_kept_beside_a_draft() {
    let mut world = typed("mine");
    let edit = Draft { text: "theirs".into(), reply: None, edit: Some((2, "a better text".into())) };
    let both = NewerDraft { room: GENERAL, before: None, now: Some(edit.clone()) };
    world.send(Event::Kept(Kept::Drafts(vec![both])));
    assert_eq!(world.draft(), "mine\n\ntheirs\n\na better text");
    // And the other way round: the draft waits behind the edit.
    let mut world = typed("");
    world.send(Event::Kept(Kept::Drafts(vec![NewerDraft { room: GENERAL, before: None, now: Some(edit) }])));
    assert_eq!(world.draft(), "a better text");
    world.type_text("!").send(newer(GENERAL, "", "one more"));
    assert_eq!(world.draft(), "a better text!");
    world.send(key(KeyCode::Esc));
    assert_eq!(world.draft(), "theirs\n\none more");
}

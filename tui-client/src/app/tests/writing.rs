//! Writing: the composer's keys, drafts, completion, "is typing".

use chat_shared::api::{Member, MembersPage};
use chat_shared::{EventKind, UserRef};
use crossterm::event::{KeyCode, KeyModifiers};

use crate::app::effect::Effect;
use crate::app::event::{Done, Event};
use crate::app::kept::{Kept, Save};
use crate::app::pane::item::ItemId;
use crate::app::panels::overlay::Overlay;
use crate::app::testing::*;

#[test]
fn lines_are_written_and_enter_sends_them() {
    let mut world = World::chatting(80, 24, 3);
    world
        .type_text("one")
        .send(with(KeyModifiers::ALT, KeyCode::Enter))
        .type_text("two")
        .send(ctrl('j'))
        .type_text("three");
    assert_eq!(world.state.geometry.composer.height, 3);
    world.send(key(KeyCode::Enter));
    assert_eq!(world.posts()[0].1, "one\ntwo\nthree");
    assert_eq!(world.state.geometry.composer.height, 1);
}

#[test]
fn readline_keys() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("one two three").send(alt('b')).send(ctrl('k'));
    assert_eq!(world.draft(), "one two ");
    world.send(ctrl('a')).send(ctrl('y'));
    assert_eq!(world.draft(), "threeone two ");
    world.send(ctrl('e')).send(ctrl('w')).send(ctrl('h')).send(ctrl('b')).send(ctrl('d'));
    assert_eq!(world.draft(), "threeon");
    world.send(ctrl('u'));
    assert_eq!(world.draft(), "");
}

#[test]
fn at_the_end_of_the_text_ctrl_k_jumps() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("x").send(ctrl('k'));
    assert!(matches!(world.state.overlay, Some(Overlay::Switcher { .. })));
    assert_eq!(world.draft(), "x");
}

#[test]
fn a_huge_paste_is_one_piece() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Paste("line\r".repeat(10_000)));
    assert_eq!(world.draft().lines().count(), 10_000);
    assert_eq!(world.state.geometry.composer.height, 8, "a third of the screen");
    world.type_text("x").send(key(KeyCode::Up)).send(key(KeyCode::Left));
    assert_eq!(world.posts(), []);
}

#[test]
fn drafts_stay_in_their_rooms() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("a draft").send(ctrl('n'));
    assert_eq!(world.draft(), "");
    assert!(world.state.rooms.get(GENERAL).unwrap().has_draft());
    world.send(ctrl('p'));
    assert_eq!(world.draft(), "a draft");
}

#[test]
fn tab_completes_people_and_rooms() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("@a").send(key(KeyCode::Tab));
    assert_eq!(world.draft(), "@ann ", "known from the messages");
    let member = Member { id: ANN, name: "Zoë".into(), joined_at: at(1), online: false };
    let page = MembersPage { members: vec![member], next: None };
    world.send(Event::Done(Done::Members { room: GENERAL, after: None, result: Ok(Box::new(page)) }));
    world.type_text("@z").send(key(KeyCode::Tab)).type_text("#op").send(key(KeyCode::Tab));
    assert_eq!(world.draft(), "@ann @Zoë #ops ");
}

#[test]
fn writing_is_said_now_and_then_but_not_for_commands() {
    let mut world = World::chatting(80, 24, 3);
    let said = |world: &mut World| world.take_only(|e| matches!(e, Effect::Typing { .. }).then_some(())).len();
    world.type_text("/join x");
    assert_eq!(said(&mut world), 0);
    world.send(ctrl('u')).type_text("hello");
    assert_eq!(said(&mut world), 1);
    world.now_us += 3_000_000;
    world.type_text("!!");
    assert_eq!(said(&mut world), 1);
}

#[test]
fn question_mark_helps_only_on_an_empty_line() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("why?");
    assert_eq!(world.draft(), "why?");
    world.send(ctrl('u')).type_text("?");
    assert!(matches!(world.state.overlay, Some(Overlay::Help { .. })));
    world.send(key(KeyCode::Esc));
    assert!(world.state.overlay.is_none());
}

#[test]
fn keys_that_work_everywhere() {
    let mut world = World::chatting(80, 24, 3);
    world.send(ctrl('l')).send(ctrl('z')).send(key(KeyCode::F(1))).send(ctrl('c'));
    assert_eq!(world.take(), [Effect::Redraw, Effect::Suspend, Effect::Quit]);
}

#[test]
fn undo_redo_and_what_was_sent_before() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("first").enter("/nope").send(ctrl('u')).enter("second").type_text("a draft");
    world.send(alt('p'));
    assert_eq!(world.draft(), "second");
    world.send(with(KeyModifiers::CONTROL, KeyCode::Up));
    assert_eq!(world.draft(), "first");
    world.send(alt('n')).send(alt('n'));
    assert_eq!(world.draft(), "a draft");
    world.send(ctrl('w')).send(ctrl('_'));
    assert_eq!(world.draft(), "a draft");
    world.send(alt('_'));
    assert_eq!(world.draft(), "a ");
}

#[test]
fn a_recalled_text_does_not_drive_out_the_draft() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Kept(Kept::Restored(Box::default())));
    let kept = |world: &mut World| {
        let draft = |effect: &Effect| match effect {
            Effect::Save(Save::Draft { draft, .. }) => Some(draft.as_ref().map_or("", |draft| &draft.text).to_owned()),
            _ => None,
        };
        world.take_only(draft).pop()
    };
    world.enter("first").type_text("a draft").take();
    world.send(alt('p'));
    assert_eq!((kept(&mut world), world.draft()), (None, "first"), "the disk has the draft");
    world.type_text("!");
    assert_eq!(kept(&mut world).as_deref(), Some("first!"), "this is what is being written now");
    world.take();
    world.send(key(KeyCode::Enter));
    assert_eq!((world.draft(), world.state.rooms.get(GENERAL).unwrap().has_draft()), ("a draft", true));
    // The draft waits, too, while a message is edited after it; and a text that was begun since waits in the history.
    world.send(live(mine(GENERAL, 4, "my words", "k"))).send(alt('p'));
    world.state.select(ItemId::Seq(4));
    world.type_text("e");
    assert_eq!(world.draft(), "my words");
    world.send(key(KeyCode::Esc));
    assert_eq!(world.draft(), "a draft");
    world.send(alt('p')).type_text(" and more");
    world.state.select(ItemId::Seq(4));
    world.type_text("e").send(key(KeyCode::Esc));
    assert_eq!(world.draft(), "first! and more");
    world.send(alt('p'));
    assert_eq!(world.draft(), "a draft");
}

#[test]
fn an_edit_that_is_given_up_is_in_the_history() {
    let mut world = World::chatting(80, 24, 3);
    world.send(live(mine(GENERAL, 4, "my words", "k"))).send(live(mine(GENERAL, 5, "others", "k2")));
    let edit = |world: &mut World, more: &str| {
        world.send(key(KeyCode::Esc)).type_text("e").type_text(more);
    };
    edit(&mut world, "");
    world.send(key(KeyCode::Esc));
    assert_eq!((world.draft(), world.notice().as_str()), ("", ""), "nothing was changed");
    edit(&mut world, " one");
    world.send(key(KeyCode::Esc));
    assert_eq!(world.notice(), "The message stays as it is; Alt+p brings back what you had written.");
    world.send(key(KeyCode::Esc)).send(key(KeyCode::Esc));
    // Another message is answered, or edited, while one is edited: a click selects it.
    for (letter, more) in [("r", " two"), ("e", " three")] {
        edit(&mut world, more);
        world.state.select(ItemId::Seq(4));
        world.type_text(letter).send(key(KeyCode::Esc)).send(key(KeyCode::Esc)).send(key(KeyCode::Esc));
    }
    let mut back = Vec::new();
    for _ in 0..3 {
        world.send(alt('p'));
        back.push(world.draft().to_owned());
    }
    assert_eq!(back, ["others three", "others two", "others one"]);
}

#[test]
fn the_outside_editor_gets_the_text_and_gives_one_back() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("a draft").send(ctrl('o'));
    let room = GENERAL;
    assert_eq!(world.take().pop(), Some(Effect::EditOutside { room, text: "a draft".into() }));
    world.send(Event::Done(Done::Written { room, result: Ok("one\ntwo\x1b[2J\n".into()) }));
    assert_eq!(world.draft(), "one\ntwo␛[2J");
    world.send(Event::Done(Done::Written { room, result: Err("vi ended with 1".into()) }));
    assert!(world.notice().contains("Your text is as it was"));
    world.send(ctrl('_'));
    assert_eq!(world.draft(), "a draft");
}

#[test]
fn a_text_from_outside_whose_room_is_gone_can_be_brought_back() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("a draft").send(ctrl('o'));
    world.send(live(event(GENERAL, 4, ME, EventKind::Left { user: UserRef { id: ME, name: "me".into() } })));
    world.send(Event::Done(Done::Written { room: GENERAL, result: Ok("a page of text\n".into()) }));
    assert!(world.notice().contains("Alt+p"), "{}", world.notice());
    // No other room is opened under one's hands.
    world.send(alt('1')).send(alt('p'));
    assert_eq!(world.draft(), "a page of text");
}

#[test]
fn short_names_are_sent_as_emoji() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("done :tada: `:tada:`");
    assert_eq!(world.posts()[0].1, "done 🎉 `:tada:`");
}

#[test]
fn the_answer_to_a_command_is_not_kept_waiting() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("/topic");
    assert_eq!(world.notice(), "The topic: All about general");
    world.enter("/help me");
    assert!(world.notice().starts_with("/me TEXT"), "{}", world.notice());
    world.enter(":wq");
    assert!(world.notice().contains("Nothing was sent"), "{}", world.notice());
    assert!(world.posts().is_empty() && world.draft() == ":wq");
    world.send(ctrl('u')).enter("`:wq` it is");
    assert_eq!(world.posts().len(), 1);
}

//! The first-run screen.

use chat_shared::ErrorCode;
use chat_shared::api::User;
use crossterm::event::KeyCode;

use crate::app::effect::Effect;
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::login::{Field, Login};
use crate::app::state::Screen;
use crate::app::testing::{GENERAL, ME, World, bootstrap, ctrl, failure, key, summary};
use crate::failure::{Failure, FailureKind};

fn login(world: &World) -> &Login {
    match &world.state.screen {
        Screen::Login(login) => login,
        Screen::Chat => panic!("this is the chat"),
    }
}

fn error(world: &World) -> &str {
    login(world).error.as_deref().unwrap_or("")
}

fn filled_in() -> World {
    let mut world = World::new(80, 24, false);
    world.enter("ann").type_text("correct horse");
    world
}

fn refused(world: &mut World, kind: FailureKind) {
    world.send(key(KeyCode::Enter));
    world.send(Event::Done(Done::Authenticated(Err(failure(kind)))));
}

#[test]
fn logs_in_once_however_often_enter_is_pressed() {
    let mut world = filled_in();
    world.send(key(KeyCode::Enter)).send(key(KeyCode::Enter)).send(key(KeyCode::Char('x')));
    let sent = world.take_only(|effect| match effect {
        Effect::Authenticate { name, password, register } => {
            Some((name.clone(), password.expose().to_owned(), *register))
        }
        _ => None,
    });
    assert_eq!(sent, [("ann".into(), "correct horse".into(), false)]);
    let user = User { id: ME, name: "ann".into(), admin: true };
    world.send(Event::Done(Done::Authenticated(Ok(Box::new(user)))));
    assert!(matches!(world.state.screen, Screen::Chat));
}

fn registered(world: &mut World) -> usize {
    world.take().iter().filter(|effect| matches!(effect, Effect::Authenticate { register: true, .. })).count()
}

#[test]
fn a_new_password_is_the_same_twice() {
    let mut world = filled_in();
    world.send(ctrl('r')).send(key(KeyCode::Enter)).send(key(KeyCode::Enter));
    assert!(error(&world).contains("a second time"), "{}", error(&world));
    world.enter("correct house");
    assert!(error(&world).contains("two different passwords") && registered(&mut world) == 0, "{}", error(&world));
    let form = login(&world);
    assert_eq!((form.field, form.password_chars(), form.again_chars()), (Field::Password, 0, 0), "both are typed anew");
    world.enter("correct horse").enter("correct horse");
    assert_eq!(registered(&mut world), 1);
    // What went wrong elsewhere takes nothing away.
    world.send(Event::Done(Done::Authenticated(Err(failure(FailureKind::Refused(ErrorCode::NameTaken))))));
    world.type_text("e").send(key(KeyCode::Enter));
    assert_eq!(registered(&mut world), 1);
}

#[test]
fn who_has_an_account_types_the_password_once() {
    let mut world = filled_in();
    world.send(ctrl('r')).send(key(KeyCode::Tab));
    assert_eq!(login(&world).field, Field::Again);
    world.type_text("x").send(ctrl('u')).type_text("corect").send(ctrl('r'));
    assert_eq!(login(&world).field, Field::Password);
    world.send(key(KeyCode::Enter));
    assert!(world.take().iter().any(|effect| matches!(effect, Effect::Authenticate { register: false, .. })));
    assert!(!format!("{:?}", world.state).contains("corect"));
}

#[test]
fn registers_after_the_switch() {
    let mut world = filled_in();
    world.send(ctrl('r')).send(key(KeyCode::Enter));
    assert_eq!((login(&world).field, error(&world)), (Field::Again, ""), "Enter goes on to it");
    assert_eq!(registered(&mut world), 0);
    world.type_text("correct horse").send(key(KeyCode::Enter));
    assert_eq!(registered(&mut world), 1);
    assert!(
        !format!("{:?}", world.state).contains("correct horse"),
        "the password is nowhere in the state's debug output"
    );
}

#[test]
fn every_failure_has_its_words() {
    let cases = [
        (FailureKind::NoAnswer, "chat.example: it did not work Is the server running?"),
        (FailureKind::NotUnderstood, "it did not work"),
        (FailureKind::Refused(ErrorCode::WrongCredentials), "not its password"),
        (FailureKind::Refused(ErrorCode::NameTaken), "taken"),
        (FailureKind::Refused(ErrorCode::RegistrationClosed), "no new accounts"),
        (FailureKind::Refused(ErrorCode::InviteRequired), "invite"),
        (FailureKind::Refused(ErrorCode::InvalidName), "it did not work"),
    ];
    for (kind, words) in cases {
        let mut world = filled_in();
        refused(&mut world, kind);
        assert!(error(&world).contains(words), "{kind:?}: {}", error(&world));
        assert!(!login(&world).is_busy, "one may try again");
    }
    let mut world = filled_in();
    let message = "Nothing listens at http://chat.example.".to_owned();
    world.send(Event::Done(Done::Authenticated(Err(Failure { kind: FailureKind::NoAnswer, message }))));
    assert!(error(&world).starts_with("Nothing listens at http://chat.example. Is the server"), "which one, once");
}

#[test]
fn a_wrong_password_is_typed_anew() {
    let mut world = filled_in();
    refused(&mut world, FailureKind::Refused(ErrorCode::WrongCredentials));
    assert_eq!((login(&world).field, login(&world).password_chars()), (Field::Password, 0));
    assert_eq!(login(&world).name.text(), "ann");
}

#[test]
fn what_is_missing_is_said_before_the_server_is_asked() {
    let mut world = World::new(80, 24, false);
    world.send(key(KeyCode::Enter));
    assert!(error(&world).contains("name"));
    world.enter("ann");
    assert_eq!(error(&world), "", "Enter goes on to the password");
    world.send(key(KeyCode::Enter));
    assert!(error(&world).contains("password"));
    world.send(ctrl('r')).enter("short");
    assert!(error(&world).contains("at least 8"));
    assert!(world.take().iter().all(|effect| !matches!(effect, Effect::Authenticate { .. })));
}

#[test]
fn fields_are_reached_with_tab_and_arrows() {
    let mut world = World::new(80, 24, false);
    world.send(key(KeyCode::Tab)).send(key(KeyCode::Tab));
    assert_eq!(login(&world).field, Field::Mode);
    world.send(key(KeyCode::Right));
    assert!(login(&world).register);
    world.send(key(KeyCode::Down));
    assert_eq!(login(&world).field, Field::Name);
    let mut seen = Vec::new();
    for _ in 0..4 {
        world.send(key(KeyCode::Down));
        seen.push(login(&world).field);
    }
    assert_eq!(seen, [Field::Password, Field::Again, Field::Mode, Field::Name]);
    world.send(key(KeyCode::Up));
    assert_eq!(login(&world).field, Field::Mode);
}

#[test]
fn a_refused_token_leads_back_here_and_the_drafts_wait() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("half a thought");
    world.send(Event::Link(LinkEvent::Unauthorized { reason: "The session has ended.".into() }));
    assert_eq!(error(&world), "The session has ended.");
    assert_eq!((login(&world).name.text(), login(&world).field), ("me", Field::Password), "who it is is known");
    world.send(bootstrap(vec![summary(GENERAL, "general", 3, 3, 0)]));
    assert_eq!(error(&world), "The session has ended.", "the old connection's last words change nothing");
    let user = User { id: ME, name: "me".into(), admin: false };
    world.send(Event::Done(Done::Authenticated(Ok(Box::new(user)))));
    world.take();
    world.send(bootstrap(vec![summary(GENERAL, "general", 9, 3, 6)]));
    assert!(world.take().iter().any(|e| matches!(e, Effect::LoadPage { .. })), "no event tells what was missed");
    assert_eq!(world.draft(), "half a thought");
}

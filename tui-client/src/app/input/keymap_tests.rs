//! Tests of `keymap`.

use super::*;

fn press(modifiers: KeyModifiers, code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, modifiers)
}

#[test]
fn contexts_are_asked_in_order() {
    let writing = [Context::Composer, Context::Chat, Context::Everywhere];
    let k = press(KeyModifiers::CONTROL, KeyCode::Char('k'));
    assert_eq!(Keymap::default().lookup(&writing, k), Some(Action::Kill(Motion::LineEnd)));
    assert_eq!(Keymap::default().lookup(&writing[1..], k), Some(Action::Switcher));
    assert_eq!(
        Keymap::default().lookup(&writing, press(KeyModifiers::CONTROL, KeyCode::Char('c'))),
        Some(Action::Quit)
    );
    assert_eq!(Keymap::default().lookup(&writing, press(KeyModifiers::NONE, KeyCode::Char('k'))), None);
}

#[test]
fn shift_is_part_of_the_character() {
    let plus = press(KeyModifiers::SHIFT, KeyCode::Char('+'));
    assert_eq!(Keymap::default().lookup(&[Context::Selection], plus), Some(Action::React));
    assert!(is_text(press(KeyModifiers::SHIFT, KeyCode::Char('A'))));
    assert!(!is_text(press(KeyModifiers::ALT, KeyCode::Char('a'))));
    assert!(is_text(press(KeyModifiers::ALT | KeyModifiers::CONTROL, KeyCode::Char('@'))));
}

#[test]
fn no_key_has_two_meanings_in_one_context() {
    for (i, a) in BINDINGS.iter().enumerate() {
        for b in &BINDINGS[i + 1..] {
            let both = a.chords.iter().find(|chord| b.chords.contains(chord));
            assert!(a.context != b.context || both.is_none(), "{both:?}: {a:?} and {b:?}");
        }
    }
}

#[test]
fn names_of_keys() {
    assert_eq!(Keymap::default().key_for(Action::NextRoom), "Ctrl+n");
    let nth = BINDINGS.iter().find(|b| b.action == Action::NthRoom).unwrap();
    assert_eq!(chord_names(nth), "Alt+1 … Alt+9");
}

fn parsed(text: &str) -> Vec<Chord> {
    vec![Chord::parse(text).unwrap()]
}

#[test]
fn keys_can_be_given_to_others() {
    let mut keys = Keymap::default();
    keys.rebind(&[(Action::NextUnread, parsed("Ctrl+n")), (Action::Reply, parsed("q"))]).unwrap();
    let ctrl_n = press(KeyModifiers::CONTROL, KeyCode::Char('n'));
    assert_eq!(keys.lookup(&[Context::Chat], ctrl_n), Some(Action::NextUnread));
    assert_eq!(keys.key_for(Action::NextRoom), "Alt+↓", "it keeps its other key");
    assert_eq!(keys.lookup(&[Context::Selection], press(KeyModifiers::NONE, KeyCode::Char('q'))), Some(Action::Reply));
    assert_eq!(keys.lookup(&[Context::Chat], press(KeyModifiers::ALT, KeyCode::Char('a'))), None);
}

#[test]
fn what_cannot_be_is_said() {
    let problem = |changes: &[(Action, Vec<Chord>)]| Keymap::default().rebind(changes).unwrap_err();
    assert!(problem(&[(Action::NextRoom, parsed("x"))]).1.contains("writes a character"));
    assert!(problem(&[(Action::NthRoom, parsed("Alt+x"))]).1.contains("digits"));
    let both = problem(&[(Action::NextRoom, parsed("F5")), (Action::PreviousRoom, parsed("F5"))]);
    assert_eq!((both.0, both.1.contains("taken already by next-room")), (1, true));
}

#[test]
fn every_action_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<String> = actions().into_iter().map(name).collect();
    assert_eq!(names.len(), actions().len());
    assert!(names.contains("next-unread") && names.contains("kill-line-end") && names.contains("redo"));
}

#[test]
fn the_manual_names_every_action() {
    let manual = include_str!("../../../../docs/client.md");
    let missing: Vec<String> =
        actions().into_iter().map(name).filter(|name| !manual.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/client.md does not name {missing:?}");
}

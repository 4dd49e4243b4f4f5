//! Linear mode without a connection: what is loaded and what is on disk is searched all the same.

use super::*;
use crate::app::kept::Kept;

fn gone() -> Event {
    Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 5_000 })
}

/// The searches that the disk was asked for.
fn asked_here(talk: &mut Talk) -> Vec<u64> {
    talk.world.take_only(|effect| match effect {
        Effect::SearchKept { number, .. } => Some(*number),
        _ => None,
    })
}

#[test]
fn a_search_finds_what_is_loaded_and_what_others_keep() {
    let mut talk = Talk::loaded(2);
    talk.send(Event::Kept(Kept::Restored(Box::default())));
    talk.send(live(event(GENERAL, 3, ANN, EventKind::Deleted { target: 2 })));
    talk.send(gone());
    assert_eq!(talk.line("/search message"), [""; 0], "it is told when the disk has answered");
    let [number] = asked_here(&mut talk)[..] else { panic!("the disk is not asked") };
    let kept = |room, seq, body: &str| chat_shared::Message::posted(&says(room, seq, body)).unwrap();
    let deleted_since = kept(GENERAL, 2, "message 2");
    let messages = vec![kept(OPS, 5, "the message"), kept(GENERAL, 1, "message 1"), deleted_since];
    let lines = talk.send(Event::Kept(Kept::Found { number, messages }));
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].starts_with("Error: only what is kept here could be searched: there is no connection"));
    assert_eq!(lines[1], "2 hits, newest first:");
    assert!(lines[2].ends_with("ann in #ops: the message (5)") && lines[3].ends_with("message 1 (1)"));
    assert!(talk.world.state.overlay.is_none() && talk.line("hello").len() == 1);
}

#[test]
fn a_search_that_finds_nothing_says_so() {
    let mut talk = Talk::loaded(2);
    talk.send(gone());
    let lines = talk.line("/search nowhere");
    assert_eq!(asked_here(&mut talk), [0; 0], "nobody keeps anything");
    assert!(lines[0].starts_with("Error: ") && lines[1] == "Nothing was found.", "{lines:?}");
    talk.send(Event::Kept(Kept::Restored(Box::default())));
    assert_eq!(talk.line("/search nowhere"), [""; 0]);
    let [number] = asked_here(&mut talk)[..] else { panic!("the disk is not asked") };
    assert_eq!(talk.send(Event::Kept(Kept::Found { number, messages: Vec::new() })).len(), 2);
}

//! Linear mode: what stands around a message, and which rooms one is in.

use chat_shared::api::{Level, RoomSettings};

use super::*;

fn around(seq: u64) -> PageFrom {
    PageFrom::Around(seq)
}

#[test]
fn a_message_far_back_is_told_with_its_neighbours() {
    let mut talk = Talk::loaded(3);
    assert_eq!(talk.line("/around (40)"), [""; 0]);
    assert_eq!(talk.world.take_only(|e| matches!(e, Effect::LoadPage { .. }).then(|| e.clone())).len(), 1);
    let answer = |seqs: std::ops::RangeInclusive<u64>| {
        let events: Vec<_> = seqs.map(|seq| says(GENERAL, seq, &format!("m{seq}\u{1b}[2J"))).collect();
        Event::Done(Done::Page { room: GENERAL, from: around(40), result: Ok(Box::new(page_of(&events, 99))) })
    };
    let lines = talk.send(answer(39..=41));
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[2].ends_with("ann: m40␛[2J (40)"), "{lines:?}");
    assert_eq!(talk.line("/history 9").len(), 4, "what is loaded is what it was");
    talk.line("/around 40");
    assert_eq!(talk.send(answer(41..=42)), ["Error: That message is not there."]);
    talk.line("/around 40");
    let refused = Err(failure(FailureKind::NoAnswer));
    let lines = talk.send(Event::Done(Done::Page { room: GENERAL, from: around(40), result: refused }));
    assert!(lines[0].starts_with("Error: Could not load the messages"), "{lines:?}");
    talk.line("/join ops");
    assert!(talk.send(answer(39..=41)).iter().all(|line| !line.contains("m40")), "those are numbers of another room");
    assert!(talk.line("/around it")[0].starts_with("Error: /around takes"));
}

#[test]
fn without_a_connection_what_is_loaded_is_told() {
    let mut talk = Talk::loaded(30);
    talk.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 5_000 }));
    let lines = talk.line("/around 15");
    assert_eq!(lines.len(), 22, "{lines:?}");
    assert!(lines[1].ends_with("message 5 (5)") && lines[21].ends_with("message 25 (25)"), "{lines:?}");
    assert!(talk.line("/around 99")[0].starts_with("Error: There is no connection"));
}

#[test]
fn the_rooms_that_one_is_in_are_told_as_they_stand() {
    let mut talk = Talk::loaded(3);
    let settings = RoomSettings { level: Level::Nothing, favourite: true, ..RoomSettings::default() };
    talk.send(Event::Link(LinkEvent::Settings { room: OPS, settings }));
    talk.send(live(says(OPS, 6, "@me look")));
    let lines = talk.line("/mine");
    assert_eq!(lines, ["#ops: 1 unread, 1 of them mention you, a favourite, muted", "#general: open here"]);
}

//! Whatever reaches the file, in whatever order: it never says what the server would not.

use std::collections::{BTreeMap, BTreeSet};

use chat_shared::UserRef;
use proptest::prelude::*;

use super::*;
use crate::app::kept::{KeptLine, Line};

fn any_event(seq: Seq, kind: u8, target: Seq) -> Event {
    let target = target.min(seq - 1).max(1);
    match kind {
        0 | 1 => says(ROOM, seq),
        2 => event(ROOM, seq, EventKind::Edited { target, body: format!("edit {seq}") }),
        3 => event(ROOM, seq, EventKind::Deleted { target }),
        4 => event(ROOM, seq, EventKind::Joined { user: UserRef { id: ANN, name: format!("person{seq}") } }),
        _ => event(ROOM, seq, EventKind::ReactionAdded { target, emoji: "👍".into() }),
    }
}

/// The room's messages after so many events, as a page of the server has them.
fn page(log: &[Event], head: usize, from: Seq, before: Seq) -> Vec<KeptMessage> {
    let mut messages = BTreeMap::new();
    log[..head].iter().for_each(|event| chat_shared::message::fold(&mut messages, event, ME));
    let kept = messages.into_values().filter(|m| (from..before).contains(&m.seq));
    kept.map(|message| KeptMessage { as_of: Seq::try_from(head).unwrap(), message }).collect()
}

/// What else happened there, as a client that has all of it tells it.
fn told(log: &[Event], from: Seq, before: Seq) -> Vec<KeptLine> {
    let mut lines: Vec<KeptLine> = Vec::new();
    let mut is_between = false;
    for event in log.iter().filter(|event| (from..before).contains(&event.seq)) {
        is_between |= matches!(event.kind, EventKind::Posted { .. });
        let Some(line) = Line::of(event) else { continue };
        let goes_on = lines.last_mut().is_some_and(|above| !is_between && above.line.take(event));
        if !goes_on {
            lines.push(KeptLine { seq: event.seq, line });
        }
        is_between = false;
    }
    lines
}

/// The people that lines tell of.
fn people(lines: &[KeptLine]) -> BTreeSet<String> {
    let words = lines.iter().map(|kept| kept.line.text()).collect::<Vec<_>>().join(" ");
    words.split([' ', ',']).filter(|word| word.starts_with("person")).map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Two clients, each somewhere in the log, write what they see in any order, and leave things out: what is there is
    /// always a part of the log without holes.
    #[test]
    fn what_is_on_disk_never_lies(
        log in prop::collection::vec((0u8..6, 1u64..20), 1..30),
        acts in prop::collection::vec((any::<bool>(), 0u8..6, 0usize..30, 1u64..30), 1..40),
    ) {
        let log: Vec<Event> = log.iter().zip(1..).map(|(&(kind, target), seq)| any_event(seq, kind, target)).collect();
        let dir = tempfile::tempdir().unwrap();
        let mut clients = [(open_views(&dir), 0), (open_views(&dir), 0)];
        for (views, _) in &mut clients {
            views.write(steps(vec![bootstrap(7)])).unwrap();
        }
        for (which, act, ahead, number) in acts {
            let (views, at) = &mut clients[usize::from(which)];
            let (head, seen) = (Seq::try_from(*at).unwrap(), (*at + ahead).min(log.len()));
            let step = match act {
                0 => Save::Window(Box::new(Window {
                    room: ROOM,
head, floor: number.min(head + 1), is_stale: false, messages: page(&log, *at, number.min(head + 1), Seq::MAX),
                    lines: told(&log[..*at], number.min(head + 1), Seq::MAX),
                })),
                // A page may know of events that the client has not seen yet.
                // It never asks for what is before a message that it cannot know.
                1 => {
                    let before = number.min(Seq::try_from(seen).unwrap() + 1);
                    let floor = before / 2;
                    Save::Older { room: ROOM, before, floor, messages: page(&log, seen, floor, before), lines: told(&log[..seen], floor, before) }
                }
                2 if ahead == 0 => Save::Stale { room: ROOM },
                _ if *at < log.len() => {
                    *at += 1;
                    // One in a few is left out.
                    if ahead == 1 { continue }
                    live(log[*at - 1].clone())
                }
                _ => continue,
            };
            views.write(steps(vec![step])).unwrap();
        }
        if let Some(window) = clients[0].0.window(ROOM).unwrap() {
            let events = log[..usize::try_from(window.head).unwrap()].iter();
            let mut expected = BTreeMap::new();
            events.for_each(|event| chat_shared::message::fold(&mut expected, event, ME));
            expected.retain(|seq, _| *seq >= window.floor);
            // A message may know of later events already: then it says so.
            let rest = |kept: &KeptMessage| &log[usize::try_from(window.head).unwrap()..usize::try_from(kept.as_of.max(window.head)).unwrap()];
            for kept in &window.messages {
                let mut message = expected.remove(&kept.message.seq);
                if let Some(message) = &mut message {
 rest(kept).iter().for_each(|event| { message.apply(event, ME); });
}
                prop_assert_eq!(Some(&kept.message), message.as_ref());
            }
            prop_assert!(expected.is_empty(), "missing: {:?}", expected);
            // Of people in one line at most eight are named: there are fewer in such a log.
            let all = told(&log[..usize::try_from(window.head).unwrap()], window.floor, Seq::MAX);
            prop_assert_eq!(people(&window.lines), people(&all));
        }
    }
}

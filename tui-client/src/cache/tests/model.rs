//! Whatever reaches the file, in whatever order: it never says what the server would not.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn any_event(seq: Seq, kind: u8, target: Seq) -> Event {
    let target = target.min(seq - 1).max(1);
    match kind {
        0 | 1 => says(ROOM, seq),
        2 => event(ROOM, seq, EventKind::Edited { target, body: format!("edit {seq}") }),
        3 => event(ROOM, seq, EventKind::Deleted { target }),
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Two clients, each somewhere in the log, write what they see in any order, and leave things out: what is there is
    /// always a part of the log without holes.
    #[test]
    fn what_is_on_disk_never_lies(
        log in prop::collection::vec((0u8..5, 1u64..20), 1..30),
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
                })),
                // A page may know of events that the client has not seen yet.
                // It never asks for what is before a message that it cannot know.
                1 => {
                    let before = number.min(Seq::try_from(seen).unwrap() + 1);
                    let floor = before / 2;
                    Save::Older { room: ROOM, before, floor, messages: page(&log, seen, floor, before) }
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
        }
    }
}

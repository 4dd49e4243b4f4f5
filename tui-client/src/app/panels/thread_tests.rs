//! Tests of `thread`.

use chat_shared::{Timestamp, message};
use proptest::prelude::*;
use uuid::Uuid;

use std::collections::BTreeSet;

use super::*;

const ME: UserId = UserId(Uuid::from_u128(1));
const ROOM: RoomId = RoomId(Uuid::from_u128(9));

fn event(seq: Seq, kind: EventKind) -> RoomEvent {
    let at = Timestamp::from_ms(1_000 * i64::try_from(seq).unwrap());
    RoomEvent { kind, room: ROOM, seq, at, by: UserId(Uuid::from_u128(2)), name: "ann".into() }
}

fn answer(seq: Seq, to: Option<Seq>) -> RoomEvent {
    event(seq, EventKind::Posted { body: format!("m{seq}"), key: None, reply_to: to })
}

/// The messages of the conversation that 1 began, as the server has them after these events.
fn conversation(events: &[RoomEvent]) -> Vec<Message> {
    let mut messages = BTreeMap::new();
    events.iter().for_each(|event| message::fold(&mut messages, event, ME));
    let mut part = BTreeSet::from([1]);
    messages.retain(|seq, m| *seq == 1 || m.reply_to.is_some_and(|to| part.contains(&to)) && part.insert(*seq));
    messages.into_values().collect()
}

/// A page of it, as the server gives it.
fn page(events: &[RoomEvent], from: PageFrom) -> MessagesPage {
    let all = conversation(events);
    let upto = |seq: Seq, limit: usize| {
        let older: Vec<_> = all.iter().filter(|m| m.seq <= seq).cloned().collect();
        older[older.len().saturating_sub(limit)..].to_vec()
    };
    let after = |seq: Seq, limit: usize| all.iter().filter(|m| m.seq > seq).take(limit).cloned().collect::<Vec<_>>();
    let messages = match from {
        PageFrom::Around(seq) => [upto(seq, FIRST.div_ceil(2)), after(seq, FIRST / 2)].concat(),
        PageFrom::Before(seq) => upto(seq - 1, MORE),
        PageFrom::After(seq) => after(seq, MORE),
        PageFrom::Latest => unreachable!(),
    };
    let head = events.last().map_or(0, |event| event.seq);
    MessagesPage { messages, head, ..MessagesPage::default() }
}

/// Loads a part at once.
fn load(thread: &mut Thread, events: &[RoomEvent], from: PageFrom) {
    thread.begin(from, events.last().map_or(0, |event| event.seq));
    assert_eq!(thread.merge(from, page(events, from), ME), Merged::Yes);
}

fn seqs(thread: &Thread) -> Vec<Seq> {
    thread.messages.iter().map(|message| message.seq).collect()
}

/// One that begins with 1; every message answers the one before.
fn long(count: Seq) -> Vec<RoomEvent> {
    (1..=count).map(|seq| answer(seq, seq.checked_sub(1).filter(|seq| *seq > 0))).collect()
}

#[test]
fn it_is_read_from_the_chosen_message_to_both_ends() {
    let events = long(1_000);
    let mut thread = Thread::new(ROOM, 500, Vec::new());
    load(&mut thread, &events, PageFrom::Around(500));
    assert_eq!((seqs(&thread).first(), seqs(&thread).last()), (Some(&301), Some(&700)));
    assert_eq!((thread.messages[thread.at].seq, thread.wanted()), (500, None));
    assert!(thread.title("Enter").contains("400 messages, more above and below"), "{}", thread.title("Enter"));
    thread.at = 5;
    assert_eq!(thread.wanted(), Some(PageFrom::Before(301)));
    load(&mut thread, &events, PageFrom::Before(301));
    assert_eq!((thread.messages[thread.at].seq, thread.messages.len()), (306, 600), "the choice stays");
    thread.at = 599;
    assert_eq!(thread.wanted(), Some(PageFrom::After(700)));
    load(&mut thread, &events, PageFrom::After(700));
    assert_eq!(thread.messages.last().map(|m| m.seq), Some(900));
    thread.at = 799;
    load(&mut thread, &events, PageFrom::After(900));
    thread.at = 0;
    load(&mut thread, &events, PageFrom::Before(101));
    assert_eq!((seqs(&thread), thread.wanted()), ((1..=1_000).collect(), None));
    assert_eq!(thread.title("Enter"), "Conversation: 1000 messages (Enter goes there)");
}

#[test]
fn what_is_far_from_the_choice_goes_and_comes_again() {
    let events = long(3_000);
    let mut thread = Thread::new(ROOM, 1, Vec::new());
    load(&mut thread, &events, PageFrom::Around(1));
    while let Some(from @ PageFrom::After(_)) = {
        thread.at = thread.messages.len() - 1;
        thread.wanted()
    } {
        load(&mut thread, &events, from);
        assert!(thread.messages.len() <= KEPT && thread.as_of.len() == thread.messages.len());
    }
    assert_eq!((seqs(&thread).last(), thread.messages.len()), (Some(&3_000), KEPT));
    thread.at = 0;
    assert_eq!(thread.wanted(), Some(PageFrom::Before(1_001)));
    load(&mut thread, &events, PageFrom::Before(1_001));
    assert_eq!((seqs(&thread)[0], seqs(&thread).last(), thread.at_end), (801, Some(&2_800), false));
}

#[test]
fn an_answer_to_what_is_not_loaded_is_asked_for() {
    let events = long(1_000);
    let mut thread = Thread::new(ROOM, 1_000, Vec::new());
    load(&mut thread, &events, PageFrom::Around(1_000));
    assert_eq!((seqs(&thread)[0], thread.wanted()), (801, None));
    assert!(!thread.apply(&answer(1_001, Some(3)), ME));
    assert_eq!(thread.wanted(), Some(PageFrom::After(1_000)), "only the server knows whose it is");
    let mut more = events;
    more.push(answer(1_001, Some(3)));
    load(&mut thread, &more, PageFrom::After(1_000));
    assert!(thread.apply(&answer(1_002, Some(1_001)), ME));
    assert_eq!(seqs(&thread).last(), Some(&1_002));
    // Where all of it is loaded, nothing else can be part of it.
    let mut short = Thread::new(ROOM, 1, Vec::new());
    load(&mut short, &long(3), PageFrom::Around(1));
    assert!(!short.apply(&answer(9, Some(8)), ME));
    assert_eq!(short.wanted(), None);
}

#[test]
fn a_part_that_is_too_old_or_overtaken_is_asked_for_again() {
    let events = long(9);
    let mut thread = Thread::new(ROOM, 2, Vec::new());
    thread.begin(PageFrom::Around(2), 9);
    // The answer to an earlier request for the same: it does not know of 8 and 9, and nobody held them.
    assert_eq!(thread.merge(PageFrom::Around(2), page(&events[..7], PageFrom::Around(2)), ME), Merged::AskAgain);
    thread.begin(PageFrom::Around(2), 9);
    assert_eq!(thread.merge(PageFrom::Before(2), page(&events, PageFrom::Before(2)), ME), Merged::Unwanted);
    for seq in 10..10 + Seq::try_from(HELD).unwrap() + 1 {
        thread.apply(&answer(seq, None), ME);
    }
    assert_eq!(thread.merge(PageFrom::Around(2), page(&events, PageFrom::Around(2)), ME), Merged::AskAgain);
}

proptest! {
    /// Whenever a part is asked for, read and here, and whatever happens meanwhile: what is shown is what the server would show.
    #[test]
    fn nothing_that_happens_while_it_loads_is_missed(
        log in prop::collection::vec((0u8..7, 1u64..30), 1..40),
        of in 1u64..30,
        asked in 0usize..40, read in 0usize..40, arrived in 0usize..40,
    ) {
        let events: Vec<RoomEvent> = std::iter::once(answer(1, None)).chain(log.iter().zip(2..).map(|(&(kind, target), seq)| {
            let target = target.min(seq - 1).max(1);
            match kind {
                0..=2 => answer(seq, Some(target)),
                3 => answer(seq, None),
                4 => event(seq, EventKind::Edited { target, body: format!("e{seq}") }),
                5 => event(seq, EventKind::Deleted { target }),
                _ => event(seq, EventKind::ReactionAdded { target, emoji: "👍".into() }),
            }
        })).collect();
        let asked = asked.clamp(1, events.len());
        let (read, arrived) = (read.clamp(asked, events.len()), arrived.clamp(asked, events.len()));
        let known = conversation(&events[..asked]);
        let of = known[usize::try_from(of).unwrap() % known.len()].seq;
        let from = PageFrom::Around(of);
        let head = events[asked - 1].seq;
        let mut thread = Thread::new(ROOM, of, known.into_iter().map(|message| (message, head)).collect());
        thread.begin(from, head);
        events[asked..arrived].iter().for_each(|event| { thread.apply(event, ME); });
        prop_assert_eq!(&thread.messages, &conversation(&events[..arrived]), "while it loads");
        prop_assert_eq!(thread.merge(from, page(&events[..read], from), ME), Merged::Yes);
        events[arrived..].iter().for_each(|event| { thread.apply(event, ME); });
        prop_assert_eq!(&thread.messages, &conversation(&events));
        prop_assert_eq!((thread.messages[thread.at].seq, thread.wanted()), (of, None));
    }
}

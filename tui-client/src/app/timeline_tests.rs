//! Tests of `timeline`.

use chat_shared::{EventKind, RoomId, Timestamp, UserRef};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const ME: UserId = UserId(Uuid::from_u128(1));

fn event(seq: Seq, kind: EventKind) -> Event {
    let (room, at) = (RoomId(Uuid::from_u128(9)), Timestamp::from_ms(1_000 * i64::try_from(seq).unwrap()));
    Event { kind, room, seq, at, by: UserId(Uuid::from_u128(2)), name: "ann".into() }
}

fn posted(seq: Seq) -> Event {
    event(seq, EventKind::Posted { body: format!("m{seq}"), key: None, reply_to: None })
}

fn page(seqs: impl IntoIterator<Item = Seq>, head: Seq) -> MessagesPage {
    MessagesPage {
        messages: seqs.into_iter().filter_map(|seq| Message::posted(&posted(seq))).collect(),
        head,
        ..MessagesPage::default()
    }
}

fn loaded(seqs: impl IntoIterator<Item = Seq>, head: Seq) -> Timeline {
    let mut timeline = Timeline::default();
    assert!(timeline.begin(PageFrom::Latest));
    assert_eq!(timeline.merge(PageFrom::Latest, page(seqs, head), ME), Change::Replaced);
    timeline
}

fn apply_all(timeline: &mut Timeline, events: &[Event]) {
    for event in events {
        timeline.apply(event, ME);
    }
}

fn seqs(timeline: &Timeline) -> Vec<Seq> {
    timeline.entries.keys().copied().collect()
}

#[test]
fn what_a_page_includes_is_not_applied_again() {
    let mut t = loaded([1, 2], 3);
    let react = |seq| event(seq, EventKind::ReactionAdded { target: 2, emoji: "👍".into() });
    assert_eq!(t.apply(&react(3), ME), Change::Nothing);
    assert_eq!(t.apply(&react(4), ME), Change::Entry(2));
    assert_eq!(t.apply(&react(4), ME), Change::Nothing);
    assert_eq!(t.message(2).unwrap().reactions[0].count, 1);
}

#[test]
fn a_page_that_was_cut_for_its_size_is_not_the_end() {
    let cut = |seqs, head| MessagesPage { more: true, ..page(seqs, head) };
    let mut t = Timeline::default();
    t.begin(PageFrom::Latest);
    t.merge(PageFrom::Latest, cut(8..=9, 9), ME);
    assert!(!t.at_start);
    t.begin(PageFrom::Before(8));
    t.merge(PageFrom::Before(8), cut(4..=7, 9), ME);
    assert!(!t.at_start);
    t.begin(PageFrom::Before(4));
    t.merge(PageFrom::Before(4), page(1..=3, 9), ME);
    assert!(t.at_start && seqs(&t).into_iter().eq(1..=9));
    t.begin(PageFrom::Around(3));
    t.merge(PageFrom::Around(3), cut(2..=4, 9), ME);
    t.begin(PageFrom::After(4));
    t.merge(PageFrom::After(4), cut(5..=6, 9), ME);
    assert!(!t.at_end);
    t.begin(PageFrom::After(6));
    t.merge(PageFrom::After(6), page(7..=9, 9), ME);
    assert!(t.at_end);
}

#[test]
fn events_that_arrive_while_the_page_loads_are_held() {
    let mut t = Timeline::default();
    t.begin(PageFrom::Latest);
    t.apply(&posted(4), ME);
    t.apply(&posted(5), ME);
    t.merge(PageFrom::Latest, page(1..=4, 4), ME);
    assert_eq!(seqs(&t), [1, 2, 3, 4, 5]);
    assert_eq!(t.apply(&posted(5), ME), Change::Nothing);
    assert_eq!(t.apply(&posted(6), ME), Change::Entry(6));
}

#[test]
fn an_older_page_gets_the_changes_it_has_not_seen() {
    let mut t = loaded(101..=200, 200);
    t.begin(PageFrom::Before(101));
    assert!(!t.begin(PageFrom::Before(101)), "one in flight");
    // Deleted after the page was read, but before it arrived; and once before it was read.
    t.apply(&event(201, EventKind::Deleted { target: 50 }), ME);
    t.apply(&event(202, EventKind::Deleted { target: 51 }), ME);
    assert_eq!(t.merge(PageFrom::Before(101), page(1..=100, 201), ME), Change::Grown);
    assert!(t.message(50).unwrap().deleted_at.is_none(), "the page knew of 201");
    assert!(t.message(51).unwrap().deleted_at.is_some());
    assert!(!t.at_start);
    t.begin(PageFrom::Before(1));
    t.merge(PageFrom::Before(1), page([], 202), ME);
    assert!(t.at_start);
}

#[test]
fn live_messages_stay_out_of_a_window_that_does_not_reach_the_end() {
    let mut t = loaded(1..=100, 300);
    t.begin(PageFrom::Around(50));
    t.merge(PageFrom::Around(50), page(1..=100, 300), ME);
    assert_eq!(t.apply(&posted(301), ME), Change::Nothing);
    t.begin(PageFrom::After(100));
    t.apply(&posted(302), ME);
    t.apply(&posted(303), ME);
    t.merge(PageFrom::After(100), page(101..=150, 302), ME);
    assert!(t.at_end);
    assert_eq!(t.newest(), Some(303));
    assert_eq!(t.apply(&posted(304), ME), Change::Entry(304));
}

#[test]
fn our_own_answer_may_overtake_the_events_before_it() {
    let mut t = loaded([1], 1);
    assert_eq!(t.insert_own(&posted(3)), Change::Entry(3));
    assert_eq!(t.apply(&posted(2), ME), Change::Entry(2));
    assert_eq!(t.apply(&posted(3), ME), Change::Nothing);
    assert_eq!(seqs(&t), [1, 2, 3]);
}

#[test]
fn a_page_that_nobody_waits_for_changes_nothing() {
    let mut t = loaded(1..=3, 3);
    assert_eq!(t.merge(PageFrom::Before(1), page([], 3), ME), Change::Nothing);
    t.begin(PageFrom::Before(1));
    t.invalidate(8);
    assert_eq!(t.merge(PageFrom::Before(1), page([], 3), ME), Change::Nothing);
    assert_eq!(seqs(&t), [1, 2, 3], "the old view stays");
    assert_eq!(t.apply(&posted(9), ME), Change::Nothing);
    t.begin(PageFrom::Latest);
    t.apply(&posted(10), ME);
    t.merge(PageFrom::Latest, page(7..=9, 9), ME);
    assert_eq!(seqs(&t), [7, 8, 9, 10]);
}

#[test]
fn too_many_held_events_make_the_page_useless() {
    let mut t = Timeline::default();
    t.begin(PageFrom::Latest);
    apply_all(&mut t, &(1..=4_097).map(posted).collect::<Vec<_>>());
    assert_eq!(t.merge(PageFrom::Latest, page(1..=9, 9), ME), Change::AskAgain);
}

#[test]
fn the_far_edge_is_dropped() {
    let mut t = loaded(1..=6_000, 6_000);
    t.trim(Some(10), ENTRIES_MAX);
    assert_eq!((t.oldest(), t.newest(), t.at_end), (Some(1), Some(5_000), false));
    let mut t = loaded(1..=6_000, 6_000);
    t.trim(None, ENTRIES_MAX);
    assert_eq!((t.oldest(), t.newest(), t.at_start), (Some(1_001), Some(6_000), false));
}

#[test]
fn a_hole_is_noticed_and_nothing_is_shown_as_if_there_were_none() {
    let mut t = loaded([1, 2], 2);
    assert_eq!(t.apply(&posted(4), ME), Change::Gap);
    assert!(t.is_stale());
    assert_eq!(seqs(&t), [1, 2]);
    t.begin(PageFrom::Latest);
    t.merge(PageFrom::Latest, page(1..=4, 4), ME);
    assert_eq!(t.apply(&posted(5), ME), Change::Entry(5));
}

#[test]
fn joins_are_lines() {
    let mut t = loaded([1], 1);
    let user = UserRef { id: ME, name: "bob".into() };
    t.apply(&event(2, EventKind::Joined { user }), ME);
    let user = UserRef { id: ME, name: "eve".into() };
    assert_eq!(t.apply(&event(3, EventKind::Left { user: user.clone() }), ME), Change::Entry(2));
    assert!(matches!(&t.entries[&2].what, What::Line(line) if line.text() == "→ bob joined · ← eve left"));
    // What comes between ends the line, and what is not loaded begins none.
    t.apply(&posted(4), ME);
    assert_eq!(t.apply(&event(5, EventKind::Joined { user }), ME), Change::Entry(5));
    assert_eq!(seqs(&t), [1, 2, 4, 5]);
}

#[test]
fn a_page_brings_what_else_happened() {
    let joined = |seq, name: &str| event(seq, EventKind::Joined { user: UserRef { id: ME, name: name.into() } });
    let told = |t: &Timeline| -> Vec<(Seq, String)> {
        let line = |(seq, entry): (&Seq, &Entry)| match &entry.what {
            What::Line(line) => Some((*seq, line.text())),
            What::Message(_) => None,
        };
        t.entries.iter().filter_map(line).collect()
    };
    let mut t = Timeline::default();
    t.begin(PageFrom::Latest);
    t.apply(&joined(9, "dave"), ME);
    let events = vec![joined(5, "ann"), joined(6, "bob"), joined(8, "carol")];
    let latest = MessagesPage { events, events_from: Some(5), ..page([4, 7], 8) };
    t.merge(PageFrom::Latest, latest, ME);
    let expected = [(5, "… · → ann, bob joined".to_owned()), (8, "→ carol, dave joined".to_owned())];
    assert_eq!(told(&t), expected, "what came while it loaded goes on");
    t.apply(&joined(10, "erin"), ME);
    assert_eq!(told(&t)[1].1, "→ carol, dave, erin joined");
    // The window ends with the last event in its last line: the page behind it begins there, and nothing is told twice.
    assert_eq!((t.newest(), t.newest_told()), (Some(8), Some(10)));
    t.at_end = false;
    t.begin(PageFrom::After(10));
    let events = vec![joined(9, "dave"), joined(12, "frank")];
    t.merge(PageFrom::After(10), MessagesPage { events, ..page([11], 12) }, ME);
    assert_eq!(told(&t)[2], (12, "→ frank joined".to_owned()));
    t.begin(PageFrom::Before(4));
    let events = vec![joined(1, "me"), joined(5, "not from here")];
    t.merge(PageFrom::Before(4), MessagesPage { events, ..page([2], 12) }, ME);
    assert_eq!((told(&t).len(), told(&t)[0].clone()), (4, (1, "→ me joined".to_owned())));
    assert_eq!(seqs(&t), [1, 2, 4, 5, 7, 8, 11, 12]);
}

#[test]
fn a_gap_is_where_our_own_answer_has_overtaken_others() {
    let mut t = loaded([1], 1);
    assert_eq!(t.insert_own(&posted(5)), Change::Entry(5));
    assert_eq!((t.missing_before(1), t.missing_before(5)), (0, 3));
    assert_eq!(t.apply(&posted(2), ME), Change::Entry(2));
    let edit = event(3, EventKind::Edited { target: 99, body: "not here".into() });
    assert_eq!(t.apply(&edit, ME), Change::Entry(5), "nothing that is shown has changed but the gap");
    assert_eq!(t.missing_before(5), 1);
    t.apply(&posted(4), ME);
    assert_eq!(t.missing_before(5), 0);
    t.apply(&posted(5), ME);
    assert_eq!(t.insert_own(&posted(6)), Change::Entry(6));
    assert_eq!(t.missing_before(6), 0, "it is the next one");
}

#[test]
fn a_page_that_brings_our_own_post_first_leaves_no_gap() {
    for (messages, is_end) in [(vec![4, 6], true), ((4..5).chain(6..=200).collect(), false)] {
        let mut t = loaded(1..=3, 3);
        t.at_end = false;
        assert_eq!(t.insert_own(&posted(6)), Change::Nothing, "its place is not loaded");
        t.begin(PageFrom::After(3));
        let head = messages.last().copied().unwrap();
        t.merge(PageFrom::After(3), MessagesPage { more: !is_end, ..page(messages, head) }, ME);
        // The page has seen event 5, which changed something, although it is not delivered yet.
        assert_eq!((t.at_end, t.missing_before(6)), (is_end, 0));
        let edit = event(5, EventKind::Edited { target: 2, body: "new".into() });
        apply_all(&mut t, &[posted(4), edit]);
        assert_eq!((t.message(2).unwrap().body.as_str(), t.missing_before(6)), ("new", 0));
    }
    // What comes behind the page is another matter.
    let mut t = loaded(1..=3, 3);
    t.at_end = false;
    t.begin(PageFrom::After(3));
    t.merge(PageFrom::After(3), page([4, 6], 6), ME);
    t.insert_own(&posted(9));
    assert_eq!(t.missing_before(9), 2);
}

#[test]
fn where_the_end_is_dropped_no_answer_of_ours_stays_behind_a_gap() {
    let mut t = loaded(1..=60, 60);
    t.insert_own(&posted(70));
    t.insert_own(&posted(80));
    t.trim(Some(1), 61);
    assert_eq!((t.newest(), t.at_end), (Some(60), false), "70 goes with 80");
    apply_all(&mut t, &(61..=80).map(posted).collect::<Vec<_>>());
    t.begin(PageFrom::After(60));
    t.merge(PageFrom::After(60), page(61..=80, 80), ME);
    assert_eq!(seqs(&t), (1..=80).collect::<Vec<_>>());
}

#[test]
fn answers_that_nobody_could_draw_a_gap_before_wait_for_their_events() {
    let mut t = loaded([1], 1);
    for n in 1..=600 {
        t.insert_own(&posted(2 * n + 1));
    }
    assert!(t.entries.keys().skip(1).all(|seq| t.missing_before(*seq) > 0));
    assert_eq!((t.newest(), t.entries.len()), (Some(1_025), 513));
    apply_all(&mut t, &(2..=1_201).map(posted).collect::<Vec<_>>());
    assert_eq!((t.newest(), t.entries.len()), (Some(1_201), 1_201));
    assert!(t.entries.keys().all(|seq| t.missing_before(*seq) == 0));
}

#[test]
fn an_answer_from_before_a_reset_is_too_old_also_where_nothing_has_come_since() {
    let mut t = loaded(1..=3, 3);
    t.begin(PageFrom::Latest);
    t.invalidate(900);
    t.begin(PageFrom::Latest);
    assert_eq!(t.merge(PageFrom::Latest, page(1..=40, 40), ME), Change::AskAgain);
    t.begin(PageFrom::Latest);
    assert_eq!(t.merge(PageFrom::Latest, page(891..=900, 900), ME), Change::Replaced);
}

#[test]
fn an_answer_that_a_reset_has_overtaken_is_too_old() {
    let mut t = loaded(1..=3, 3);
    t.invalidate(3);
    t.begin(PageFrom::Latest);
    t.apply(&posted(901), ME);
    assert_eq!(t.merge(PageFrom::Latest, page(1..=40, 40), ME), Change::AskAgain);
    t.begin(PageFrom::Latest);
    t.merge(PageFrom::Latest, page(802..=901, 901), ME);
    assert_eq!(t.apply(&posted(902), ME), Change::Entry(902));
    t.begin(PageFrom::Before(802));
    assert_eq!(t.merge(PageFrom::Before(802), page(1..=100, 100), ME), Change::AskAgain);
}

fn any_event(seq: Seq, kind: u8, target: Seq) -> Event {
    let target = target.min(seq - 1).max(1);
    match kind % 5 {
        0 | 1 => posted(seq),
        2 => event(seq, EventKind::Edited { target, body: format!("e{seq}") }),
        3 => event(seq, EventKind::Deleted { target }),
        _ => event(seq, EventKind::ReactionAdded { target, emoji: "👍".into() }),
    }
}

#[test]
fn an_answer_of_ours_proves_nothing_of_what_came_before_it() {
    let mut t = Timeline::default();
    t.begin(PageFrom::Latest);
    t.insert_own(&posted(12));
    t.merge(PageFrom::Latest, page(1..=10, 10), ME);
    assert_eq!((t.newest(), t.head()), (Some(12), 10), "it is shown, and what precedes it is awaited");
    assert_eq!(t.apply(&posted(11), ME), Change::Entry(11));
    t.apply(&posted(12), ME);
    assert_eq!((seqs(&t), t.head()), ((1..=12).collect(), 12));
    // The same while the disk is asked.
    let mut t = Timeline::default();
    t.ask_disk();
    t.insert_own(&posted(3));
    let room = RoomId(Uuid::from_u128(9));
    let window = Window { room, head: 1, floor: 0, is_stale: false, messages: Vec::new(), lines: Vec::new() };
    t.merge_kept(Some(window), Some(1), ME);
    assert_eq!((t.newest(), t.head(), t.is_stale()), (Some(3), 1, false));
}

#[test]
fn a_page_that_does_not_lead_to_the_events_behind_it_is_asked_for_again() {
    let mut t = Timeline::default();
    t.begin(PageFrom::Latest);
    t.invalidate(0);
    t.begin(PageFrom::Latest);
    t.apply(&posted(51), ME);
    assert_eq!(t.merge(PageFrom::Latest, page(1..=10, 10), ME), Change::AskAgain, "it was read before the reset");
    t.begin(PageFrom::Latest);
    assert_eq!(t.merge(PageFrom::Latest, page(41..=51, 51), ME), Change::Replaced);
}

proptest! {
    /// Whenever the page is read, whenever it arrives, and however early our own posts are answered, the window is at every
    /// moment what the log says up to its head, and holds all of it in the end.
    #[test]
    fn a_page_and_the_events_around_it_add_up(
        log in prop::collection::vec((0u8..5, 1u64..20), 1..40), asked in 0usize..40, read in 0usize..40, arrived in 0usize..40,
        answered in prop::collection::vec((0usize..40, 0usize..40), 0..4)
    ) {
        let events: Vec<Event> = log.iter().zip(1..).map(|(&(kind, target), seq)| any_event(seq, kind, target)).collect();
        let asked = asked.min(events.len());
        let read = read.clamp(asked, events.len());
        let arrived = arrived.clamp(asked, events.len());
        let state_at = |n: usize| {
            let mut messages = BTreeMap::new();
            events[..n].iter().for_each(|e| chat_shared::message::fold(&mut messages, e, ME));
            messages.into_values().collect::<Vec<_>>()
        };
        let answers_at = |delivered: usize| {
            let is_post = |event: &&Event| matches!(event.kind, EventKind::Posted { .. });
            let which = answered.iter().filter(move |(when, which)| *when == delivered && *which >= delivered);
            which.filter_map(|(_, which)| events.get(*which)).filter(is_post)
        };
        let mut t = Timeline::default();
        t.begin(PageFrom::Latest);
        for delivered in asked..=events.len() {
            for answer in answers_at(delivered) {
                t.insert_own(answer);
            }
            if delivered == arrived {
                let head = Seq::try_from(read).unwrap();
                let page = MessagesPage { messages: state_at(read), head, ..MessagesPage::default() };
                prop_assert_eq!(t.merge(PageFrom::Latest, page, ME), Change::Replaced);
            }
            if t.is_loaded {
                let kept: Vec<Message> = t.kept_before(t.head() + 1).1.into_iter().map(|kept| kept.message).collect();
                prop_assert_eq!(kept, state_at(usize::try_from(t.head()).unwrap()));
            }
            if let Some(event) = events.get(delivered) {
                t.apply(event, ME);
            }
        }
        let got: Vec<Message> = t.entries.values().filter_map(|e| e.message().cloned()).collect();
        prop_assert_eq!(got, state_at(events.len()));
    }
}

//! Linear mode: everything in words, once.

mod around;
mod gather;
mod offline;
mod quiet;

use chat_shared::{ErrorCode, EventKind};

use crate::app::effect::{Asked, Effect, PageFrom};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::linear::Narrator;
use crate::app::testing::*;
use crate::failure::FailureKind;

struct Talk {
    world: World,
    narrator: Narrator,
}

impl Talk {
    /// Before anything has happened.
    fn begun() -> Self {
        let mut world = World::new(80, 24, true);
        world.state = world.state.in_lines();
        Self { world, narrator: Narrator::default() }
    }

    /// Online in #general, with everything told so far.
    fn new(messages: u64) -> Self {
        let mut talk = Self::begun();
        talk.send(bootstrap(vec![summary(GENERAL, "general", messages, messages, 0), summary(OPS, "ops", 5, 5, 0)]));
        talk
    }

    fn loaded(messages: u64) -> Self {
        let mut talk = Self::new(messages);
        talk.send(Event::Link(LinkEvent::Online));
        let events: Vec<_> = (1..=messages).map(|seq| says(GENERAL, seq, &format!("message {seq}"))).collect();
        let result = Ok(Box::new(page_of(&events, messages)));
        talk.send(Event::Done(Done::Page { room: GENERAL, from: PageFrom::Latest, result }));
        talk.world.take();
        talk
    }

    fn send(&mut self, event: Event) -> Vec<String> {
        let mut lines = self.narrator.before(&self.world.state, &event);
        self.world.send(event);
        lines.extend(self.narrator.after(&mut self.world.state));
        lines
    }

    fn line(&mut self, line: &str) -> Vec<String> {
        self.send(Event::Line(line.into()))
    }
}

#[test]
fn the_beginning_is_told_in_order() {
    let mut talk = Talk::new(3);
    assert!(!talk.world.state.takes_lines(), "its messages are on their way");
    let now_in = "Now in #general, 12 members. Topic: All about general.";
    assert_eq!(talk.send(Event::Link(LinkEvent::Online)), ["Connected to chat.example as me.", now_in]);
    let result = Ok(Box::new(page_of(&[says(GENERAL, 1, "a\nb"), mine(GENERAL, 2, "/me waves", "k")], 3)));
    let lines = talk.send(Event::Done(Done::Page { room: GENERAL, from: PageFrom::Latest, result }));
    assert_eq!(lines, ["Sun 22 Nov:", "10:00 ann: a b (1)", "10:00 you waves (2)"]);
    assert!(talk.world.state.takes_lines());
}

#[test]
fn what_was_missed_is_told_once() {
    let mut talk = Talk::loaded(3);
    let offline = || Event::Link(LinkEvent::Offline { reason: "It broke.".into(), retry_in_ms: 500 });
    assert_eq!(talk.send(offline()).len(), 1);
    assert_eq!(talk.send(offline()), [""; 0], "not every attempt");
    talk.send(bootstrap(vec![summary(GENERAL, "general", 5, 3, 2), summary(OPS, "ops", 5, 5, 0)]));
    assert_eq!(talk.send(live(says(GENERAL, 4, "four"))), ["10:00 ann: four (4)"]);
    assert_eq!(talk.send(live(says(GENERAL, 4, "four"))), [""; 0]);
    assert_eq!(talk.send(Event::Link(LinkEvent::Online)), ["Connected again to chat.example as me."]);
}

#[test]
fn only_what_is_for_us_is_told_of_other_rooms() {
    let mut talk = Talk::loaded(3);
    assert_eq!(talk.send(live(says(OPS, 6, "chatter"))), [""; 0]);
    assert_eq!(talk.send(live(says(OPS, 7, "@Me?"))), ["10:00 ann in #ops: @Me? (7)"]);
    assert_eq!(talk.line("/unread"), ["#ops: 2 unread, 1 of them mention you"]);
    assert_eq!(talk.line("/next"), ["Now in #ops, 12 members. Topic: All about ops. 2 unread."]);
}

#[test]
fn numbers_name_messages() {
    let mut talk = Talk::loaded(3);
    talk.send(live(mine(GENERAL, 4, "mine", "k")));
    talk.line("/reply (3) /etc is full");
    assert_eq!(talk.world.posts().iter().map(|(_, body)| body.as_str()).collect::<Vec<_>>(), ["/etc is full"]);
    talk.line("/edit 4 better");
    talk.line("/react 3 👍");
    talk.line("/delete 4");
    let effects = talk.world.take();
    assert!(effects.contains(&Effect::Edit { room: GENERAL, seq: 4, body: "better".into() }));
    assert!(effects.contains(&Effect::React { room: GENERAL, seq: 3, emoji: "👍".into(), add: true }));
    assert!(effects.contains(&Effect::Delete { room: GENERAL, seq: 4 }));
    for (line, words) in [
        ("/edit 3 x", "your own"),
        ("/delete 99", "number of a message"),
        ("/reply 3", "something behind"),
        ("/react 3 word", "neither an emoji"),
        ("/history x", "takes a number"),
        ("/retry", "could not be sent"),
    ] {
        let told = talk.line(line);
        assert!(told.len() == 1 && told[0].contains(words), "{line}: {told:?}");
    }
}

#[test]
fn a_message_that_is_not_taken_is_told_and_tried_again() {
    let mut talk = Talk::loaded(3);
    talk.line("hello");
    let (key, _) = talk.world.posts().remove(0);
    let refused = failure(FailureKind::Refused(ErrorCode::Forbidden));
    let lines = talk.send(Event::Done(Done::Posted { key, result: Err(refused) }));
    assert!(lines.len() == 1 && lines[0].starts_with("Error: not sent: it did not work The text: hello."), "{lines:?}");
    assert!(!talk.world.state.is_sending());
    talk.line("/retry");
    assert_eq!(talk.world.posts().len(), 1);
    assert!(talk.world.state.is_sending());
}

#[test]
fn panels_are_told_and_leave_nothing_behind() {
    let mut talk = Talk::loaded(3);
    let help = talk.line("/help");
    assert!(help.iter().any(|line| line.starts_with("/reply NUMBER")));
    assert!(help.iter().any(|line| line.starts_with("/join NAME: ")));
    assert_eq!(talk.line("/search message"), [""; 0]);
    let numbers = talk.world.take_only(|effect| match effect {
        Effect::Search { number, .. } => Some(*number),
        _ => None,
    });
    let messages = vec![chat_shared::Message::posted(&says(OPS, 5, "the message")).unwrap()];
    let result = Ok(Box::new(chat_shared::api::SearchPage { messages, more: false }));
    let lines = talk.send(Event::Done(Done::Found { number: numbers[0], result }));
    assert_eq!(lines, ["1 hit:", "Sun 22 Nov 10:00 ann in #ops: the message (5)"]);
    assert!(talk.world.state.overlay.is_none());
}

#[test]
fn every_line_is_one_harmless_line() {
    let mut talk = Talk::loaded(3);
    let evil = "\x1b]0;x\x07\n\u{202E}\u{9b}2J";
    let user = chat_shared::UserRef { id: ANN, name: evil.into() };
    let kinds = [
        EventKind::Posted { body: evil.into(), key: None, reply_to: Some(1) },
        EventKind::Edited { target: 1, body: evil.into() },
        EventKind::ReactionAdded { target: 1, emoji: evil.into() },
        EventKind::Joined { user },
        EventKind::RoomChanged { name: evil.into(), topic: evil.into() },
    ];
    for (seq, kind) in (4..).zip(kinds) {
        let lines = talk.send(live(event(GENERAL, seq, ANN, kind)));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(!lines[0].contains(|c: char| c.is_control() || c == '\u{202E}'), "{lines:?}");
    }
    let lines = talk.send(Event::Link(LinkEvent::Offline { reason: evil.into(), retry_in_ms: 1 }));
    assert!(lines.iter().all(|line| !line.contains(char::is_control)), "{lines:?}");
}

#[test]
fn conversations_and_earlier_texts_are_told_in_order() {
    let mut talk = Talk::loaded(3);
    let answer = EventKind::Posted { body: "yes".into(), key: None, reply_to: Some(2) };
    talk.send(live(event(GENERAL, 4, ANN, answer)));
    assert_eq!(talk.line("/thread (4)"), [""; 0], "the rest is on its way");
    let result = Err(failure(FailureKind::NoAnswer));
    let lines = talk.send(Event::Done(Done::Thread { room: GENERAL, seq: 4, from: PageFrom::Around(4), result }));
    let told = ["Sun 22 Nov 10:00 ann: message 2 (2)", "Sun 22 Nov 10:00 ann answers ann (2): yes (4)"];
    assert_eq!(lines, ["Error: only what is loaded can be told: it did not work", told[0], told[1]]);

    assert_eq!(talk.line("/earlier 4"), ["Error: That message was not edited."]);
    talk.send(live(event(GENERAL, 5, ANN, EventKind::Edited { target: 4, body: "no".into() })));
    assert_eq!(talk.line("/earlier 4"), [""; 0]);
    let version = |seq, body: &str| chat_shared::api::Version { at: at(seq), body: body.into() };
    let history = Ok(Box::new(chat_shared::api::History { versions: vec![version(4, "yes"), version(5, "n\no")] }));
    let lines = talk.send(Event::Done(Done::History { room: GENERAL, seq: 4, result: history }));
    assert_eq!(lines, ["2 texts of 4, the present one last:", "Sun 22 Nov 10:00 yes", "Sun 22 Nov 10:00 n o"]);
    assert!(talk.world.state.overlay.is_none());

    let changed = EventKind::RoomChanged { name: String::new(), topic: "lunch".into() };
    let lines = talk.send(live(event(GENERAL, 6, ANN, changed)));
    assert_eq!(lines, ["10:00 ann changed the room: topic: lunch"], "conversations have no name");
}

/// What was asked for of the conversation of message 2.
fn parts(talk: &mut Talk) -> Vec<PageFrom> {
    talk.world.take_only(|effect| match effect {
        Effect::LoadThread { room: GENERAL, seq: 2, from, .. } => Some(*from),
        _ => None,
    })
}

fn part(talk: &mut Talk, from: PageFrom, seqs: impl IntoIterator<Item = u64>, more: bool) -> Vec<String> {
    let events: Vec<_> = seqs.into_iter().map(|seq| says(GENERAL, seq, &format!("message {seq}"))).collect();
    let page = chat_shared::api::MessagesPage { more, ..page_of(&events, 3_000) };
    talk.send(Event::Done(Done::Thread { room: GENERAL, seq: 2, from, result: Ok(Box::new(page)) }))
}

#[test]
fn a_long_conversation_is_told_in_parts() {
    let mut talk = Talk::loaded(3);
    assert!(talk.line("/more")[0].contains("/thread"));
    talk.line("/thread 2");
    assert_eq!(parts(&mut talk), [PageFrom::Around(2)]);
    let lines = part(&mut talk, PageFrom::Around(2), [1, 2].into_iter().chain(4..=203), false);
    assert_eq!((lines.len(), parts(&mut talk)), (203, vec![]), "nothing more is asked for by itself");
    assert_eq!(lines[202], "There may be more of it: /more tells what comes after.");
    assert_eq!(talk.line("/more back"), ["Nothing comes before what was told."]);
    // What was told is not told again, and where it was ended is where it goes on.
    assert_eq!(talk.line("/more"), [""; 0]);
    assert_eq!(parts(&mut talk), [PageFrom::After(203)]);
    let lines = part(&mut talk, PageFrom::After(203), 204..=403, false);
    assert!(lines[0].ends_with("message 204 (204)") && lines.len() == 201, "{lines:?}");
    talk.line("/more");
    assert_eq!(parts(&mut talk), [PageFrom::After(403)]);
    let result = Err(failure(FailureKind::NoAnswer));
    let failed = Event::Done(Done::Thread { room: GENERAL, seq: 2, from: PageFrom::After(403), result });
    assert_eq!(talk.send(failed), ["Error: could not go on: it did not work"]);
    talk.line("/more");
    assert_eq!(parts(&mut talk), [PageFrom::After(403)], "it can be tried again");
    assert_eq!(part(&mut talk, PageFrom::After(403), [], false), ["That was all of it."]);
    assert_eq!(talk.line("/more"), ["Nothing comes after what was told."]);
    assert!(talk.line("/more please")[0].contains("the word back"));
    talk.world.send(alt('2'));
    assert!(talk.line("/more")[0].contains("of this room"), "it is of another room");
}

#[test]
fn a_conversation_goes_on_backwards_too() {
    let mut talk = Talk::loaded(3);
    talk.line("/thread 2");
    let lines = part(&mut talk, PageFrom::Around(2), 1_000..=1_002, true);
    assert!(lines[3].ends_with("/more back what comes before."), "{lines:?}");
    parts(&mut talk);
    talk.line("/more back");
    assert_eq!(parts(&mut talk), [PageFrom::Before(1_000)]);
    let lines = part(&mut talk, PageFrom::Before(1_000), 990..=991, false);
    assert!(
        lines[1].ends_with("message 991 (991)") && lines[2].ends_with("/more tells what comes after."),
        "{lines:?}"
    );
    // A new one begins anew.
    talk.line("/thread 2");
    let lines = part(&mut talk, PageFrom::Around(2), 1..=2, false);
    assert_eq!(lines.len(), 2, "this is all of it: {lines:?}");
}

#[test]
fn nothing_names_keys_that_are_not_there() {
    let mut talk = Talk::loaded(3);
    let help = talk.line("/help");
    for command in ["/unread", "/search", "/join"] {
        let lines = help.iter().filter(|line| line.split([' ', ':']).next() == Some(command)).count();
        assert_eq!(lines, 1, "{command}: {help:?}");
    }
    assert!(!help.iter().any(|line| line.contains("Ctrl+") || line.contains("Alt+")));
    assert_eq!(help.iter().filter(|line| line.starts_with("/dnd")).count(), 1);
    assert_eq!(talk.line("/search"), ["Error: /search takes words."]);
    assert_eq!(talk.line("/search from:bob"), ["Error: /search takes words."]);
    talk.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 1 }));
    talk.line("first");
    talk.line("second\tone");
    let lines = talk.send(bootstrap(vec![summary(OPS, "ops", 5, 5, 0)]));
    let told = ["You are no longer in #general.", "Not sent there: first", "Not sent there: second one"];
    assert_eq!(lines[..3], told, "{lines:?}");
}

#[test]
fn an_edit_that_is_refused_does_not_eat_the_next_line() {
    let mut talk = Talk::loaded(3);
    talk.send(live(mine(GENERAL, 4, "mine", "k")));
    talk.line("/edit 4 better");
    talk.world.take();
    let what = "edit the message";
    let lines = talk.send(Event::Done(Done::Failed { what, failure: failure(FailureKind::NoAnswer) }));
    assert_eq!(lines, ["Error: Could not edit the message: it did not work"]);
    talk.line("something else");
    assert_eq!(talk.world.posts().len(), 1, "it is a message of its own");
}

/// The pages of #general that were asked for.
fn pages(talk: &mut Talk) -> Vec<PageFrom> {
    talk.world.take_only(|e| if let Effect::LoadPage { room: GENERAL, from, .. } = e { Some(*from) } else { None })
}

fn page(talk: &mut Talk, from: PageFrom, seqs: std::ops::RangeInclusive<u64>) -> Vec<String> {
    let events: Vec<_> = seqs.map(|seq| says(GENERAL, seq, &format!("message {seq}"))).collect();
    // Later pages know of what has happened meanwhile.
    let head = if from == PageFrom::Latest { 500 } else { 501 };
    talk.send(Event::Done(Done::Page { room: GENERAL, from, result: Ok(Box::new(page_of(&events, head))) }))
}

/// Online in #general with 500 messages, of which the last 100 are here.
fn with_the_last() -> Talk {
    let mut talk = Talk::new(500);
    talk.send(Event::Link(LinkEvent::Online));
    page(&mut talk, PageFrom::Latest, 401..=500);
    talk.world.take();
    talk
}

#[test]
fn history_is_told_as_far_back_as_is_wanted() {
    let mut talk = with_the_last();
    let lines = talk.line("/history 3");
    assert!(lines.len() == 4 && lines[1].ends_with("message 498 (498)"), "{lines:?}");
    assert_eq!(talk.line("/history").len(), 21);
    assert!(pages(&mut talk).is_empty(), "it is loaded");
    assert_eq!(talk.line("/history 250"), [""; 0]);
    assert_eq!(pages(&mut talk), [PageFrom::Before(401)]);
    assert!(!talk.world.state.takes_lines(), "what is typed then comes after it");
    // What happens meanwhile is told as ever.
    assert_eq!(talk.send(live(says(GENERAL, 501, "new"))).len(), 1);
    assert_eq!(page(&mut talk, PageFrom::Before(401), 301..=400), [""; 0]);
    assert_eq!(pages(&mut talk), [PageFrom::Before(301)]);
    let lines = page(&mut talk, PageFrom::Before(301), 201..=300);
    assert!(lines.len() == 251 && lines[1].ends_with("(252)") && lines[250].ends_with("new (501)"), "{lines:?}");
    assert!(talk.world.state.takes_lines());
    // Where a room begins, that is all.
    talk.line("/history 2000");
    pages(&mut talk);
    page(&mut talk, PageFrom::Before(201), 101..=200);
    assert_eq!(pages(&mut talk), [PageFrom::Before(101)]);
    assert_eq!(page(&mut talk, PageFrom::Before(101), 60..=100).len(), 443);
    assert!(talk.line("/history 9999")[0].contains("1000 messages at most"));
    assert!(talk.line("/history -1")[0].contains("takes a number"));
}

#[test]
fn history_that_cannot_be_had_says_so_and_tells_what_there_is() {
    let mut talk = with_the_last();
    talk.line("/history 150");
    let from = PageFrom::Before(401);
    let refused = || Event::Done(Done::Page { room: GENERAL, from, result: Err(failure(FailureKind::NoAnswer)) });
    let lines = talk.send(refused());
    assert_eq!(lines[0], "Error: only what is loaded can be told: it did not work");
    assert_eq!(lines.len(), 102);
    pages(&mut talk);
    talk.line("/history 150");
    assert_eq!(pages(&mut talk), [from], "it can be tried again");
    // A page that brings nothing does not make it ask for ever.
    let lines = page(&mut talk, from, 480..=500);
    assert!(lines.len() == 101 && pages(&mut talk).is_empty(), "{lines:?}");
    talk.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 1 }));
    assert!(talk.line("/history 5").len() == 6, "this much is here");
    talk.line("/history 150");
    assert!(talk.world.state.takes_lines(), "nobody waits for a connection");
    // Out of the room, nothing is waited for.
    let mut talk = with_the_last();
    talk.line("/history 150");
    talk.send(bootstrap(vec![summary(OPS, "ops", 5, 5, 0)]));
    assert!(talk.world.state.told_back.is_none());
}

#[test]
fn what_was_said_is_told_again() {
    let mut talk = Talk::loaded(3);
    assert_eq!(talk.line("/notices"), ["Nothing was said yet."]);
    talk.line("/reply 99 x");
    talk.line("/history x");
    let told = talk.line("/notices");
    assert!(told.len() == 2 && told[0].starts_with("11:00 /reply takes the number") && told[1].contains("/history"));
    assert!(talk.line("/help").iter().any(|line| line.starts_with("/notices: ")));
}

#[test]
fn without_a_room_there_is_a_way_into_one() {
    let mut talk = Talk::begun();
    talk.send(bootstrap(Vec::new()));
    let lines = talk.send(Event::Link(LinkEvent::Online));
    assert!(lines.len() == 2 && lines[1].starts_with("You are in no room: /rooms"), "{lines:?}");
    assert!(talk.world.state.takes_lines());
    for line in ["hello", "/topic x", "/leave", "/me waves", "/move up"] {
        let told = talk.line(line);
        assert!(told.len() == 1 && told[0].starts_with("Error: You are in no room"), "{line}: {told:?}");
    }
    assert!(talk.line("/nope")[0].contains("no command /nope"));
    assert!(talk.line("/help").len() > 10);
    talk.world.take();
    talk.line("/join ops");
    talk.line("/dm ann hi");
    talk.line("/quit");
    let asked = talk.world.take();
    assert!(
        asked.contains(&Effect::Join { name: "ops".into(), asked: Asked::default() }) && asked.contains(&Effect::Quit),
        "{asked:?}"
    );
    let dm = Effect::OpenDm { name: "ann".into(), say: Some("hi".into()), asked: Asked::default() };
    assert!(asked.contains(&dm));
}

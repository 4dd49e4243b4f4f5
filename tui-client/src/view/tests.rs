//! Whatever happens, in whatever order, at whatever size: nothing panics, and nothing but visible characters is drawn.

use chat_shared::api::SearchPage;
use chat_shared::{ErrorCode, EventKind, Message, UserRef};
use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::app::effect::{Effect, PageFrom};
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::testing::*;
use crate::failure::FailureKind;

#[derive(Clone, Debug)]
enum Step {
    Send(Box<Event>),
    /// Answers the oldest effects that are waited for, with success or failure.
    Answer(bool),
    Wait(u32),
}

fn any_key() -> impl Strategy<Value = Event> {
    let code = prop_oneof![
        4 => prop::char::any().prop_map(KeyCode::Char),
        6 => prop::sample::select("?jkrdey+/@#:1289qabnpzjuwfN".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        8 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::Tab,
            KeyCode::Home, KeyCode::End, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Backspace, KeyCode::Delete, KeyCode::F(1),
        ]),
    ];
    let modifiers = prop_oneof![
        4 => Just(KeyModifiers::NONE), 2 => Just(KeyModifiers::CONTROL), 2 => Just(KeyModifiers::ALT), 1 => Just(KeyModifiers::SHIFT),
    ];
    (code, modifiers).prop_map(|(code, modifiers)| with(modifiers, code))
}

fn any_room_event() -> impl Strategy<Value = Event> {
    let kind = prop_oneof![
        (any::<String>(), prop::option::of(0u64..400)).prop_map(|(body, reply_to)| EventKind::Posted {
            body,
            key: None,
            reply_to
        }),
        (0u64..400, any::<String>()).prop_map(|(target, body)| EventKind::Edited { target, body }),
        (0u64..400).prop_map(|target| EventKind::Deleted { target }),
        (0u64..400, any::<String>()).prop_map(|(target, emoji)| EventKind::ReactionAdded { target, emoji }),
        any::<String>().prop_map(|name| EventKind::Joined { user: UserRef { id: ANN, name } }),
        (any::<bool>(), any::<String>())
            .prop_map(|(me, name)| EventKind::Left { user: UserRef { id: if me { ME } else { ANN }, name } }),
        (any::<String>(), any::<String>()).prop_map(|(name, topic)| EventKind::RoomChanged { name, topic }),
    ];
    let seq = prop_oneof![20 => 290u64..420, 1 => Just(u64::MAX), 1 => Just(0)];
    (kind, seq, any::<bool>(), any::<bool>()).prop_map(|(kind, seq, ops, by_me)| {
        live(event(if ops { OPS } else { GENERAL }, seq, if by_me { ME } else { ANN }, kind))
    })
}

fn any_link_event() -> impl Strategy<Value = Event> {
    let room = prop::sample::select(vec![GENERAL, OPS]);
    prop_oneof![
        Just(LinkEvent::Connecting),
        Just(LinkEvent::Online),
        (room.clone(), any::<u64>()).prop_map(|(room, head)| LinkEvent::Reset { room, head }),
        (room.clone(), any::<String>()).prop_map(|(room, name)| LinkEvent::Typing { room, by: ANN, name }),
        (room, any::<u64>(), any::<u64>()).prop_map(|(room, seq, unread)| LinkEvent::Read {
            room,
            seq,
            unread,
            mentions: unread,
            unread_from: Some(seq / 2).filter(|_| unread % 2 == 1),
        }),
        (any::<String>(), any::<u64>()).prop_map(|(reason, retry_in_ms)| LinkEvent::Offline { reason, retry_in_ms }),
        any::<String>().prop_map(|reason| LinkEvent::Unauthorized { reason }),
    ]
    .prop_map(Event::Link)
}

fn any_mouse() -> impl Strategy<Value = Event> {
    let kind = prop::sample::select(vec![
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Moved,
    ]);
    (kind, any::<u16>(), 0u16..200, 0u16..60).prop_map(|(kind, far, column, row)| {
        let column = if far % 50 == 0 { far } else { column };
        Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![4 => (1u16..140, 1u16..50), 1 => Just((1, 1)), 1 => Just((500, 200)), 1 => Just((0, 0))];
    let event = prop_oneof![
        12 => any_key(),
        6 => any_room_event(),
        3 => any_link_event(),
        2 => any_mouse(),
        2 => size.prop_map(|(width, height)| Event::Resize { width, height }),
        1 => any::<bool>().prop_map(Event::Focus),
        1 => any::<String>().prop_map(Event::Line),
        1 => any::<String>().prop_map(Event::Paste),
        1 => (300u64..420, 0u64..420).prop_map(|(head, read)| {
            bootstrap(vec![summary(GENERAL, "general", head, read, 3), summary(OPS, "ops", head, read, 1)])
        }),
    ];
    prop_oneof![
        10 => event.prop_map(|event| Step::Send(Box::new(event))),
        4 => any::<bool>().prop_map(Step::Answer),
        1 => (0u32..10_000_000).prop_map(Step::Wait),
    ]
}

/// Answers what can be answered, the way a server would.
fn answer(world: &mut World, succeeds: bool) {
    let refused = || failure(FailureKind::Refused(ErrorCode::Unavailable));
    for effect in world.take().into_iter().take(5) {
        let done = match effect {
            Effect::LoadPage { room, from, .. } => {
                let seqs = match from {
                    PageFrom::Latest => 250..=350,
                    PageFrom::Before(seq) => seq.saturating_sub(100).max(1)..=seq.saturating_sub(1),
                    PageFrom::After(seq) => seq.saturating_add(1)..=seq.saturating_add(50).min(350),
                    PageFrom::Around(seq) => seq.saturating_sub(50).max(1)..=seq.saturating_add(50).min(350),
                };
                let events: Vec<_> =
                    seqs.take(100).map(|seq| says(room, seq, "日本 text\n👩\u{200D}👧 more")).collect();
                Done::Page {
                    room,
                    from,
                    result: if succeeds { Ok(Box::new(page_of(&events, 350))) } else { Err(refused()) },
                }
            }
            Effect::Post { key, room, body, .. } => {
                let result = if succeeds { Ok(Box::new(mine(room, 351, &body, &key))) } else { Err(refused()) };
                Done::Posted { key, result }
            }
            Effect::Search { number, .. } => {
                let room = |seq: u64| if seq.is_multiple_of(2) { GENERAL } else { OPS };
                let hits = (250..300).filter_map(|seq| Message::posted(&says(room(seq), seq, "日本 text\nmore")));
                let result = if succeeds {
                    Ok(Box::new(SearchPage { messages: hits.collect(), more: false }))
                } else {
                    Err(refused())
                };
                Done::Found { number, result }
            }
            Effect::StartTimer { id, .. } => {
                world.send(Event::Timer(id));
                continue;
            }
            _ => continue,
        };
        world.send(Event::Done(done));
    }
}

fn draw(world: &World) -> Result<(), TestCaseError> {
    let (width, height) = (world.state.width, world.state.height);
    // The terminal may be smaller than the last size that was heard of.
    for (width, height) in [(width, height), (width / 2 + 1, height / 2 + 1)] {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| crate::view::draw(&world.state, frame, &mut crate::view::Links::default())).unwrap();
        for cell in terminal.backend().buffer().content() {
            prop_assert!(!cell.symbol().chars().any(char::is_control), "{:?}", cell.symbol());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(signed_in in prop::bool::weighted(0.9), steps in prop::collection::vec(any_step(), 1..60)) {
        let mut world = if signed_in { World::chatting(80, 24, 300) } else { World::new(80, 24, false) };
        for step in steps {
            match step {
                Step::Send(event) => drop(world.send(*event)),
                Step::Answer(succeeds) => answer(&mut world, succeeds),
                Step::Wait(us) => world.now_us += u64::from(us),
            }
            if world.state.take_dirty() {
                draw(&world)?;
            }
        }
    }
}

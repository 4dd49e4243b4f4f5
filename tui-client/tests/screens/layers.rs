//! Everything that lies on top of the chat, at every size and in every look. A new one has to be opened here, or this does not compile.

use chat_shared::api::{History, MessagesPage, Version};
use chat_shared::{EventKind, Message, Reaction};
use chat_tui::app::effect::PageFrom;
use chat_tui::app::{ColourMode, Done, Event, Layer, LinkEvent};
use chat_tui::failure::{Failure, FailureKind};
use crossterm::event::KeyCode;
use ratatui::style::Color;

use super::SIZES;
use super::world::{ANN, BOB, GENERAL, World, char, ctrl, event, key, posted};

const LOOKS: [(&str, ColourMode, bool); 3] =
    [("dark", ColourMode::True, false), ("light", ColourMode::True, true), ("no_color", ColourMode::None, false)];

/// Opens it as a user does.
fn open(layer: Layer, world: &mut World) {
    match layer {
        Layer::Help => world.send(key(KeyCode::F(1))),
        Layer::Switcher => world.send(ctrl('k')).type_text("o"),
        Layer::Rooms => world.type_text("/rooms").send(key(KeyCode::Enter)).list_rooms(),
        Layer::Members => world.type_text("/members").send(key(KeyCode::Enter)).list_members(),
        Layer::Links => {
            let body = "https://a.example/one and [two](https://b.example/two)";
            world.send(Event::Link(LinkEvent::Room(posted(GENERAL, 16, ANN, "ann", body))));
            world.send(key(KeyCode::Esc)).send(char('o'))
        }
        Layer::Search => world.send(ctrl('f')).type_text("mig"),
        Layer::Thread => open_conversation(world),
        Layer::Versions => open_earlier_texts(world),
        Layer::Notices => open_notices(world),
        Layer::Delete => world.send(key(KeyCode::Up)).send(char('d')),
        Layer::React => world.send(key(KeyCode::Esc)).send(char('+')).type_text(":ta"),
    };
    assert_eq!(world.state.layer(), Some(layer));
}

fn asks() -> chat_shared::Event {
    event(GENERAL, 16, ANN, "ann", EventKind::Posted { body: "which tag?".into(), key: None, reply_to: Some(8) })
}

fn open_conversation(world: &mut World) -> &mut World {
    world.send(Event::Link(LinkEvent::Room(asks()))).send(key(KeyCode::Esc)).send(key(KeyCode::Enter));
    let code = "nice, I'll tag it\n```\ngit tag v1.2\n```\nand tell **everybody** at https://chat.example/releases";
    let mut answer = posted(GENERAL, 8, BOB, "bob", code);
    answer.kind = EventKind::Posted { body: code.into(), key: None, reply_to: Some(5) };
    let events = [posted(GENERAL, 3, ANN, "ann", "tomorrow is the release"), answer, asks()];
    let mut messages: Vec<_> = events.iter().filter_map(Message::posted).collect();
    messages[1].reactions = vec![Reaction { emoji: "🎉".into(), count: 2, mine: true }];
    messages[1].edited_at = Some(messages[2].at);
    let page = Ok(Box::new(MessagesPage { messages, head: 16, ..MessagesPage::default() }));
    world.send(Event::Done(Done::Thread { room: GENERAL, seq: 16, from: PageFrom::Around(16), result: page }))
}

fn open_earlier_texts(world: &mut World) -> &mut World {
    world.send(Event::Link(LinkEvent::Room(asks())));
    let edit = EventKind::Edited { target: 16, body: "which tag shall I take?".into() };
    world.send(Event::Link(LinkEvent::Room(event(GENERAL, 17, ANN, "ann", edit))));
    world.send(key(KeyCode::Esc)).send(char('h'));
    let texts = ["which tga?", "which **tag**?\n\n> nice, I'll tag it", "which tag shall I take?"];
    let version = |(seq, text): (u64, &str)| {
        let posted = posted(GENERAL, seq, ANN, "ann", text);
        Version { at: posted.at, body: text.into() }
    };
    let history = Ok(Box::new(History { versions: (3..).zip(texts).map(version).collect() }));
    world.send(Event::Done(Done::History { room: GENERAL, seq: 16, result: history }))
}

fn open_notices(world: &mut World) -> &mut World {
    let failure = Failure { kind: FailureKind::NoAnswer, message: "the server did not answer in time".into() };
    world.send(Event::Done(Done::Failed { what: "delete the message", failure }));
    world.send(Event::Done(Done::Aside("The desktop cannot be told.".into())));
    let text = "The token is in /home/me/.local/state/chat-tui/accounts, in a file that only you can read: the keyring cannot \
                be used (nobody has unlocked it within a minute).";
    world.send(Event::Done(Done::Aside(text.into())));
    world.type_text("/notices").send(key(KeyCode::Enter))
}

#[test]
fn every_layer_at_every_size_in_every_look() {
    for layer in Layer::ALL {
        for (width, height) in SIZES {
            for (look, colours, is_light) in LOOKS {
                let mut world = World::with_look(width, height, colours, is_light);
                world.join_in();
                open(*layer, &mut world);
                let name = format!("layer_{}_{look}_{width}x{height}", layer.name());
                insta::assert_snapshot!(name.clone(), format!("{}\n---\n{}", world.screen(), world.looks_from(0)));
                if colours == ColourMode::None {
                    let is_plain = |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
                    assert!(world.draw().content().iter().all(is_plain), "{name}");
                }
            }
        }
    }
}

/// The end of a part of a long conversation, with code in colours; what comes behind it could not be loaded.
#[test]
fn a_part_of_a_long_conversation() {
    for (width, height) in SIZES {
        let mut world = World::chatting(width, height);
        world.send(Event::Link(LinkEvent::Room(asks()))).send(key(KeyCode::Esc)).send(key(KeyCode::Enter));
        let message = |seq: u64| {
            let body = if seq == 298 { "```rust\nlet tag = \"v1.2\";\n```".into() } else { format!("message {seq}") };
            let reply_to = Some(seq.min(16) - 1);
            Message::posted(&event(GENERAL, seq, ANN, "ann", EventKind::Posted { body, key: None, reply_to }))
        };
        let page = |seqs: std::ops::RangeInclusive<u64>, head| {
            let messages = seqs.filter_map(message).collect();
            Ok(Box::new(MessagesPage { messages, head, ..MessagesPage::default() }))
        };
        let done = |from, result| Event::Done(Done::Thread { room: GENERAL, seq: 16, from, result });
        world.send(done(PageFrom::Around(16), page(12..=300, 300)));
        let failure = Failure { kind: FailureKind::NoAnswer, message: "the server did not answer in time".into() };
        for _ in 0..60 {
            world.send(key(KeyCode::PageDown));
        }
        world.send(done(PageFrom::After(300), Err(failure)));
        for code in world.codes() {
            if let Some(tokens) = chat_tui::highlight::tokens(&code) {
                world.send(Event::Done(Done::Coloured { code, tokens }));
            }
        }
        let name = format!("conversation_part_{width}x{height}");
        insta::assert_snapshot!(name, format!("{}\n---\n{}", world.screen(), world.looks_from(0)));
    }
}

#[test]
fn no_layer_minds_a_sliver_or_a_wall() {
    for layer in Layer::ALL {
        for (width, height) in [(0, 0), (1, 1), (2, 40), (20, 5), (500, 200)] {
            let mut world = World::chatting(width, height);
            open(*layer, &mut world);
            for code in
                [KeyCode::Down, KeyCode::PageDown, KeyCode::Up, KeyCode::Char('x'), KeyCode::Enter, KeyCode::F(2)]
            {
                world.send(key(code)).screen();
            }
        }
    }
}

#[test]
fn only_messages_to_select_with_the_mouse() {
    for (width, height) in SIZES {
        let mut world = World::chatting(width, height);
        world.type_text("a draft").send(key(KeyCode::F(2)));
        insta::assert_snapshot!(format!("select_text_{width}x{height}"), world.screen());
    }
}

#[test]
fn only_the_text_of_a_panel_to_select_with_the_mouse() {
    for (layer, name) in [(Layer::Versions, "earlier"), (Layer::Search, "search"), (Layer::Help, "help")] {
        for (width, height) in SIZES {
            let mut world = World::chatting(width, height);
            open(layer, &mut world);
            let before = world.screen();
            world.send(key(KeyCode::F(2)));
            insta::assert_snapshot!(format!("select_panel_{name}_{width}x{height}"), world.screen());
            assert!(!world.screen().contains('│'), "nothing that is not text");
            world.send(key(KeyCode::Esc));
            assert_eq!((world.screen(), world.state.layer()), (before, Some(layer)), "Esc goes back to the panel");
        }
    }
}

#[test]
fn a_terminal_that_tells_its_background_changes_the_look() {
    let mut world = World::chatting(80, 24);
    let (dark, light) = (world.looks(), World::with_look(80, 24, ColourMode::True, true));
    let mut light = light;
    light.join_in();
    let _ = world.state.take_dirty();
    world.send(Event::Background { is_light: true });
    assert!(world.state.is_dirty() && world.looks() != dark);
    assert_eq!(world.looks(), light.looks());
    let _ = world.state.take_dirty();
    world.send(Event::Background { is_light: true });
    assert!(!world.state.is_dirty(), "nothing to draw where nothing changed");
}

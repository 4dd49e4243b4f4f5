//! Whole screens, as text: what a user sees in the moments that matter, at two sizes.

#[path = "screens/layers.rs"]
mod layers;
#[path = "screens/themes.rs"]
mod themes;
#[path = "screens/world.rs"]
mod world;

use chat_shared::api::SearchPage;
use chat_shared::{ErrorCode, EventKind, UserRef};
use chat_tui::app::effect::PageFrom;
use chat_tui::app::{ColourMode, Done, Event, LinkEvent};
use chat_tui::failure::{Failure, FailureKind};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use world::{ANN, BOB, GENERAL, ME, OPS, World, char, ctrl, event, key, posted, reacted};

/// The sizes that every screen is checked at: the classic terminal, and a comfortable one.
const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// Checks a screen at both sizes.
fn check(name: &str, set_up: impl Fn(&mut World)) {
    for (width, height) in SIZES {
        let mut world = World::chatting(width, height);
        set_up(&mut world);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), world.screen());
    }
}

#[test]
fn a_conversation() {
    check("chat", |world| {
        world.send(Event::Link(LinkEvent::Typing { room: GENERAL, by: BOB, name: "bob".into() }));
        world
            .type_text("on it")
            .send(key(KeyCode::Enter))
            .type_text("a draft\nthat")
            .send(ctrl('j'))
            .type_text("goes on");
    });
}

#[test]
fn the_first_run() {
    for (width, height) in SIZES {
        let mut world = World::new(width, height, false);
        world.type_text("ann").send(key(KeyCode::Tab)).type_text("secret").send(ctrl('r'));
        insta::assert_snapshot!(format!("first_run_{width}x{height}"), world.screen());
        world.type_text("secret").send(key(KeyCode::Enter)).type_text("secretsecret").send(key(KeyCode::Enter));
        let kind = FailureKind::Refused(ErrorCode::NameTaken);
        world.send(Event::Done(Done::Authenticated(Err(Failure { kind, message: "taken".into() }))));
        insta::assert_snapshot!(format!("first_run_refused_{width}x{height}"), world.screen());
    }
}

#[test]
fn a_long_reason_on_the_first_run_screen() {
    let reason = "The login is still on this machine: the keyring does not give the token (it stays locked: the question for its password was answered with no); unlock it, and try again, or see what the documentation says about tokens.";
    for (width, height) in [(80, 24), (64, 13), (30, 13), (20, 5)] {
        let mut world = World::new(width, height, false);
        world.send(Event::Done(Done::Aside(reason.into())));
        insta::assert_snapshot!(format!("first_run_long_{width}x{height}"), world.screen());
    }
}

#[test]
fn help() {
    check("help", |world| {
        world.send(key(KeyCode::F(1)));
    });
}

#[test]
fn the_switcher() {
    check("switcher", |world| {
        world.send(ctrl('k')).type_text("ops2");
    });
}

#[test]
fn people_and_favourites() {
    check("people", |world| {
        world.meet_people().type_text("/mute nothing").send(key(KeyCode::Enter));
    });
    check("people_switcher", |world| {
        world.meet_people().send(ctrl('k')).type_text("o");
    });
}

#[test]
fn favourites_in_their_own_order() {
    check("favourites", |world| {
        world.order_favourites();
        let up = KeyModifiers::ALT | KeyModifiers::SHIFT;
        world.send(Event::Key(KeyEvent::new(KeyCode::Up, up)));
        world.type_text("/move do");
    });
}

#[test]
fn history_with_comings_and_a_gap() {
    check("comings", |world| {
        let joins = |seq, name: &str| {
            let user = UserRef { id: BOB, name: name.into() };
            event(GENERAL, seq, BOB, name, EventKind::Joined { user })
        };
        world.send(Event::Link(LinkEvent::Reset { room: GENERAL, head: 30 }));
        let topic = EventKind::RoomChanged { name: "general".into(), topic: "All hands at noon".into() };
        let left = EventKind::Left { user: UserRef { id: BOB, name: "carol".into() } };
        let events = vec![
            joins(20, "dave"),
            joins(21, "erin"),
            event(GENERAL, 22, BOB, "carol", left),
            event(GENERAL, 24, ANN, "ann", topic),
            joins(26, "frank"),
        ];
        let said = [posted(GENERAL, 23, ANN, "ann", "welcome!"), posted(GENERAL, 25, BOB, "bob", "hi all")];
        world.page_with(GENERAL, PageFrom::Latest, &said, events, 30);
        world.type_text("sent before the rest was here").send(key(KeyCode::Enter));
        let key = world.last_post_key();
        let mut mine = posted(GENERAL, 34, ME, "me", "sent before the rest was here");
        mine.kind =
            EventKind::Posted { body: "sent before the rest was here".into(), key: Some(key.clone()), reply_to: None };
        world.send(Event::Done(Done::Posted { key, result: Ok(Box::new(mine)) }));
    });
}

#[test]
fn the_list_of_rooms() {
    check("rooms", |world| {
        world.type_text("/rooms").send(key(KeyCode::Enter));
        world.list_rooms().send(key(KeyCode::Down));
    });
}

#[test]
fn searching() {
    check("search", |world| {
        world.send(ctrl('f')).type_text("mig").send(key(KeyCode::Down)).send(key(KeyCode::Down));
    });
    check("search_server", |world| {
        world.type_text("/search migration from:ann").send(key(KeyCode::Enter));
        let long = "first of all a lot of words, so many that the one which was searched for would not be seen at all: the migration is done, and more";
        let found = [
            posted(GENERAL, 9, ANN, "ann", "@me can you check the migration?"),
            posted(OPS, 4, ANN, "ann", long),
            posted(OPS, 3, ANN, "ann", "Migration:\n\n  eleven minutes, 売店 👩\u{200D}👩\u{200D}👧"),
        ];
        let messages = found.iter().filter_map(chat_shared::Message::posted).collect();
        let number = world.last_search();
        world.send(Event::Done(Done::Found { number, result: Ok(Box::new(SearchPage { messages, more: false })) }));
        world.send(key(KeyCode::Down));
    });
    check("search_hit", |world| {
        world.send(ctrl('f')).type_text("mig").send(key(KeyCode::Down)).send(key(KeyCode::Enter));
    });
}

#[test]
fn offline_with_a_queue() {
    check("offline", |world| {
        let reason = "Cannot reach chat.example: connection refused".into();
        world.send(Event::Link(LinkEvent::Offline { reason, retry_in_ms: 4_000 }));
        world.type_text("is anybody there?").send(key(KeyCode::Enter)).type_text("hello?").send(key(KeyCode::Enter));
    });
}

#[test]
fn selecting_and_replying() {
    check("selection", |world| {
        world.send(key(KeyCode::Esc)).send(char('k'));
    });
    check("react", |world| {
        world.send(key(KeyCode::Esc)).send(char('+')).type_text(":ta");
    });
    check("reply", |world| {
        world.send(key(KeyCode::Esc)).send(char('k')).send(char('r')).type_text("so do I");
    });
    check("delete", |world| {
        world.send(key(KeyCode::Up)).send(char('d'));
    });
}

#[test]
fn a_message_that_failed() {
    check("failed", |world| {
        world.type_text("too good to be sent").send(key(KeyCode::Enter));
        let key = world.last_post_key();
        let kind = FailureKind::Refused(ErrorCode::NotAMember);
        let failure = Failure { kind, message: "First join the room.".into() };
        world.send(Event::Done(Done::Posted { key, result: Err(failure) }));
        world.send(Event::Done(Done::Failed {
            what: "set the topic",
            failure: Failure { kind: FailureKind::NoAnswer, message: "the server did not answer in time".into() },
        }));
    });
}

#[test]
fn scrolled_up_with_news_below() {
    check("scrolled", |world| {
        let long: Vec<_> = (16..90).map(|seq| posted(GENERAL, seq, ANN, "ann", &format!("line {seq}"))).collect();
        for event in long {
            world.send(Event::Link(LinkEvent::Room(event)));
        }
        world.send(key(KeyCode::PageUp));
        world.send(Event::Link(LinkEvent::Room(posted(GENERAL, 90, BOB, "bob", "news"))));
        world.send(Event::Link(LinkEvent::Room(posted(GENERAL, 91, BOB, "bob", "more news"))));
    });
}

#[test]
fn a_sliver_and_a_wall() {
    for (width, height) in [(20, 5), (50, 16), (40, 9)] {
        let mut world = World::chatting(width, height);
        world.type_text("hi");
        insta::assert_snapshot!(format!("small_{width}x{height}"), world.screen());
    }
    for (width, height) in [(1, 1), (500, 200)] {
        World::chatting(width, height).type_text("hi").screen();
    }
}

#[test]
fn before_the_first_answer() {
    let mut world = World::new(80, 24, true);
    world.send(Event::Link(LinkEvent::Connecting));
    insta::assert_snapshot!("connecting_80x24", world.screen());
}

#[test]
fn without_colours_nothing_is_coloured() {
    let mut world = World::with_colours(80, 24, ColourMode::None);
    world.join_in();
    world.send(key(KeyCode::Esc));
    world.send(Event::Link(LinkEvent::Room(reacted(GENERAL, 16, 9, ME, "🎉"))));
    let buffer = world.draw();
    let plain = |cell: &ratatui::buffer::Cell| {
        cell.fg == ratatui::style::Color::Reset && cell.bg == ratatui::style::Color::Reset
    };
    assert!(buffer.content().iter().all(plain));
}

#[test]
fn the_cursor_is_where_one_writes() {
    let mut world = World::chatting(80, 24);
    world.type_text("日本x");
    assert_eq!(world.cursor(), (25 + 5, 21));
    world.send(key(KeyCode::Left)).send(key(KeyCode::Left));
    assert_eq!(world.cursor(), (25 + 2, 21));
}

const MARKDOWN: [&str; 7] = [
    "**release** _notes_ for ~~1.9~~ `2.0`, see [the page](https://chat.example/notes) or https://chat.example/a_(b).",
    "> will it be *fast*?\n> and small?\nyes, and @me can ask @bob in #design",
    "to do:\n- write the docs, all of them, and have somebody else read them before they are published anywhere\n  * twice\n- ship\n1. then\n2. rest",
    "```rust\nfn main() {\n    println!(\"hello **there**\"); // no markdown in here\n}\n```\nthat is all",
    "# Not a headline\nC:\\new\\file ¯\\_(ツ)_/¯ 2 * 3 * 4 <b>bold</b>",
    "[https://bank.example](https://evil.example/login) and [x](javascript:alert(1))",
    "/me **waves** to @me",
];

/// A conversation of people who know markdown, with the code's parts found.
fn write_markdown(world: &mut World) {
    for (seq, body) in (16..).zip(MARKDOWN) {
        world.send(Event::Link(LinkEvent::Room(posted(GENERAL, seq, ANN, "ann", body))));
    }
    for code in world.codes() {
        if let Some(tokens) = chat_tui::highlight::tokens(&code) {
            world.send(Event::Done(Done::Coloured { code, tokens }));
        }
    }
}

#[test]
fn markdown() {
    check("markdown", write_markdown);
}

/// The looks, cell by cell, of what markdown makes of a message; the text itself is in the snapshot above.
#[test]
fn markdown_in_dark_in_light_and_without_colours() {
    for (name, colours, is_light) in
        [("dark", ColourMode::True, false), ("light", ColourMode::True, true), ("no_color", ColourMode::None, false)]
    {
        for (width, height) in SIZES {
            let mut world = World::with_look(width, height, colours, is_light);
            world.join_in();
            write_markdown(&mut world);
            insta::assert_snapshot!(format!("markdown_{name}_{width}x{height}"), world.looks());
        }
    }
}

#[test]
fn what_a_command_does_is_said_while_it_is_typed() {
    check("command", |world| {
        world.type_text("/topic On ");
    });
}

#[test]
fn several_links_are_offered() {
    check("links", |world| {
        let body = "https://a.example/one and [two](https://b.example/two)";
        world.send(Event::Link(LinkEvent::Room(posted(GENERAL, 16, ANN, "ann", body))));
        world.send(key(KeyCode::Esc)).send(char('o')).send(key(KeyCode::Down));
    });
}

#[test]
fn people_come_and_go_in_another_room_without_a_redraw() {
    let mut world = World::chatting(80, 24);
    let user = UserRef { id: BOB, name: "bob".into() };
    let _ = world.state.take_dirty();
    let mut event = posted(OPS, 40, BOB, "bob", "x");
    event.kind = EventKind::ReactionAdded { target: 2, emoji: "👍".into() };
    world.send(Event::Link(LinkEvent::Room(event)));
    assert!(!world.state.is_dirty(), "a reaction somewhere else shows nothing here");
    let mut event = posted(GENERAL, 16, BOB, "bob", "x");
    event.kind = EventKind::Joined { user };
    world.send(Event::Link(LinkEvent::Room(event)));
    assert!(world.state.is_dirty());
    world.page(OPS, PageFrom::Latest, &[], 1);
}

//! The main screen in the themes that can be chosen, in the depths that terminals have.

use chat_shared::ErrorCode;
use chat_tui::app::{ColourMode, Done, Event, LinkEvent};
use chat_tui::failure::{Failure, FailureKind};
use crossterm::event::KeyCode;

use super::world::{ANN, BOB, GENERAL, World, char, key, posted};

const MINE: &str = r##"
theme = "mine"
[themes.mine]
base = "light"
dim = "#5a6a7a"
border = "245"
accent = "bright-magenta"
raised = "#ffe0b0"
code = "#204060"
keyword = "1"
authors = ["#7a1fa2", "28", "blue"]
"##;

const THEMES: [(&str, &str, ColourMode, bool); 9] = [
    ("contrast_dark", "theme = \"high-contrast\"", ColourMode::True, false),
    ("contrast_light", "theme = \"high-contrast\"", ColourMode::True, true),
    ("contrast_256", "theme = \"high-contrast\"", ColourMode::Ansi256, false),
    ("contrast_16", "theme = \"high-contrast\"", ColourMode::Ansi16, false),
    ("ansi16_dark", "theme = \"ansi16\"", ColourMode::True, false),
    ("ansi16_light", "theme = \"ansi16\"", ColourMode::True, true),
    ("user", MINE, ColourMode::True, false),
    ("user_256", MINE, ColourMode::Ansi256, false),
    ("user_16", MINE, ColourMode::Ansi16, false),
];

/// Something of everything that has a look of its own.
fn everything(world: &mut World) {
    let code =
        "`git tag` and **then**\n```rust\n// ship it\nfn main() {\n    let n: u64 = 1;\n    println!(\"{n}\");\n}\n```";
    for (seq, by, name, body) in
        [(16, BOB, "bob", code), (17, ANN, "ann", "> nice\n@me and @bob, see #ops and https://chat.example/releases")]
    {
        world.send(Event::Link(LinkEvent::Room(posted(GENERAL, seq, by, name, body))));
    }
    for code in world.codes() {
        let tokens = chat_tui::highlight::tokens(&code).expect("the language is known");
        world.send(Event::Done(Done::Coloured { code, tokens }));
    }
    world.type_text("too late").send(key(KeyCode::Enter));
    let kind = FailureKind::Refused(ErrorCode::NotAMember);
    let failure = Failure { kind, message: "First join the room.".into() };
    world.send(Event::Done(Done::Posted { key: world.last_post_key(), result: Err(failure) }));
    world.type_text("a draft");
    world.send(Event::Link(LinkEvent::Typing { room: GENERAL, by: BOB, name: "bob".into() }));
    // The message with the reactions is selected.
    world.send(key(KeyCode::Esc));
    for _ in 0..5 {
        world.send(char('k'));
    }
}

#[test]
fn the_main_screen_in_every_theme() {
    for (name, theme, colours, is_light) in THEMES {
        let mut world = World::with_settings(theme, 120, 40, colours, is_light);
        world.join_in();
        everything(&mut world);
        let text = format!("{}\n---\n{}", world.screen(), world.looks_from(0));
        insta::assert_snapshot!(format!("theme_{name}_120x40"), text);
    }
}

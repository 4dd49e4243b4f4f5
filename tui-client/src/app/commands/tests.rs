//! Tests of `commands`.

use super::*;

#[test]
fn commands_and_texts() {
    assert_eq!(parse("hello /join"), None);
    assert_eq!(parse("/join #ops"), Some(Ok(Command::Join("ops".into()))));
    assert_eq!(parse("/JOIN ops"), Some(Ok(Command::Join("ops".into()))));
    let created = Command::Create { name: "ops".into(), topic: "on call".into() };
    assert_eq!(parse("/create ops  on call "), Some(Ok(created)));
    let direct = |say: Option<&str>| Command::Direct { name: "bob".into(), say: say.map(str::to_owned) };
    assert_eq!(parse("/dm @bob"), Some(Ok(direct(None))));
    assert_eq!(parse("/dm bob  hi\nthere "), Some(Ok(direct(Some("hi\nthere")))));
    for (typed, names, text) in [
        ("/dm ann,bob", "ann,bob", None),
        ("/dm @ann, @bob,eve  hi, you", "ann,bob,eve", Some("hi, you")),
        ("/dm @ann @bob @eve", "ann,bob,eve", None),
        ("/dm ann hello, bob", "ann", Some("hello, bob")),
        ("/dm ann @bob is ill", "ann", Some("@bob is ill")),
        ("/dm ann, ", "ann", None),
    ] {
        let say = text.map(str::to_owned);
        assert_eq!(parse(typed), Some(Ok(Command::Direct { name: names.into(), say })), "{typed}");
    }
    assert_eq!(parse("/mute Mentions"), Some(Ok(Command::Mute(Level::Mentions))));
    assert_eq!((parse("/mute"), parse("/unmute")), (parse("/mute nothing"), parse("/level all")));
    assert_eq!(parse("/me waves"), Some(Ok(Command::Say("/me waves".into()))));
    assert_eq!(parse("//usr/bin"), Some(Ok(Command::Say("/usr/bin".into()))));
    assert_eq!(parse("/topic"), Some(Ok(Command::Topic(None))), "who asks does not clear it");
    assert_eq!(parse("/topic -"), Some(Ok(Command::Topic(Some(String::new())))));
    assert_eq!(parse("/topic - a -"), Some(Ok(Command::Topic(Some("- a -".into())))));
    let explained = Command::Explain("/join NAME: join a room, or go to it".into());
    assert_eq!((parse("/help /j"), parse("/help")), (Some(Ok(explained)), Some(Ok(Command::Help))));
}

#[test]
fn help_comes_while_typing() {
    assert!(hint("/").unwrap().starts_with("/join /create"));
    assert_eq!(hint("/to").unwrap(), "/topic   Tab completes");
    assert_eq!(hint("/topic x").unwrap(), "/topic [TEXT]: say what this room is about (- for nothing), or be told");
    assert!(hint("/nope").unwrap().contains("no command /nope"));
    assert_eq!((hint("hello"), hint("//x"), hint("/a\nb")), (None, None, None));
}

#[test]
fn mistakes_are_explained() {
    for (text, words) in [
        ("/join", "which room"),
        ("/dm", "with whom"),
        ("/mute bob", "all, mentions or nothing"),
        ("/read none", "all"),
        ("/dnd tomorrow", "how long (30m"),
        ("/move away", "up, down, first or last"),
        ("/join a b", "no spaces"),
        ("/nope", "no command /nope. /help lists them"),
        ("/jion x", "did you mean /join?"),
        ("/quitt", "did you mean /quit?"),
        ("/memb", "did you mean /members?"),
        ("/serach x", "did you mean /search?"),
        ("/nick ann", "no command /nick. /help lists them"),
        ("/quit now", "nothing"),
        ("/unread all", "the number of a message"),
    ] {
        let Some(Err(problem)) = parse(text) else { panic!("{text}") };
        assert!(problem.contains(words), "{problem}");
    }
}

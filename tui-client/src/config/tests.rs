//! What a file says, and what is said about it where it is wrong.

use proptest::prelude::*;

use super::*;
use crate::app::settings::{Base, Colour, Part};

fn problem(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let problem = load(&ConfigFile { path: path.clone(), is_named: true }).unwrap_err();
    problem.strip_prefix(path.to_str().unwrap()).unwrap().to_owned()
}

fn parse(text: &str) -> Result<Settings, Wrong> {
    super::parse(text, |document| settings(document, Locale::default()))
}

#[test]
fn a_file_with_everything() {
    let settings = parse(
        "theme = \"mine\"\ntime = \"12h\"\ndensity = \"compact\"\nsort = \"unread\"\n[keys]\nnext-unread = [\"F5\", \"Alt+u\"]\nundo = []\n\
         [themes.mine]\nbase = \"light\"\ndim = \"#102030\"\ntype = \"bright-blue\"\nauthors = [\"1\", \"208\"]\n",
    )
    .unwrap();
    assert_eq!((settings.time, settings.density), (TimeFormat::H12, Density::Compact));
    assert_eq!(settings.sort, Sort::Unread);
    assert_eq!(settings.keys.key_for(Action::NextUnread), "F5");
    assert_eq!(settings.keys.key_for(Action::Undo), "");
    assert_eq!(settings.look.base, Base::Light);
    assert!(settings.look.colours.contains(&(Part::Dim, Colour::Rgb(16, 32, 48))));
    assert_eq!(settings.look.authors, [Colour::Indexed(1), Colour::Indexed(208)]);
    assert_eq!(parse("").unwrap(), Settings::default());
    assert_eq!(parse("notify = \"osc99\"").unwrap().notify, Some(Method::Osc99));
    assert!(parse("mouse = false").unwrap().leaves_mouse && !parse("mouse = true").unwrap().leaves_mouse);
}

#[test]
fn what_is_read_again_says_whether_servers_have_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = ConfigFile { path: folder.path().join("config.toml"), is_named: true };
    std::fs::write(&file.path, "sort = \"unread\"\n").unwrap();
    let known = Profiles::default();
    let reread = load_again(&file, &known).unwrap();
    assert_eq!((reread.settings.sort, reread.other_servers), (Sort::Unread, false));
    std::fs::write(&file.path, "tokens = \"file\"\n").unwrap();
    assert!(load_again(&file, &known).unwrap().other_servers);
    std::fs::write(&file.path, "\nsort = 1\n").unwrap();
    assert!(load_again(&file, &known).unwrap_err().starts_with("config.toml:2: sort"));
}

#[test]
fn a_mistake_in_short_has_no_folder() {
    let file = ConfigFile { path: "/home/ann/.config/chat-tui/config.toml".into(), is_named: false };
    let problem = "/home/ann/.config/chat-tui/config.toml:3: theme: no";
    assert_eq!(file.in_short(problem), "config.toml:3: theme: no");
    assert_eq!(file.in_short("else"), "else");
    assert_eq!(ConfigFile { path: "c.toml".into(), is_named: true }.in_short("c.toml:1: x"), "c.toml:1: x");
}

#[test]
fn times_and_dates_are_the_systems_unless_the_user_says_otherwise() {
    let us = Locale::detect(|_| Some("en_US.UTF-8".into()));
    let read = |text: &str| {
        let settings = super::parse(text, |document| settings(document, us)).unwrap();
        (settings.time, settings.dates)
    };
    assert_eq!(read(""), (TimeFormat::H12, DateOrder::MonthFirst));
    assert_eq!(read("time = \"auto\"\ndates = \"auto\""), (TimeFormat::H12, DateOrder::MonthFirst));
    assert_eq!(read("time = \"24h\"\ndates = \"iso\""), (TimeFormat::H24, DateOrder::Iso));
}

#[test]
fn mistakes_name_the_line_and_the_key() {
    for (text, words) in [
        ("\ntheme = \"drak\"", ":2: theme: \"drak\" is none of auto, dark"),
        ("[keys]\nnext-romo = \"F5\"", ":2: keys.next-romo: no such action; the nearest are next-room, "),
        ("[keys]\nxyzzyplugh = \"F5\"", ":2: keys.xyzzyplugh: no such action; docs/client.md lists them"),
        ("[keys]\n\nnext-room = [\"F5\",\n\"Hyper+x\"]", ":4: keys.next-room: \"Hyper+x\" is no key"),
        ("[keys]\nnext-room = \"n\"", ":2: keys.next-room: n alone writes"),
        (
            "[keys]\nnext-room = \"F5\"\nprevious-room = \"F5\"",
            ":3: keys.previous-room: F5 is taken already by next-room",
        ),
        ("dates = \"us\"", ":1: dates: \"us\" is none of auto, day-first, month-first, iso"),
        ("\nsort = \"size\"", ":2: sort: \"size\" is none of name, unread, activity"),
        ("notify = \"loud\"", ":1: notify: \"loud\" is none of auto, bell"),
        ("time = 24", ":1: time: this has to be a text"),
        ("\nmouse = \"off\"", ":2: mouse: this has to be true or false"),
        ("keys = 1", ":1: keys: this has to be a table"),
        ("colour = 1", ":1: colour: no such setting; there are theme, time, "),
        ("\n\n[themes.x]\ndim = \"grey\"", ":4: dim: \"grey\" is no colour"),
        ("[themes.x]\nfoo = \"1\"", ":2: foo: no such part"),
        ("\n[themes.dark]\ndim = \"1\"", ":2: themes.dark: this is a theme already"),
        ("\nx = ", ":2: "),
        ("[profiles.work]\nuser = \"ann\"", ":1: profiles.work: it needs a server"),
        ("[profiles.work]\nserver = \"chat\"", ":2: server: an address begins with"),
        ("[profiles.work]\ntoken = \"x\"", ":2: token: no such setting; a profile has server and user"),
        ("default-profile = \"work\"", ":1: default-profile: There is no profile \"work\": config.toml has no"),
        ("tokens = \"clay\"", ":1: tokens: \"clay\" is none of auto, file"),
    ] {
        let problem = problem(text);
        assert!(problem.starts_with(words), "{text:?}: {problem}");
    }
}

#[test]
fn servers_have_names() {
    let text = "default-profile = \"work\"\ntheme = \"no such theme\"\n[profiles.home]\nserver = \"http://h:1\"\n\
                [profiles.work]\nserver = \"https://chat.example.org/\"\nuser = \"Ann\"\n";
    let profiles = super::parse(text, profiles::read).unwrap();
    let work = profiles.preferred().unwrap();
    assert_eq!((work.name.as_str(), work.user.as_deref()), ("work", Some("Ann")));
    assert_eq!(work.server, "https://chat.example.org".parse().unwrap());
    assert_eq!(profiles.named("home").unwrap().user, None);
    let unknown = profiles.named("wrok").unwrap_err();
    assert_eq!(unknown, "There is no profile \"wrok\"; config.toml has home, work.");
    assert_eq!(profiles.of(&work.server, "ann"), ["work"]);
    assert!(profiles.of(&work.server, "bob").is_empty());
    assert_eq!(profiles.of(&"http://h:1".parse().unwrap(), "bob"), ["home"]);
    assert_eq!(super::parse("", profiles::read).unwrap(), Profiles::default());
}

#[test]
fn a_file_that_is_not_there_matters_only_where_it_was_named() {
    let path = PathBuf::from("/nowhere/config.toml");
    assert!(load(&ConfigFile { path: path.clone(), is_named: false }).is_ok());
    assert!(load(&ConfigFile { path, is_named: true }).unwrap_err().starts_with("/nowhere/config.toml: "));
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "(\\PC|[\\n\"=\\[\\].]|theme|keys|themes|profiles|next-room){0,40}") {
        let _ = parse(&text);
        let _ = super::parse(&text, profiles::read);
    }
}

#[test]
fn the_settings_that_are_listed_are_those_that_there_are() {
    for (name, ..) in page::SETTINGS {
        let problem = parse(&format!("{name} = 9")).err().map(|wrong| wrong.what).unwrap_or_default();
        assert!(!problem.contains("no such setting"), "{problem}");
    }
}

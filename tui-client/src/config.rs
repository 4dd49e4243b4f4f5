//! The user's settings, from `config.toml`. What is wrong there is said with its line and its key, and nothing of it is taken.

mod nearest;
mod profiles;
mod themes;
mod value;

use std::io;
use std::path::PathBuf;

use clap::ValueEnum as _;
use etcetera::BaseStrategy as _;
use toml::de::DeTable;

use self::value::{Key, Value, Wrong, one_of, table, text, texts, wrong};
use crate::app::Settings;
use crate::app::input::chord::Chord;
use crate::app::input::keymap::{Action, actions, name};
use crate::app::settings::{DateOrder, Density, Reread, Sort, TimeFormat};
use crate::locale::Locale;
use crate::notifier::Method;

use self::nearest::nearest_action;
pub use profiles::{Profile, Profiles, Tokens};

/// A longer file is no settings.
const FILE_BYTES: u64 = 1024 * 1024;

/// Where the settings are.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
    /// The user named it: then it has to be there.
    is_named: bool,
}

impl ConfigFile {
    /// This file, or `$XDG_CONFIG_HOME/chat-tui/config.toml`, by default below `~/.config`, which need not be there.
    ///
    /// # Errors
    /// Where the user has no home directory.
    pub fn find(named: Option<PathBuf>) -> io::Result<Self> {
        if let Some(path) = named {
            return Ok(Self { path, is_named: true });
        }
        let dirs = etcetera::base_strategy::Xdg::new().map_err(io::Error::other)?;
        Ok(Self { path: dirs.config_dir().join("chat-tui").join("config.toml"), is_named: false })
    }
}

impl ConfigFile {
    /// A mistake in it, for a place where there is little space: without the folder.
    fn in_short(&self, problem: &str) -> String {
        let folder = self.path.parent().map(|folder| format!("{}/", folder.display())).unwrap_or_default();
        problem.strip_prefix(&folder).unwrap_or(problem).to_owned()
    }
}

/// Reads the settings.
///
/// # Errors
/// What is wrong with them, in words for the user: `config.toml:3: theme: …`.
pub fn load(file: &ConfigFile) -> Result<Settings, String> {
    let locale = Locale::detect(|name| std::env::var(name).ok());
    let nothing = Settings { time: locale.time, dates: locale.dates, ..Settings::default() };
    read(file, nothing, |document| {
        profiles::read(document)?;
        settings(document, locale)
    })
}

/// Reads the settings once more, and whether the file has other servers than the `known` ones.
///
/// # Errors
/// What is wrong with them, in words for a place where there is little space.
pub(crate) fn load_again(file: &ConfigFile, known: &Profiles) -> Result<Reread, String> {
    let read = || Ok((load(file)?, load_profiles(file)?));
    let (settings, profiles) = read().map_err(|problem: String| file.in_short(&problem))?;
    Ok(Reread { settings, other_servers: profiles != *known })
}

/// Reads which servers have names. A mistake in what is none of their business is passed over: a script shall not stop for a colour.
///
/// # Errors
/// What is wrong with them, in words for the user.
pub fn load_profiles(file: &ConfigFile) -> Result<Profiles, String> {
    read(file, Profiles::default(), profiles::read)
}

fn read<T>(file: &ConfigFile, nothing: T, what: impl FnOnce(&DeTable<'_>) -> Result<T, Wrong>) -> Result<T, String> {
    let shown = file.path.display();
    let read = || {
        let mut text = String::new();
        io::Read::read_to_string(&mut io::Read::take(std::fs::File::open(&file.path)?, FILE_BYTES), &mut text)?;
        io::Result::Ok(text)
    };
    match read() {
        Ok(text) => parse(&text, what).map_err(|Wrong { at, what }| {
            let line = text.get(..at).unwrap_or(&text).matches('\n').count() + 1;
            format!("{shown}:{line}: {what}")
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !file.is_named => Ok(nothing),
        Err(error) => Err(format!("{shown}: {error}.")),
    }
}

fn parse<T>(text: &str, what: impl FnOnce(&DeTable<'_>) -> Result<T, Wrong>) -> Result<T, Wrong> {
    let document = DeTable::parse(text).map_err(|error| Wrong {
        at: error.span().map_or(0, |span| span.start),
        what: format!("{}.", error.message()),
    })?;
    what(document.get_ref())
}

fn settings(document: &DeTable<'_>, locale: Locale) -> Result<Settings, Wrong> {
    let mut settings = Settings { time: locale.time, dates: locale.dates, ..Settings::default() };
    for (key, value) in document {
        match key.get_ref().as_ref() {
            "keys" => read_keys(table(key, value)?, &mut settings)?,
            "theme" => settings.look = themes::theme(key, value, document)?,
            // Read where `theme` names one of them; but a mistake in any of them is a mistake.
            "themes" => {
                for (name, value) in table(key, value)? {
                    themes::own(name, table(name, value)?)?;
                }
            }
            "time" => {
                let formats = [
                    ("auto", locale.time),
                    ("24h", TimeFormat::H24),
                    ("12h", TimeFormat::H12),
                    ("date", TimeFormat::Date),
                ];
                settings.time = one_of(key, value, &formats)?;
            }
            "dates" => {
                let orders = [
                    ("auto", locale.dates),
                    ("day-first", DateOrder::DayFirst),
                    ("month-first", DateOrder::MonthFirst),
                    ("iso", DateOrder::Iso),
                ];
                settings.dates = one_of(key, value, &orders)?;
            }
            "notify" => settings.notify = Some(notify(key, value)?),
            "density" => {
                settings.density = one_of(key, value, &[("normal", Density::Normal), ("compact", Density::Compact)])?;
            }
            "sort" => {
                let orders = [("name", Sort::Name), ("unread", Sort::Unread), ("activity", Sort::Activity)];
                settings.sort = one_of(key, value, &orders)?;
            }
            // Those of `profiles`.
            "profiles" | "default-profile" | "tokens" => {}
            other => {
                return wrong(
                    &key.span(),
                    format!(
                        "{other}: no such setting; there are keys, theme, themes, time, dates, density, sort, notify, profiles, default-profile, tokens."
                    ),
                );
            }
        }
    }
    Ok(settings)
}

/// The methods that this build has, under the names that the command line has for them.
fn notify(key: &Key<'_>, value: &Value<'_>) -> Result<Method, Wrong> {
    let named = |method: &Method| Some((method.to_possible_value()?.get_name().to_owned(), *method));
    let methods: Vec<(String, Method)> = Method::value_variants().iter().filter_map(named).collect();
    let choices: Vec<(&str, Method)> = methods.iter().map(|(name, method)| (name.as_str(), *method)).collect();
    if !cfg!(feature = "desktop") && text(key, value)? == "desktop" {
        return wrong(&value.span(), "notify: this build cannot notify the desktop (--features desktop).");
    }
    one_of(key, value, &choices)
}

fn read_keys(table: &DeTable<'_>, settings: &mut Settings) -> Result<(), Wrong> {
    let mut changes: Vec<(Action, Vec<Chord>)> = Vec::new();
    let mut spans = Vec::new();
    // In the order of the file, so that the later one of two that collide is named.
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let Some(action) = actions().into_iter().find(|action| name(*action) == *key.get_ref()) else {
            return wrong(
                &key.span(),
                format!("keys.{}: no such action{}.", key.get_ref(), nearest_action(key.get_ref())),
            );
        };
        let mut chords = Vec::new();
        for (text, span) in texts(key, value)? {
            match Chord::parse(text) {
                Some(chord) => chords.push(chord),
                None => {
                    return wrong(
                        &span,
                        format!("keys.{}: {text:?} is no key (Ctrl+n, Alt+Up, F5, x).", key.get_ref()),
                    );
                }
            }
        }
        changes.push((action, chords));
        spans.push(key.span());
    }
    settings
        .keys
        .rebind(&changes)
        .or_else(|(index, problem)| wrong(&spans[index], format!("keys.{}: {problem}", name(changes[index].0))))
}

#[cfg(test)]
mod tests {
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
            ("keys = 1", ":1: keys: this has to be a table"),
            ("colour = 1", ":1: colour: no such setting"),
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
}

//! The user's settings, from `config.toml`. What is wrong there is said with its line and its key, and nothing of it is taken.

use std::borrow::Cow;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::app::Settings;
use crate::app::chord::Chord;
use crate::app::keymap::{Action, actions, name};
use crate::app::settings::{Base, Colour, Density, LookChoice, Part, TimeFormat};

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

/// Reads the settings.
///
/// # Errors
/// What is wrong with them, in words for the user: `config.toml:3: theme: …`.
pub fn load(file: &ConfigFile) -> Result<Settings, String> {
    let shown = file.path.display();
    let read = || {
        let mut text = String::new();
        io::Read::read_to_string(&mut io::Read::take(std::fs::File::open(&file.path)?, FILE_BYTES), &mut text)?;
        io::Result::Ok(text)
    };
    match read() {
        Ok(text) => parse(&text).map_err(|Wrong { at, what }| {
            let line = text.get(..at).unwrap_or(&text).matches('\n').count() + 1;
            format!("{shown}:{line}: {what}")
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !file.is_named => Ok(Settings::default()),
        Err(error) => Err(format!("{shown}: {error}.")),
    }
}

/// What is wrong, and at which byte.
#[derive(Debug)]
struct Wrong {
    at: usize,
    what: String,
}

type Key<'a> = Spanned<Cow<'a, str>>;
type Value<'a> = Spanned<DeValue<'a>>;

fn wrong<T>(span: &Range<usize>, what: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { at: span.start, what: what.into() })
}

fn parse(text: &str) -> Result<Settings, Wrong> {
    let document = DeTable::parse(text).map_err(|error| Wrong {
        at: error.span().map_or(0, |span| span.start),
        what: format!("{}.", error.message()),
    })?;
    let document = document.get_ref();
    let mut settings = Settings::default();
    for (key, value) in document {
        match key.get_ref().as_ref() {
            "keys" => read_keys(table(key, value)?, &mut settings)?,
            "theme" => settings.look = theme(key, value, document)?,
            // Read where `theme` names one of them; but a mistake in any of them is a mistake.
            "themes" => {
                for (name, value) in table(key, value)? {
                    custom(table(name, value)?)?;
                }
            }
            "time" => {
                settings.time = one_of(
                    key,
                    value,
                    &[("24h", TimeFormat::H24), ("12h", TimeFormat::H12), ("date", TimeFormat::Date)],
                )?;
            }
            "density" => {
                settings.density = one_of(key, value, &[("normal", Density::Normal), ("compact", Density::Compact)])?;
            }
            other => {
                return wrong(
                    &key.span(),
                    format!("{other}: no such setting; there are keys, theme, themes, time, density."),
                );
            }
        }
    }
    Ok(settings)
}

fn table<'a, 'b>(key: &Key<'_>, value: &'b Value<'a>) -> Result<&'b DeTable<'a>, Wrong> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => wrong(&value.span(), format!("{}: this has to be a table, [{0}].", key.get_ref())),
    }
}

fn text<'b>(key: &Key<'_>, value: &'b Value<'_>) -> Result<&'b str, Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        _ => wrong(&value.span(), format!("{}: this has to be a text in quotes.", key.get_ref())),
    }
}

/// A text, or a list of texts.
fn texts<'b>(key: &Key<'_>, value: &'b Value<'_>) -> Result<Vec<(&'b str, Range<usize>)>, Wrong> {
    match value.get_ref() {
        DeValue::Array(list) => list.iter().map(|value| Ok((text(key, value)?, value.span()))).collect(),
        _ => Ok(vec![(text(key, value)?, value.span())]),
    }
}

fn one_of<T: Copy>(key: &Key<'_>, value: &Value<'_>, choices: &[(&str, T)]) -> Result<T, Wrong> {
    let chosen = text(key, value)?;
    match choices.iter().find(|(name, _)| *name == chosen) {
        Some((_, choice)) => Ok(*choice),
        None => {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            wrong(&value.span(), format!("{}: {chosen:?} is none of {}.", key.get_ref(), names.join(", ")))
        }
    }
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

const BASES: [(&str, Base); 6] = [
    ("auto", Base::Auto),
    ("dark", Base::Dark),
    ("light", Base::Light),
    ("high-contrast", Base::HighContrast),
    ("ansi16", Base::Ansi16),
    ("none", Base::None),
];

fn theme(key: &Key<'_>, value: &Value<'_>, document: &DeTable<'_>) -> Result<LookChoice, Wrong> {
    let chosen = text(key, value)?;
    if let Some((_, base)) = BASES.iter().find(|(name, _)| *name == chosen) {
        return Ok(LookChoice { base: *base, ..LookChoice::default() });
    }
    let themes = document.get("themes").map(Spanned::get_ref);
    match themes.and_then(|themes| themes.get(chosen)).map(Spanned::get_ref) {
        Some(DeValue::Table(theme)) => custom(theme),
        _ => {
            let names: Vec<&str> = BASES.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            wrong(&value.span(), format!("theme: {chosen:?} is none of {names}, and there is no [themes.{chosen}]."))
        }
    }
}

/// The actions whose names are most like what was written, with words around them; nothing where none is.
fn nearest_action(written: &str) -> String {
    let written: String = written.chars().take(40).collect();
    let mut near: Vec<(usize, String)> =
        actions().into_iter().map(name).map(|name| (distance(&written, &name), name)).collect();
    near.sort();
    let near: Vec<String> =
        near.into_iter().filter(|(far, name)| *far <= name.len() / 2).map(|(_, name)| name).take(3).collect();
    match near.as_slice() {
        [] => "; docs/client.md lists them".into(),
        near => format!("; the nearest are {}", near.join(", ")),
    }
}

/// The fewest characters to add, drop or change to get from one text to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (done, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], done + 1);
        for (at, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

fn custom(table: &DeTable<'_>) -> Result<LookChoice, Wrong> {
    let mut look = LookChoice::default();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if name == "base" {
            look.base = one_of(key, value, &BASES)?;
        } else if name == "authors" {
            for (text, span) in texts(key, value)? {
                look.authors.push(colour(name, text, &span)?);
            }
        } else if let Some((_, part)) = Part::NAMES.iter().find(|(known, _)| *known == name) {
            look.colours.push((*part, colour(name, text(key, value)?, &value.span())?));
        } else {
            let known: Vec<&str> = Part::NAMES.iter().map(|(known, _)| *known).collect();
            return wrong(&key.span(), format!("{name}: no such part; there are base, authors, {}.", known.join(", ")));
        }
    }
    Ok(look)
}

fn colour(key: &str, text: &str, span: &Range<usize>) -> Result<Colour, Wrong> {
    Colour::parse(text).map_or_else(
        || wrong(span, format!("{key}: {text:?} is no colour (\"#7aa2f7\", \"0\" to \"255\", \"bright-blue\").")),
        Ok,
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let problem = load(&ConfigFile { path: path.clone(), is_named: true }).unwrap_err();
        problem.strip_prefix(path.to_str().unwrap()).unwrap().to_owned()
    }

    #[test]
    fn a_file_with_everything() {
        let settings = parse(
            "theme = \"mine\"\ntime = \"12h\"\ndensity = \"compact\"\n[keys]\nnext-unread = [\"F5\", \"Alt+u\"]\nundo = []\n\
             [themes.mine]\nbase = \"light\"\ndim = \"#102030\"\ntype = \"bright-blue\"\nauthors = [\"1\", \"208\"]\n",
        )
        .unwrap();
        assert_eq!((settings.time, settings.density), (TimeFormat::H12, Density::Compact));
        assert_eq!(settings.keys.key_for(Action::NextUnread), "F5");
        assert_eq!(settings.keys.key_for(Action::Undo), "");
        assert_eq!(settings.look.base, Base::Light);
        assert!(settings.look.colours.contains(&(Part::Dim, Colour::Rgb(16, 32, 48))));
        assert_eq!(settings.look.authors, [Colour::Indexed(1), Colour::Indexed(208)]);
        assert_eq!(parse("").unwrap(), Settings::default());
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
            ("time = 24", ":1: time: this has to be a text"),
            ("keys = 1", ":1: keys: this has to be a table"),
            ("colour = 1", ":1: colour: no such setting"),
            ("\n\n[themes.x]\ndim = \"grey\"", ":4: dim: \"grey\" is no colour"),
            ("[themes.x]\nfoo = \"1\"", ":2: foo: no such part"),
            ("\nx = ", ":2: "),
        ] {
            let problem = problem(text);
            assert!(problem.starts_with(words), "{text:?}: {problem}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_matters_only_where_it_was_named() {
        let path = PathBuf::from("/nowhere/config.toml");
        assert!(load(&ConfigFile { path: path.clone(), is_named: false }).is_ok());
        assert!(load(&ConfigFile { path, is_named: true }).unwrap_err().starts_with("/nowhere/config.toml: "));
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(\\PC|[\\n\"=\\[\\].]|theme|keys|themes|next-room){0,40}") {
            let _ = parse(&text);
        }
    }
}

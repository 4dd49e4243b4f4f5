//! The user's settings, from `config.toml`. What is wrong there is said with its line and its key, and nothing of it is taken.

mod nearest;
pub(crate) mod page;
mod profiles;
mod themes;
mod value;

use std::io;
use std::path::PathBuf;

use clap::ValueEnum as _;
use etcetera::BaseStrategy as _;
use toml::de::DeTable;

use self::value::{Key, Value, Wrong, one_of, switch, table, text, texts, wrong};
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
            "mouse" => settings.leaves_mouse = !switch(key, value)?,
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
                let known: Vec<&str> = page::SETTINGS.iter().map(|(name, ..)| *name).collect();
                return wrong(&key.span(), format!("{other}: no such setting; there are {}.", known.join(", ")));
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
mod tests;

//! What the user may choose: keys, looks, times, density. Reading it from a file is `config`'s business. Pure.

use super::input::keymap::Keymap;
use crate::notifier::Method;

/// All choices, with what they are where nothing was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub(crate) keys: Keymap,
    pub(crate) look: LookChoice,
    pub(crate) time: TimeFormat,
    pub(crate) dates: DateOrder,
    pub(crate) density: Density,
    pub(crate) sort: Sort,
    /// How to draw attention, where the command line says nothing.
    pub(crate) notify: Option<Method>,
    /// The mouse is the terminal's.
    pub(crate) leaves_mouse: bool,
}

/// What reading the file again has brought.
#[derive(Clone, Debug)]
pub struct Reread {
    /// What counts from now on.
    pub(crate) settings: Settings,
    /// Servers, profiles, or where tokens are kept: these count from the next start.
    pub(crate) other_servers: bool,
}

/// Which theme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LookChoice {
    pub(crate) base: Base,
    /// Colours that differ from the base's.
    pub(crate) colours: Vec<(Part, Colour)>,
    /// The colours of authors; the base's where there are none.
    pub(crate) authors: Vec<Colour>,
}

/// A theme of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Base {
    /// Dark or light, as the terminal seems to be.
    #[default]
    Auto,
    Dark,
    Light,
    HighContrast,
    /// The terminal's own sixteen colours, whatever else it has.
    Ansi16,
    None,
}

/// A part of the screen that has a colour of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Dim,
    Border,
    Accent,
    Good,
    Warn,
    Bad,
    Raised,
    Code,
    Keyword,
    Type,
}

impl Part {
    /// The names in the file.
    pub(crate) const NAMES: [(&'static str, Self); 10] = [
        ("dim", Self::Dim),
        ("border", Self::Border),
        ("accent", Self::Accent),
        ("good", Self::Good),
        ("warn", Self::Warn),
        ("bad", Self::Bad),
        ("raised", Self::Raised),
        ("code", Self::Code),
        ("keyword", Self::Keyword),
        ("type", Self::Type),
    ];
}

/// A colour, as the user names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// One of the terminal's own sixteen.
    Ansi(u8),
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// The names of the terminal's own colours, in their order.
pub(crate) const ANSI_NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

impl Colour {
    /// `#7aa2f7`, a number of the 256, or the name of one of the sixteen.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(at) = ANSI_NAMES.iter().position(|name| *name == text) {
            return u8::try_from(at).ok().map(Self::Ansi);
        }
        let Some(hex) = text.strip_prefix('#') else { return text.parse().ok().map(Self::Indexed) };
        if hex.len() != 6 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
        Some(Self::Rgb(part(0)?, part(2)?, part(4)?))
    }
}

/// How the time of a message is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    /// `17:05`
    #[default]
    H24,
    /// `05:05pm`
    H12,
    /// `11-22 17:05`
    Date,
}

impl TimeFormat {
    /// For `strftime`.
    pub(crate) fn pattern(self) -> &'static str {
        match self {
            Self::H24 => "%H:%M",
            Self::H12 => "%I:%M%P",
            Self::Date => "%m-%d %H:%M",
        }
    }

    /// The cells that it takes, with the space behind it.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::H24 => 6,
            Self::H12 => 8,
            Self::Date => 12,
        }
    }
}

/// How a day is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DateOrder {
    /// `Tue 18 Nov 2026`
    #[default]
    DayFirst,
    /// `Tue, Nov 18, 2026`
    MonthFirst,
    /// `Tue 2026-11-18`
    Iso,
}

impl DateOrder {
    /// For `strftime`; the year may be left out where it is the current one and not in the way.
    pub(crate) fn pattern(self, with_year: bool) -> &'static str {
        match (self, with_year) {
            (Self::DayFirst, false) => "%a %-d %b",
            (Self::DayFirst, true) => "%a %-d %b %Y",
            (Self::MonthFirst, false) => "%a, %b %-d",
            (Self::MonthFirst, true) => "%a, %b %-d, %Y",
            (Self::Iso, _) => "%a %Y-%m-%d",
        }
    }
}

/// How much room a message takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Density {
    /// Authors have a column of their own.
    #[default]
    Normal,
    /// The text begins right behind the author, and goes on under it.
    Compact,
}

/// What the order of the rooms follows, within rooms and conversations, favourites and others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    #[default]
    Name,
    /// Mentions, then what is unread, then the rest; all by name.
    Unread,
    /// The newest message first.
    Activity,
}

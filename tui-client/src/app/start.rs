//! What the interface is told when it begins.

use jiff::tz::TimeZone;

use super::settings::Settings;

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourMode {
    /// None, or `NO_COLOR` is set: only bold, underline and reverse.
    None,
    /// The terminal's own sixteen.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// 24 bit.
    #[default]
    True,
}

/// The server, the user, and the terminal that they sit at.
#[derive(Clone, Debug)]
pub struct Start {
    /// The server, as it is shown.
    pub server: String,
    /// There is a token: no first-run screen.
    pub signed_in: bool,
    /// What the name on the first-run screen begins with; may be empty.
    pub name: String,
    /// Columns of the terminal.
    pub width: u16,
    /// Rows of the terminal.
    pub height: u16,
    /// Where the user is, for times and dates.
    pub zone: TimeZone,
    /// What the user has chosen.
    pub settings: Settings,
    /// How many colours there are.
    pub colours: ColourMode,
    /// The terminal's background is light.
    pub is_light: bool,
}

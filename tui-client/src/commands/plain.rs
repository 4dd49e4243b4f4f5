//! Linear mode: the chat as lines, for screen readers, dumb terminals and pipes.

use std::path::PathBuf;

use jiff::tz::TimeZone;

use super::Context;
use crate::app::{ColourMode, Start, State};
use crate::config::{self, ConfigFile};
use crate::report::Problem;
use crate::runtime::plain::{self, Setup};

/// Whether this terminal can show nothing else.
#[must_use]
pub fn is_dumb(term: Option<&str>) -> bool {
    term == Some("dumb")
}

/// Talks until the input ends.
///
/// # Errors
/// Where there is no login, or something that was written was not sent.
pub async fn run(context: Context, config: Option<PathBuf>) -> Result<(), Problem> {
    let config = ConfigFile::find(config).map_err(|error| Problem::Local { what: "find your settings", error })?;
    let settings = config::load(&config).map_err(Problem::Usage)?;
    let account = context.accounts.load(&context.server);
    let account = account.map_err(|error| Problem::Local { what: "read the login", error })?;
    let account = account.ok_or_else(|| Problem::NotLoggedIn(context.server.clone()))?;
    let api = context.anonymous()?;
    let state = State::new(Start {
        server: context.server.label(),
        signed_in: true,
        name: String::new(),
        // Nothing is drawn; this is what is kept laid out.
        width: 80,
        height: 24,
        zone: TimeZone::system(),
        settings,
        colours: ColourMode::None,
        is_light: false,
    });
    plain::run(Setup { state, api, accounts: context.accounts, config, account }).await
}

//! Linear mode: the chat as lines, for screen readers, dumb terminals and pipes.

use jiff::tz::TimeZone;

use super::context::Context;
use crate::app::{ColourMode, Start, State};
use crate::cache::Places;
use crate::config;
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
pub async fn run(context: Context) -> Result<(), Problem> {
    let settings = config::load(&context.config).map_err(Problem::Settings)?;
    let account = context.account().await?;
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
    let config = (context.config, context.profiles);
    let places = Places::of_this_user().ok();
    plain::run(Setup { state: state.in_lines(), api, accounts: context.accounts, config, account, places }).await
}

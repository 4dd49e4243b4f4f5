//! The full screen.

use jiff::tz::TimeZone;

use super::context::Context;
use crate::app::{Start, State};
use crate::cache::Places;
use crate::clipboard::Clipboard;
use crate::config;
use crate::look::Look;
use crate::notifier::Method;
use crate::report::Problem;
use crate::runtime::{self, Setup};
use crate::terminal::manners::Manners;
use crate::terminal::{self, Screen};

/// How the full screen is opened.
pub struct Options {
    /// The name that the login screen begins with.
    pub name: Option<String>,
    /// Whether we hear of the mouse.
    pub mouse: bool,
    /// How the user is notified.
    pub notify: Option<Method>,
}

/// Opens the full screen, and stays until it is closed.
///
/// # Errors
/// Where this terminal cannot show it, or the login cannot be read.
pub async fn run(context: Context, options: Options) -> Result<(), Problem> {
    let term = std::env::var("TERM").ok();
    if let Some(reason) = terminal::unfit(term.as_deref()) {
        return Err(Problem::Terminal(reason));
    }
    let settings = config::load(&context.config).map_err(Problem::Settings)?;
    let account = context.login().await?;
    let api = context.anonymous()?;
    // The Linux console prints what it does not know.
    let is_console = term.as_deref() == Some("linux");
    let look = Look::detect(|name| std::env::var(name).ok());
    // GNU screen holds Esc back until the next key, while a program hears of the mouse.
    let in_screen = std::env::var_os("STY").is_some_and(|session| !session.is_empty());
    let manners = Manners {
        mouse: options.mouse && !in_screen,
        keyboard: !is_console,
        hyperlinks: !is_console,
        background: look.may_be_asked,
        is_console,
    };
    let failed = |error| Problem::Local { what: "use the terminal", error };
    let screen = Screen::take(manners, !settings.leaves_mouse).map_err(failed)?;
    let (width, height) = screen.size().map_err(failed)?;
    let clipboard = Clipboard::choose(|name| std::env::var(name).ok());
    let state = State::new(Start {
        server: context.server.label(),
        signed_in: account.is_some(),
        name: options.name.or_else(|| context.accounts.user().map(str::to_owned)).unwrap_or_default(),
        width,
        height,
        zone: TimeZone::system(),
        settings,
        colours: look.colours,
        is_light: look.is_light,
    });
    let places = Places::of_this_user().ok();
    let Context { accounts, config, profiles, .. } = context;
    let (notify, config) = (options.notify, (config, profiles));
    Box::pin(runtime::run(Setup { screen, state, notify, clipboard, api, accounts, config, account, places })).await
}

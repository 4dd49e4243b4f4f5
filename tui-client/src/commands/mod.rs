//! One file a command. All but `chat` and `plain` know nothing of the screen.

pub mod accounts;
mod ask;
pub mod chat;
mod direct;
pub mod event_line;
pub mod filter;
pub mod generate;
pub mod login;
pub mod logout;
pub mod plain;
pub mod plain_text;
pub mod rooms;
pub mod search;
pub mod send;
pub mod status;
pub mod tail;

use std::io::{self, Write as _};
use std::time::Duration;

use crate::account::{Account, Accounts, vault};
use crate::cli::{Cli, Command};
use crate::config::{self, ConfigFile, Profiles, Tokens};
use crate::net::api::Api;
use crate::net::server_url::ServerUrl;
use crate::notifier::Method;
use crate::report::Problem;

/// Where one is who says nothing.
const HERE: &str = "http://127.0.0.1:8080";
/// Who waits longer for a keyring wants to know why.
const IN_A_MOMENT: Duration = Duration::from_secs(1);

/// What every command starts with: a server, and where logins are kept.
pub struct Context {
    /// The server that the command is about.
    pub server: ServerUrl,
    /// The profile that named it.
    pub profile: Option<String>,
    /// The logins of this user, as the profile wants them.
    pub accounts: Accounts,
    /// Where the settings are.
    pub config: ConfigFile,
    /// The servers that have names; none where the server was given by its address.
    pub profiles: Profiles,
}

impl Context {
    /// Finds out which server is meant, and as whom.
    fn of(cli: &Cli) -> Result<Self, Problem> {
        let failed = |what| move |error| Problem::Local { what, error };
        let accounts = Accounts::of_this_user().map_err(failed("find your state directory"))?;
        let config = ConfigFile::find(cli.config.clone()).map_err(failed("find your settings"))?;
        let profiles = config::load_profiles(&config).map_err(Problem::Settings)?;
        let profile = match (&cli.profile, &cli.server) {
            (Some(name), _) => Some(profiles.named(name).map_err(Problem::Usage)?),
            (None, Some(_)) => None,
            (None, None) => profiles.preferred(),
        };
        let server = match (profile, &cli.server) {
            (Some(profile), _) => profile.server.clone(),
            (None, Some(server)) => server.clone(),
            (None, None) => HERE.parse().map_err(|error| Problem::Usage(format!("{HERE}: {error}.")))?,
        };
        let vault = if profiles.tokens == Tokens::Auto { vault::of_this_system() } else { None };
        let accounts = accounts.with_vault(vault).for_user(profile.and_then(|profile| profile.user.clone()));
        let profile = profile.map(|profile| profile.name.clone());
        tracing::info!(%server, profile, "the server");
        Ok(Self { server, profile, accounts, config, profiles })
    }

    /// The login that the server is used with, where there is one. A keyring may ask for a password first: who waits is told for what.
    async fn login(&self) -> Result<Option<Account>, Problem> {
        let (accounts, server) = (self.accounts.clone(), self.server.clone());
        let mut load = tokio::task::spawn_blocking(move || accounts.load(&server));
        let loaded = match tokio::time::timeout(IN_A_MOMENT, &mut load).await {
            Ok(loaded) => loaded,
            Err(_) => {
                // Where standard error is gone, it is waited for all the same.
                let _ =
                    writeln!(io::stderr(), "chat-tui: waiting for the keyring; it may be asking for your password.");
                load.await
            }
        };
        let loaded = loaded.map_err(io::Error::other).flatten();
        loaded.map_err(|error| Problem::Local { what: "read the login", error })
    }

    /// The same, where there has to be one.
    async fn account(&self) -> Result<Account, Problem> {
        self.login()
            .await?
            .ok_or_else(|| Problem::NotLoggedIn { server: self.server.clone(), profile: self.profile.clone() })
    }

    /// Calls as nobody yet.
    fn anonymous(&self) -> Result<Api, Problem> {
        Api::new(self.server.clone()).map_err(|failure| Problem::request("set up the connection", failure))
    }

    /// Calls as the user who is logged in.
    async fn authorised(&self) -> Result<Api, Problem> {
        Ok(self.anonymous()?.with_token(self.account().await?.token))
    }
}

/// Prints text; a reader that has gone away wants no more of it.
fn print(text: &str) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Problem::Local { what: "write the output", error })
        }
        _ => Ok(()),
    }
}

/// Does what the command line says.
///
/// # Errors
/// Why it was not done.
pub async fn run(cli: Cli) -> Result<(), Problem> {
    if let Some(path) = &cli.log {
        crate::log::start(path).map_err(|error| Problem::Local { what: "write the log", error })?;
        tracing::info!(version = env!("CARGO_PKG_VERSION"), term = std::env::var("TERM").ok(), "started");
    }
    // These are about no server.
    match &cli.command {
        Some(Command::Completions(args)) => return generate::completions(args),
        Some(Command::Man(args)) => return generate::man(args),
        _ => {}
    }
    let context = Context::of(&cli)?;
    match cli.command {
        None if cli.plain || plain::is_dumb(std::env::var("TERM").ok().as_deref()) => {
            Box::pin(plain::run(context)).await
        }
        None => {
            let variable = std::env::var("CHAT_NOTIFY").ok();
            let notify = match cli.notify {
                None => Method::of_variable(variable.as_deref()).map_err(Problem::Usage)?,
                given => given,
            };
            let options = chat::Options { name: cli.name, mouse: !cli.no_mouse, notify };
            Box::pin(chat::run(context, options)).await
        }
        Some(Command::Login(args)) => login::run(&context, &args).await,
        Some(Command::Logout(args)) => logout::run(&context, &args).await,
        Some(Command::Accounts(args)) => accounts::run(&context, &args),
        Some(Command::Send(args)) => send::run(&context, args).await,
        Some(Command::Tail(args)) => Box::pin(tail::run(&context, args)).await,
        Some(Command::Rooms(args)) => rooms::run(&context, &args).await,
        Some(Command::Search(args)) => search::run(&context, args).await,
        Some(Command::Status(args)) => status::run(&context, &args).await,
        Some(Command::Completions(_) | Command::Man(_)) => Ok(()),
    }
}

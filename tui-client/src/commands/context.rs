//! What every command starts with: a server, and where logins are kept.

use std::io::{self, Write as _};
use std::time::Duration;

use crate::account::{Account, Accounts, vault};
use crate::cli::Cli;
use crate::config::{self, ConfigFile, Profiles, Tokens};
use crate::net::api::Api;
use crate::net::server_url::ServerUrl;
use crate::report::Problem;

/// Where one is who says nothing.
const HERE: &str = "http://127.0.0.1:8080";
/// Who waits longer for a keyring wants to know why.
const IN_A_MOMENT: Duration = Duration::from_secs(1);

/// What a command is about, and what it may use.
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
    pub(super) fn of(cli: &Cli) -> Result<Self, Problem> {
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
    pub(super) async fn login(&self) -> Result<Option<Account>, Problem> {
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
    pub(super) async fn account(&self) -> Result<Account, Problem> {
        self.login()
            .await?
            .ok_or_else(|| Problem::NotLoggedIn { server: self.server.clone(), profile: self.profile.clone() })
    }

    /// Calls as nobody yet.
    pub(super) fn anonymous(&self) -> Result<Api, Problem> {
        Api::new(self.server.clone()).map_err(|failure| Problem::request("set up the connection", failure))
    }

    /// Calls as the user who is logged in.
    pub(super) async fn authorised(&self) -> Result<Api, Problem> {
        Ok(self.anonymous()?.with_token(self.account().await?.token))
    }
}

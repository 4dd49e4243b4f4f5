//! One file a command. `send`, `tail`, `rooms`, `login` and `logout` know nothing of the screen.

pub mod chat;
pub mod event_line;
pub mod login;
pub mod logout;
pub mod plain_text;
pub mod rooms;
pub mod send;
pub mod tail;

use crate::account::Accounts;
use crate::cli::{Cli, Command};
use crate::net::api::Api;
use crate::net::server_url::ServerUrl;
use crate::report::Problem;

/// What every command starts with: a server, and where logins are kept.
pub struct Context {
    /// The server that the command is about.
    pub server: ServerUrl,
    /// The logins of this user.
    pub accounts: Accounts,
}

impl Context {
    /// Calls as nobody yet.
    fn anonymous(&self) -> Result<Api, Problem> {
        Api::new(self.server.clone()).map_err(|failure| Problem::request("set up the connection", failure))
    }

    /// Calls as the user who is logged in.
    fn authorised(&self) -> Result<Api, Problem> {
        let account = self.accounts.load(&self.server);
        let account = account.map_err(|error| Problem::Local { what: "read the login", error })?;
        let account = account.ok_or_else(|| Problem::NotLoggedIn(self.server.clone()))?;
        Ok(self.anonymous()?.with_token(account.token))
    }
}

/// Does what the command line says.
///
/// # Errors
/// Why it was not done.
pub async fn run(cli: Cli) -> Result<(), Problem> {
    let accounts =
        Accounts::of_this_user().map_err(|error| Problem::Local { what: "find your state directory", error })?;
    let context = Context { server: cli.server, accounts };
    match cli.command {
        None => {
            Box::pin(chat::run(context, chat::Options { name: cli.name, mouse: !cli.no_mouse, config: cli.config }))
                .await
        }
        Some(Command::Login(args)) => login::run(&context, &args).await,
        Some(Command::Logout) => logout::run(&context).await,
        Some(Command::Send(args)) => send::run(&context, args).await,
        Some(Command::Tail(args)) => Box::pin(tail::run(&context, args)).await,
        Some(Command::Rooms) => rooms::run(&context).await,
    }
}

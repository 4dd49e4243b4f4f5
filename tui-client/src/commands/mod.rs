//! One file a command. All but `chat` and `plain` know nothing of the screen.

pub mod chat;
mod direct;
pub mod event_line;
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
    let accounts =
        Accounts::of_this_user().map_err(|error| Problem::Local { what: "find your state directory", error })?;
    let context = Context { server: cli.server, accounts };
    match cli.command {
        None if cli.plain || plain::is_dumb(std::env::var("TERM").ok().as_deref()) => {
            Box::pin(plain::run(context, cli.config)).await
        }
        None => {
            Box::pin(chat::run(
                context,
                chat::Options { name: cli.name, mouse: !cli.no_mouse, notify: cli.notify, config: cli.config },
            ))
            .await
        }
        Some(Command::Login(args)) => login::run(&context, &args).await,
        Some(Command::Logout) => logout::run(&context).await,
        Some(Command::Send(args)) => send::run(&context, args).await,
        Some(Command::Tail(args)) => Box::pin(tail::run(&context, args)).await,
        Some(Command::Rooms(args)) => rooms::run(&context, &args).await,
        Some(Command::Search(args)) => search::run(&context, args).await,
        Some(Command::Status(args)) => status::run(&context, &args).await,
        Some(Command::Completions(args)) => generate::completions(&args),
        Some(Command::Man(args)) => generate::man(&args),
    }
}

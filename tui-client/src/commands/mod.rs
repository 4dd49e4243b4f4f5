//! One file a command. All but `chat` and `plain` know nothing of the screen.

pub mod accounts;
mod ask;
pub mod chat;
pub mod context;
mod direct;
pub mod event_line;
pub mod filter;
pub mod generate;
pub mod login;
pub mod logout;
mod output;
pub mod plain;
pub mod plain_text;
pub mod rooms;
pub mod search;
pub mod send;
pub mod status;
pub mod tail;

use self::context::Context;
use crate::cli::{Cli, Command};
use crate::notifier::Method;
use crate::report::Problem;

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

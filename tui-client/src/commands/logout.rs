//! `chat-tui logout`: forgets the login, here and on the server.

use chat_shared::ErrorCode;

use super::context::Context;
use crate::account::Accounts;
use crate::cache::{Owner, Places};
use crate::cli::Logout;
use crate::failure::FailureKind;
use crate::net::api::Api;
use crate::net::server_url::ServerUrl;
use crate::report::Problem;

/// Forgets the login, or all of them.
///
/// # Errors
/// There was no login, or a server or the disk did not forget it. With `--all`, the first of these, after all were tried.
pub async fn run(context: &Context, args: &Logout) -> Result<(), Problem> {
    if !args.all {
        context.account().await?;
        return forget(&context.accounts, &context.server).await;
    }
    let listed = context.accounts.list().map_err(|error| Problem::Local { what: "list the logins", error })?;
    let mut result = Ok(());
    for login in listed {
        let accounts = context.accounts.clone().for_user(Some(login.user.name));
        result = result.and(forget(&accounts, &login.server).await);
    }
    result
}

/// Forgets one login, and what this account has seen; what it has not sent stays. The files go even where the server cannot be told.
async fn forget(accounts: &Accounts, server: &ServerUrl) -> Result<(), Problem> {
    let account = accounts.load(server);
    let user = accounts.list().ok().and_then(|all| all.into_iter().find(|login| accounts.is_meant(login, server)));
    let removed = accounts.forget(server, None);
    removed.map_err(|error| Problem::Local { what: "remove the login", error })?;
    if let (Some(login), Ok(places)) = (user, Places::of_this_user()) {
        let forgotten = places.forget_views(&Owner { server: server.clone(), user: login.user.id });
        forgotten.map_err(|error| Problem::Local { what: "delete what was seen (the login is removed)", error })?;
    }
    let account =
        account.map_err(|error| Problem::Local { what: "tell the server (the login is removed here)", error })?;
    let Some(account) = account else { return Ok(()) };
    let api = Api::new(server.clone()).map_err(|failure| Problem::request("set up the connection", failure))?;
    match api.with_token(account.token).logout().await {
        Err(refusal) if refusal.failure.kind != FailureKind::Refused(ErrorCode::Unauthorized) => {
            Err(Problem::request("tell the server (the login is removed here)", refusal))
        }
        _ => Ok(()),
    }
}

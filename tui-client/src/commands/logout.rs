//! `chat-tui logout`: forgets the login, here and on the server.

use chat_shared::ErrorCode;

use super::Context;
use crate::cache::{Owner, Places};
use crate::failure::FailureKind;
use crate::report::Problem;

/// Forgets the login, and what this account has seen; what it has not sent stays. The files go even where the server cannot be told.
///
/// # Errors
/// There was no login, or the server or the disk did not forget it.
pub async fn run(context: &Context) -> Result<(), Problem> {
    let api = context.authorised()?;
    let account = context.accounts.load(&context.server).ok().flatten();
    let told = api.logout().await;
    let removed = context.accounts.forget(&context.server, api.token());
    removed.map_err(|error| Problem::Local { what: "remove the login", error })?;
    if let (Some(account), Ok(places)) = (account, Places::of_this_user()) {
        let owner = Owner { server: context.server.clone(), user: account.user.id };
        let forgotten = places.forget_views(&owner);
        forgotten.map_err(|error| Problem::Local { what: "delete what was seen (the login is removed)", error })?;
    }
    match told {
        Err(refusal) if refusal.failure.kind != FailureKind::Refused(ErrorCode::Unauthorized) => {
            Err(Problem::request("tell the server (the login is removed here)", refusal))
        }
        _ => Ok(()),
    }
}

//! `chat-tui logout`: forgets the login, here and on the server.

use chat_shared::ErrorCode;

use super::Context;
use crate::failure::FailureKind;
use crate::report::Problem;

/// Forgets the login. The file goes even where the server cannot be told.
///
/// # Errors
/// There was no login, or the server or the disk did not forget it.
pub async fn run(context: &Context) -> Result<(), Problem> {
    let api = context.authorised()?;
    let told = api.logout().await;
    let removed = context.accounts.forget(&context.server, api.token());
    removed.map_err(|error| Problem::Local { what: "remove the login", error })?;
    match told {
        Err(refusal) if refusal.failure.kind != FailureKind::Refused(ErrorCode::Unauthorized) => {
            Err(Problem::request("tell the server (the login is removed here)", refusal))
        }
        _ => Ok(()),
    }
}

//! Keeping a login on this machine, and forgetting it, beside the loop: a keyring takes its time.

use std::time::Duration;

use crate::account::{Account, Accounts, NotInKeyring};
use crate::net::api::Api;

/// How long telling the server about a logout may take.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(5);

/// Keeps a login; where it is not kept as it should be, says so.
pub(super) async fn keep(api: &Api, accounts: Accounts, account: &Account) -> Option<String> {
    let (server, account) = (api.server().clone(), account.clone());
    let saved = tokio::task::spawn_blocking(move || accounts.save(&server, &account)).await;
    match saved.map_err(std::io::Error::other).flatten() {
        Ok(word) => {
            let NotInKeyring { reason, .. } = word?;
            Some(format!("The token is in a file that only you can read; the keyring cannot be used: {reason}."))
        }
        Err(error) => Some(format!("The login is not kept on this machine: {error}.")),
    }
}

/// Forgets a login, here and on the server; where it is still on this machine, says so. The server forgets it with time where it cannot
/// be told.
pub(super) async fn forget(api: Api, accounts: Accounts) -> Option<String> {
    let (server, token) = (api.server().clone(), api.token().cloned());
    let forget = tokio::task::spawn_blocking(move || accounts.forget(&server, token.as_ref()));
    let (forgotten, _) = tokio::join!(forget, tokio::time::timeout(LOGOUT_TIMEOUT, api.logout()));
    let error = forgotten.map_err(std::io::Error::other).flatten().err()?;
    Some(format!("The login is still on this machine: {error}."))
}

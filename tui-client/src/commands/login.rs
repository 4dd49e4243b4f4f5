//! `chat-tui login`: a login without a screen, for scripts.

use std::io::{self, BufRead as _, Read as _};

use zeroize::Zeroizing;

use super::Context;
use crate::account::Account;
use crate::cli::Login;
use crate::failure::{Failure, FailureKind};
use crate::net::api::Api;
use crate::net::token::Token;
use crate::report::Problem;

/// Logs in, or makes the account, and keeps the token.
///
/// # Errors
/// Why there is no login.
pub async fn run(context: &Context, args: &Login) -> Result<(), Problem> {
    let password = read_password().map_err(|error| Problem::Local { what: "read the password", error })?;
    if password.is_empty() {
        return Err(Problem::Usage("The first line of standard input is empty: that is no password.".into()));
    }
    let what = if args.register { "register" } else { "log in" };
    let api = context.anonymous()?;
    let account = authenticate(&api, &args.name, &password, args.register).await;
    let account = account.map_err(|failure| Problem::request(what, failure))?;
    let saved = context.accounts.save(&context.server, &account);
    saved.map_err(|error| Problem::Local { what: "keep the login", error })
}

/// Asks the server for a session; the screen's first run does the same.
///
/// # Errors
/// Why there is none.
pub async fn authenticate(api: &Api, name: &str, password: &str, register: bool) -> Result<Account, Failure> {
    let session = if register { api.register(name, password).await? } else { api.login(name, password).await? };
    let token = Token::new(session.token).ok_or_else(|| Failure {
        kind: FailureKind::NotUnderstood,
        message: "The server's token is not one that can be used.".into(),
    })?;
    Ok(Account { user: session.user, token })
}

fn read_password() -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    let longest = u64::try_from(chat_shared::limit::PASSWORD_MAX_BYTES).unwrap_or(u64::MAX).saturating_add(2);
    io::stdin().lock().take(longest).read_line(&mut line)?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}

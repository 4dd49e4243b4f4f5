//! `chat-tui login`: a login without a screen, for scripts.

use std::io::{self, BufRead as _, Read as _, Write as _};

use zeroize::Zeroizing;

use super::Context;
use crate::account::{NotInKeyring, authenticate};
use crate::cli::Login;
use crate::report::Problem;

/// Logs in, or makes the account, and keeps the token.
///
/// # Errors
/// Why there is no login.
pub async fn run(context: &Context, args: &Login) -> Result<(), Problem> {
    let name = args.name.as_deref().or_else(|| context.accounts.user());
    let name = name.ok_or_else(|| Problem::Usage("Whose login? Say --name NAME.".into()))?;
    if let Some(refusal) = context.accounts.refusal(name) {
        return Err(Problem::Usage(refusal));
    }
    let password = read_password().map_err(|error| Problem::Local { what: "read the password", error })?;
    if password.is_empty() {
        return Err(Problem::Usage("The first line of standard input is empty: that is no password.".into()));
    }
    let what = if args.register { "register" } else { "log in" };
    let api = context.anonymous()?;
    let account = authenticate(&api, name, &password, args.register).await;
    let account = account.map_err(|failure| Problem::request(what, failure))?;
    let saved = context.accounts.save(&context.server, &account);
    if let Some(NotInKeyring { reason, file }) =
        saved.map_err(|error| Problem::Local { what: "keep the login", error })?
    {
        let file = file.display();
        let word = format!("The token is in {file}, which only you can read: the keyring cannot be used ({reason}).");
        let hint = "tokens = \"file\" in config.toml asks no keyring.";
        let mut stderr = io::stderr().lock();
        // Where standard error is gone, the login is good all the same.
        let _ = writeln!(stderr, "chat-tui: {}\n          {hint}", chat_shared::text::sanitise_line(&word));
    }
    Ok(())
}

fn read_password() -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    let longest = u64::try_from(chat_shared::limit::PASSWORD_MAX_BYTES).unwrap_or(u64::MAX).saturating_add(2);
    io::stdin().lock().take(longest).read_line(&mut line)?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}

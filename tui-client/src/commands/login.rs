//! `chat-tui login`: a login without a screen, for scripts and for linear mode.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use zeroize::Zeroizing;

use super::context::Context;
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
    let password = password(args, name)?;
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

/// The password from standard input, or from whoever sits at the terminal; what is to be a new one, twice.
fn password(args: &Login, name: &str) -> Result<Zeroizing<String>, Problem> {
    let failed = |error| Problem::Local { what: "read the password", error };
    if args.password_stdin {
        let password = read_password().map_err(failed)?;
        let problem = "The first line of standard input is empty: that is no password.";
        return if password.is_empty() { Err(Problem::Usage(problem.into())) } else { Ok(password) };
    }
    if !io::stdin().is_terminal() {
        let problem = "There is no terminal to ask for the password: --password-stdin reads it from standard input.";
        return Err(Problem::Usage(problem.into()));
    }
    let name = chat_shared::text::sanitise_line(name);
    let password = super::ask::password(&format!("Password of {name}")).map_err(failed)?;
    if password.is_empty() {
        return Err(Problem::Usage("That is no password: it is empty.".into()));
    }
    if args.register && super::ask::password("The same again").map_err(failed)? != password {
        return Err(Problem::Usage("These were two different passwords. No account was made.".into()));
    }
    Ok(password)
}

fn read_password() -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    let longest = u64::try_from(chat_shared::limit::PASSWORD_MAX_BYTES).unwrap_or(u64::MAX).saturating_add(2);
    io::stdin().lock().take(longest).read_line(&mut line)?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}

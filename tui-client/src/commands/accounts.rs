//! `chat-tui accounts`: which logins there are, and where their tokens are.

use chat_shared::text::{escape_json, sanitise_line};

use super::context::Context;
use super::output::print;
use crate::account::Listed;
use crate::cli::Accounts;
use crate::config::Profiles;
use crate::report::Problem;

/// Prints one line for each login.
///
/// # Errors
/// Where they cannot be read.
pub fn run(context: &Context, args: &Accounts) -> Result<(), Problem> {
    let listed = context.accounts.list().map_err(|error| Problem::Local { what: "list the logins", error })?;
    let line = |login: &Listed| if args.json { json(login, &context.profiles) } else { row(login, &context.profiles) };
    print(&listed.iter().map(line).collect::<String>())
}

/// `https://chat.example  ann  work  /home/ann/.local/state/…`: two spaces between the columns, a dash for nothing.
fn row(login: &Listed, profiles: &Profiles) -> String {
    let names = profiles.of(&login.server, &login.user.name).join(",");
    let names = if names.is_empty() { "-" } else { &names };
    let place = if login.in_keyring { "keyring".to_owned() } else { login.file.display().to_string() };
    sanitise_line(&format!("{}  {}  {names}  {place}", login.server, login.user.name)).into_owned() + "\n"
}

fn json(login: &Listed, profiles: &Profiles) -> String {
    let line = serde_json::json!({
        "server": login.server.to_string(),
        "user": login.user.name,
        "profiles": profiles.of(&login.server, &login.user.name),
        "token": if login.in_keyring { "keyring" } else { "file" },
        "file": login.file.display().to_string(),
    });
    escape_json(&line.to_string()).into_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use chat_shared::UserId;
    use chat_shared::api::User;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_line_is_one_line_and_harmless() {
        let user = User { id: UserId(Uuid::nil()), name: "an\x1b[2Jn\n".into(), admin: false };
        let server = "https://chat.example".parse().unwrap();
        let login = Listed { server, user, file: "/x/y.json".into(), in_keyring: true };
        let profiles = Profiles::default();
        assert_eq!(row(&login, &profiles), "https://chat.example  an␛[2Jn   -  keyring\n");
        assert_eq!(json(&login, &profiles).lines().count(), 1);
        assert!(!json(&login, &profiles).contains('\x1b'));
    }
}

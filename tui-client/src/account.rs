//! Who we are on each server: a small file under the XDG state directory that only its owner can read. The token is in it, or in
//! the system's keyring.
//!
//! A server has one login; where a profile names a user it has one for each, in a file of its own.

pub mod vault;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chat_shared::api::User;
use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use self::vault::Vault;
use crate::failure::{Failure, FailureKind};
use crate::net::api::Api;
use crate::net::server_url::ServerUrl;
use crate::net::token::Token;

/// The largest file that is read.
const FILE_BYTES: u64 = 64 * 1024;
/// Names of files hold at most so many bytes of an address.
const NAME_BYTES: usize = 180;

/// Who we are on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Our user there.
    pub user: User,
    /// What proves it.
    pub token: Token,
}

/// The folder with the logins of this user.
#[derive(Clone, Debug)]
pub struct Accounts {
    folder: PathBuf,
    /// Only the login under this name is meant.
    user: Option<String>,
    vault: Option<Arc<dyn Vault>>,
}

/// An account as its file holds it.
#[derive(Serialize, Deserialize)]
struct Stored {
    server: String,
    user: User,
    /// Absent where the keyring has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// The token is in the file, although there should be a keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotInKeyring {
    /// Why.
    pub reason: String,
    /// The file.
    pub file: PathBuf,
}

/// A login that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Where.
    pub server: ServerUrl,
    /// As whom.
    pub user: User,
    /// The file that says so.
    pub file: PathBuf,
    /// The token is in the keyring, not in the file.
    pub in_keyring: bool,
}

impl Accounts {
    /// `$XDG_STATE_HOME/chat-tui/accounts`, by default below `~/.local/state`.
    ///
    /// # Errors
    /// Where the user has no home directory.
    pub fn of_this_user() -> io::Result<Self> {
        let dirs = etcetera::base_strategy::Xdg::new().map_err(io::Error::other)?;
        let state = dirs.state_dir().ok_or_else(|| io::Error::other("there is no state directory"))?;
        Ok(Self::in_folder(state.join("chat-tui").join("accounts")))
    }

    /// In a folder of one's own, without a keyring.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder, user: None, vault: None }
    }

    /// Only the logins under this name, where there is one.
    #[must_use]
    pub fn for_user(self, user: Option<String>) -> Self {
        Self { user, ..self }
    }

    /// With tokens in a keyring, where there is one.
    #[must_use]
    pub fn with_vault(self, vault: Option<Arc<dyn Vault>>) -> Self {
        Self { vault, ..self }
    }

    /// The name that these logins are for, where they are for one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Why this name cannot log in here: these logins are for somebody else.
    #[must_use]
    pub fn refusal(&self, name: &str) -> Option<String> {
        let user = self.user().filter(|user| !is_same(user, name))?;
        Some(format!("This profile is for {user}. Use another profile, or --server, for {name}."))
    }

    /// The file of one server's login.
    fn path(&self, server: &ServerUrl) -> PathBuf {
        let stem = file_stem(&server.to_string());
        let of_server = self.folder.join(format!("{stem}.json"));
        let Some(user) = self.user() else { return of_server };
        let of_user = self.folder.join(format!("{stem}@{}.json", file_stem(&user.to_lowercase())));
        let is_theirs = || matches!(read(&of_server), Ok(Some(stored)) if is_same(&stored.user.name, user));
        if !of_user.exists() && is_theirs() { of_server } else { of_user }
    }

    /// What the file says; `None` where there is none, or none that can be used.
    fn stored(&self, server: &ServerUrl) -> io::Result<Option<Stored>> {
        let is_meant = |stored: &Stored| {
            stored.server == server.to_string() && self.user().is_none_or(|user| is_same(user, &stored.user.name))
        };
        Ok(read(&self.path(server))?.filter(is_meant))
    }

    /// The account on `server`; `None` where there is none, or none that can be used.
    ///
    /// # Errors
    /// Where there is a file that cannot be read, or a keyring that does not give the token.
    pub fn load(&self, server: &ServerUrl) -> io::Result<Option<Account>> {
        let Some(stored) = self.stored(server)? else { return Ok(None) };
        let Stored { user, token, .. } = stored;
        let token = match token {
            Some(token) => Some(token),
            None => {
                let again = "log in again (chat-tui login), or see `tokens` in docs/client.md";
                let vault = self.vault.as_ref().ok_or_else(|| {
                    io::Error::other(format!("the token is in a keyring, which is not in use here; {again}"))
                })?;
                let found = vault.get(&secret_name(server, &user));
                let words = |error| format!("the keyring does not give the token ({error}); unlock it, or {again}");
                found.map_err(|error| io::Error::other(words(error)))?
            }
        };
        Ok(token.and_then(Token::new).map(|token| Account { user, token }))
    }

    /// Keeps an account. A reader sees the old file or the new one, never half of one; no other user sees either. Says so where the
    /// token went into the file although there should be a keyring.
    ///
    /// # Errors
    /// Where it could not be written; an old file is then still there.
    pub fn save(&self, server: &ServerUrl, account: &Account) -> io::Result<Option<NotInKeyring>> {
        let at_folder = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", self.folder.display()));
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(at_folder)?;
        let path = self.path(server);
        let (name, token) = (secret_name(server, &account.user), account.token.expose());
        let kept = self.vault.as_ref().map(|vault| vault.set(&name, token).map_err(|error| error.to_string()));
        let is_in_file = !matches!(kept, Some(Ok(())));
        let token = is_in_file.then(|| token.to_owned());
        let mut stored = Stored { server: server.to_string(), user: account.user.clone(), token };
        let text = serde_json::to_vec_pretty(&stored).map(Zeroizing::new);
        stored.token.zeroize();
        let text = text?;
        let temporary = path.with_extension(format!("{}.tmp", uuid::Uuid::now_v7().simple()));
        let written = write_private(&temporary, &text).and_then(|()| fs::rename(&temporary, &path));
        if written.is_err() {
            // What counts is the first error; the rest of a temporary file holds nothing that the user misses.
            let _ = fs::remove_file(&temporary);
        }
        written.map_err(at_folder)?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(at_folder)?;
        Ok(kept.and_then(Result::err).map(|reason| NotInKeyring { reason, file: path }))
    }

    /// Forgets the account on `server`; where `only` is given, only if that is still its token.
    ///
    /// # Errors
    /// Where the file is there and cannot be removed, or the keyring does not forget its token: then the file is still there, too.
    pub fn forget(&self, server: &ServerUrl, only: Option<&Token>) -> io::Result<()> {
        if let Some(token) = only
            && self.load(server)?.is_some_and(|account| account.token != *token)
        {
            return Ok(());
        }
        let stored = self.stored(server).ok().flatten();
        if let (Some(Stored { user, token, .. }), Some(vault)) = (stored, &self.vault) {
            let words = |error| format!("the keyring does not forget the token ({error}); unlock it, and try again");
            match vault.delete(&secret_name(server, &user)) {
                Err(error) if token.is_none() => return Err(io::Error::other(words(error))),
                // An older token may be left in it, of a login that went into the file since.
                _ => {}
            }
        }
        match fs::remove_file(self.path(server)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether this login is the one that we use on `server`.
    #[must_use]
    pub fn is_meant(&self, login: &Listed, server: &ServerUrl) -> bool {
        login.server == *server && login.file == self.path(server)
    }

    /// All logins, whoever they are for, by server and name. What is no login is passed over.
    ///
    /// # Errors
    /// Where the folder is there and cannot be read.
    pub fn list(&self) -> io::Result<Vec<Listed>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in entries {
            let file = entry?.path();
            if file.extension().is_some_and(|extension| extension == "json")
                && let Ok(Some(stored)) = read(&file)
                && let Ok(server) = stored.server.parse::<ServerUrl>()
            {
                found.push(Listed { server, user: stored.user, file, in_keyring: stored.token.is_none() });
            }
        }
        found.sort_by_key(|login| (login.server.to_string(), login.user.name.to_lowercase(), login.file.clone()));
        Ok(found)
    }
}

/// Whether two names are one account's. The server compares them more cleverly; this only chooses a file.
fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// The name of a token in the keyring.
fn secret_name(server: &ServerUrl, user: &User) -> String {
    format!("{server} {}", user.id)
}

fn read(path: &Path) -> io::Result<Option<Stored>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    let mut text = Zeroizing::new(String::new());
    file.take(FILE_BYTES).read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text).ok())
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A file name for an address: readable, unique, and short enough. What is not plain becomes `_` and two hex digits.
pub(crate) fn file_stem(address: &str) -> String {
    let mut stem = String::with_capacity(address.len());
    for byte in address.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') {
            stem.push(char::from(byte));
        } else {
            stem.push_str(&format!("_{byte:02x}"));
        }
    }
    if stem.len() > NAME_BYTES {
        let hash = fnv1a(address.as_bytes());
        stem.truncate(NAME_BYTES);
        stem.push_str(&format!("-{hash:016x}"));
    }
    stem
}

/// FNV-1a, 64 bit (Fowler, Noll, Vo): small, and the same in every version of this program. The file itself says which
/// server it is for, so a collision costs a login and nothing else.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Asks the server for a session, by name and password.
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

#[cfg(test)]
mod tests;

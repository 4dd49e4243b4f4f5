//! Who we are on each server: a small file under the XDG state directory that only its owner can read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use chat_shared::api::User;
use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

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

/// The folder with one file a server.
#[derive(Clone, Debug)]
pub struct Accounts {
    folder: PathBuf,
}

/// An account as its file holds it.
#[derive(Serialize, Deserialize)]
struct Stored {
    server: String,
    user: User,
    token: String,
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

    /// In a folder of one's own.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The file of one server.
    #[must_use]
    pub fn path(&self, server: &ServerUrl) -> PathBuf {
        self.folder.join(format!("{}.json", file_stem(&server.to_string())))
    }

    /// The account on `server`; `None` where there is none, or none that can be used.
    ///
    /// # Errors
    /// Where there is a file that cannot be read.
    pub fn load(&self, server: &ServerUrl) -> io::Result<Option<Account>> {
        let path = self.path(server);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_BYTES).read_to_string(&mut text)?;
        let Ok(stored) = serde_json::from_str::<Stored>(&text) else { return Ok(None) };
        if stored.server != server.to_string() {
            return Ok(None);
        }
        Ok(Token::new(stored.token).map(|token| Account { user: stored.user, token }))
    }

    /// Keeps an account. A reader sees the old file or the new one, never half of one; no other user sees either.
    ///
    /// # Errors
    /// Where it could not be written; an old file is then still there.
    pub fn save(&self, server: &ServerUrl, account: &Account) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let mut stored =
            Stored { server: server.to_string(), user: account.user.clone(), token: account.token.expose().to_owned() };
        let text = serde_json::to_vec_pretty(&stored).map(Zeroizing::new);
        stored.token.zeroize();
        let text = text?;
        let path = self.path(server);
        let temporary = path.with_extension(format!("{}.tmp", uuid::Uuid::now_v7().simple()));
        let written = write_private(&temporary, &text).and_then(|()| fs::rename(&temporary, &path));
        if written.is_err() {
            // What counts is the first error; the rest of a temporary file holds nothing that the user misses.
            let _ = fs::remove_file(&temporary);
        }
        written?;
        File::open(&self.folder)?.sync_all()
    }

    /// Forgets the account on `server`; where `only` is given, only if that is still its token.
    ///
    /// # Errors
    /// Where the file is there and cannot be removed.
    pub fn forget(&self, server: &ServerUrl, only: Option<&Token>) -> io::Result<()> {
        if let Some(token) = only
            && self.load(server)?.is_some_and(|account| account.token != *token)
        {
            return Ok(());
        }
        match fs::remove_file(self.path(server)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
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
mod tests {
    use chat_shared::UserId;
    use uuid::Uuid;

    use super::*;

    fn account(token: &str) -> Account {
        let user = User { id: UserId(Uuid::from_u128(7)), name: "ann".into(), admin: false };
        Account { user, token: Token::new(token.into()).unwrap() }
    }

    fn server(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    #[test]
    fn is_kept_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::in_folder(dir.path().join("state/accounts"));
        let url = server("https://chat.example.org/team");
        assert_eq!(accounts.load(&url).unwrap(), None);
        accounts.save(&url, &account("t1")).unwrap();
        accounts.save(&url, &account("t2")).unwrap();
        assert_eq!(accounts.load(&url).unwrap(), Some(account("t2")));
        assert_eq!(accounts.load(&server("https://chat.example.org")).unwrap(), None);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&accounts.folder), mode(&accounts.path(&url))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&accounts.folder).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_file_that_others_could_read_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::in_folder(dir.path().to_owned());
        let url = server("http://h");
        accounts.save(&url, &account("t")).unwrap();
        fs::set_permissions(accounts.path(&url), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(accounts.load(&url).unwrap().is_some());
        assert_eq!(fs::metadata(accounts.path(&url)).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn forgets_only_what_it_was_asked_to() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::in_folder(dir.path().to_owned());
        let url = server("http://h");
        accounts.save(&url, &account("newer")).unwrap();
        accounts.forget(&url, Some(&account("older").token)).unwrap();
        assert!(accounts.load(&url).unwrap().is_some());
        accounts.forget(&url, Some(&account("newer").token)).unwrap();
        accounts.forget(&url, None).unwrap();
        assert_eq!(accounts.load(&url).unwrap(), None);
    }

    #[test]
    fn broken_files_and_those_of_others_are_no_account() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::in_folder(dir.path().to_owned());
        for text in [
            "",
            "{",
            "[]",
            r#"{"server":"http://other","user":{"id":"0193e0a0-0000-7000-8000-000000000001","name":"x"},"token":"t"}"#,
        ] {
            fs::write(accounts.path(&server("http://h")), text).unwrap();
            assert_eq!(accounts.load(&server("http://h")).unwrap(), None, "{text}");
        }
    }

    #[test]
    fn names_of_files_are_plain_and_short() {
        assert_eq!(file_stem("http://127.0.0.1:8080"), "http_3a_2f_2f127.0.0.1_3a8080");
        let (long, longer) = (format!("http://h/{}", "a".repeat(500)), format!("http://h/{}", "a".repeat(501)));
        assert!(file_stem(&long).len() < 240);
        assert_ne!(file_stem(&long), file_stem(&longer));
    }
}

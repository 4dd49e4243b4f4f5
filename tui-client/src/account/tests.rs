//! Logins on disk and in a keyring.

use chat_shared::UserId;
use uuid::Uuid;

use std::collections::BTreeMap;
use std::sync::Mutex;

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
fn what_cannot_be_kept_says_where() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("state"), "a file").unwrap();
    let folder = dir.path().join("state/accounts");
    let error = Accounts::in_folder(folder.clone()).save(&server("http://h"), &account("t")).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}: ", folder.display())), "{error}");
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

fn named(name: &str, token: &str) -> Account {
    let mut account = account(token);
    account.user.name = name.into();
    account.user.id = UserId(Uuid::from_u128(u128::from(name.as_bytes()[0])));
    account
}

#[test]
fn a_server_has_a_login_for_each_user_that_a_profile_names() {
    let dir = tempfile::tempdir().unwrap();
    let any = Accounts::in_folder(dir.path().to_owned());
    let of = |name: &str| any.clone().for_user(Some(name.into()));
    let url = server("http://h");
    any.save(&url, &named("ann", "t1")).unwrap();
    assert_eq!(of("Ann").load(&url).unwrap(), Some(named("ann", "t1")), "the server's login is hers");
    assert_eq!(of("bot").load(&url).unwrap(), None, "and nobody else's");
    of("bot").save(&url, &named("bot", "t2")).unwrap();
    of("ann").save(&url, &named("ann", "t3")).unwrap();
    assert_eq!(any.load(&url).unwrap(), Some(named("ann", "t3")));
    assert_eq!(of("bot").load(&url).unwrap(), Some(named("bot", "t2")));
    let listed = any.list().unwrap();
    assert_eq!(listed.iter().map(|login| login.user.name.as_str()).collect::<Vec<_>>(), ["ann", "bot"]);
    assert!(listed.iter().all(|login| login.server == url && !login.in_keyring && login.file.exists()));
    of("bot").forget(&url, None).unwrap();
    assert_eq!(any.list().unwrap().len(), 1);
    assert!(of("ann").refusal("ANN").is_none() && any.refusal("bob").is_none());
    assert!(of("ann").refusal("bob").unwrap().contains("for ann"));
}

#[test]
fn no_login_is_taken_for_another_servers() {
    let dir = tempfile::tempdir().unwrap();
    let accounts = Accounts::in_folder(dir.path().to_owned());
    let (one, other) = (server("https://a.example"), server("https://b.example"));
    accounts.save(&one, &account("secret-of-a")).unwrap();
    // Somebody copies the file, as a backup may.
    fs::copy(accounts.path(&one), accounts.path(&other)).unwrap();
    assert_eq!(accounts.load(&other).unwrap(), None);
    assert_eq!(accounts.clone().for_user(Some("ann".into())).load(&other).unwrap(), None);
}

/// A keyring, and whether it works today.
#[derive(Debug, Default)]
struct Mock {
    secrets: Mutex<BTreeMap<String, String>>,
    is_locked: Mutex<bool>,
}

impl Mock {
    fn open(&self) -> io::Result<std::sync::MutexGuard<'_, BTreeMap<String, String>>> {
        if *self.is_locked.lock().unwrap() {
            Err(io::Error::other("it is locked"))
        } else {
            Ok(self.secrets.lock().unwrap())
        }
    }
}

impl Vault for Mock {
    fn get(&self, name: &str) -> io::Result<Option<String>> {
        Ok(self.open()?.get(name).cloned())
    }

    fn set(&self, name: &str, secret: &str) -> io::Result<()> {
        self.open()?.insert(name.into(), secret.into());
        Ok(())
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        self.open()?.remove(name);
        Ok(())
    }
}

#[test]
fn with_a_keyring_no_token_is_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let mock = Arc::new(Mock::default());
    let accounts = Accounts::in_folder(dir.path().to_owned()).with_vault(Some(Arc::clone(&mock) as Arc<dyn Vault>));
    let (one, other) = (server("http://a"), server("http://b"));
    assert_eq!(accounts.save(&one, &account("secret-one")).unwrap(), None);
    accounts.save(&other, &account("secret-two")).unwrap();
    assert!(!fs::read_to_string(accounts.path(&one)).unwrap().contains("secret"));
    assert_eq!(accounts.load(&one).unwrap(), Some(account("secret-one")), "each server has its own");
    assert!(accounts.list().unwrap().iter().all(|login| login.in_keyring));
    // A build without a keyring says so, rather than that there is no login.
    let without = accounts.clone().with_vault(None);
    assert!(without.load(&one).unwrap_err().to_string().contains("in a keyring"));
    accounts.forget(&one, Some(&account("another-one").token)).unwrap();
    assert!(accounts.load(&one).unwrap().is_some());
    accounts.forget(&one, Some(&account("secret-one").token)).unwrap();
    assert_eq!(accounts.load(&one).unwrap(), None);
    assert_eq!(mock.secrets.lock().unwrap().len(), 1, "the other one stays");
}

#[test]
fn where_the_keyring_fails_the_file_has_the_token_and_the_user_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mock = Arc::new(Mock::default());
    let accounts = Accounts::in_folder(dir.path().to_owned()).with_vault(Some(Arc::clone(&mock) as Arc<dyn Vault>));
    let url = server("http://h");
    *mock.is_locked.lock().unwrap() = true;
    let word = accounts.save(&url, &account("t")).unwrap().unwrap();
    assert_eq!(word, NotInKeyring { reason: "it is locked".into(), file: accounts.path(&url) });
    assert_eq!(accounts.load(&url).unwrap(), Some(account("t")));
    assert_eq!(fs::metadata(accounts.path(&url)).unwrap().permissions().mode() & 0o777, 0o600);
    // Later it works, and then it does not.
    *mock.is_locked.lock().unwrap() = false;
    assert_eq!(accounts.save(&url, &account("t2")).unwrap(), None);
    *mock.is_locked.lock().unwrap() = true;
    assert!(accounts.load(&url).unwrap_err().to_string().contains("it is locked"));
    assert!(accounts.forget(&url, None).unwrap_err().to_string().contains("unlock it"), "it is not forgotten");
    assert_eq!(accounts.list().unwrap().len(), 1, "and can be tried again");
    *mock.is_locked.lock().unwrap() = false;
    accounts.forget(&url, None).unwrap();
    assert_eq!((accounts.list().unwrap(), mock.secrets.lock().unwrap().len()), (Vec::new(), 0));
}

#[test]
fn an_older_token_goes_from_the_keyring_with_a_login_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let mock = Arc::new(Mock::default());
    let accounts = Accounts::in_folder(dir.path().to_owned()).with_vault(Some(Arc::clone(&mock) as Arc<dyn Vault>));
    let url = server("http://h");
    accounts.save(&url, &account("older")).unwrap();
    *mock.is_locked.lock().unwrap() = true;
    accounts.save(&url, &account("newer")).unwrap();
    accounts.forget(&url, Some(&account("newer").token)).unwrap();
    assert_eq!(accounts.list().unwrap(), [], "a keyring that is not needed keeps nobody");
    accounts.save(&url, &account("newer")).unwrap();
    *mock.is_locked.lock().unwrap() = false;
    accounts.forget(&url, None).unwrap();
    assert_eq!(mock.secrets.lock().unwrap().len(), 0);
}

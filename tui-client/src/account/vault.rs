//! Where a token may be kept in place of a file: the system's keyring, where this build knows one.

use std::fmt::Debug;
use std::io;
use std::sync::Arc;
#[cfg(any(feature = "keyring", test))]
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
#[cfg(any(feature = "keyring", test))]
use std::time::Duration;

/// How long a keyring may take to be there. Starting it is part of that.
#[cfg(any(feature = "keyring", test))]
const ANSWER: Duration = Duration::from_secs(10);
/// How long it may take then: it may ask its owner for a password.
#[cfg(any(feature = "keyring", test))]
const OWNER: Duration = Duration::from_secs(60);

/// Keeps secrets by name. Every call may take its time, and ends: a keyring may ask its owner for a password first, or hang.
pub trait Vault: Debug + Send + Sync {
    /// The secret under this name.
    ///
    /// # Errors
    /// Where nobody can tell: there is no keyring, or it stays locked.
    fn get(&self, name: &str) -> io::Result<Option<String>>;

    /// Keeps a secret, in place of an older one.
    ///
    /// # Errors
    /// Where it is not kept.
    fn set(&self, name: &str, secret: &str) -> io::Result<()>;

    /// Forgets a secret. One that is not there is forgotten.
    ///
    /// # Errors
    /// Where it is still there.
    fn delete(&self, name: &str) -> io::Result<()>;
}

/// The keyring of this system; `None` where this build has none.
#[must_use]
pub fn of_this_system() -> Option<Arc<dyn Vault>> {
    #[cfg(feature = "keyring")]
    return Some(Arc::new(keyring::SecretService));
    #[cfg(not(feature = "keyring"))]
    None
}

/// Does the work in a thread of its own, and does not wait for it for ever. The work says when the keyring has answered for the first
/// time; who is given up goes on alone.
#[cfg(any(feature = "keyring", test))]
fn in_time<T: Send + 'static>(
    (answer, owner): (Duration, Duration),
    work: impl FnOnce(&dyn Fn()) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (said, heard) = sync_channel::<Option<io::Result<T>>>(2);
    let run = move |said: SyncSender<_>| {
        // Where nobody waits any more, nobody is to be told.
        let is_there = || drop(said.send(None));
        let result = work(&is_there);
        drop(said.send(Some(result)));
    };
    std::thread::Builder::new().name("keyring".to_owned()).spawn(move || run(said))?;
    let mut patience = answer;
    loop {
        match heard.recv_timeout(patience) {
            Ok(Some(result)) => return result,
            Ok(None) => patience = owner,
            Err(RecvTimeoutError::Timeout) => {
                return Err(io::Error::other(format!("it has not answered for {} s", patience.as_secs())));
            }
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("its library failed")),
        }
    }
}

#[cfg(feature = "keyring")]
mod keyring {
    //! The Secret Service (GNOME Keyring, KWallet, KeePassXC), over D-Bus.

    use std::io;
    use std::sync::Arc;

    use keyring_core::api::CredentialStoreApi;
    use keyring_core::{Entry, Error};
    use zbus_secret_service_keyring_store::Store;

    use super::{ANSWER, OWNER, Vault, in_time};

    /// Under which program's name the secrets are listed.
    const SERVICE: &str = "chat-tui";

    /// Connects when it is asked for something, not before.
    #[derive(Debug)]
    pub(super) struct SecretService;

    fn with_entry<T>(
        store: &impl CredentialStoreApi,
        name: &str,
        work: impl FnOnce(Entry) -> Result<T, Error>,
    ) -> io::Result<Option<T>> {
        match store.build(SERVICE, name, None).and_then(work) {
            Ok(found) => Ok(Some(found)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(in_words(error)),
        }
    }

    /// Only what is meant for people: some errors carry what was read.
    fn in_words(error: Error) -> io::Error {
        io::Error::other(match error {
            Error::BadEncoding(_) | Error::BadDataFormat(..) => "it holds no text".to_owned(),
            Error::NoStorageAccess(cause) => format!("it stays locked: {cause}"),
            Error::PlatformFailure(cause) => cause.to_string(),
            error => error.to_string(),
        })
    }

    fn get(store: &impl CredentialStoreApi, name: &str) -> io::Result<Option<String>> {
        with_entry(store, name, |entry| entry.get_password())
    }

    fn set(store: &impl CredentialStoreApi, name: &str, secret: &str) -> io::Result<()> {
        let kept = with_entry(store, name, |entry| entry.set_password(secret))?;
        kept.ok_or_else(|| io::Error::other("it did not keep the secret"))
    }

    fn delete(store: &impl CredentialStoreApi, name: &str) -> io::Result<()> {
        with_entry(store, name, |entry| entry.delete_credential()).map(drop)
    }

    /// D-Bus brings an executor of its own, which must not run inside of ours: that is one more reason for a thread.
    fn connected<T: Send + 'static>(work: impl FnOnce(&Arc<Store>) -> io::Result<T> + Send + 'static) -> io::Result<T> {
        in_time((ANSWER, OWNER), |is_there| {
            let store = Store::new().map_err(in_words)?;
            is_there();
            work(&store)
        })
    }

    impl Vault for SecretService {
        fn get(&self, name: &str) -> io::Result<Option<String>> {
            let name = name.to_owned();
            connected(move |store| get(&**store, &name))
        }

        fn set(&self, name: &str, secret: &str) -> io::Result<()> {
            let (name, secret) = (name.to_owned(), zeroize::Zeroizing::new(secret.to_owned()));
            connected(move |store| set(&**store, &name, &secret))
        }

        fn delete(&self, name: &str) -> io::Result<()> {
            let name = name.to_owned();
            connected(move |store| delete(&**store, &name))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_is_kept_comes_back_until_it_is_forgotten() {
            let store = keyring_core::mock::Store::new().unwrap();
            assert_eq!(get(&*store, "http://h 1").unwrap(), None);
            set(&*store, "http://h 1", "token").unwrap();
            set(&*store, "http://h 1", "newer").unwrap();
            assert_eq!(get(&*store, "http://h 1").unwrap().as_deref(), Some("newer"));
            assert_eq!(get(&*store, "http://h 2").unwrap(), None);
            delete(&*store, "http://h 1").unwrap();
            delete(&*store, "http://h 1").unwrap();
            assert_eq!(get(&*store, "http://h 1").unwrap(), None);
        }

        #[test]
        fn nothing_that_was_read_is_in_an_error() {
            let words = |error| in_words(error).to_string();
            assert_eq!(words(Error::BadEncoding(b"secret".to_vec())), "it holds no text");
            assert_eq!(words(Error::NoStorageAccess("dismissed".into())), "it stays locked: dismissed");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const AT_ONCE: Duration = Duration::from_millis(1);

    #[test]
    fn a_keyring_that_hangs_is_given_up() {
        let (end, never) = channel::<()>();
        let given_up = in_time((AT_ONCE, OWNER), move |_| never.recv().map_err(io::Error::other));
        assert!(given_up.unwrap_err().to_string().starts_with("it has not answered"));
        drop(end);
        let (end, never) = channel::<()>();
        let given_up = in_time((ANSWER, AT_ONCE), move |is_there| {
            is_there();
            never.recv().map_err(io::Error::other)
        });
        assert!(given_up.unwrap_err().to_string().starts_with("it has not answered"), "its owner does not answer");
        drop(end);
    }

    #[test]
    fn one_that_answers_is_heard() {
        let answer = in_time((ANSWER, OWNER), |is_there| {
            is_there();
            Ok(7)
        });
        assert_eq!(answer.unwrap(), 7);
        assert!(in_time((ANSWER, OWNER), |_| Err::<(), _>(io::Error::other("no"))).is_err());
    }
}

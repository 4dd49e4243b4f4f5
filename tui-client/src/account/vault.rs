//! Where a token may be kept in place of a file: the system's keyring, where this build knows one.

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

/// Keeps secrets by name. Every call may take its time: a keyring may ask its owner for a password first.
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

#[cfg(feature = "keyring")]
mod keyring {
    //! The Secret Service (GNOME Keyring, KWallet, KeePassXC), over D-Bus.

    use std::io;
    use std::sync::Arc;

    use keyring_core::api::CredentialStoreApi;
    use keyring_core::{Entry, Error};
    use zbus_secret_service_keyring_store::Store;

    use super::Vault;

    /// Under which program's name the secrets are listed.
    const SERVICE: &str = "chat-tui";

    /// Connects when it is asked for something, not before.
    #[derive(Debug)]
    pub(super) struct SecretService;

    fn on_a_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        // D-Bus brings an executor of its own, which must not run inside of ours.
        std::thread::scope(|scope| {
            scope.spawn(work).join().unwrap_or_else(|_| Err(io::Error::other("the keyring's library failed")))
        })
    }

    fn with_entry<T>(
        store: &impl CredentialStoreApi,
        name: &str,
        work: impl FnOnce(Entry) -> Result<T, Error>,
    ) -> io::Result<Option<T>> {
        match store.build(SERVICE, name, None).and_then(work) {
            Ok(found) => Ok(Some(found)),
            Err(Error::NoEntry) => Ok(None),
            // Some of them carry what they have read.
            Err(Error::BadEncoding(_) | Error::BadDataFormat(..)) => Err(io::Error::other("it holds no text")),
            Err(error) => Err(io::Error::other(error.to_string())),
        }
    }

    fn store() -> io::Result<Arc<Store>> {
        Store::new().map_err(|error| io::Error::other(error.to_string()))
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

    impl Vault for SecretService {
        fn get(&self, name: &str) -> io::Result<Option<String>> {
            on_a_thread(|| get(&*store()?, name))
        }

        fn set(&self, name: &str, secret: &str) -> io::Result<()> {
            on_a_thread(|| set(&*store()?, name, secret))
        }

        fn delete(&self, name: &str) -> io::Result<()> {
            on_a_thread(|| delete(&*store()?, name))
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
    }
}

//! Hashing and checking passwords: slow on purpose, so off the async threads and never too many at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Memory and time of one hash: OWASP's second recommendation for argon2id (19 MiB, two passes, one lane).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Requests that may wait for their turn; more are turned away. At about 30 ms each this is some seconds.
const MAX_WAITING: usize = 256;

/// So many wait already that waiting makes no sense: try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooBusy;

/// Hashes and checks passwords.
pub struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// A hash of nothing in particular, checked where an account does not exist, so that both answers take as long.
    decoy: String,
}

impl Passwords {
    /// At most `parallel` at once.
    #[must_use]
    pub fn new(parallel: usize) -> Self {
        let decoy = hash("decoy").unwrap_or_default();
        Self { turns: Arc::new(Semaphore::new(parallel.max(1))), waiting: Arc::default(), decoy }
    }

    /// The password as a PHC string with a fresh salt.
    ///
    /// # Errors
    /// Where too many wait already.
    pub async fn hash(&self, password: Zeroizing<String>) -> Result<String, TooBusy> {
        self.in_turn(move || hash(&password)).await?.ok_or(TooBusy)
    }

    /// Whether it is the password behind that hash. With `None` it takes as long, and is false.
    ///
    /// # Errors
    /// Where too many wait already.
    pub async fn verify(&self, password: Zeroizing<String>, hash: Option<String>) -> Result<bool, TooBusy> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        self.in_turn(move || {
            let is_right = argon2().verify_password(password.as_bytes(), hash.as_str()).is_ok();
            is_right && exists
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, TooBusy> {
        let waiting = Waiting::enter(&self.waiting)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| TooBusy)?;
        // With the work, and not with whoever waits for it: a request that is given up does not stop a hash that runs, and
        // must not make room for another one.
        let work = move || {
            let done = work();
            drop((turn, waiting));
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| TooBusy)
    }
}

/// Counts one that waits or works, for as long as it does.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn enter(count: &Arc<AtomicUsize>) -> Result<Self, TooBusy> {
        let this = Self(Arc::clone(count));
        if count.fetch_add(1, Ordering::Relaxed) >= MAX_WAITING { Err(TooBusy) } else { Ok(this) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("these parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> Option<String> {
    argon2().hash_password(password.as_bytes()).ok().map(|hash| hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let passwords = Passwords::new(2);
        let hash = passwords.hash(secret("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(passwords.hash(secret("correct horse")).await.unwrap(), hash, "salted");
        assert!(passwords.verify(secret("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(secret("battery staple"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(secret("decoy"), None).await.unwrap());
        assert!(!passwords.verify(secret("x"), Some("not a hash".into())).await.unwrap());
    }

    #[tokio::test]
    async fn who_hangs_up_keeps_their_turn_until_the_work_is_done() {
        let passwords = Passwords::new(1);
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let mut first = Box::pin(passwords.in_turn(move || wait.recv()));
        assert!(futures_util::poll!(&mut first).is_pending());
        drop(first);
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), 1, "it works for nobody, but it works");
        let mut second = Box::pin(passwords.in_turn(|| 2));
        assert!(futures_util::poll!(&mut second).is_pending());
        assert_eq!(passwords.turns.available_permits(), 0);
        go.send(()).unwrap();
        assert_eq!(second.await, Ok(2));
        assert_eq!((passwords.waiting.load(Ordering::Relaxed), passwords.turns.available_permits()), (0, 1));
    }

    #[tokio::test]
    async fn a_crowd_is_turned_away() {
        let passwords = Passwords::new(1);
        passwords.waiting.store(MAX_WAITING, Ordering::Relaxed);
        assert_eq!(passwords.hash(secret("x")).await, Err(TooBusy));
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), MAX_WAITING);
    }
}

//! From credentials to a principal: passwords, tokens, and who is behind a token.

mod password;

use std::collections::HashMap;
use std::sync::Arc;

use chat_shared::Timestamp;
use chat_shared::api::User;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub use self::password::{Passwords, TooBusy};

use crate::hub::Hub;
use crate::store::{Actor, Store, StoreError, TokenHash};

/// Who a request is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub user: User,
    /// The token that proved it.
    pub token: TokenHash,
}

impl Principal {
    /// The principal as somebody who acts now.
    #[must_use]
    pub fn acts(&self) -> Actor {
        Actor { user: self.user.clone(), at: Timestamp::now() }
    }
}

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// A new token: the text that its owner gets, once, and the hash that is kept.
pub struct NewToken {
    /// 256 random bits in hexadecimal.
    pub text: Zeroizing<String>,
    /// What the store keeps.
    pub hash: TokenHash,
}

/// Makes a token from the system's randomness.
///
/// # Errors
/// Where the system has none to give.
pub fn new_token() -> Result<NewToken, getrandom::Error> {
    let mut bytes = Zeroizing::new([0u8; 32]);
    getrandom::fill(&mut bytes[..])?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(NewToken { hash: hash_token(&text), text: Zeroizing::new(text) })
}

/// The form in which tokens are kept. Tokens are random enough for one round of a fast hash.
#[must_use]
pub fn hash_token(token: &str) -> TokenHash {
    TokenHash(Sha256::digest(token.as_bytes()).into())
}

/// Owners of tokens that were looked up; beyond this many it starts anew.
const MAX_CACHED: usize = 100_000;

/// Knows who is behind a token.
pub struct Auth {
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    owners: Mutex<Owners>,
}

#[derive(Default)]
struct Owners {
    by_token: HashMap<TokenHash, User>,
    /// Counts revocations: a look-up that began before one does not put its answer in after it.
    revocations: u64,
}

impl Auth {
    /// Looks up in this store; tells this hub of tokens that end.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, hub: Arc<Hub>) -> Self {
        Self { store, hub, owners: Mutex::default() }
    }

    /// Who this token belongs to; `None` where it is unknown or revoked.
    ///
    /// # Errors
    /// Where the store cannot tell.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Principal>, StoreError> {
        let hash = hash_token(token);
        let began = {
            let owners = self.owners.lock();
            if let Some(user) = owners.by_token.get(&hash) {
                return Ok(Some(Principal { user: user.clone(), token: hash }));
            }
            owners.revocations
        };
        let Some(user) = self.store.token_owner(hash).await? else { return Ok(None) };
        let mut owners = self.owners.lock();
        if owners.revocations == began {
            if owners.by_token.len() >= MAX_CACHED {
                owners.by_token.clear();
            }
            owners.by_token.insert(hash, user.clone());
        }
        Ok(Some(Principal { user, token: hash }))
    }

    /// Ends a token, and every connection that was opened with it.
    ///
    /// # Errors
    /// Where the store cannot do it now; then the token is still good.
    pub async fn revoke(&self, principal: &Principal) -> Result<(), StoreError> {
        self.store.revoke_token(principal.token).await?;
        {
            let mut owners = self.owners.lock();
            owners.revocations += 1;
            owners.by_token.remove(&principal.token);
        }
        self.hub.close_token(principal.user.id, principal.token);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_random_and_kept_as_a_hash() {
        let (a, b) = (new_token().unwrap(), new_token().unwrap());
        assert_eq!(a.text.len(), 64);
        assert_ne!(*a.text, *b.text);
        assert_eq!(hash_token(&a.text), a.hash);
        assert_eq!(format!("{:?}", a.hash), "TokenHash(…)");
    }
}

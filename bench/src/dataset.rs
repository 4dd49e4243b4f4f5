//! Large amounts of data, made through the server's own store, in this process: many posts at a time, so that they share
//! their commits. Everything is the same in every run.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use chat_server::auth::{hash_token, new_token};
use chat_server::store::sqlite::SqliteStore;
use chat_server::store::{Actor, Draft, Observer, RoomRef, Store};
use chat_server::validate::Name;
use chat_shared::api::{RoomKind, User};
use chat_shared::{Event, RoomId, Seq, Timestamp};
use futures_util::future::try_join_all;
use tokio::runtime::Runtime;

/// Changes that are under way together.
const GROUP: usize = 512;

/// An account, and the token that opens it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) token: String,
}

/// A message to post: who, where, what.
pub(crate) struct Post<'a> {
    pub(crate) by: &'a Account,
    pub(crate) room: RoomId,
    pub(crate) body: String,
}

/// A store that is being filled.
pub(crate) struct Builder {
    store: SqliteStore,
    runtime: Runtime,
}

struct Nobody;

impl Observer for Nobody {
    fn committed(&self, _: &[Arc<Event>]) {}
}

impl Builder {
    /// Opens or makes the store in the folder that [`Running::ours`](crate::peers::Running::ours) starts a server on.
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        let store = SqliteStore::open(&dir.join("data"), Arc::new(Nobody))?;
        Ok(Self { store, runtime: tokio::runtime::Builder::new_current_thread().build()? })
    }

    /// Registers so many accounts. Nobody can log in with a password, but everyone has a token.
    pub(crate) fn accounts(&self, count: usize) -> Result<Vec<Account>> {
        let mut accounts = Vec::with_capacity(count);
        while accounts.len() < count {
            let until = count.min(accounts.len() + GROUP);
            let group = (accounts.len()..until).map(|index| async move {
                let name = Name::of_user(&format!("user{index:05}")).ok().context("it is a valid name")?;
                let token = new_token()?.text.to_string();
                let user = self.store.register(name, "!".into(), hash_token(&token), Timestamp::now()).await?;
                anyhow::Ok(Account { user, token })
            });
            accounts.extend(self.runtime.block_on(try_join_all(group))?);
        }
        Ok(accounts)
    }

    /// Makes so many rooms; the account is their first member.
    pub(crate) fn rooms(&self, maker: &Account, count: usize) -> Result<Vec<RoomId>> {
        let mut rooms = Vec::with_capacity(count);
        while rooms.len() < count {
            let until = count.min(rooms.len() + GROUP);
            let group = (rooms.len()..until).map(|index| async move {
                let name = Name::of_room(&format!("room{index:05}")).ok().context("it is a valid name")?;
                let room = self.store.create_room(acts(maker), name, String::new(), RoomKind::Public).await?;
                anyhow::Ok(room.id)
            });
            rooms.extend(self.runtime.block_on(try_join_all(group))?);
        }
        Ok(rooms)
    }

    /// The id of the room that everyone is in.
    pub(crate) fn general(&self, account: &Account) -> Result<RoomId> {
        let room = RoomRef::Name("general".into());
        Ok(self.runtime.block_on(self.store.summary(account.user.id, room))?.id)
    }

    /// The newest event of a room.
    pub(crate) fn head(&self, account: &Account, room: RoomId) -> Result<Seq> {
        Ok(self.runtime.block_on(self.store.summary(account.user.id, RoomRef::Id(room)))?.head)
    }

    /// Makes all of these members.
    pub(crate) fn join(&self, members: &[(&Account, RoomId)]) -> Result<()> {
        for group in members.chunks(GROUP) {
            let joining = group.iter().map(|(account, room)| self.store.join(acts(account), RoomRef::Id(*room)));
            self.runtime.block_on(try_join_all(joining))?;
        }
        Ok(())
    }

    /// Posts all of these.
    pub(crate) fn post<'a>(&self, mut posts: impl Iterator<Item = Post<'a>>) -> Result<()> {
        loop {
            let group: Vec<_> = posts
                .by_ref()
                .take(GROUP)
                .map(|Post { by, room, body }| {
                    let draft =
                        Draft { room: RoomRef::Id(room), body, reply_to: None, key: None, mentions: Vec::new() };
                    self.store.post(acts(by), draft)
                })
                .collect();
            if group.is_empty() {
                return Ok(());
            }
            self.runtime.block_on(try_join_all(group))?;
        }
    }
}

fn acts(account: &Account) -> Actor {
    Actor { user: account.user.clone(), at: Timestamp::now() }
}

/// Texts that look like language to an index: few words are common, most are rare.
pub(crate) struct Words(u64);

/// Different words.
const VOCABULARY: f64 = 20_000.0;

impl Words {
    /// The same texts in every run.
    pub(crate) fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    /// A number below `bound`. (xorshift64*; Vigna 2016)
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) % bound
    }

    /// A message of 6 to 17 words.
    pub(crate) fn text(&mut self) -> String {
        let count = 6 + self.below(12);
        let mut text = String::new();
        for _ in 0..count {
            let chance = self.below(1 << 32) as f64 / (1u64 << 32) as f64;
            text.push_str(&word(VOCABULARY.powf(chance) as u64));
            text.push(' ');
        }
        text.truncate(text.len() - 1);
        text
    }
}

/// The word of this rank: rank 1 is in about half of all texts, rank 1,000 in one of 900, rank 15,000 in one of 13,000.
pub(crate) fn word(rank: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ka", "lo", "mi", "ne", "ru", "so", "ti", "va", "ben", "dor", "fal", "gim", "han", "jul", "pex", "zon"];
    let mut rest = rank + 16;
    let mut word = String::new();
    while rest > 0 {
        word.push_str(SYLLABLES[(rest % 16) as usize]);
        rest /= 16;
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_common_and_rare_ones_rare() {
        let mut words = Words::new();
        let texts: Vec<String> = (0..20_000).map(|_| words.text()).collect();
        let share = |rank| {
            let word = word(rank);
            texts.iter().filter(|text| text.split(' ').any(|other| other == word)).count()
        };
        assert!((8_000..14_000).contains(&share(1)), "{}", share(1));
        assert!(share(15_000) < 20, "{}", share(15_000));
    }
}

//! The contract of `chat_server::store`, checked against every store that there is.
//!
//! A test here takes a [`store_contract::world::World`] and knows nothing of what is behind it. A further store is one
//! more line in `for_every_store!`, and an implementation of `Backend`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

/// Makes a test of each function, for each store.
macro_rules! for_every_store {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(crate::store_contract::world::World::new(crate::store_contract::world::Sqlite::new())).await;
                }
            )+
        }
    };
}

mod store_contract {
    pub(crate) mod world;

    mod access;
    mod concurrency;
    mod counts;
    mod damage;
    mod deletion;
    mod dms;
    mod favourites;
    mod idempotency;
    mod pages;
    mod random;
    mod restore;
    mod rooms;
    mod search;
    mod sqlite;
    mod story;
    mod threads;
}

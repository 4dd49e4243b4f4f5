//! Room for what strangers say first, of whom nothing is known yet but that they have connected.
//!
//! What everybody may send without asking is small. A longer `hello`, which resumes many rooms, waits for room until its time
//! is up: nobody is refused for its length, and however many strangers there are, they make us hold no more.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Long ones at a time. Each takes up to three times 256 KiB while it comes: 48 MiB for all together.
const AT_A_TIME: usize = 64;

/// The room that there is.
#[derive(Debug)]
pub struct Strangers(Semaphore);

impl Strangers {
    /// Waits until there is room for one.
    pub(super) async fn room(&self) -> SemaphorePermit<'_> {
        self.0.acquire().await.expect("nobody closes it")
    }
}

impl Default for Strangers {
    fn default() -> Self {
        Self(Semaphore::new(AT_A_TIME))
    }
}

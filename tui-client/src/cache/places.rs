//! Where the files of an account are.

use std::io;
use std::path::PathBuf;

use chat_shared::UserId;
use etcetera::BaseStrategy as _;

use crate::account::file_stem;
use crate::net::server_url::ServerUrl;

/// Whose files they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The server.
    pub server: ServerUrl,
    /// The account on it.
    pub user: UserId,
}

impl Owner {
    /// As it stands inside of the files: one that says otherwise is not used, whatever its name.
    pub(super) fn tag(&self) -> String {
        format!("{} {}", self.server, self.user)
    }

    fn stem(&self) -> String {
        format!("{}-{}", file_stem(&self.server.to_string()), self.user)
    }
}

/// The two folders with the files of all accounts of this user.
#[derive(Clone, Debug)]
pub struct Places {
    views: PathBuf,
    unsent: PathBuf,
    pub(super) extent: Extent,
}

/// How much is kept there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Everything,
    /// What the server has not heard of reading, and nothing else. What others keep can be searched.
    Words,
}

impl Places {
    /// `$XDG_CACHE_HOME/chat-tui` and `$XDG_STATE_HOME/chat-tui/unsent`, by default below `~/.cache` and `~/.local/state`.
    ///
    /// # Errors
    /// Where the user has no home directory.
    pub fn of_this_user() -> io::Result<Self> {
        let dirs = etcetera::base_strategy::Xdg::new().map_err(io::Error::other)?;
        let state = dirs.state_dir().ok_or_else(|| io::Error::other("there is no state directory"))?;
        Ok(Self::in_folders(dirs.cache_dir().join("chat-tui"), state.join("chat-tui").join("unsent")))
    }

    /// In folders of one's own: what can be deleted, and what cannot.
    #[must_use]
    pub fn in_folders(views: PathBuf, unsent: PathBuf) -> Self {
        Self { views, unsent, extent: Extent::Everything }
    }

    /// For linear mode: lines tell the rest, and are nowhere else. What other clients have not sent is left to them.
    #[must_use]
    pub fn for_words(self) -> Self {
        Self { extent: Extent::Words, ..self }
    }

    /// The file with the last known state of the server.
    #[must_use]
    pub fn views(&self, owner: &Owner) -> PathBuf {
        self.views.join(format!("{}.db", owner.stem()))
    }

    /// The file with drafts and messages on their way.
    #[must_use]
    pub fn unsent(&self, owner: &Owner) -> PathBuf {
        self.unsent.join(format!("{}.db", owner.stem()))
    }

    /// Deletes what this account has seen. What it has not sent stays.
    ///
    /// # Errors
    /// Where a file is there and cannot be removed.
    pub fn forget_views(&self, owner: &Owner) -> io::Result<()> {
        super::open::remove(&self.views(owner))
    }
}

//! How what was started has ended.

use crate::account::Account;
use crate::app::Done;
use crate::app::kept::Kept;

/// What came of a notification for the desktop.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    Shown,
    Failed(String),
    /// It has not answered, and may still do so.
    Late,
    /// It has answered after all, whatever.
    Over,
}

/// The end of something that was started.
pub(super) enum Finished {
    Done(Done),
    /// News from the disk, for the account that was logged in as the n-th.
    Kept(u64, Kept),
    /// What came of a notification for the desktop.
    Notified(News),
    /// The server has accepted us; where the login could not be kept as it should be, why.
    LoggedIn {
        account: Account,
        unsaved: Option<String>,
    },
}

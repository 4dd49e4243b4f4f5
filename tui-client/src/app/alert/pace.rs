//! What the user was notified of, and what was left out: what the next notification depends on. Pure.

use chat_shared::{Event, Timestamp};

/// Do not disturb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Quiet {
    #[default]
    No,
    /// Until the user says otherwise.
    Yes,
    /// Until this time; or, should the clock be set back meanwhile, until as much has passed as it was to take.
    Until { at: Timestamp, mono_us: u64 },
}

/// What the user was notified of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alerts {
    pub(crate) quiet: Quiet,
    /// The last notification, and the last one because somebody mentioned us.
    pub(super) last_us: Option<u64>,
    pub(super) last_mention_us: Option<u64>,
    /// Those that came too soon after another.
    pub(super) left_out: u32,
    /// What came while there was no connection, and is told as soon as there is one; and whether it mentions us.
    pub(super) missed: Option<(Event, bool)>,
}

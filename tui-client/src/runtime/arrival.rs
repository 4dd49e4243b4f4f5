//! What the loop waits for.

use super::finished::Finished;
use super::perform::Progress;
use super::sieve::Sifted;
use crate::app::LinkEvent;
use crate::app::effect::TimerId;

/// Something that the loop handles.
pub(super) enum Arrival {
    Input(Sifted),
    Link(LinkEvent),
    Finished(Finished),
    Timer(TimerId),
    Continued,
    Resized,
    /// The user, a signal or the closed terminal ends it.
    End,
    /// Nothing to handle: only time to look again (for a frame that had to wait, for a task that has ended).
    Nothing,
}

impl From<Progress> for Arrival {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Link(event) => Self::Link(event),
            Progress::Finished(finished) => Self::Finished(finished),
            Progress::Reaped => Self::Nothing,
        }
    }
}

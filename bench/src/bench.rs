//! What all figures need.

use crate::cli::Scale;
use crate::machine::Interrupt;
use crate::peers::{Peer, Places};
use crate::report::results::Results;

/// Where and how it is measured, and what has been found so far.
pub(crate) struct Bench {
    pub(crate) places: Places,
    pub(crate) scale: Scale,
    pub(crate) interrupt: Interrupt,
    /// Who can be started.
    pub(crate) peers: Vec<Peer>,
    pub(crate) results: Results,
}

/// The value in the middle, of an odd number of rounds.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

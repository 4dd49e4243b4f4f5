//! What is measured, one file a figure.

mod client;
mod fanout;
mod growth;
mod idle;
mod posts;
mod publishers;
mod reading;
mod rooms;
mod slow;
mod storm;

use anyhow::Result;

use crate::cli::{FigureName, Scale};
use crate::machine::Interrupt;
use crate::peers::{Peer, Places};
use crate::report::results::Results;

/// What all figures need.
pub(crate) struct Bench {
    pub(crate) places: Places,
    pub(crate) scale: Scale,
    pub(crate) interrupt: Interrupt,
    /// Who can be started.
    pub(crate) peers: Vec<Peer>,
    pub(crate) results: Results,
}

impl Bench {
    /// Measures one figure, and puts what it finds into the results.
    pub(crate) fn measure(&mut self, figure: FigureName) -> Result<()> {
        match figure {
            FigureName::Fanout => fanout::open_loop(self),
            FigureName::Closed => fanout::closed_loop(self),
            FigureName::Posts => posts::throughput(self),
            FigureName::PostLatency => posts::latency(self),
            // The rest is about us only, apart from what a resting socket costs.
            FigureName::Idle => idle::at_rest(self),
            _ if !self.peers.contains(&Peer::Ours) => Ok(()),
            FigureName::Rooms => rooms::many(self),
            FigureName::SlowReaders => slow::readers(self),
            FigureName::Storm => storm::reconnect(self),
            FigureName::History => reading::history(self),
            FigureName::Search => reading::search(self),
            FigureName::Bootstrap => reading::bootstrap(self),
            FigureName::Growth => growth::growth(self),
            FigureName::Paint => client::paint(self),
            FigureName::FirstFrame => client::first_frame(self),
            FigureName::LargeRoom => client::large_room(self),
            FigureName::Flood => client::flood(self),
        }
    }
}

/// The value in the middle, of an odd number of rounds.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

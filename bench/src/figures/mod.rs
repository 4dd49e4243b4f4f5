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

use crate::bench::Bench;
use crate::cli::FigureName;
use crate::peers::Peer;

/// Measures one figure, and puts what it finds into the results.
pub(crate) fn measure(bench: &mut Bench, figure: FigureName) -> Result<()> {
    match figure {
        FigureName::Fanout => fanout::open_loop(bench),
        FigureName::Closed => fanout::closed_loop(bench),
        FigureName::Posts => posts::throughput(bench),
        FigureName::PostLatency => posts::latency(bench),
        // The rest is about us only, apart from what a resting socket costs.
        FigureName::Idle => idle::at_rest(bench),
        _ if !bench.peers.contains(&Peer::Ours) => Ok(()),
        FigureName::Rooms => rooms::many(bench),
        FigureName::SlowReaders => slow::readers(bench),
        FigureName::Storm => storm::reconnect(bench),
        FigureName::History => reading::history(bench),
        FigureName::Search => reading::search(bench),
        FigureName::Bootstrap => reading::bootstrap(bench),
        FigureName::Growth => growth::growth(bench),
        FigureName::Paint => client::paint(bench),
        FigureName::FirstFrame => client::first_frame(bench),
        FigureName::LargeRoom => client::large_room(bench),
        FigureName::Flood => client::flood(bench),
    }
}

//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use crate::load::run::Timing;
use crate::peers::Peer;

/// Measures the server and the client beside their peers, on this machine, in one run.
#[derive(Debug, Parser)]
#[command(name = "chat-bench", version, about)]
pub(crate) struct Cli {
    /// Only these figures
    #[arg(long, value_name = "FIGURE", value_delimiter = ',')]
    pub(crate) only: Vec<FigureName>,

    /// Only these servers
    #[arg(long, value_name = "SERVER", value_delimiter = ',')]
    pub(crate) peers: Vec<Peer>,

    /// A smoke run: everything is small and short, and the values mean nothing
    #[arg(long)]
    pub(crate) quick: bool,

    /// Where the table and the plot are written [default: bench/results, or a temporary folder with --quick]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Where data is kept while it runs: on the disk that is to be measured [default: the folder for temporary files]
    #[arg(long, value_name = "DIR")]
    pub(crate) work: Option<PathBuf>,

    /// The server to measure [default: built from this workspace]
    #[arg(long, value_name = "FILE")]
    pub(crate) server: Option<PathBuf>,

    /// Messages of the large data sets [default: 1000000]
    #[arg(long, value_name = "N")]
    pub(crate) messages: Option<u64>,

    /// Seconds that a window of measuring takes [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) seconds: Option<u64>,

    /// What to do instead of measuring.
    #[command(subcommand)]
    pub(crate) command: Option<Hidden>,
}

/// What the benchmark starts of itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Hidden {
    /// The floor, as a server
    #[command(hide = true)]
    Floor,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FigureName {
    /// 1,000 sockets in one room, 50 messages a second: CPU for each delivery, latency
    Fanout,
    /// 1,000 sockets, 64 publishers in a closed loop
    Closed,
    /// Posts a second with 1 subscriber and 64 publishers
    Posts,
    /// What a post takes with 1 publisher, beside one fdatasync
    PostLatency,
    /// 9,000 sockets that rest: memory and CPU
    Idle,
    /// 9,000 sockets over 1,000 small rooms and a large one
    Rooms,
    /// 100 of 1,000 sockets stop reading
    SlowReaders,
    /// 5,000 sockets resume at once
    Storm,
    /// Pages of a room with a million messages
    History,
    /// Searches among a million messages
    Search,
    /// The first screen of a user in 200 rooms
    Bootstrap,
    /// Posts and pages while the store grows
    Growth,
    /// The client's screen: from a post to its frame, and at rest
    Paint,
    /// The client's first frame, from a cache with 100,000 messages in 200 rooms
    FirstFrame,
    /// The client in a room with 100,000 messages: keys, memory, resizes
    LargeRoom,
    /// 5,000 messages a second into the client's open room, beside weechat
    Flood,
}

/// How large and how long everything is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) quick: bool,
    /// Of a window.
    pub(crate) timing: Timing,
    /// Sockets of the fan-out.
    pub(crate) sockets: usize,
    /// Sockets that rest.
    pub(crate) idle_sockets: usize,
    /// Messages of large data sets.
    pub(crate) messages: u64,
}

impl Cli {
    /// How large and how long everything is.
    pub(crate) fn scale(&self) -> Scale {
        let (warm_up, window) = if self.quick { (200, 1_000) } else { (2_000, 10_000) };
        let window = self.seconds.map_or(Duration::from_millis(window), Duration::from_secs);
        Scale {
            quick: self.quick,
            timing: Timing { warm_up: Duration::from_millis(warm_up), window },
            sockets: if self.quick { 100 } else { 1_000 },
            idle_sockets: if self.quick { 500 } else { 9_000 },
            messages: self.messages.unwrap_or(if self.quick { 5_000 } else { 1_000_000 }),
        }
    }
}

//! `chat-bench`: the server and the client beside their peers, on this machine, in one run. See `bench/README.md`.
//!
//! - [`cli`]: figures and scales
//! - [`mod@bench`], [`figures`]: what is measured, one file a figure
//! - [`peers`], [`process`]: the servers, each started and stopped by us, and what the kernel says of them
//! - [`screen`]: a program in a terminal; [`irc`]: a scripted server for one of them
//! - [`dataset`]: large amounts of data
//! - [`load`], [`histogram`], [`clock`]: the generator
//! - [`floor`]: the least that it can cost
//! - [`report`]: one table, one plot

mod bench;
mod cli;
mod clock;
mod dataset;
mod figures;
mod floor;
mod histogram;
mod http;
mod irc;
mod load;
mod machine;
mod peers;
mod process;
mod report;
mod screen;

use std::io::{Write as _, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser as _, ValueEnum as _};

use bench::Bench;
use cli::{Cli, FigureName, Hidden};
use machine::Interrupt;
use peers::{Peer, Places};
use report::results::Results;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let run = if matches!(cli.command, Some(Hidden::Floor)) { floor::run() } else { run(&cli) };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("chat-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Progress, for whoever watches.
fn say(words: &str) {
    // Nobody has to watch.
    let _ = writeln!(stderr(), "{words}");
}

fn run(cli: &Cli) -> Result<()> {
    let interrupt = Interrupt::install()?;
    let descriptors = machine::raise_descriptor_limit()?;
    let places = places(cli)?;
    let mut results = Results::default();
    let peers = install(cli, &places, &mut results);
    results.facts = facts(cli, descriptors);
    machine::pin_load()?;
    let mut bench = Bench { places, scale: cli.scale(), interrupt, peers, results };
    for figure in FigureName::value_variants() {
        if cli.only.is_empty() || cli.only.contains(figure) {
            let name = figure.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
            say(&format!("measuring {name}"));
            if let Err(error) = figures::measure(&mut bench, *figure) {
                bench.interrupt.check()?;
                say(&format!("  {name} failed: {error:#}"));
                bench.results.miss(&name, &error);
            }
        }
    }
    publish(cli, &bench.places, &bench.results)
}

fn places(cli: &Cli) -> Result<Places> {
    let work = cli.work.clone().unwrap_or_else(std::env::temp_dir);
    let server = match &cli.server {
        Some(server) => server.canonicalize().with_context(|| format!("no server at {}", server.display()))?,
        None => std::env::current_exe()?.with_file_name("chat-server"),
    };
    Ok(Places { server, bench: PathBuf::from(env!("CARGO_MANIFEST_DIR")), work })
}

fn install(cli: &Cli, places: &Places, results: &mut Results) -> Vec<Peer> {
    let mut peers = Vec::new();
    for peer in Peer::ALL.into_iter().filter(|peer| cli.peers.is_empty() || cli.peers.contains(peer)) {
        match peers::install(peer, places) {
            Ok(()) => peers.push(peer),
            Err(error) => {
                say(&format!("{} is missing: {error:#}", peer.name()));
                results.miss(peer.name(), &error);
            }
        }
    }
    peers
}

fn facts(cli: &Cli, descriptors: u64) -> Vec<String> {
    let scale = cli.scale();
    let mut facts = vec![
        format!("machine: {}; at most {descriptors} descriptors", machine::describe()),
        format!(
            "servers on core {}, load on core {}; windows of {:?}",
            process::SERVER_CORE,
            process::LOAD_CORE,
            scale.timing.window
        ),
        "whatever was delivered was checked: nothing lost, doubled or out of order".into(),
    ];
    if scale.quick {
        facts.push("a smoke run (--quick): sizes and times are small, and the values mean nothing".into());
    }
    facts
}

fn publish(cli: &Cli, places: &Places, results: &Results) -> Result<()> {
    let table = report::markdown::render(results);
    let _ = writeln!(stdout(), "{table}");
    for miss in report::markdown::misses(results) {
        say(&format!("missed: {miss}"));
    }
    let out = match (&cli.out, cli.quick) {
        (Some(out), _) => out.clone(),
        (None, false) => places.bench.join("results"),
        (None, true) => std::env::temp_dir().join("chat-bench-quick"),
    };
    write(&out, "results.md", &table)?;
    write(&out, "results.svg", &report::svg::render(results))?;
    say(&format!("written to {}", out.display()));
    Ok(())
}

fn write(dir: &Path, name: &str, text: &str) -> Result<()> {
    std::fs::create_dir_all(dir)?;
    std::fs::write(dir.join(name), text).with_context(|| format!("cannot write {name} in {}", dir.display()))
}

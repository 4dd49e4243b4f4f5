//! The machine under the benchmark: what it is, its limits, and what one fdatasync costs on its disk.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::clock;
use crate::histogram::Histogram;
use crate::process::{LOAD_CORE, SERVER_CORE};

/// Set by the first Ctrl+C; whatever runs looks at it and ends, so that guards stop the children.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens for the signals.
    pub(crate) fn install() -> Result<Self> {
        let interrupt = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // The second one ends us at once; the kernel then ends the children.
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&interrupt.0))?;
            signal_hook::flag::register(signal, Arc::clone(&interrupt.0))?;
        }
        Ok(interrupt)
    }

    /// An error, once somebody wants us to stop.
    pub(crate) fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        Ok(())
    }
}

/// Every socket is a descriptor. Gives the limit.
pub(crate) fn raise_descriptor_limit() -> Result<u64> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    Ok(limit.current.unwrap_or(u64::MAX))
}

/// Moves this process to the load's core.
pub(crate) fn pin_load() -> Result<()> {
    pin(LOAD_CORE)
}

fn pin(core: usize) -> Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    rustix::thread::sched_setaffinity(None, &set).context("the benchmark needs two cores")?;
    Ok(())
}

/// Starts a program that may run on any core; programs inherit the cores of who starts them.
pub(crate) fn on_all_cores<T>(start: impl FnOnce() -> T) -> Result<T> {
    let mut all = rustix::thread::CpuSet::new();
    (0..std::thread::available_parallelism()?.get()).for_each(|core| all.set(core));
    // Once pinned, we are told of one core only: the servers' is there all the same.
    all.set(SERVER_CORE);
    all.set(LOAD_CORE);
    rustix::thread::sched_setaffinity(None, &all)?;
    let started = start();
    pin_load()?;
    Ok(started)
}

/// What it is, in one line.
pub(crate) fn describe() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": an unknown CPU");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, {}, Linux {}", model.trim_start_matches(['\t', ' ', ':']), kernel.trim())
}

/// What one fdatasync of this disk takes on the servers' core: 4 KiB overwritten in place, as a write-ahead log is in its
/// steady state. Not on ours: the disk's interrupts may be nearer to one of the two.
pub(crate) fn fdatasync(dir: &Path, times: usize) -> Result<Histogram> {
    pin(SERVER_CORE)?;
    let measured = overwrite(dir, times);
    pin_load()?;
    measured
}

fn overwrite(dir: &Path, times: usize) -> Result<Histogram> {
    const BLOCK: usize = 4096;
    const BLOCKS: usize = 64;
    let mut file = tempfile::tempfile_in(dir)?;
    file.write_all(&vec![7u8; BLOCK * BLOCKS])?;
    file.sync_all()?;
    let mut histogram = Histogram::default();
    for turn in 0..times {
        file.seek(SeekFrom::Start((turn % BLOCKS * BLOCK) as u64))?;
        let began = clock::now();
        file.write_all(&[turn as u8; BLOCK])?;
        file.sync_data()?;
        histogram.add(clock::now() - began);
    }
    Ok(histogram)
}

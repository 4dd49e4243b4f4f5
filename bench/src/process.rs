//! A server under test: a child process on a core of its own, and what the kernel says of it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// The core that servers run on; the load has the other one.
pub(crate) const SERVER_CORE: usize = 0;
/// The core of the load.
pub(crate) const LOAD_CORE: usize = 1;

/// A running server. It is killed when this is dropped, and by the kernel when the benchmark dies otherwise.
pub(crate) struct Server {
    child: Child,
}

/// A command that runs on the servers' core, and not longer than we do.
pub(crate) fn pinned(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "taskset", "-c", &SERVER_CORE.to_string()]).arg(program);
    command
}

impl Server {
    /// Starts a server that says nothing when it is ready. Its words go into `log`.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self> {
        let out = File::create(log)?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self { child })
    }

    /// Starts a server, and waits for its line `listening on [http://]HOST:PORT`; gives HOST:PORT.
    pub(crate) fn start_announced(mut command: Command, log: &Path) -> Result<(Self, String)> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(log)?);
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let stdout = child.stdout.take().context("the child's output was not captured")?;
        let server = Self { child };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let Some((_, address)) = line.trim_end().split_once("listening on ") else {
            bail!("{command:?} said {line:?} instead of where it listens: {}", fs::read_to_string(log)?);
        };
        let address = address.trim_start_matches("http://").to_owned();
        Ok((server, address))
    }

    /// CPU time of all of its threads so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds(self.child.id())
    }

    /// Memory that it holds, in KiB.
    pub(crate) fn rss_kib(&self) -> Result<f64> {
        status_kib(self.child.id(), "VmRSS:")
    }

    /// The most that it held since the last [`reset_peak`](Self::reset_peak), in KiB.
    pub(crate) fn peak_kib(&self) -> Result<f64> {
        status_kib(self.child.id(), "VmHWM:")
    }

    /// Forgets the peak.
    pub(crate) fn reset_peak(&self) -> Result<()> {
        Ok(fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?)
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        for _ in 0..300 {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            pause(Duration::from_millis(50));
        }
        bail!("a server did not stop in time");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An amount of memory of a process, in KiB, by its name in `/proc`.
pub(crate) fn status_kib(pid: u32, field: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).context("the process is gone")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// CPU time of a process, in seconds: user and system, all threads, those that ended included.
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may hold anything; utime and stime are the 12th and 13th fields after it.
    let (_, fields) = stat.rsplit_once(") ").context("no such process")?;
    let mut fields = fields.split(' ').skip(11);
    let mut ticks = || -> Result<f64> { Ok(fields.next().context("a short stat line")?.parse()?) };
    Ok((ticks()? + ticks()?) / rustix::param::clock_ticks_per_second() as f64)
}

/// Waits. The benchmark has one thread, and while nothing is measured it has nothing else to do.
pub(crate) fn pause(duration: Duration) {
    #[allow(clippy::disallowed_methods, reason = "there is no runtime whose worker it could block")]
    std::thread::sleep(duration);
}

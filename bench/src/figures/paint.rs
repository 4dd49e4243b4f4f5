//! The real client in a terminal: from the first byte of a post to the last byte of the frame that shows it, and what
//! it does when nothing happens.

use std::fs;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::Bench;
use crate::clock;
use crate::histogram::Histogram;
use crate::machine::Interrupt;
use crate::peers::{Peer, Running};
use crate::process::pause;
use crate::report::results::{OURS, Quantity};

const COLS: u16 = 120;
const ROWS: u16 = 40;
/// How a frame ends (synchronized update, DEC 2026).
const END_OF_FRAME: &[u8] = b"\x1b[?2026l";
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// One client shows what another one posts.
pub(super) fn post_to_paint(bench: &mut Bench) -> Result<()> {
    let running = Running::start(Peer::Ours, &bench.places)?;
    let client = bench.places.server.with_file_name("chat-tui");
    let mut screen = Screen::open(&client, &running)?;
    screen.wait("live", &bench.interrupt)?;
    let mut http = running.http()?;
    let mut times = Histogram::default();
    let samples: u64 = if bench.scale.quick { 20 } else { 1_000 };
    for n in 0..samples {
        // Not in step with anything: between 15 and 64 ms apart.
        pause(Duration::from_millis(15 + n * 7919 % 50));
        let marker = format!("{:08x}", (n + 1).wrapping_mul(0x9E37_79B9) & 0xFFFF_FFFF);
        let began = clock::now();
        let _: serde_json::Value =
            http.ask("POST", "/api/v1/rooms/general/messages", &running.token, &format!(r#"{{"body":"{marker}"}}"#))?;
        times.add(screen.wait(&marker, &bench.interrupt)? - began);
    }
    bench.results.add(Quantity::PaintP50, OURS, times.ms(0.5));
    bench.results.add(Quantity::PaintP99, OURS, times.ms(0.99));
    at_rest(bench, &screen)
}

fn at_rest(bench: &mut Bench, screen: &Screen) -> Result<()> {
    let span = Duration::from_secs(if bench.scale.quick { 2 } else { 60 });
    pause(Duration::from_secs(3));
    let before = screen.wake_ups()?;
    pause(span);
    let after = screen.wake_ups()?;
    bench.results.add(Quantity::ClientWakeUps, OURS, (after - before) as f64 * 60.0 / span.as_secs_f64());
    bench.results.add(Quantity::ClientMemory, OURS, screen.rss_kib()? / 1024.0);
    Ok(())
}

/// The client, and the terminal that it draws on.
struct Screen {
    parser: vt100::Parser,
    chunks: Receiver<(u64, Vec<u8>)>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Screen {
    /// Makes an account, and opens the client in the chat.
    fn open(client: &Path, running: &Running) -> Result<Self> {
        let (home, url) = (running.dir.path().join("home"), format!("http://{}", running.address));
        register(client, &home, &url)?;
        let size = PtySize { rows: ROWS, cols: COLS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(client);
        command.args(["--server", &url]);
        command.env_clear();
        for (name, value) in environment(&home) {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader()?;
        // As many chunks as a terminal can be behind; the client then waits, as it does for a real one.
        let (sender, chunks) = mpsc::sync_channel(1024);
        std::thread::spawn(move || {
            let mut buffer = [0; 64 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send((clock::now(), buffer[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let cells = |count| NonZeroU16::new(count).context("a terminal has rows and columns");
        let parser = vt100::Parser::new(cells(ROWS)?, cells(COLS)?, 0);
        Ok(Self { parser, chunks, child, _master: pair.master })
    }

    /// Waits until this is on the screen and the frame is whole; when its last byte came.
    fn wait(&mut self, text: &str, interrupt: &Interrupt) -> Result<u64> {
        loop {
            interrupt.check()?;
            let (at, chunk) = self.chunks.recv_timeout(PATIENCE).with_context(|| {
                format!("the client never showed {text:?}, but:\n{}", self.parser.screen().contents())
            })?;
            self.parser.process(&chunk);
            if chunk.ends_with(END_OF_FRAME) && self.parser.screen().contents().contains(text) {
                return Ok(at);
            }
        }
    }

    /// How often its threads have waited for something so far.
    fn wake_ups(&self) -> Result<u64> {
        let tasks = fs::read_dir(self.process()?.join("task"))?;
        tasks.map(|task| field(&task?.path().join("status"), "voluntary_ctxt_switches:")).sum()
    }

    /// Memory that it holds, in KiB.
    fn rss_kib(&self) -> Result<f64> {
        Ok(field(&self.process()?.join("status"), "VmRSS:")? as f64)
    }

    fn process(&self) -> Result<PathBuf> {
        let pid = self.child.process_id().context("the client has ended")?;
        Ok(PathBuf::from(format!("/proc/{pid}")))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn environment(home: &Path) -> [(&'static str, String); 4] {
    let home = home.display().to_string();
    [("HOME", home.clone()), ("XDG_STATE_HOME", home), ("TERM", "xterm-256color".into()), ("LANG", "C.UTF-8".into())]
}

fn register(client: &Path, home: &Path, url: &str) -> Result<()> {
    let mut child = Command::new(client)
        .args(["--server", url, "login", "--name", "bob", "--password-stdin", "--register"])
        .env_clear()
        .envs(environment(home))
        .stdin(Stdio::piped())
        .spawn()
        .with_context(|| format!("no client at {}: build it first (cargo build --release)", client.display()))?;
    child.stdin.take().context("a pipe was asked for")?.write_all(b"correct horse\n")?;
    if !child.wait()?.success() {
        bail!("the client cannot log in");
    }
    Ok(())
}

/// The number after this name in a file of `/proc`.
fn field(file: &Path, name: &str) -> Result<u64> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).context("no such field")?;
    Ok(line.split_whitespace().next().context("an empty field")?.parse()?)
}

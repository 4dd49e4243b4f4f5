//! A program in a terminal of 120x40, as a user has it: keys go in, bytes come out, and each chunk of them carries the time
//! when it came.

mod frames;

use std::fs;
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use self::frames::Frames;
use crate::clock;
use crate::machine::{self, Interrupt};
use crate::process;

const COLS: u16 = 120;
const ROWS: u16 = 40;
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program, and the terminal that it draws on.
pub(crate) struct Screen {
    parser: vt100::Parser,
    frames: Frames,
    chunks: Receiver<(u64, Vec<u8>)>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    interrupt: Interrupt,
    /// Bytes that it has written so far.
    pub(crate) bytes: u64,
}

/// Something that came: when, and when the frame that it ends had begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// The last byte of it.
    pub(crate) at: u64,
    /// When the first byte of the last whole frame came.
    pub(crate) began: u64,
    /// The terminal is not in the middle of a frame: a user sees what is there.
    pub(crate) is_whole: bool,
}

impl Screen {
    /// Starts a program; it may run on any core.
    pub(crate) fn open(command: CommandBuilder, interrupt: &Interrupt) -> Result<Self> {
        let pair = native_pty_system().openpty(size(COLS, ROWS))?;
        let child = machine::on_all_cores(|| pair.slave.spawn_command(command))??;
        drop(pair.slave);
        let (keys, mut reader) = (pair.master.take_writer()?, pair.master.try_clone_reader()?);
        // As many chunks as a terminal can be behind; the program then waits, as it does for a real one.
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
        let (frames, interrupt) = (Frames::default(), interrupt.clone());
        Ok(Self { parser, frames, chunks, keys, child, master: pair.master, interrupt, bytes: 0 })
    }

    /// The next thing that it writes; `None` where nothing comes for so long.
    pub(crate) fn next(&mut self, patience: Duration) -> Result<Option<Arrival>> {
        self.interrupt.check()?;
        let (at, chunk) = match self.chunks.recv_timeout(patience) {
            Ok(chunk) => chunk,
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the program has ended:\n{}", self.contents()),
        };
        self.bytes += chunk.len() as u64;
        self.parser.process(&chunk);
        self.frames.take(&chunk, at);
        Ok(Some(Arrival { at, began: self.frames.began, is_whole: self.frames.is_whole }))
    }

    /// What is to be read on it.
    pub(crate) fn contents(&self) -> String {
        self.parser.screen().contents()
    }

    /// Waits until this is on the screen, where it may be already.
    pub(crate) fn wait_for_sight(&mut self, text: &str) -> Result<()> {
        if !(self.frames.is_whole && self.contents().contains(text)) {
            self.wait(text)?;
        }
        Ok(())
    }

    /// Waits for something that brings this to the screen, and for the end of its frame; when its last byte came.
    pub(crate) fn wait(&mut self, text: &str) -> Result<u64> {
        // Not for each arrival anew: some programs always have something to say, a clock if nothing else.
        let until = clock::now() + clock::ns(PATIENCE);
        loop {
            let left = Duration::from_nanos(until.saturating_sub(clock::now()));
            let Some(arrival) = self.next(left)? else {
                bail!("the program never showed {text:?}, but:\n{}", self.contents());
            };
            if arrival.is_whole && self.contents().contains(text) {
                return Ok(arrival.at);
            }
        }
    }

    /// Waits for the next whole frame, whatever it shows; when its last byte came.
    pub(crate) fn wait_frame(&mut self) -> Result<u64> {
        loop {
            let Some(arrival) = self.next(PATIENCE)? else { bail!("nothing was painted, but:\n{}", self.contents()) };
            if arrival.is_whole {
                return Ok(arrival.at);
            }
        }
    }

    /// Waits until it has written nothing for so long.
    pub(crate) fn settle(&mut self, quiet: Duration) -> Result<()> {
        while self.next(quiet)?.is_some() {}
        Ok(())
    }

    /// Presses keys; when that was.
    pub(crate) fn press(&mut self, keys: &str) -> Result<u64> {
        let at = clock::now();
        self.keys.write_all(keys.as_bytes())?;
        self.keys.flush()?;
        Ok(at)
    }

    /// Gives the terminal another size; when that was.
    pub(crate) fn resize(&mut self, cols: u16, rows: u16) -> Result<u64> {
        let cells = |count| NonZeroU16::new(count).context("a terminal has rows and columns");
        self.parser.screen_mut().set_size(cells(rows)?, cells(cols)?);
        let at = clock::now();
        self.master.resize(size(cols, rows))?;
        Ok(at)
    }

    /// How often its threads have waited for something so far.
    pub(crate) fn wake_ups(&self) -> Result<u64> {
        let tasks = fs::read_dir(PathBuf::from(format!("/proc/{}/task", self.pid()?)))?;
        let of = |status: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            line.trim().parse().ok()
        };
        // A thread may end while we look.
        Ok(tasks.filter_map(|task| of(&fs::read_to_string(task.ok()?.path().join("status")).ok()?)).sum())
    }

    /// CPU time of all of its threads so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        process::cpu_seconds(self.pid()?)
    }

    /// Memory that it holds, in KiB.
    pub(crate) fn rss_kib(&self) -> Result<f64> {
        process::status_kib(self.pid()?, "VmRSS:")
    }

    fn pid(&self) -> Result<u32> {
        self.child.process_id().context("the program has ended")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

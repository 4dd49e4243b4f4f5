//! The real client in a pseudo terminal, and the real server beside it: for tests that see what a user sees.
//!
//! Nothing here sleeps: a reader thread feeds the screen and wakes whoever waits for something on it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "shared by several tests, each uses a part")]

pub mod frames;
pub mod person;
pub mod server;

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use frames::Frames;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longer than anything here takes, also on a machine that has a lot else to do: who waits longer, waits for nothing.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Keys as a terminal sends them.
pub mod key {
    pub const ENTER: &str = "\r";
    pub const ALT_ENTER: &str = "\x1b\r";
    pub const TAB: &str = "\t";
    pub const ESC: &str = "\x1b";
    pub const UP: &str = "\x1b[A";
    pub const DOWN: &str = "\x1b[B";
    pub const PAGE_UP: &str = "\x1b[5~";
    pub const PAGE_DOWN: &str = "\x1b[6~";
    pub const HOME: &str = "\x1b[H";
    pub const END: &str = "\x1b[F";
    pub const F1: &str = "\x1bOP";
    pub const BACKSPACE: &str = "\x7f";
    pub const FOCUS_GAINED: &str = "\x1b[I";
    pub const FOCUS_LOST: &str = "\x1b[O";

    /// `ctrl('c')`
    pub fn ctrl(letter: char) -> String {
        char::from(letter.to_ascii_lowercase() as u8 & 0x1f).to_string()
    }

    /// `alt('a')`
    pub fn alt(letter: char) -> String {
        format!("\x1b{letter}")
    }

    /// Text as a terminal pastes it.
    pub fn paste(text: &str) -> String {
        format!("\x1b[200~{text}\x1b[201~")
    }
}

/// A bus that is not there: whoever runs the tests has a keyring and a desktop of their own, which are none of ours. Without this
/// the one at its usual place is found, whatever the environment.
pub const NO_BUS: (&str, &str) = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");

/// The client as a command, with `home` for everything that it keeps, and nothing of whoever runs the tests.
pub fn client(home: &Path) -> std::process::Command {
    keep_in_files(&home.join(".config"));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chat-tui"));
    command.env_clear().env("HOME", home).env("XDG_STATE_HOME", home).env("TZ", "UTC").env(NO_BUS.0, NO_BUS.1);
    command
}

/// Where this build would look for a keyring, and say that there is none, it is told not to.
fn keep_in_files(config: &Path) {
    let file = config.join("chat-tui/config.toml");
    if cfg!(feature = "keyring") && !file.exists() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "tokens = \"file\"\n").unwrap();
    }
}

/// A terminal with a program in it.
pub struct Pty {
    shown: Arc<Shown>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    reader: Option<JoinHandle<()>>,
}

/// What the terminal shows, and a bell for those who wait for a change of it.
struct Shown {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: vt100::Parser,
    /// Everything that was written to the terminal.
    bytes: Vec<u8>,
    /// What may pass before anybody looks, and whether it was there.
    foreseen: Vec<(String, bool)>,
    /// The program, and everything that it started, has closed the terminal.
    is_closed: bool,
}

impl State {
    fn show(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.bytes.extend_from_slice(bytes);
        for (text, was_there) in self.foreseen.iter_mut().filter(|(_, was_there)| !was_there) {
            *was_there = self.parser.screen().contents().contains(text.as_str());
        }
    }
}

/// A program to run in a terminal, and the terminal's size.
pub struct Start<'a> {
    pub program: &'a Path,
    pub args: &'a [&'a str],
    pub env: &'a [(&'a str, &'a str)],
    pub cols: u16,
    pub rows: u16,
}

impl Pty {
    /// Opens the client on `server`, with `home` for everything that it keeps.
    pub fn chat(server: &str, home: &Path, size: (u16, u16)) -> Self {
        Self::chat_with(server, home, size, &[])
    }

    /// The same, with more in the environment.
    pub fn chat_with(server: &str, home: &Path, (cols, rows): (u16, u16), more: &[(&str, &str)]) -> Self {
        keep_in_files(home);
        let program = Path::new(env!("CARGO_BIN_EXE_chat-tui"));
        let home = home.to_str().unwrap();
        let mut env = vec![("HOME", home), ("XDG_STATE_HOME", home), ("XDG_CONFIG_HOME", home)];
        env.extend(more);
        Self::start(&Start { program, args: &["--server", server], env: &env, cols, rows })
    }

    /// Runs any program in a terminal.
    pub fn start(start: &Start<'_>) -> Self {
        let size = PtySize { rows: start.rows, cols: start.cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(start.program);
        command.args(start.args);
        command.env_clear();
        // Else it would be the home of whoever runs the tests, who need not have one.
        command.cwd(std::env::current_dir().unwrap());
        for (name, value) in
            [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("TZ", "UTC"), ("LANG", "C.UTF-8"), NO_BUS]
        {
            command.env(name, value);
        }
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in start.env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = vt100::Parser::new(cells(start.rows), cells(start.cols), 0);
        let state = Mutex::new(State { parser, bytes: Vec::new(), foreseen: Vec::new(), is_closed: false });
        let shown = Arc::new(Shown { state, changed: Condvar::new() });
        let mut source = pair.master.try_clone_reader().unwrap();
        let sink = Arc::clone(&shown);
        let reader = std::thread::spawn(move || {
            let (mut buffer, mut frames) = ([0; 64 * 1024], Frames::default());
            loop {
                // On Linux a terminal that nobody holds any more reads as an error.
                let count = source.read(&mut buffer).unwrap_or(0);
                let is_closed = count == 0;
                let mut state = sink.state.lock().unwrap();
                frames.take(&buffer[..count]).iter().for_each(|frame| state.show(frame));
                if is_closed {
                    state.show(&frames.rest());
                }
                state.is_closed = is_closed;
                sink.changed.notify_all();
                if is_closed {
                    return;
                }
            }
        });
        let writer = Some(pair.master.take_writer().unwrap());
        Self { shown, master: Some(pair.master), writer, child, reader: Some(reader) }
    }

    /// Types keys ([`key`]) or text.
    pub fn press(&mut self, keys: &str) {
        let writer = self.writer.as_mut().expect("the terminal is closed");
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Types a line, and Enter.
    pub fn enter(&mut self, line: &str) {
        self.press(line);
        self.press(key::ENTER);
    }

    /// Gives the terminal another size.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.state().parser.screen_mut().set_size(cells(rows), cells(cols));
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().expect("the terminal is closed").resize(size).unwrap();
    }

    /// Waits until the screen is as wanted; otherwise fails, and shows the screen.
    #[track_caller]
    pub fn wait(&self, wanted: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
        self.wait_state(wanted, |state| is_so(state.parser.screen()));
    }

    #[track_caller]
    fn wait_state(&self, wanted: &str, is_so: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.state();
        while !is_so(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.is_closed {
                let why = if state.is_closed { "the program ended" } else { "it never came" };
                let screen = framed(state.parser.screen());
                drop(state);
                panic!("waited for {wanted}: {why}; the screen is:\n{screen}");
            }
            state = self.shown.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Waits until this text is somewhere on the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait(&format!("{text:?}"), |screen| screen.contents().contains(text));
    }

    /// Does something, and waits until this text is on the screen, or was: what stays for some seconds may have gone again when
    /// this thread comes to look.
    #[track_caller]
    pub fn wait_told(&mut self, text: &str, act: impl FnOnce(&mut Self)) {
        self.state().foreseen = vec![(text.to_owned(), false)];
        act(self);
        self.wait_state(&format!("{text:?} for a while"), |state| {
            state.foreseen.iter().all(|(_, was_there)| *was_there)
        });
    }

    /// Whether this text comes within seconds: for what may have been there already, and is brought back by another try.
    pub fn comes_soon(&self, text: &str) -> bool {
        let is_there = |state: &mut State| state.parser.screen().contents().contains(text);
        let soon = Duration::from_secs(3);
        is_there(&mut self.shown.changed.wait_timeout_while(self.state(), soon, |state| !is_there(state)).unwrap().0)
    }

    /// Waits until this was written to the terminal, which need not show it.
    #[track_caller]
    pub fn wait_written(&self, bytes: &str) {
        self.wait_state(&format!("{bytes:?} to be written"), |state| {
            state.bytes.windows(bytes.len()).any(|window| window == bytes.as_bytes())
        });
    }

    /// Waits until this text is nowhere on the screen.
    #[track_caller]
    pub fn wait_gone(&self, text: &str) {
        self.wait(&format!("no {text:?}"), |screen| !screen.contents().contains(text));
    }

    /// The text on the screen, row by row.
    pub fn contents(&self) -> String {
        self.state().parser.screen().contents()
    }

    /// The screen itself, for its colours and modes.
    pub fn screen(&self) -> vt100::Screen {
        self.state().parser.screen().clone()
    }

    /// How often this text is on the screen.
    pub fn count(&self, text: &str) -> usize {
        self.contents().matches(text).count()
    }

    /// Everything that was written to the terminal so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// The program's process.
    pub fn pid(&self) -> rustix::process::Pid {
        let id = i32::try_from(self.child.process_id().unwrap()).unwrap();
        rustix::process::Pid::from_raw(id).unwrap()
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until the program has closed the terminal, and gives its exit code.
    #[track_caller]
    pub fn exit_code(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.state();
        while !state.is_closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let screen = framed(state.parser.screen());
                drop(state);
                panic!("the program goes on; the screen is:\n{screen}");
            }
            state = self.shown.changed.wait_timeout(state, left).unwrap().0;
        }
        drop(state);
        self.child.wait().unwrap().exit_code()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shown.state.lock().unwrap()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
        (self.writer, self.master) = (None, None);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has rows and columns")
}

fn framed(screen: &vt100::Screen) -> String {
    let (rows, cols) = screen.size();
    let (rows, cols) = (rows.get(), cols.get());
    let edge = format!("+{}+\n", "-".repeat(usize::from(cols)));
    let lines: String = screen.rows(0, cols).take(usize::from(rows)).map(|row| format!("|{row}\n")).collect();
    format!("{edge}{lines}{edge}")
}

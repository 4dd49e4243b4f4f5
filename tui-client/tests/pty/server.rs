//! The real server: started on a free port, killed, and started again on the same port and data.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;

use tempfile::TempDir;
use tokio::net::TcpSocket;

use super::PATIENCE;

/// A running server with a data folder of its own.
pub struct Server {
    child: Option<Child>,
    /// `http://127.0.0.1:PORT`; stays the same over restarts.
    pub url: String,
    data: TempDir,
    args: Vec<String>,
    /// Keeps the port while the server is down: no server of another test, and no client's end of a connection, gets it then.
    _port: Option<TcpSocket>,
}

/// A socket that has a port, and nothing else. On Linux somebody who says that they share the address may listen on it.
fn reserved() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    socket
}

impl Server {
    /// Starts one.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with more options.
    pub fn start_with(args: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let port = cfg!(target_os = "linux").then(reserved);
        let number = port.as_ref().map_or(0, |port| port.local_addr().unwrap().port());
        let mut server = Self { child: None, url: format!("http://127.0.0.1:{number}"), data, args, _port: port };
        server.run();
        server
    }

    /// The folder with its data.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Ends it without a warning (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Asks it to end (SIGTERM), and waits for that.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
            rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it again where it was: the same port, the same data.
    pub fn restart(&mut self) {
        self.kill();
        self.run();
    }

    fn run(&mut self) {
        let listen = self.url.strip_prefix("http://").unwrap();
        let mut command = Command::new(binary());
        command.args(["--listen", listen, "--data"]).arg(self.data.path()).args(&self.args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CHAT_SERVER")) {
            command.env_remove(name);
        }
        let mut child = command.spawn().unwrap();
        let (said, heard) = mpsc::channel();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut err = child.stderr.take().unwrap();
        // Both are read to their end, so that the server never waits for us; the log is shown where a start fails.
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            let _ = err.read_to_string(&mut log);
            log
        });
        std::thread::spawn(move || {
            let mut line = String::new();
            while out.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                let _ = said.send(std::mem::take(&mut line));
            }
        });
        let line = heard.recv_timeout(PATIENCE).ok();
        match line.as_deref().and_then(|line| line.strip_prefix("listening on ")) {
            Some(address) => self.url = address.split_whitespace().next().unwrap().trim_end_matches('/').to_owned(),
            None => {
                let _ = child.kill();
                panic!("the server says {line:?}; its log:\n{}", log.join().unwrap());
            }
        }
        self.child = Some(child);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The server's binary, beside the client's. `cargo test -p chat-tui` does not build it, so it may have to be built here.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let profile = Path::new(env!("CARGO_BIN_EXE_chat-tui")).parent().unwrap();
        let path = profile.join("chat-server");
        if !path.exists() {
            let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            build.args(["build", "--quiet", "--package", "chat-server", "--target-dir"]).arg(profile.parent().unwrap());
            if profile.ends_with("release") {
                build.arg("--release");
            }
            let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
            assert!(built.success(), "the server does not build");
        }
        path
    })
}

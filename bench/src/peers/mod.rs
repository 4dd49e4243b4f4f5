//! The servers that are measured: how each is installed and started, and how one posts to it.

mod install;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chat_shared::api::Session;
use tempfile::TempDir;

pub(crate) use install::{apt, install};

use crate::clock;
use crate::http::{Http, write_request};
use crate::load::client::Answer;
use crate::load::stream::Request;
use crate::load::wire::{Finders, Wire, text_frame};
use crate::load::{Load, PAYLOAD_BYTES};
use crate::machine::Interrupt;
use crate::process::{Server, pause, pinned};

/// A server to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Peer {
    /// One send for each subscriber, and nothing else
    Floor,
    /// Node with the ws library
    Ws,
    /// nats-server
    Nats,
    /// The tutorial: Express with Socket.IO
    #[value(name = "socketio")]
    SocketIo,
    /// chat-server
    Ours,
}

impl Peer {
    pub(crate) const ALL: [Self; 5] = [Self::Floor, Self::Ws, Self::Nats, Self::SocketIo, Self::Ours];

    /// As it is called in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Ws => "ws",
            Self::Nats => "nats-server",
            Self::SocketIo => "Express + Socket.IO",
            Self::Ours => "chat-server",
        }
    }

    /// Its protocol.
    pub(crate) fn wire(self) -> Wire {
        let finders = Finders::default();
        match self {
            Self::Floor => Wire::Floor(finders),
            Self::Ws => Wire::PlainWs(finders),
            Self::Nats => Wire::Nats(finders),
            Self::SocketIo => Wire::SocketIo(finders),
            Self::Ours => Wire::Contract(finders),
        }
    }

    fn answer(self) -> Answer {
        match self {
            Self::Floor => Answer::Byte,
            Self::Nats => Answer::Pong,
            _ => Answer::Http,
        }
    }
}

/// Where things are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The server's binary.
    pub(crate) server: PathBuf,
    /// `bench/`
    pub(crate) bench: PathBuf,
    /// Where data folders and logs are made, on the disk that is measured.
    pub(crate) work: PathBuf,
}

impl Places {
    /// A new folder for a server's data and log; it is removed when it is dropped.
    pub(crate) fn folder(&self) -> Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("chat-bench-").tempdir_in(&self.work)?)
    }
}

/// A server that runs.
pub(crate) struct Running {
    pub(crate) peer: Peer,
    pub(crate) server: Server,
    pub(crate) address: String,
    /// Who posts and listens, where the server asks.
    pub(crate) token: String,
    /// Its subscribers never say a word after the opening.
    pub(crate) mute: bool,
    /// Makes every idempotency key another one.
    keys: AtomicU64,
    /// Data and logs.
    pub(crate) dir: TempDir,
}

/// Says CONNECT to nats-server, as subscribers and publishers do.
const NATS_CONNECT: &str = "CONNECT {\"verbose\":false,\"pedantic\":false,\"protocol\":0}\r\n";

impl Running {
    /// Starts a peer on a folder of its own.
    pub(crate) fn start(peer: Peer, places: &Places) -> Result<Self> {
        let dir = places.folder()?;
        if peer == Peer::Ours {
            let mut running = Self::ours(dir, places)?;
            let body = r#"{"name":"ann","password":"correct horse"}"#;
            let session: Session = running.http()?.ask("POST", "/api/v1/register", "", body)?;
            running.token = session.token;
            return Ok(running);
        }
        let log = dir.path().join("server.log");
        let (server, address) = match peer {
            Peer::Nats => start_nats(&log)?,
            Peer::Floor => {
                let mut command = pinned(&std::env::current_exe()?);
                command.arg("floor");
                Server::start_announced(command, &log)?
            }
            _ => {
                let folder = if peer == Peer::Ws { "ws" } else { "socketio" };
                let mut command = pinned(Path::new("node"));
                command.env("NODE_ENV", "production").arg(places.bench.join("peers").join(folder).join("server.js"));
                Server::start_announced(command, &log)?
            }
        };
        Ok(Self { peer, server, address, token: String::new(), mute: false, keys: AtomicU64::new(clock::now()), dir })
    }

    /// Starts our server on a folder with data; nobody is registered yet who was not.
    pub(crate) fn ours(dir: TempDir, places: &Places) -> Result<Self> {
        let mut command = pinned(&places.server);
        command.args(["--listen", "127.0.0.1:0", "--registration", "open", "--max-connections-per-user", "0"]);
        command.args(["--log", "warn", "--data"]).arg(dir.path().join("data"));
        let (server, address) = Server::start_announced(command, &dir.path().join("server.log"))?;
        Ok(Self {
            peer: Peer::Ours,
            server,
            address,
            token: String::new(),
            mute: false,
            keys: AtomicU64::new(clock::now()),
            dir,
        })
    }

    /// Stops it in order, and gives its folder back.
    pub(crate) fn stop(self) -> Result<TempDir> {
        self.server.stop()?;
        Ok(self.dir)
    }

    /// A connection to set things up.
    pub(crate) fn http(&self) -> Result<Http> {
        Http::connect(&self.address)
    }

    /// A load with so many subscribers, and clients that can post.
    pub(crate) fn load(&self, subscribers: usize, clients: usize, interrupt: &Interrupt) -> Result<Load> {
        let mut load = Load::new(self.peer.wire(), interrupt)?;
        load.mute = self.mute;
        load.subscribe(&self.address, subscribers, |_| self.hello(&self.token))?;
        self.add_clients(&mut load, clients)?;
        Ok(load)
    }

    /// A load with subscribers, and so many publishers that post again as soon as they are answered. With NATS they share a
    /// connection: that is how it is used, and what its coalescing lives on.
    pub(crate) fn load_closed(&self, subscribers: usize, publishers: usize, interrupt: &Interrupt) -> Result<Load> {
        let shared = self.peer == Peer::Nats;
        let mut load = self.load(subscribers, if shared { 1 } else { publishers }, interrupt)?;
        if shared {
            load.clients[0].depth = publishers;
        }
        Ok(load)
    }

    /// Adds clients that can post.
    pub(crate) fn add_clients(&self, load: &mut Load, count: usize) -> Result<()> {
        let opening = match self.peer {
            Peer::Floor => "P",
            Peer::Nats => NATS_CONNECT,
            _ => "",
        };
        load.add_clients(&self.address, count, self.peer.answer(), opening.as_bytes())
    }

    /// What a subscriber says after the opening.
    pub(crate) fn hello(&self, token: &str) -> Vec<u8> {
        match self.peer {
            Peer::Floor | Peer::Ws | Peer::SocketIo => Vec::new(),
            Peer::Nats => format!("{NATS_CONNECT}SUB room 1\r\nPING\r\n").into_bytes(),
            Peer::Ours => text_frame(format!(r#"{{"type":"hello","token":"{token}"}}"#).as_bytes()),
        }
    }

    /// Writes the post of one message into the only room (`general`).
    pub(crate) fn write_post(&self, out: &mut Vec<u8>, request: Request) {
        match self.peer {
            Peer::Ours => self.write_post_to(out, request, "/api/v1/rooms/general/messages", &self.token),
            Peer::Ws | Peer::SocketIo => {
                // What stands around the text in a delivery, with numbers of the usual length.
                let around = if self.peer == Peer::Ws {
                    r#"{"seq":12345,"body":""}"#
                } else {
                    r#"42["message",{"seq":12345,"body":""}]"#
                };
                let mut body = String::from("{\"body\":\"");
                push_text(&mut body, request, PAYLOAD_BYTES - around.len());
                body.push_str("\"}");
                write_request(out, "POST", "/messages", &self.address, "", &body, None);
            }
            Peer::Floor | Peer::Nats => {
                let mut text = String::new();
                push_text(&mut text, request, PAYLOAD_BYTES);
                if self.peer == Peer::Nats {
                    out.extend_from_slice(format!("PUB room {}\r\n{text}\r\nPING\r\n", text.len()).as_bytes());
                } else {
                    out.extend_from_slice(&[0x81, 126]);
                    out.extend_from_slice(&(PAYLOAD_BYTES as u16).to_be_bytes());
                    out.extend_from_slice(text.as_bytes());
                }
            }
        }
    }

    /// Writes a post to one of our rooms.
    pub(crate) fn write_post_to(&self, out: &mut Vec<u8>, request: Request, path: &str, token: &str) {
        /// What stands around the text in an event, with numbers and names of the usual length.
        const AROUND: usize = r#"{"type":"message.posted","body":"","key":"bench-123456789012","reply_to":null,"room":"0193e0a0-0000-7000-8000-000000000001","seq":12345,"at":"2026-11-22T10:00:00.123Z","by":"0193e0a0-0000-7000-8000-000000000001","name":"ann"}"#.len();
        let mut body = String::from("{\"body\":\"");
        push_text(&mut body, request, PAYLOAD_BYTES - AROUND);
        body.push_str("\"}");
        let number = self.keys.fetch_add(1, Ordering::Relaxed);
        let key = format_args!("bench-{number}");
        write_request(out, "POST", path, &self.address, token, &body, Some(key));
    }
}

/// The text of a message: `~DUE;CLIENT;NUMBER;`, filled up to `length`.
fn push_text(out: &mut String, request: Request, length: usize) {
    let began = out.len();
    // Writing to a string does not fail.
    let _ = write!(out, "~{};{};{};", request.due, request.client, request.number);
    while out.len() < began + length {
        out.push('.');
    }
}

fn start_nats(log: &Path) -> Result<(Server, String)> {
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = pinned(Path::new("nats-server"));
    command.args(["--addr", "127.0.0.1", "--port", &address.port().to_string()]);
    let server = Server::start(command, log)?;
    for _ in 0..200 {
        if std::net::TcpStream::connect(address).is_ok() {
            return Ok((server, address.to_string()));
        }
        pause(Duration::from_millis(50));
    }
    bail!("nats-server does not listen: {}", std::fs::read_to_string(log).context("nor has it a log")?);
}

/// Whether a program is there.
fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

//! The client's home: its login, and its cache.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use chat_shared::Timestamp;
use chat_shared::api::{Bootstrap, MessagesPage, Session};
use chat_tui::app::kept::{Kept, KeptMessage, Save, Window};
use chat_tui::cache::{Keeper, Owner, Places};
use portable_pty::CommandBuilder;

use crate::bench::Bench;
use crate::http::Http;
use crate::machine::Interrupt;
use crate::peers::Running;
use crate::screen::Screen;

const NAME: &str = "bob";
const PASSWORD: &str = "correct horse";

/// A user of a running server.
pub(super) struct Home {
    client: PathBuf,
    folder: PathBuf,
    url: String,
    interrupt: Interrupt,
    /// The same user, for calls beside the client.
    pub(super) token: String,
    pub(super) http: Http,
}

impl Home {
    /// Makes an account, as a user does.
    pub(super) fn new(bench: &Bench, running: &Running) -> Result<Self> {
        let client = bench.places.server.with_file_name("chat-tui");
        let (folder, url) = (running.dir.path().join("home"), format!("http://{}", running.address));
        let mut home = Self {
            client,
            folder,
            url,
            interrupt: bench.interrupt.clone(),
            token: String::new(),
            http: running.http()?,
        };
        home.register()?;
        let body = format!(r#"{{"name":"{NAME}","password":"{PASSWORD}"}}"#);
        let session: Session = home.http.ask("POST", "/api/v1/login", "", &body)?;
        home.token = session.token;
        Ok(home)
    }

    fn register(&self) -> Result<()> {
        let mut child = Command::new(&self.client)
            .args(["--server", &self.url, "login", "--name", NAME, "--password-stdin", "--register"])
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!("no client at {}: build it first (cargo build --release)", self.client.display())
            })?;
        child.stdin.take().context("a pipe was asked for")?.write_all(format!("{PASSWORD}\n").as_bytes())?;
        if !child.wait()?.success() {
            bail!("the client cannot log in");
        }
        Ok(())
    }

    /// Opens the client in the chat.
    pub(super) fn open(&self) -> Result<Screen> {
        let mut command = CommandBuilder::new(&self.client);
        command.args(["--server", &self.url]);
        command.env_clear();
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        Screen::open(command, &self.interrupt)
    }

    fn environment(&self) -> [(&'static str, String); 4] {
        let home = self.folder.display().to_string();
        [
            ("HOME", home.clone()),
            ("XDG_STATE_HOME", home),
            ("TERM", "xterm-256color".into()),
            ("LANG", "C.UTF-8".into()),
        ]
    }

    /// Joins every room that there is.
    pub(super) fn join_all(&mut self) -> Result<()> {
        let rooms: serde_json::Value = self.http.ask("GET", "/api/v1/rooms", &self.token, "")?;
        let rooms = rooms["rooms"].as_array().context("a list of rooms")?;
        for room in rooms {
            let id = room["id"].as_str().context("rooms have ids")?;
            self.http.text("POST", &format!("/api/v1/rooms/{id}/join"), &self.token, "")?;
        }
        Ok(())
    }

    /// The mark of the newest message of `general`. (What is posted together may come in another order.)
    pub(super) fn newest(&mut self) -> Result<String> {
        let page: MessagesPage = self.http.ask("GET", "/api/v1/rooms/general/messages?limit=1", &self.token, "")?;
        let message = page.messages.last().context("there are messages")?;
        Ok(message.body.split(' ').next().unwrap_or_default().to_owned())
    }

    /// Fills the cache with the newest messages of every room, so many of each, by the client's own code: what it would hold
    /// after it had been open while they were posted. Gives how many it holds.
    pub(super) fn fill_cache(&mut self, of_each: u64) -> Result<usize> {
        let bootstrap: Bootstrap = self.http.ask("GET", "/api/v1/bootstrap", &self.token, "")?;
        let owner = Owner { server: self.url.parse().ok().context("it is an address")?, user: bootstrap.me.id };
        let (state, cache) = (self.folder.join("chat-tui"), self.folder.join(".cache/chat-tui"));
        let (tell, told) = std::sync::mpsc::channel();
        let keeper = Keeper::start(Places::in_folders(cache, state.join("unsent")), owner, move |kept| {
            // Where nobody hears it any more, something has failed before.
            let _ = tell.send(kept);
        })?;
        ensure!(matches!(told.recv()?, Kept::Restored(_)), "the cache cannot be opened");
        keeper.save(Save::Bootstrap(Box::new(bootstrap.clone())));
        let mut count = 0;
        for room in bootstrap.rooms.iter().map(|summary| summary.id) {
            let path = format!("/api/v1/rooms/{room}/messages?limit={of_each}");
            let MessagesPage { messages, head, .. } = self.http.ask("GET", &path, &self.token, "")?;
            let floor = messages.first().map_or(0, |message| message.seq);
            let messages = messages.into_iter().map(|message| KeptMessage { as_of: head, message }).collect();
            keeper.save(Save::Window(Box::new(Window {
                room,
                head,
                floor,
                is_stale: false,
                messages,
                lines: Vec::new(),
            })));
            // Read it again: then it is there, and the next one does not have to wait in the queue.
            keeper.load(room);
            match told.recv()? {
                Kept::Window { window: Some(window), .. } => count += window.messages.len(),
                other => bail!("the cache does not hold what was put in: {other:?}"),
            }
        }
        let general = bootstrap.rooms.iter().find(|room| room.name == "general").context("everyone is in it")?;
        keeper.save(Save::Current(general.id));
        keeper.save(Save::AsOf(Timestamp::now()));
        tokio::runtime::Builder::new_current_thread().build()?.block_on(keeper.close());
        Ok(count)
    }
}

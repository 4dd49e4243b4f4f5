//! A server in this process, on a free port and a folder of its own, and a client that speaks the contract by hand.
#![allow(dead_code, unreachable_pub, reason = "every test file uses a part of it")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chat_server::app::{self, App};
use chat_server::config::{Cli, Config};
use chat_shared::api::{Bootstrap, RoomSummary, Session};
use chat_shared::frame::Control;
use chat_shared::{ErrorBody, Event, ServerFrame};
use clap::builder::Resettable;
use clap::{CommandFactory as _, FromArgMatches as _};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

/// How long a test waits for something that has to happen, also on a machine that has a lot else to do.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A running server. It stops when it is dropped.
pub struct Server {
    pub address: String,
    pub data: TempDir,
    pub shutdown: CancellationToken,
    pub running: JoinHandle<()>,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With further command-line options.
    pub async fn with(options: &[&str]) -> Self {
        Self::on(tempfile::tempdir().unwrap(), options).await
    }

    /// With an existing data folder.
    pub async fn on(data: TempDir, options: &[&str]) -> Self {
        let config = config(&data, options);
        let shutdown = CancellationToken::new();
        let app = App::open(&config, shutdown.clone()).unwrap();
        let listeners = app::bind(&config.listen).await.unwrap();
        let address = listeners[0].local_addr().unwrap().to_string();
        let running = tokio::spawn(app.run(listeners));
        Self { address, data, shutdown, running }
    }

    /// Stops, and gives back the data folder.
    pub async fn stop(self) -> TempDir {
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.running).await.expect("the server stops").unwrap();
        self.data
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1{path}", self.address)
    }

    /// A client with a new account.
    pub async fn join(&self, name: &str) -> Client {
        let anonymous = Client::anonymous(&self.address);
        let body = json!({"name": name, "password": "correct horse"});
        let session: Session = read(anonymous.post("/register", &body).await, StatusCode::CREATED).await;
        Client { token: Some(session.token), user: Some(session.user), ..anonymous }
    }
}

fn config(data: &TempDir, options: &[&str]) -> Config {
    let folder = data.path().to_str().unwrap();
    let fixed = ["chat-server", "--listen", "127.0.0.1:0", "--data", folder];
    // What is in the environment of whoever runs the tests is none of ours.
    let command = Cli::command().mut_args(|arg| arg.env(Resettable::Reset));
    let matches = command.get_matches_from(fixed.iter().chain(options));
    Cli::from_arg_matches(&matches).unwrap().options.resolve(|| None).unwrap()
}

/// Somebody who talks to the server.
#[derive(Clone)]
pub struct Client {
    pub http: reqwest::Client,
    pub address: String,
    pub token: Option<String>,
    pub user: Option<chat_shared::api::User>,
}

impl Client {
    pub fn anonymous(address: &str) -> Self {
        static PROVIDER: std::sync::Once = std::sync::Once::new();
        PROVIDER.call_once(|| drop(rustls::crypto::aws_lc_rs::default_provider().install_default()));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, address: address.to_owned(), token: None, user: None }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("http://{}/api/v1{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    pub async fn put(&self, path: &str, body: &Value) -> Response {
        self.request(Method::PUT, path).json(body).send().await.unwrap()
    }

    pub async fn say(&self, room: &str, body: &str) -> Event {
        let response = self.post(&format!("/rooms/{room}/messages"), &json!({"body": body})).await;
        read(response, StatusCode::CREATED).await
    }

    pub async fn create_room(&self, name: &str) -> RoomSummary {
        read(self.post("/rooms", &json!({"name": name})).await, StatusCode::CREATED).await
    }

    pub async fn bootstrap(&self) -> Bootstrap {
        read(self.get("/bootstrap").await, StatusCode::OK).await
    }

    /// A fresh idempotency key.
    pub fn key() -> String {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        format!("key-{}", NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// An upgraded socket that has not said anything.
    pub async fn dial(&self) -> Socket {
        let url = format!("ws://{}/api/v1/ws", self.address);
        let tcp = TcpStream::connect(&self.address).await.unwrap();
        Socket(tokio_tungstenite::client_async(url, tcp).await.unwrap().0)
    }

    /// A socket that has said this hello (the token is added), and has been told what it missed.
    pub async fn listen(&self, hello: Value) -> (Socket, Vec<ServerFrame>) {
        let mut socket = self.dial().await;
        let mut hello = hello;
        hello["type"] = "hello".into();
        hello["token"] = self.token.clone().into();
        socket.send(&hello.to_string()).await;
        let mut frames = Vec::new();
        loop {
            match socket.next().await {
                ServerFrame::Control(Control::CaughtUp) => return (socket, frames),
                frame => frames.push(frame),
            }
        }
    }

    /// A socket that is live.
    pub async fn live(&self) -> Socket {
        self.listen(json!({})).await.0
    }
}

/// A WebSocket, from the client's side.
pub struct Socket(pub WebSocketStream<TcpStream>);

impl Socket {
    pub async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next frame of the contract.
    pub async fn next(&mut self) -> ServerFrame {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a frame in time");
            match message.expect("the socket is open").expect("the socket works") {
                Message::Text(text) => return ServerFrame::parse(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("unexpected: {other:?}"),
            }
        }
    }

    /// The next durable event; others frames are passed over.
    pub async fn event(&mut self) -> Event {
        loop {
            if let ServerFrame::Event(event) = self.next().await {
                return event;
            }
        }
    }

    /// What the server says at the end, and the code that it closes with.
    pub async fn ending(mut self) -> (Option<Control>, u16) {
        let mut last = None;
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("an end in time");
            match message {
                Some(Ok(Message::Text(text))) => {
                    if let Ok(ServerFrame::Control(control)) = ServerFrame::parse(&text) {
                        last = Some(control);
                    }
                }
                Some(Ok(Message::Close(frame))) => return (last, frame.map_or(0, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (last, 0),
            }
        }
    }
}

/// The body of a reply that has to have this status.
pub async fn read<T: serde::de::DeserializeOwned>(response: Response, status: StatusCode) -> T {
    let (found, text) = (response.status(), response.text().await.unwrap());
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Status and code of a reply that has to be an error of the contract.
pub async fn error(response: Response) -> (u16, String) {
    let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
    let body: ErrorBody = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(body.error.code.status(), status, "{text}");
    assert!(body.error.message.len() > 10, "errors are for people: {text}");
    (status, body.error.code.to_string())
}

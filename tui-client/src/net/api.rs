//! The HTTP calls: one function an endpoint. They never retry; whoever calls decides.

use std::time::Duration;

use chat_shared::api::{
    Bootstrap, ChangeRoom, ChangeSettings, CreateRoom, EditMessage, EventsPage, History, Login, MarkRead, MarkUnread,
    MembersPage, MessagesPage, OpenDm, PostMessage, ReadState, Register, RoomListing, RoomSettings, RoomSummary, Rooms,
    SearchPage, Session,
};
use chat_shared::{Event, Seq, Timestamp};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::answer::{self, Answer};
use super::server_url::ServerUrl;
use super::token::Token;
use crate::failure::{Failure, FailureKind};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call may take, from the first byte out to the last byte in.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// What we call ourselves.
pub const USER_AGENT: &str = concat!("chat-tui/", env!("CARGO_PKG_VERSION"));

/// A server's HTTP interface, as one user or as nobody yet. Cloning is cheap, and clones share their connections.
#[derive(Clone)]
pub struct Api {
    client: Client,
    server: ServerUrl,
    token: Option<Token>,
}

/// Which part of a room's history, as the query says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The newest.
    Latest,
    /// Just before this one.
    Before(Seq),
    /// Just after this one.
    After(Seq),
    /// Around this one.
    Around(Seq),
}

impl Part {
    fn query(self) -> Option<(&'static str, String)> {
        match self {
            Self::Latest => None,
            Self::Before(seq) => Some(("before", seq.to_string())),
            Self::After(seq) => Some(("after", seq.to_string())),
            Self::Around(seq) => Some(("around", seq.to_string())),
        }
    }
}

/// What to search for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Words and "phrases"; a message has to hold all of them.
    pub text: &'a str,
    /// Only in this room: its name or its id.
    pub room: Option<&'a str>,
    /// Only by this author.
    pub from: Option<&'a str>,
    /// Only what was posted before.
    pub before: Option<Timestamp>,
    /// How many messages at most.
    pub limit: usize,
}

/// Chooses the one implementation of cryptography that TLS uses, for the whole process. Does nothing the second time.
pub fn install_crypto() {
    // An error means that one is installed already, which is what we want.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

impl Api {
    /// For calls to `server`, without a token.
    ///
    /// # Errors
    /// Where this machine cannot do https (no certificates that it trusts).
    pub fn new(server: ServerUrl) -> Result<Self, Failure> {
        install_crypto();
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            // A redirect could carry the token to another host; the user shall say where the server is.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            // A timer that looks for idle connections would wake an idle client; the server closes them anyway.
            .pool_idle_timeout(None)
            .pool_max_idle_per_host(2);
        if server.is_local() {
            // Wherever a proxy is, this machine is another one for it. (The socket goes through none.)
            builder = builder.no_proxy();
        }
        if !server.is_secure() {
            // Without https there is nothing to verify: do not spend the start on reading the machine's certificates.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| Failure {
            kind: FailureKind::NotUnderstood,
            message: super::words::connection(&server, &error),
        })?;
        Ok(Self { client, server, token: None })
    }

    /// The same server, with this token.
    #[must_use]
    pub fn with_token(&self, token: Token) -> Self {
        Self { token: Some(token), ..self.clone() }
    }

    /// The same server, as nobody.
    #[must_use]
    pub fn without_token(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// Which server this is.
    #[must_use]
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// The token of its calls.
    #[must_use]
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let request = self.client.request(method, self.server.endpoint(path));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, token.authorization()),
            None => request,
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, String)]) -> Answer<T> {
        self.read(self.request(Method::GET, path).query(query)).await
    }

    async fn send<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &B,
    ) -> Answer<T> {
        self.read(self.request(method, path).json(body)).await
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Answer<T> {
        let body = answer::receive(&self.server, request).await?;
        answer::parse(&self.server, &body)
    }

    /// Calls, and passes over what a success says.
    async fn done(&self, request: RequestBuilder) -> Answer<()> {
        answer::receive(&self.server, request).await.map(drop)
    }

    /// `POST /register`
    pub async fn register(&self, name: &str, password: &str) -> Answer<Session> {
        let body = Register { name: name.to_owned(), password: password.to_owned(), invite: None };
        self.credentials(&["register"], &body).await
    }

    /// `POST /login`
    pub async fn login(&self, name: &str, password: &str) -> Answer<Session> {
        self.credentials(&["login"], &Login { name: name.to_owned(), password: password.to_owned() }).await
    }

    async fn credentials<B: Serialize>(&self, path: &[&str], body: &B) -> Answer<Session> {
        let json = Zeroizing::new(serde_json::to_vec(body).unwrap_or_default());
        let request = self
            .client
            .request(Method::POST, self.server.endpoint(path))
            .header(reqwest::header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(json.to_vec());
        self.read(request).await
    }

    /// `POST /logout`
    pub async fn logout(&self) -> Answer<()> {
        self.done(self.request(Method::POST, &["logout"])).await
    }

    /// `GET /bootstrap`
    pub async fn bootstrap(&self) -> Answer<Bootstrap> {
        self.get(&["bootstrap"], &[]).await
    }

    /// `GET /rooms`
    pub async fn rooms(&self) -> Answer<Vec<RoomListing>> {
        self.get::<Rooms>(&["rooms"], &[]).await.map(|list| list.rooms)
    }

    /// `POST /rooms`
    pub async fn create_room(&self, name: &str, topic: &str) -> Answer<RoomSummary> {
        let topic = (!topic.is_empty()).then(|| topic.to_owned());
        self.send(Method::POST, &["rooms"], &CreateRoom { name: name.to_owned(), topic, private: false }).await
    }

    /// `POST /rooms/{room}/join`
    pub async fn join(&self, room: &str) -> Answer<RoomSummary> {
        self.read(self.request(Method::POST, &["rooms", room, "join"])).await
    }

    /// `POST /dms`, with one person or with several, by names or ids with commas between (no name holds one).
    pub async fn open_dm(&self, people: &str) -> Answer<RoomSummary> {
        let users = people.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        let body = OpenDm { user: None, users };
        self.send(Method::POST, &["dms"], &body).await
    }

    /// `PUT /rooms/{room}/settings`
    pub async fn change_settings(&self, room: &str, change: ChangeSettings) -> Answer<RoomSettings> {
        self.send(Method::PUT, &["rooms", room, "settings"], &change).await
    }

    /// `POST /rooms/{room}/leave`
    pub async fn leave(&self, room: &str) -> Answer<()> {
        self.done(self.request(Method::POST, &["rooms", room, "leave"])).await
    }

    /// `PATCH /rooms/{room}`, the topic.
    pub async fn set_topic(&self, room: &str, topic: &str) -> Answer<()> {
        let change = ChangeRoom { topic: Some(topic.to_owned()), ..ChangeRoom::default() };
        self.done(self.request(Method::PATCH, &["rooms", room]).json(&change)).await
    }

    /// `GET /rooms/{room}/members`, the first page or the one after this name.
    pub async fn members(&self, room: &str, after: Option<&str>) -> Answer<MembersPage> {
        let mut query = vec![("limit", chat_shared::limit::PAGE_MAX.to_string())];
        query.extend(after.map(|after| ("after", after.to_owned())));
        self.get(&["rooms", room, "members"], &query).await
    }

    /// `POST /rooms/{room}/messages`. The same `key` again, with the same text, posts nothing twice.
    pub async fn post(&self, room: &str, key: &str, body: &str, reply_to: Option<Seq>) -> Answer<Event> {
        let body = PostMessage { body: body.to_owned(), reply_to };
        let request = self.request(Method::POST, &["rooms", room, "messages"]).header("Idempotency-Key", key);
        self.read(request.json(&body)).await
    }

    /// `PATCH /rooms/{room}/messages/{seq}`
    pub async fn edit(&self, room: &str, seq: Seq, body: &str) -> Answer<()> {
        let request = self.request(Method::PATCH, &["rooms", room, "messages", &seq.to_string()]);
        self.done(request.json(&EditMessage { body: body.to_owned() })).await
    }

    /// `DELETE /rooms/{room}/messages/{seq}`
    pub async fn delete(&self, room: &str, seq: Seq) -> Answer<()> {
        self.done(self.request(Method::DELETE, &["rooms", room, "messages", &seq.to_string()])).await
    }

    /// `PUT` or `DELETE /rooms/{room}/messages/{seq}/reactions/{emoji}`
    pub async fn react(&self, room: &str, seq: Seq, emoji: &str, add: bool) -> Answer<()> {
        let method = if add { Method::PUT } else { Method::DELETE };
        self.done(self.request(method, &["rooms", room, "messages", &seq.to_string(), "reactions", emoji])).await
    }

    /// `GET /rooms/{room}/messages`, with what else happened there.
    pub async fn messages(&self, room: &str, part: Part, limit: usize) -> Answer<MessagesPage> {
        let mut query = vec![("limit", limit.to_string()), ("events", "true".to_owned())];
        query.extend(part.query());
        self.get(&["rooms", room, "messages"], &query).await
    }

    /// `GET /rooms/{room}/messages/{seq}/thread`; of [`Part::Latest`] the server gives the beginning.
    pub async fn thread(&self, room: &str, seq: Seq, part: Part, limit: usize) -> Answer<MessagesPage> {
        let mut query = vec![("limit", limit.to_string())];
        query.extend(part.query());
        self.get(&["rooms", room, "messages", &seq.to_string(), "thread"], &query).await
    }

    /// `GET /rooms/{room}/messages/{seq}/history`
    pub async fn history(&self, room: &str, seq: Seq, limit: usize) -> Answer<History> {
        self.get(&["rooms", room, "messages", &seq.to_string(), "history"], &[("limit", limit.to_string())]).await
    }

    /// `GET /rooms/{room}/events`
    pub async fn events(&self, room: &str, after: Seq, limit: usize) -> Answer<EventsPage> {
        let query = [("after", after.to_string()), ("limit", limit.to_string())];
        self.get(&["rooms", room, "events"], &query).await
    }

    /// `GET /search`: newest first, from the rooms that one is in.
    pub async fn search(&self, wanted: &Wanted<'_>) -> Answer<SearchPage> {
        let mut query = vec![("q", wanted.text.to_owned()), ("limit", wanted.limit.to_string())];
        query.extend(wanted.room.map(|room| ("room", room.to_owned())));
        query.extend(wanted.from.map(|name| ("from", name.to_owned())));
        query.extend(wanted.before.map(|at| ("before", at.to_string())));
        self.get(&["search"], &query).await
    }

    /// `PUT /rooms/{room}/read`
    pub async fn mark_read(&self, room: &str, seq: Seq) -> Answer<ReadState> {
        self.send(Method::PUT, &["rooms", room, "read"], &MarkRead { seq }).await
    }

    /// `PUT /rooms/{room}/unread`
    pub async fn mark_unread(&self, room: &str, seq: Seq) -> Answer<ReadState> {
        self.send(Method::PUT, &["rooms", room, "unread"], &MarkUnread { seq }).await
    }

    /// `POST /rooms/{room}/typing`
    pub async fn typing(&self, room: &str) -> Answer<()> {
        self.done(self.request(Method::POST, &["rooms", room, "typing"])).await
    }
}

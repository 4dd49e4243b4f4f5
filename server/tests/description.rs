//! The published descriptions against a running server: what it answers and pushes is what they say.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod common;

use std::cell::RefCell;
use std::collections::BTreeSet;

use boon::{Compiler, Draft, Schemas};
use common::{Client, PATIENCE, Server, Socket};
use futures_util::StreamExt as _;
use reqwest::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// A document, and which of its parts have been held against the server.
struct Description {
    document: Value,
    used: RefCell<BTreeSet<String>>,
}

impl Description {
    /// As the server gives it to somebody without a token.
    async fn of(server: &Server, name: &str) -> Self {
        let response = reqwest_get(server, name, None).await;
        assert_eq!(response.status(), StatusCode::OK);
        let text = response.text().await.unwrap();
        assert!(text.len() < 64 * 1024, "{name} is small: {}", text.len());
        Self { document: serde_json::from_str(&text).unwrap(), used: RefCell::default() }
    }

    /// What is wrong with a value, where it is not what the schema at this place of the document says. A field that is not
    /// described is wrong, too.
    fn fault(&self, pointer: &str, value: &Value) -> Option<String> {
        let mut document = self.document.clone();
        close(&mut document["components"]["schemas"]);
        close(document.pointer_mut(pointer).expect("the schema is there"));
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.add_resource("http://description/", document).unwrap();
        let schema = compiler.compile(&format!("http://description/#{}", pointer.replace(' ', "%20")), &mut schemas);
        let schema = schema.unwrap_or_else(|error| panic!("{pointer}: {error:#}"));
        schemas.validate(value, schema).err().map(|error| format!("{value} at {pointer}: {error:#}"))
    }

    /// Holds an answer against what its operation says of this status.
    fn check(&self, method: &str, template: &str, status: u16, kind: &str, body: &str) {
        let what = format!("{method} {template}: {status} {body}");
        let step = |text: &str| text.replace('~', "~0").replace('/', "~1");
        let mut pointer = format!("/paths/{}/{method}/responses/{status}", step(template));
        let answer = self.document.pointer(&pointer).unwrap_or_else(|| panic!("not described: {what}"));
        if let Some(reference) = answer.get("$ref") {
            pointer = reference.as_str().unwrap().trim_start_matches('#').to_owned();
        }
        let answer = self.document.pointer(&pointer).expect("references lead somewhere");
        match answer.get("content").and_then(Value::as_object) {
            None => assert!(body.is_empty(), "no body is described: {what}"),
            Some(content) => {
                let essence = kind.split(';').next().unwrap();
                assert!(content.contains_key(essence), "{essence} is not described: {what}");
                if essence == "application/json" {
                    let pointer = format!("{pointer}/content/{}/schema", step(essence));
                    let fault = self.fault(&pointer, &serde_json::from_str(body).unwrap());
                    assert_eq!(fault, None, "{what}");
                }
            }
        }
        if status < 400 {
            self.used.borrow_mut().insert(format!("{method} {template}"));
        }
    }
}

/// Lets an object have no other fields than those that are described. Alternatives are closed from outside.
fn close(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.contains_key("properties") {
        object.insert("unevaluatedProperties".into(), false.into());
    } else if !object.contains_key("type") && !object.contains_key("allOf") && !object.contains_key("$ref") {
        object.values_mut().for_each(close);
    }
}

async fn reqwest_get(server: &Server, name: &str, tag: Option<&str>) -> Response {
    let request = Client::anonymous(&server.address).http.get(server.url(&format!("/{name}")));
    let request = if let Some(tag) = tag { request.header(IF_NONE_MATCH, tag) } else { request };
    request.send().await.unwrap()
}

/// Sends a request to an operation, holds the answer against the description, and gives it back.
struct Caller<'a>(&'a Description, Client);

impl Caller<'_> {
    async fn send(&self, method: &str, template: &str, values: &[&str], body: Option<Value>) -> (u16, Value) {
        let mut path = template.to_owned();
        for (name, value) in ["{room}", "{seq}", "{emoji}"].into_iter().zip(values) {
            path = path.replace(name, value);
        }
        let (template, _) = template.split_once('?').unwrap_or((template, ""));
        let method_name = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
        let request = self.1.http.request(method_name, format!("http://{}{path}", self.1.address));
        let request = if let Some(token) = &self.1.token { request.bearer_auth(token) } else { request };
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let kind = headers.get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
        let text = response.text().await.unwrap();
        self.0.check(method, template, status, kind, &text);
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Where it has to work.
    async fn ok(&self, method: &str, template: &str, values: &[&str], body: Option<Value>) -> Value {
        let (status, answer) = self.send(method, template, values, body).await;
        assert!(status < 300, "{method} {template}: {status} {answer}");
        answer
    }

    /// Where it has to be refused.
    async fn refused(&self, status: u16, method: &str, template: &str, values: &[&str], body: Option<Value>) {
        let (found, answer) = self.send(method, template, values, body).await;
        assert_eq!(found, status, "{method} {template}: {answer}");
    }
}

const MESSAGES: &str = "/api/v1/rooms/{room}/messages";
const MESSAGE: &str = "/api/v1/rooms/{room}/messages/{seq}";
const REACTION: &str = "/api/v1/rooms/{room}/messages/{seq}/reactions/{emoji}";

async fn accounts(description: &Description, server: &Server) -> Client {
    let mut nobody = Caller(description, Client::anonymous(&server.address));
    let ann = json!({"name": "ann", "password": "correct horse"});
    nobody.ok("post", "/api/v1/register", &[], Some(ann.clone())).await;
    nobody.ok("post", "/api/v1/register", &[], Some(json!({"name": "bob", "password": "correct horse"}))).await;
    nobody.refused(409, "post", "/api/v1/register", &[], Some(ann.clone())).await;
    nobody.refused(415, "post", "/api/v1/login", &[], None).await;
    nobody.refused(401, "post", "/api/v1/login", &[], Some(json!({"name": "ann", "password": "wrong"}))).await;
    nobody.refused(401, "get", "/api/v1/bootstrap", &[], None).await;
    nobody.refused(400, "get", "/api/v1/ws", &[], None).await;
    for path in ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/asyncapi.json"] {
        nobody.ok("get", path, &[], None).await;
    }
    let session = nobody.ok("post", "/api/v1/login", &[], Some(ann)).await;
    nobody.1.token = session["token"].as_str().map(str::to_owned);
    nobody.1
}

async fn rooms(ann: &Caller<'_>) {
    let (room, seq) = ("/api/v1/rooms/{room}", json!({"seq": 1}));
    ann.ok("post", "/api/v1/rooms", &[], Some(json!({"name": "ops"}))).await;
    ann.refused(422, "post", "/api/v1/rooms", &[], Some(json!({"name": "a/b"}))).await;
    ann.ok("post", "/api/v1/dms", &[], Some(json!({"user": "bob"}))).await;
    let dm = ann.ok("post", "/api/v1/dms", &[], Some(json!({"users": ["bob"]}))).await;
    let dm = dm["id"].as_str().unwrap().to_owned();
    ann.refused(404, "post", "/api/v1/dms", &[], Some(json!({"user": "zoe"}))).await;
    ann.refused(403, "post", &format!("{room}/leave"), &[&dm], None).await;
    ann.ok("get", "/api/v1/rooms", &[], None).await;
    ann.ok("get", "/api/v1/bootstrap", &[], None).await;
    ann.ok("patch", room, &["ops"], Some(json!({"topic": "deploys"}))).await;
    ann.ok("get", &format!("{room}/members?limit=1"), &["general"], None).await;
    ann.ok("put", &format!("{room}/unread"), &["general"], Some(seq.clone())).await;
    ann.ok("put", &format!("{room}/read"), &["general"], Some(seq)).await;
    ann.ok(
        "put",
        &format!("{room}/settings"),
        &["ops"],
        Some(json!({"level": "mentions", "favourite": true, "place": 1})),
    )
    .await;
    ann.refused(422, "put", &format!("{room}/settings"), &["ops"], Some(json!({"place": 0}))).await;
    ann.ok("post", &format!("{room}/typing"), &["ops"], None).await;
    ann.ok("post", &format!("{room}/leave"), &["ops"], None).await;
    ann.refused(403, "get", MESSAGES, &["ops"], None).await;
    ann.ok("post", &format!("{room}/join"), &["ops"], None).await;
    ann.refused(404, "post", &format!("{room}/join"), &["nowhere"], None).await;
}

async fn messages(ann: &Caller<'_>) {
    let posted = ann.ok("post", MESSAGES, &["general"], Some(json!({"body": "hello"}))).await;
    let seq = posted["seq"].to_string();
    let reply = json!({"body": "hello yourself", "reply_to": posted["seq"]});
    ann.ok("post", MESSAGES, &["general"], Some(reply)).await;
    ann.refused(422, "post", MESSAGES, &["general"], Some(json!({"body": "x", "reply_to": 999}))).await;
    ann.ok("put", REACTION, &["general", &seq, "👍"], None).await;
    ann.ok("put", REACTION, &["general", &seq, "👍"], None).await;
    ann.refused(422, "put", REACTION, &["general", &seq, "word"], None).await;
    ann.ok("get", MESSAGES, &["general"], None).await;
    ann.ok("delete", REACTION, &["general", &seq, "👍"], None).await;
    ann.ok("patch", MESSAGE, &["general", &seq], Some(json!({"body": "hello, all"}))).await;
    ann.ok("get", &format!("{MESSAGE}/history"), &["general", &seq], None).await;
    ann.ok("get", &format!("{MESSAGE}/thread?limit=9"), &["general", &seq], None).await;
    ann.ok("get", "/api/v1/search?q=hello", &[], None).await;
    ann.refused(400, "get", "/api/v1/search", &[], None).await;
    ann.ok("delete", MESSAGE, &["general", &seq], None).await;
    ann.refused(409, "patch", MESSAGE, &["general", &seq], Some(json!({"body": "x"}))).await;
    ann.refused(404, "delete", MESSAGE, &["general", "999"], None).await;
    ann.ok("get", &format!("{MESSAGES}?around=3&limit=2"), &["general"], None).await;
    let page = ann.ok("get", &format!("{MESSAGES}?events=true"), &["general"], None).await;
    assert_eq!(page["events"][0]["type"], "member.joined");
    ann.refused(400, "get", &format!("{MESSAGES}?events=perhaps"), &["general"], None).await;
    ann.refused(422, "get", &format!("{MESSAGE}/thread?before=3&after=1"), &["general", &seq], None).await;
    ann.ok("get", "/api/v1/rooms/{room}/events?after=0", &["general"], None).await;
    ann.refused(422, "get", "/api/v1/rooms/{room}/events?limit=0", &["general"], None).await;
}

#[tokio::test]
async fn what_the_server_answers_is_what_openapi_says() {
    let server = Server::start().await;
    let description = Description::of(&server, "openapi.json").await;
    let ann = Caller(&description, accounts(&description, &server).await);
    rooms(&ann).await;
    messages(&ann).await;
    ann.ok("post", "/api/v1/logout", &[], None).await;

    let mut described = BTreeSet::new();
    for (path, item) in description.document["paths"].as_object().unwrap() {
        described.extend(item.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
        let response = ann.1.http.request(Method::TRACE, format!("http://{}{path}", server.address)).send().await;
        let response = response.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed = response.headers()["allow"].to_str().unwrap().to_ascii_lowercase();
        let allowed: BTreeSet<&str> = allowed.split(',').filter(|method| *method != "head").collect();
        let told: BTreeSet<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(allowed, told, "{path}");
    }
    // A handshake is not an answer of this kind; the sockets of the other test are.
    described.remove("get /api/v1/ws");
    assert_eq!(described, *description.used.borrow(), "every operation was used");
}

#[tokio::test]
async fn a_lie_would_be_found() {
    let server = Server::start().await;
    let description = Description::of(&server, "openapi.json").await;
    let user = "/components/schemas/User";
    let ann = json!({"id": "0193e0a0-0000-7000-8000-000000000001", "name": "ann", "admin": true});
    assert_eq!(description.fault(user, &ann), None);
    for (field, value) in [("id", json!("ann")), ("name", json!(1)), ("admin", json!(null)), ("age", json!(7))] {
        let mut wrong = ann.clone();
        wrong[field] = value;
        assert!(description.fault(user, &wrong).is_some(), "{wrong}");
    }
    let error = json!({"error": {"code": "teapot", "message": "x"}});
    assert!(description.fault("/components/schemas/ErrorBody", &error).is_some());
}

#[tokio::test]
async fn documents_are_fetched_once() {
    let server = Server::start().await;
    for name in ["openapi.json", "asyncapi.json"] {
        let first = reqwest_get(&server, name, None).await;
        assert_eq!(first.headers()["cache-control"], "public, max-age=300");
        let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
        let again = reqwest_get(&server, name, Some(&format!("\"other\", W/{tag}"))).await;
        assert_eq!((again.status(), again.headers()[ETAG].to_str().unwrap()), (StatusCode::NOT_MODIFIED, &*tag));
        assert_eq!(again.text().await.unwrap(), "");
        assert_eq!(reqwest_get(&server, name, Some("\"other\"")).await.status(), StatusCode::OK);
    }
}

/// Reads frames as JSON, holding each against its message, until one of this type comes.
async fn until(description: &Description, socket: &mut Socket, kind: &str) {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.0.next()).await.expect("a frame in time");
        let Message::Text(text) = message.expect("the socket is open").expect("the socket works") else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        let found = frame["type"].as_str().unwrap();
        let fault = description.fault(&format!("/components/messages/{found}/payload"), &frame);
        assert_eq!(fault, None, "{text}");
        assert_eq!(frame.get("seq").is_some(), frame.get("at").is_some(), "only durable events have a seq: {text}");
        description.used.borrow_mut().insert(found.to_owned());
        if found == kind {
            return;
        }
    }
}

#[tokio::test]
async fn what_the_server_pushes_is_what_asyncapi_says() {
    let server = Server::start().await;
    let description = Description::of(&server, "asyncapi.json").await;
    let (ann, bob) = (server.join("ann").await, server.join("bob").await);
    bob.create_room("ops").await;
    let room = ann.bootstrap().await.rooms[0].id.to_string();
    let hello =
        json!({"type": "hello", "token": ann.token, "epoch": ann.bootstrap().await.epoch, "resume": {room: 99}});
    let fault = description.fault("/components/messages/hello/payload", &hello);
    assert_eq!(fault, None);
    description.used.borrow_mut().insert("hello".into());
    let mut socket = ann.dial().await;
    socket.send(&hello.to_string()).await;
    until(&description, &mut socket, "caught_up").await;

    ann.post("/rooms/ops/join", &json!({})).await;
    let seq = bob.say("general", "hi").await.seq;
    let path = format!("/rooms/general/messages/{seq}");
    bob.put(&format!("{path}/reactions/👍"), &json!({})).await;
    bob.request(Method::DELETE, &format!("{path}/reactions/👍")).send().await.unwrap();
    bob.request(Method::PATCH, &path).json(&json!({"body": "hi, all"})).send().await.unwrap();
    bob.request(Method::DELETE, &path).send().await.unwrap();
    until(&description, &mut socket, "message.deleted").await;
    bob.request(Method::PATCH, "/rooms/ops").json(&json!({"topic": "deploys"})).send().await.unwrap();
    until(&description, &mut socket, "room.changed").await;
    bob.post("/rooms/ops/leave", &json!({})).await;
    until(&description, &mut socket, "member.left").await;
    bob.post("/rooms/general/typing", &json!({})).await;
    until(&description, &mut socket, "typing").await;
    ann.put("/rooms/general/read", &json!({"seq": seq})).await;
    until(&description, &mut socket, "read").await;
    ann.put("/rooms/general/settings", &json!({"favourite": true})).await;
    until(&description, &mut socket, "settings").await;
    ann.post("/dms", &json!({"user": "bob"})).await;
    let _live = bob.live().await;
    until(&description, &mut socket, "presence").await;
    server.shutdown.cancel();
    until(&description, &mut socket, "bye").await;

    let described: BTreeSet<String> =
        description.document["components"]["messages"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(described, *description.used.borrow(), "every frame was seen");
}

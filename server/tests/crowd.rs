//! One account that asks for as much as it can, against the real thing: what others notice of it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, the panic is the report")]

mod common;

use chat_shared::{ErrorBody, ErrorCode};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use common::{Client, Server, read};

/// A request that its client never finishes.
async fn unfinished(client: &Client) -> TcpStream {
    let mut tcp = TcpStream::connect(&client.address).await.unwrap();
    let token = client.token.as_ref().unwrap();
    let head = format!(
        "POST /api/v1/rooms/general/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: text/plain\r\nContent-Length: 100\r\n\r\nhal"
    );
    tcp.write_all(head.as_bytes()).await.unwrap();
    tcp
}

/// Whether a request is answered before many of somebody else's.
async fn is_answered_before(request: &mut (impl Future + Unpin), other: &Client) -> bool {
    let many = async {
        for _ in 0..20 {
            assert_eq!(other.get("/rooms").await.status(), StatusCode::OK);
        }
    };
    tokio::select! {
        biased;
        _ = request => true,
        () = many => false,
    }
}

#[tokio::test]
async fn who_has_many_requests_under_way_waits_and_nobody_else_does() {
    let server = Server::with(&["--max-requests-per-user", "2"]).await;
    let (ann, bob) = (server.join("ann").await, server.join("bob").await);
    let (first, second) = (unfinished(&ann).await, unfinished(&ann).await);
    let mut waiting = Box::pin(ann.get("/bootstrap"));
    // The first two are under way once the server has seen their heads.
    while is_answered_before(&mut waiting, &bob).await {
        waiting = Box::pin(ann.get("/bootstrap"));
    }
    // A socket is no request: it has a limit of its own.
    let (_socket, _) = ann.listen(json!({})).await;
    drop(first);
    assert_eq!(waiting.await.status(), StatusCode::OK);
    drop(second);
    ann.say("general", "here I am").await;
}

/// However long messages may be.
#[tokio::test]
async fn what_strangers_send_is_bounded() {
    let server = Server::with(&["--max-message-bytes", "0"]).await;
    let ann = server.join("ann").await;
    let long = "x".repeat(100_000);
    let stranger = Client::anonymous(&server.address);
    for path in ["/login", "/register"] {
        let refused = stranger.post(path, &json!({"name": "eve", "password": long})).await;
        let error: ErrorBody = read(refused, StatusCode::PAYLOAD_TOO_LARGE).await;
        assert_eq!(error.error.code, ErrorCode::TooLarge);
    }
    let event = ann.say("general", &long).await;
    let path = format!("/rooms/general/messages/{}", event.seq);
    let edited = ann.request(Method::PATCH, &path).json(&json!({"body": long.replace('x', "y")})).send().await.unwrap();
    assert_eq!(edited.status(), StatusCode::OK);
}

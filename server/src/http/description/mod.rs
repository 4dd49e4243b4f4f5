//! The API describes itself: OpenAPI for what is asked over HTTP, AsyncAPI for what travels over the socket.
//!
//! Both documents are files in `docs/`, compiled in. They are made from the routes and the types of `chat-shared`, by `tests`,
//! which fail where a file is not what it would be made to now. So nothing that makes them is part of the server.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

#[cfg(test)]
mod tests;

const OPENAPI: &str = include_str!("../../../../docs/openapi.json");
const ASYNCAPI: &str = include_str!("../../../../docs/asyncapi.json");

/// A document as it is sent.
struct Document {
    body: Bytes,
    tag: String,
}

impl Document {
    /// Without the white space that the file has for people.
    fn new(file: &'static str) -> Self {
        let value: serde_json::Value = serde_json::from_str(file).expect("a test has made this file of a JSON value");
        let body = Bytes::from(value.to_string());
        let hash = Sha256::digest(&body);
        let tag = hash[..8].iter().fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}")) + "\"";
        Self { body, tag }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
        let caching = [(ETAG, self.tag.as_str()), (CACHE_CONTROL, "public, max-age=300")];
        if known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == self.tag) {
            return (StatusCode::NOT_MODIFIED, caching).into_response();
        }
        (caching, [(CONTENT_TYPE, "application/json")], self.body.clone()).into_response()
    }
}

/// `GET /openapi.json`
pub(crate) async fn openapi(headers: HeaderMap) -> Response {
    static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::new(OPENAPI));
    DOCUMENT.answer(&headers)
}

/// `GET /asyncapi.json`
pub(crate) async fn asyncapi(headers: HeaderMap) -> Response {
    static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::new(ASYNCAPI));
    DOCUMENT.answer(&headers)
}

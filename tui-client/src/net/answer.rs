//! What came back from an HTTP call, made into a value or into the reason why there is none.

use std::time::{Duration, Instant};

use chat_shared::error::{ErrorBody, ErrorCode};
use chat_shared::text::sanitise_line;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

use super::server_url::ServerUrl;
use super::words;
use crate::failure::{Failure, FailureKind};

/// The largest answer that is read; the largest page of the contract stays well below.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// The longest message of a server's that is shown, in characters.
const MESSAGE_CHARS: usize = 300;

/// What a call gives.
pub type Answer<T> = Result<T, Refusal>;

/// A call that failed, and when the server says that it makes sense to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why it failed.
    pub failure: Failure,
    /// The server's `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after: None }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        refusal.failure
    }
}

/// Sends a request and reads the whole answer, within bounds. An `Ok` is the body of a success.
pub(super) async fn receive(server: &ServerUrl, request: RequestBuilder) -> Answer<Vec<u8>> {
    let (client, request) = request.build_split();
    let request = request.map_err(|error| broken(server, &error))?;
    // The path, and not the query: that holds what somebody searches for.
    let (method, path, began) = (request.method().clone(), request.url().path().to_owned(), Instant::now());
    let response = client.execute(request).await.map_err(|error| {
        tracing::warn!(%method, path, is_timeout = error.is_timeout(), "a call got no answer");
        broken(server, &error)
    })?;
    let status = response.status();
    tracing::debug!(%method, path, status = status.as_u16(), ms = began.elapsed().as_millis(), "a call was answered");
    let headers = response.headers().clone();
    let body = read_body(server, response).await?;
    if status.is_success() { Ok(body) } else { Err(refused(server, status, &headers, &body)) }
}

/// Reads the JSON of a success.
pub(super) fn parse<T: DeserializeOwned>(server: &ServerUrl, body: &[u8]) -> Answer<T> {
    serde_json::from_slice(body).map_err(|_| {
        not_understood(format!("{} answers something that is not what a chat server says.", server.label()))
    })
}

async fn read_body(server: &ServerUrl, mut response: Response) -> Answer<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(server, &error))? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(not_understood(format!("{} answers more than a chat server would.", server.label())));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn not_understood(message: String) -> Refusal {
    Failure { kind: FailureKind::NotUnderstood, message }.into()
}

fn broken(server: &ServerUrl, error: &reqwest::Error) -> Refusal {
    let message = if error.is_timeout() { words::no_answer(server) } else { words::connection(server, error) };
    Failure { kind: FailureKind::NoAnswer, message }.into()
}

/// The mapping from an answer that is no success to a failure. Pure.
fn refused(server: &ServerUrl, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let retry_after =
        headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
    if let Ok(ErrorBody { error }) = serde_json::from_slice(body) {
        let message = match shown(&error.message) {
            // An address may have a path, for a proxy that takes it out again. Here nobody did.
            _ if error.code == ErrorCode::NotFound && !server.path().is_empty() => {
                format!("A chat server answers at {}, but not below {}: leave that out.", server.label(), server.path())
            }
            message if message.is_empty() => format!("{} refuses it: {}.", server.label(), error.code),
            message => message,
        };
        return Refusal { failure: Failure { kind: FailureKind::Refused(error.code), message }, retry_after };
    }
    // Not a chat server's own words: a proxy in front of it, or something else altogether.
    let (kind, message) = match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            (FailureKind::NoAnswer, format!("The server behind {} does not answer ({status}).", server.label()))
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            (FailureKind::Refused(ErrorCode::TooLarge), "It is larger than the server takes.".to_owned())
        }
        status if status.is_redirection() => (FailureKind::NotUnderstood, redirected(server, headers)),
        status => (
            FailureKind::NotUnderstood,
            format!("{} answers \"{status}\", and not as a chat server does: is this its address?", server.label()),
        ),
    };
    Refusal { failure: Failure { kind, message }, retry_after }
}

fn redirected(server: &ServerUrl, headers: &HeaderMap) -> String {
    let target = headers.get(LOCATION).and_then(|v| v.to_str().ok()).map(shown);
    let target = target.unwrap_or_else(|| "elsewhere".to_owned());
    format!("{} says that the server is at {target}: use that address.", server.label())
}

fn shown(text: &str) -> String {
    sanitise_line(text).chars().take(MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(status: u16, headers: &[(&'static str, &str)], body: &str) -> Refusal {
        let headers = headers.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
        refused(&"http://h:1".parse().unwrap(), StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes())
    }

    #[test]
    fn the_contracts_errors_keep_their_code_and_words() {
        let body = r#"{"error":{"code":"room_not_found","message":"No \u001b[31mroom."}}"#;
        let refusal = failed(404, &[], body);
        assert_eq!(refusal.failure.kind, FailureKind::Refused(ErrorCode::RoomNotFound));
        assert_eq!(refusal.failure.message, "No ␛[31mroom.");
        let long = format!(r#"{{"error":{{"code":"x","message":"{}"}}}}"#, "é".repeat(9000));
        assert_eq!(failed(400, &[], &long).failure.message.chars().count(), MESSAGE_CHARS);
    }

    #[test]
    fn a_path_that_leads_nowhere_is_named() {
        let body = br#"{"error":{"code":"not_found","message":"There is nothing at /foo/api/v1/login."}}"#;
        let words = |server: &str| {
            let refusal = refused(&server.parse().unwrap(), StatusCode::NOT_FOUND, &HeaderMap::new(), body);
            refusal.failure.message
        };
        assert_eq!(words("http://h:1/foo/"), "A chat server answers at h:1, but not below /foo: leave that out.");
        assert_eq!(words("http://h:1"), "There is nothing at /foo/api/v1/login.");
    }

    #[test]
    fn retry_after_is_kept() {
        let body = r#"{"error":{"code":"rate_limited","message":"Slow down."}}"#;
        let refusal = failed(429, &[("retry-after", "7")], body);
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(7)));
        assert!(refusal.failure.is_transient());
        assert_eq!(failed(429, &[("retry-after", "Fri, 01 Jan")], body).retry_after, None);
    }

    #[test]
    fn a_proxys_words_are_no_servers_words() {
        assert_eq!(failed(502, &[], "<html>").failure.kind, FailureKind::NoAnswer);
        assert_eq!(failed(413, &[], "<html>").failure.kind, FailureKind::Refused(ErrorCode::TooLarge));
        let other = failed(404, &[], "<html>").failure;
        assert_eq!(other.kind, FailureKind::NotUnderstood);
        assert_eq!(other.message, "h:1 answers \"404 Not Found\", and not as a chat server does: is this its address?");
        let moved = failed(308, &[("location", "https://h/")], "").failure;
        assert_eq!(moved.message, "h:1 says that the server is at https://h/: use that address.");
    }

    #[test]
    fn a_success_that_is_no_json_is_not_understood() {
        let refusal = parse::<chat_shared::api::Rooms>(&"http://h".parse().unwrap(), b"<html>").unwrap_err();
        assert_eq!(refusal.failure.kind, FailureKind::NotUnderstood);
    }
}

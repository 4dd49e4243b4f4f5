//! As much of an HTTP client as it takes to set things up: one connection, one request after the other, blocking.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::de::DeserializeOwned;

/// A kept-alive connection to our server.
pub(crate) struct Http {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Http {
    /// Connects.
    pub(crate) fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream: BufReader::new(stream), host: address.to_owned() })
    }

    /// Asks; the answer has to be a success, and of this type.
    pub(crate) fn ask<T: DeserializeOwned>(&mut self, method: &str, path: &str, token: &str, body: &str) -> Result<T> {
        let answer = self.text(method, path, token, body)?;
        serde_json::from_str(&answer).with_context(|| format!("{method} {path}: {answer}"))
    }

    /// Asks; the answer has to be a success.
    pub(crate) fn text(&mut self, method: &str, path: &str, token: &str, body: &str) -> Result<String> {
        let mut request = Vec::new();
        write_request(&mut request, method, path, &self.host, token, body, None);
        self.exchange(&request).with_context(|| format!("{method} {path}"))
    }

    /// Sends a request as it is; the answer has to be a success.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<String> {
        self.stream.get_mut().write_all(request)?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status: u16 = line.get(9..12).and_then(|status| status.parse().ok()).context("no HTTP response")?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse()?,
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        if !(200..300).contains(&status) {
            bail!("{status} {}", String::from_utf8_lossy(&body));
        }
        Ok(String::from_utf8(body)?)
    }
}

/// Writes a request with a JSON body (or none, where it is empty).
#[allow(clippy::too_many_arguments, reason = "they are the parts of a request")]
pub(crate) fn write_request(
    out: &mut Vec<u8>,
    method: &str,
    path: &str,
    host: &str,
    token: &str,
    body: &str,
    key: Option<std::fmt::Arguments<'_>>,
) {
    // Writing to a vector does not fail.
    let _ = write!(out, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
    if !token.is_empty() {
        let _ = write!(out, "Authorization: Bearer {token}\r\n");
    }
    if let Some(key) = key {
        let _ = write!(out, "Idempotency-Key: {key}\r\n");
    }
    if !body.is_empty() {
        let _ = write!(out, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    let _ = write!(out, "\r\n{body}");
}

//! For those who watch the server: is it alive, can it work, what does it count.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use chat_shared::ErrorCode;

use super::Shared;
use crate::auth::Principal;
use crate::error::ApiError;

/// `GET /healthz`: the process is alive.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the server can do its work.
///
/// # Errors
/// `unavailable` while the store cannot be read or written, or the server is stopping.
pub(crate) async fn readyz(State(api): State<Shared>) -> Result<&'static str, ApiError> {
    if api.sessions.shutdown.is_cancelled() {
        return Err(ApiError::new(ErrorCode::Unavailable, "The server is stopping."));
    }
    api.readiness.of(api.store.ping()).await?;
    Ok("ready\n")
}

/// `GET /metrics`: for callers on this machine, and for administrators.
///
/// # Errors
/// `forbidden` for everyone else.
pub(crate) async fn metrics(
    State(api): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    principal: Option<Principal>,
) -> Result<impl IntoResponse, ApiError> {
    let is_admin = principal.is_some_and(|principal| principal.user.admin);
    if !peer.ip().to_canonical().is_loopback() && !is_admin {
        let message = "Metrics are for callers on the server's own machine, and for administrators.";
        return Err(ApiError::new(ErrorCode::Forbidden, message));
    }
    let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok((StatusCode::OK, [(CONTENT_TYPE, format)], api.metrics.page()))
}

//! Which path leads where, and through which layers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use chat_shared::ErrorCode;
use futures_util::FutureExt as _;

use crate::error::ApiError;
use crate::http::{Shared, accounts, dms, health, messages, rooms, socket};
use crate::metrics::{Metrics, Status};

/// A request that is not answered by then is given up. Reading a slow body counts.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The whole API.
pub(crate) fn router(api: Shared) -> Router {
    // JSON may spell a character with six (\u0000), and needs room around the text.
    let largest_body = if api.limits.message_bytes == 0 { usize::MAX } else { 6 * api.limits.message_bytes + 4096 };
    let metrics = Arc::clone(&api.metrics);
    let v1 = Router::new()
        .route("/register", post(accounts::register))
        .route("/login", post(accounts::login))
        .route("/logout", post(accounts::logout))
        .route("/bootstrap", get(accounts::bootstrap))
        .route("/rooms", get(rooms::list).post(rooms::create))
        .route("/rooms/{room}", patch(rooms::change))
        .route("/rooms/{room}/join", post(rooms::join))
        .route("/rooms/{room}/leave", post(rooms::leave))
        .route("/rooms/{room}/members", get(rooms::members))
        .route("/rooms/{room}/read", put(rooms::mark_read))
        .route("/rooms/{room}/unread", put(rooms::mark_unread))
        .route("/rooms/{room}/settings", put(dms::change_settings))
        .route("/rooms/{room}/typing", post(rooms::typing))
        .route("/rooms/{room}/messages", get(messages::page).post(messages::post))
        .route("/rooms/{room}/messages/{seq}", patch(messages::edit).delete(messages::delete))
        .route("/rooms/{room}/messages/{seq}/history", get(messages::history))
        .route("/rooms/{room}/messages/{seq}/thread", get(messages::thread))
        .route(
            "/rooms/{room}/messages/{seq}/reactions/{emoji}",
            put(messages::add_reaction).delete(messages::remove_reaction),
        )
        .route("/rooms/{room}/events", get(messages::events))
        .route("/dms", post(dms::open))
        .route("/search", get(messages::search))
        .route("/ws", get(socket::upgrade));
    Router::new()
        .nest("/api/v1", v1)
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(api)
        .layer(DefaultBodyLimit::max(largest_body))
        .layer(middleware::from_fn_with_state(metrics, answer))
}

async fn not_found(uri: Uri) -> ApiError {
    let message = format!("There is nothing at {}. The API begins with /api/v1.", uri.path());
    ApiError::new(ErrorCode::NotFound, message)
}

async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    ApiError::new(ErrorCode::MethodNotAllowed, format!("{} does not take {method}.", uri.path()))
}

/// Around every request: an answer in time, whatever happens, and counted. One layer, since each costs every request a few
/// allocations.
async fn answer(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let answering = AssertUnwindSafe(next.run(request)).catch_unwind();
    let response = match tokio::time::timeout(ANSWER_WITHIN, answering).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => panicked(&*panic),
        Err(_) => {
            let message = "The request took too long. Whether it was done is not known; with the same Idempotency-Key it is safe to try again.";
            ApiError::new(ErrorCode::RequestTimeout, message).into_response()
        }
    };
    metrics.http_requests.get_or_create(&Status { status: response.status().as_u16() }).inc();
    response
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Response {
    let why = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    tracing::error!(why = why.as_deref().unwrap_or("unknown"), "a request failed with a panic: this is a defect");
    let mut response =
        ApiError::new(ErrorCode::Internal, "Something is wrong with the server. Its log says more.").into_response();
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

//! Around every request: an answer in time, whatever happens, and counted.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chat_shared::ErrorCode;
use futures_util::FutureExt as _;
use tower::Service as _;

use crate::error::ApiError;
use crate::metrics::{Metrics, Status};

/// A request that is not answered by then is given up. Reading a slow body counts.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The whole API, as connections use it.
#[derive(Clone)]
pub struct Front {
    router: Router,
    metrics: Arc<Metrics>,
}

impl Front {
    /// Answers with what the router says.
    pub(crate) fn new(router: Router, metrics: Arc<Metrics>) -> Self {
        Self { router, metrics }
    }

    /// Answers in time, whatever happens, and counts. That is done here and not in layers of the router, since each of them costs
    /// every request a few allocations.
    pub(crate) async fn answer(mut self, request: Request) -> Response {
        let answering = AssertUnwindSafe(async { self.router.call(request).await }).catch_unwind();
        let response = match tokio::time::timeout(ANSWER_WITHIN, answering).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(panic)) => panicked(&*panic),
            Err(_) => {
                let message = "The request took too long. Whether it was done is not known; with the same Idempotency-Key it is safe to try again.";
                ApiError::new(ErrorCode::RequestTimeout, message).into_response()
            }
        };
        self.metrics.http_requests.get_or_create(&Status { status: response.status().as_u16() }).inc();
        response
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Response {
    let why = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    tracing::error!(why = why.as_deref().unwrap_or("unknown"), "a request failed with a panic: this is a defect");
    let mut response =
        ApiError::new(ErrorCode::Internal, "Something is wrong with the server. Its log says more.").into_response();
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

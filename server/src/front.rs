//! Around every request: an answer in time, whatever happens, and counted.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chat_shared::ErrorCode;
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use tower::Service as _;

use crate::error::ApiError;
use crate::metrics::{Metrics, Status};
use crate::requests::Slot;

/// The system's buffers take an answer of so many bytes at once; what is larger may wait for its peer.
const SMALL: u64 = 64 * 1024;

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
    pub(crate) async fn answer(mut self, mut request: Request) -> Response {
        let slot = Slot::default();
        request.extensions_mut().insert(slot.clone());
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
        if response.body().size_hint().lower() > SMALL { hold(response, slot).await } else { response }
    }
}

/// Keeps the request's place for as long as its answer is in memory.
async fn hold(response: Response, slot: Slot) -> Response {
    let (parts, body) = response.into_parts();
    // What is said of its size is true of what is there as a whole.
    let body = match body.collect().await {
        Ok(whole) => Body::from(slot.hold(whole.to_bytes())),
        Err(error) => {
            tracing::error!(%error, "an answer broke off: this is a defect");
            Body::empty()
        }
    };
    Response::from_parts(parts, body)
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Response {
    let why = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    tracing::error!(why = why.as_deref().unwrap_or("unknown"), "a request failed with a panic: this is a defect");
    let mut response =
        ApiError::new(ErrorCode::Internal, "Something is wrong with the server. Its log says more.").into_response();
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::routing::get;
    use chat_shared::UserId;

    use super::*;
    use crate::requests::Requests;

    #[tokio::test]
    async fn a_place_is_given_back_with_the_answer_and_of_a_large_one_when_it_is_taken() {
        let (requests, user) = (Requests::new(1), UserId(uuid::Uuid::nil()));
        let handler = {
            let requests = Arc::clone(&requests);
            move |Extension(slot): Extension<Slot>, bytes: String| async move {
                slot.fill(requests.begin(user).await);
                "x".repeat(bytes.parse().unwrap())
            }
        };
        let front = Front::new(Router::new().route("/", get(handler)), Metrics::new());
        for bytes in [1, 2 * SMALL] {
            let response = front.clone().answer(Request::new(Body::from(bytes.to_string()))).await;
            assert_eq!(response.body().size_hint().exact(), Some(bytes), "its length is told as before");
            let is_held = bytes > SMALL;
            assert_eq!(requests.begin(user).now_or_never().is_none(), is_held);
            let whole = response.into_body().collect().await.unwrap().to_bytes();
            // In the hands of whoever sends it.
            assert_eq!((whole.len() as u64, requests.begin(user).now_or_never().is_none()), (bytes, is_held));
            drop(whole);
            drop(requests.begin(user).await);
        }
    }
}

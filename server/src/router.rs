//! Which path leads where, and through which layers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use chat_shared::ErrorCode;
use futures_util::FutureExt as _;
use tower::Service as _;

use crate::error::ApiError;
use crate::http::{Shared, accounts, description, dms, health, messages, rooms, socket};
use crate::metrics::{Metrics, Status};

/// A request that is not answered by then is given up. Reading a slow body counts.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// From one table, the router, and the list that the description of the API is held against.
macro_rules! routes {
    ($($method:ident $path:literal => $group:ident :: $handler:ident;)*) => {
        fn routes() -> Router<Shared> {
            Router::new()$(.route($path, $method($group::$handler)))*
        }

        /// Method, path and handler of every route.
        #[cfg(test)]
        pub(crate) const ROUTES: &[(&str, &str, &str)] =
            &[$((stringify!($method), $path, concat!(stringify!($group), "_", stringify!($handler)))),*];
    };
}

routes! {
    post "/api/v1/register" => accounts::register;
    post "/api/v1/login" => accounts::login;
    post "/api/v1/logout" => accounts::logout;
    get "/api/v1/bootstrap" => accounts::bootstrap;
    get "/api/v1/rooms" => rooms::list;
    post "/api/v1/rooms" => rooms::create;
    patch "/api/v1/rooms/{room}" => rooms::change;
    post "/api/v1/rooms/{room}/join" => rooms::join;
    post "/api/v1/rooms/{room}/leave" => rooms::leave;
    get "/api/v1/rooms/{room}/members" => rooms::members;
    put "/api/v1/rooms/{room}/read" => rooms::mark_read;
    put "/api/v1/rooms/{room}/unread" => rooms::mark_unread;
    put "/api/v1/rooms/{room}/settings" => dms::change_settings;
    post "/api/v1/rooms/{room}/typing" => rooms::typing;
    get "/api/v1/rooms/{room}/messages" => messages::page;
    post "/api/v1/rooms/{room}/messages" => messages::post;
    patch "/api/v1/rooms/{room}/messages/{seq}" => messages::edit;
    delete "/api/v1/rooms/{room}/messages/{seq}" => messages::delete;
    get "/api/v1/rooms/{room}/messages/{seq}/history" => messages::history;
    get "/api/v1/rooms/{room}/messages/{seq}/thread" => messages::thread;
    put "/api/v1/rooms/{room}/messages/{seq}/reactions/{emoji}" => messages::add_reaction;
    delete "/api/v1/rooms/{room}/messages/{seq}/reactions/{emoji}" => messages::remove_reaction;
    get "/api/v1/rooms/{room}/events" => messages::events;
    post "/api/v1/dms" => dms::open;
    get "/api/v1/search" => messages::search;
    get "/api/v1/ws" => socket::upgrade;
    get "/api/v1/openapi.json" => description::openapi;
    get "/api/v1/asyncapi.json" => description::asyncapi;
    get "/healthz" => health::healthz;
    get "/readyz" => health::readyz;
    get "/metrics" => health::metrics;
}

/// The whole API, as connections use it.
#[derive(Clone)]
pub struct Front {
    router: Router,
    metrics: Arc<Metrics>,
}

async fn not_found(uri: Uri) -> ApiError {
    let message = format!("There is nothing at {}. The API begins with /api/v1.", uri.path());
    ApiError::new(ErrorCode::NotFound, message)
}

async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    ApiError::new(ErrorCode::MethodNotAllowed, format!("{} does not take {method}.", uri.path()))
}

impl Front {
    pub(crate) fn new(api: Shared) -> Self {
        let metrics = Arc::clone(&api.metrics);
        let router = routes().fallback(not_found).method_not_allowed_fallback(method_not_allowed).with_state(api);
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

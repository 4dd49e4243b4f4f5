//! Which path leads where.

use axum::Router;
use axum::http::{Method, Uri};
use axum::routing::{delete, get, patch, post, put};
use chat_shared::ErrorCode;

use crate::error::ApiError;
use crate::http::{Shared, accounts, description, dms, health, messages, rooms, socket};

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

/// The whole API.
pub(crate) fn router(api: Shared) -> Router {
    routes().fallback(not_found).method_not_allowed_fallback(method_not_allowed).with_state(api)
}

async fn not_found(uri: Uri) -> ApiError {
    let message = format!("There is nothing at {}. The API begins with /api/v1.", uri.path());
    ApiError::new(ErrorCode::NotFound, message)
}

async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    ApiError::new(ErrorCode::MethodNotAllowed, format!("{} does not take {method}.", uri.path()))
}

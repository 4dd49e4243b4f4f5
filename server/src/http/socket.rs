//! `GET /ws`: from an HTTP request to a session on a WebSocket.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use chat_shared::ErrorCode;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

use super::Shared;
use super::extract::bearer;
use crate::error::ApiError;
use crate::serve::HttpStream;
use crate::transport::session;
use crate::transport::websocket::Socket;

/// What the system may hold for a slow peer. Its own choice are megabytes, behind which a ping would wait for so long that
/// a slow peer seems dead; what follows is kept in the log anyway.
const SEND_BUFFER_BYTES: usize = 128 * 1024;

/// Upgrades, and runs the session in a task of its own. The token is checked with `hello`, so that whoever has a wrong
/// one hears why in the contract's words.
///
/// # Errors
/// `malformed` where it is no WebSocket handshake.
pub(crate) async fn upgrade(
    State(api): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let token = bearer(request.headers()).map(str::to_owned);
    let upgrade = hyper::upgrade::on(&mut request);
    let response = create_response_with_body(&request, Body::empty).map_err(|error| {
        ApiError::new(
            ErrorCode::Malformed,
            format!("This is the address of a WebSocket, and the request is no handshake: {error}."),
        )
    })?;
    let context = Arc::clone(&api.sessions);
    api.sockets.spawn(async move {
        // Both are boxed: else the task would have room for the larger of the two, all its life.
        if let Some(socket) = Box::pin(upgraded(upgrade, peer)).await {
            Box::pin(session::run(socket, &context, token, peer)).await;
        }
    });
    Ok(response)
}

/// The bare connection, once the answer to the handshake is sent.
async fn upgraded(upgrade: OnUpgrade, peer: SocketAddr) -> Option<Box<Socket<TcpStream>>> {
    let Ok(parts) = upgrade.await.ok()?.downcast::<TokioIo<HttpStream>>() else {
        tracing::error!("an upgraded connection is not of the type that we accept");
        return None;
    };
    let tcp = parts.io.into_inner().into_inner();
    if let Err(error) = set_socket_send_buffer_size(&tcp, SEND_BUFFER_BYTES) {
        tracing::debug!(%peer, %error, "cannot bound the send buffer");
    }
    Some(Box::new(Socket::new(tcp, &parts.read_buf)))
}

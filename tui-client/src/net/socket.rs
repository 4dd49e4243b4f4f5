//! The WebSocket: opened over TCP or TLS, read frame by frame with a bound on silence.

use std::sync::Arc;
use std::time::Duration;

use chat_shared::frame::{ByeReason, ClientFrame, ServerFrame};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::{AUTHORIZATION, RETRY_AFTER, USER_AGENT};
use rustls::pki_types::ServerName;
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WsError, http};

use super::server_url::ServerUrl;
use super::tap::{Lull, Tap};
use super::token::Token;
use super::words;

/// How long it may take to connect, from the look-up of the name to the end of the handshake.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest frame that is read: the largest event stays well below.
const FRAME_BYTES: usize = 1024 * 1024;
/// What is read from the socket at once; the default would hold 128 KiB for a client that mostly waits.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It was lost, or could not be made.
    Lost {
        /// Why, in words.
        reason: String,
        /// When the server says that it makes sense to come back.
        retry_after: Option<Duration>,
    },
    /// The server does not accept our token.
    Unauthorized,
}

impl Closed {
    /// Lost, for this reason.
    pub fn lost(reason: impl Into<String>) -> Self {
        Self::Lost { reason: reason.into(), retry_after: None }
    }
}

/// The bytes below: TCP, or TLS over it.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// An open socket.
pub struct Socket {
    frames: WebSocketStream<Box<dyn Wire>>,
    server: ServerUrl,
    /// A peer that was silent for so long is dead.
    dead_after: Duration,
}

impl Socket {
    /// Connects, as the owner of `token`. In a lull it does not wait for what the server says.
    ///
    /// # Errors
    /// Why there is no connection; it never takes longer than [`CONNECT_TIMEOUT`].
    pub async fn connect(server: &ServerUrl, token: &Token, dead_after: Duration, lull: Lull) -> Result<Self, Closed> {
        match timeout(CONNECT_TIMEOUT, open(server, token, lull)).await {
            Ok(Ok(frames)) => Ok(Self { frames, server: server.clone(), dead_after }),
            Ok(Err(closed)) => Err(closed),
            Err(_) => Err(Closed::lost(words::no_answer(server))),
        }
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// Why the connection is over.
    pub async fn send(&mut self, frame: &ClientFrame) -> Result<(), Closed> {
        let text = serde_json::to_string(frame).map_err(|e| Closed::lost(e.to_string()))?;
        match timeout(self.dead_after, self.frames.send(Message::text(text))).await {
            Ok(sent) => sent.map_err(|error| broken(&self.server, error)),
            Err(_) => Err(Closed::lost(words::no_answer(&self.server))),
        }
    }

    /// The next frame that carries something. Pings are answered on the way.
    ///
    /// Cancelling it loses nothing.
    ///
    /// # Errors
    /// Why the connection is over; after `dead_after` of silence, that it is silent.
    pub async fn next(&mut self) -> Result<ServerFrame, Closed> {
        loop {
            // A timer of its own for every wait: re-arming one would leave its old deadline in the wheel, and wake an idle client.
            let Ok(arrived) = timeout(self.dead_after, self.frames.next()).await else {
                return Err(Closed::lost(format!("Nothing was heard of {} for too long.", self.server.label())));
            };
            match arrived {
                Some(Ok(Message::Text(text))) => {
                    return ServerFrame::parse(text.as_str())
                        .map_err(|_| Closed::lost("The server said something that cannot be understood."));
                }
                Some(Ok(Message::Close(frame))) => return Err(closed_with(frame.map(|f| u16::from(f.code)))),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(broken(&self.server, error)),
                None => return Err(closed_with(None)),
            }
        }
    }
}

fn closed_with(code: Option<u16>) -> Closed {
    match code {
        Some(4401) => Closed::Unauthorized,
        Some(1001) => Closed::lost("The server is going away."),
        Some(1013) => Closed::lost("The server has too much to do."),
        _ => Closed::lost("The server closed the connection."),
    }
}

/// What the server's own farewell means.
#[must_use]
pub fn farewell(reason: ByeReason, retry_after_ms: Option<u64>) -> Closed {
    let reason = match reason {
        ByeReason::Unauthorized => return Closed::Unauthorized,
        ByeReason::GoingAway => "The server restarts.",
        ByeReason::TooManyConnections => "You are connected too many times at once.",
        ByeReason::Overloaded => "The server has too much to do.",
        ByeReason::Stalled => "We were too slow for the server.",
        ByeReason::Dead => "The server heard nothing of us for too long.",
        ByeReason::HelloTimeout | ByeReason::BadFrame | ByeReason::FrameTooBig => "The server did not understand us.",
        ByeReason::Unknown => "The server closed the connection.",
    };
    Closed::Lost { reason: reason.to_owned(), retry_after: retry_after_ms.map(Duration::from_millis) }
}

async fn open(server: &ServerUrl, token: &Token, lull: Lull) -> Result<WebSocketStream<Box<dyn Wire>>, Closed> {
    let mut request = server.socket().into_client_request().map_err(|error| broken(server, error))?;
    request.headers_mut().insert(AUTHORIZATION, token.authorization());
    request.headers_mut().insert(USER_AGENT, http::HeaderValue::from_static(super::api::USER_AGENT));
    let wire = open_wire(server, lull).await?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(FRAME_BYTES)
        .max_message_size(Some(FRAME_BYTES))
        .max_frame_size(Some(FRAME_BYTES));
    match tokio_tungstenite::client_async_with_config(request, wire, Some(config)).await {
        Ok((frames, _)) => Ok(frames),
        Err(error) => Err(broken(server, error)),
    }
}

async fn open_wire(server: &ServerUrl, lull: Lull) -> Result<Box<dyn Wire>, Closed> {
    let lost = |error: &(dyn std::error::Error + 'static)| Closed::lost(words::connection(server, error));
    let tcp = TcpStream::connect((server.host(), server.port())).await.map_err(|e| lost(&e))?;
    tcp.set_nodelay(true).map_err(|e| lost(&e))?;
    let tcp = Tap::new(tcp, lull);
    if !server.is_secure() {
        return Ok(Box::new(tcp));
    }
    super::api::install_crypto();
    let mut config = rustls::ClientConfig::with_platform_verifier().map_err(|e| lost(&e))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(server.host()).map_err(|e| lost(&e))?;
    let tls = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(|e| lost(&e))?;
    Ok(Box::new(tls))
}

fn broken(server: &ServerUrl, error: WsError) -> Closed {
    match error {
        WsError::Http(response) => turned_away(server, &response),
        WsError::Io(error) => Closed::lost(words::connection(server, &error)),
        WsError::ConnectionClosed | WsError::AlreadyClosed => closed_with(None),
        WsError::Protocol(tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => {
            Closed::lost("The connection broke.")
        }
        WsError::Capacity(_) => Closed::lost("The server sent a frame that is too large."),
        error => Closed::lost(words::connection(server, &error)),
    }
}

/// The server, or what stands before it, answered the upgrade with something else.
fn turned_away(server: &ServerUrl, response: &http::Response<Option<Vec<u8>>>) -> Closed {
    if response.status() == http::StatusCode::UNAUTHORIZED {
        return Closed::Unauthorized;
    }
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok());
    Closed::Lost {
        reason: format!("{} opens no socket ({}).", server.label(), response.status()),
        retry_after: retry_after.map(Duration::from_secs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_ends_it_for_good() {
        assert_eq!(farewell(ByeReason::Unauthorized, Some(1)), Closed::Unauthorized);
        assert_eq!(closed_with(Some(4401)), Closed::Unauthorized);
        for reason in [ByeReason::GoingAway, ByeReason::TooManyConnections, ByeReason::Unknown, ByeReason::BadFrame] {
            let Closed::Lost { retry_after, .. } = farewell(reason, Some(1500)) else { panic!("{reason:?}") };
            assert_eq!(retry_after, Some(Duration::from_millis(1500)));
        }
    }
}

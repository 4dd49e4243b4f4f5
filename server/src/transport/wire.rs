//! What tungstenite reads from and writes to: memory, so that the connection itself is ours.

use std::io::{self, Cursor};

use bytes::{Buf as _, BytesMut};
use tokio_tungstenite::tungstenite::WebSocket;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// The two ends of memory that tungstenite reads from and writes to.
///
/// It is given one frame at a time, so that between two of them it holds nothing that came in, and can be replaced.
#[derive(Default)]
pub(super) struct Wire {
    /// What came in, and was not given to it yet.
    pub(super) incoming: BytesMut,
    /// What it has not been given yet of the frame that it reads.
    left: usize,
    /// What tungstenite itself has to say: pongs, and the answer to a close.
    pub(super) answers: Vec<u8>,
    /// Nothing more comes.
    pub(super) ended: bool,
}

impl Wire {
    /// Begins with what came already.
    pub(super) fn new(early: &[u8]) -> Self {
        Self { incoming: BytesMut::from(early), ..Self::default() }
    }

    /// How long the next frame is, header and all; 0 while its header is not complete. What is no header is tungstenite's to
    /// refuse.
    fn frame(&self) -> usize {
        let mut bytes = Cursor::new(&self.incoming[..]);
        match FrameHeader::parse(&mut bytes) {
            Ok(None) => 0,
            Ok(Some((_, payload))) => usize::try_from(bytes.position().saturating_add(payload)).unwrap_or(usize::MAX),
            Err(_) => self.incoming.len(),
        }
    }
}

impl io::Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.left = self.frame();
        }
        let length = buffer.len().min(self.left).min(self.incoming.len());
        if length == 0 && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.left -= length;
        self.incoming.split_to(length).copy_to_slice(&mut buffer[..length]);
        if self.incoming.is_empty() {
            self.incoming = BytesMut::new();
        }
        Ok(length)
    }
}

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.answers.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The protocol from between two frames on, taking messages up to this size.
pub(super) fn protocol(wire: Wire, max_bytes: usize) -> WebSocket<Wire> {
    let config = WebSocketConfig::default()
        // It grows for a frame that needs more, and what is read comes from memory anyway.
        .read_buffer_size(64)
        .write_buffer_size(0)
        .max_message_size(Some(max_bytes))
        .max_frame_size(Some(max_bytes));
    WebSocket::from_raw_socket(wire, Role::Server, Some(config))
}

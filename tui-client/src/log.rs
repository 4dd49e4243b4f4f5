//! The log of the client (`--log FILE`): what it does, for whoever looks for a mistake. Never a text, a password or a token: those
//! who write here name what happened, and count.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Mutex;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;

/// Only what this program says itself: libraries would say too much.
const FILTER: &str = "off,chat_tui=debug";

/// Writes to this file from here on, behind what is in it.
///
/// # Errors
/// Where it cannot be written.
pub fn start(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    if file.metadata()?.is_file() && file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    tracing::subscriber::set_global_default(to(file)).map_err(io::Error::other)
}

fn to(file: File) -> impl Subscriber + Send + Sync {
    let filter = EnvFilter::new(FILTER);
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file)).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_have_nothing_to_say() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        tracing::subscriber::with_default(to(file), || {
            tracing::error!(target: "hyper::proto", "authorization: Bearer secret");
            tracing::debug!(target: "chat_tui::net", "GET /rooms");
            tracing::trace!(target: "chat_tui::net", "too much");
        });
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("DEBUG") && text.contains("GET /rooms"), "{text}");
        assert!(!text.contains("secret") && !text.contains("too much") && !text.contains('\x1b'), "{text}");
    }
}

//! People at terminals.

use tempfile::TempDir;

use super::server::Server;
use super::{Pty, key};

pub const PASSWORD: &str = "correct horse";

/// Somebody with a folder of their own, and a client in a terminal.
pub struct Person {
    pub pty: Pty,
    pub home: TempDir,
}

/// Registers on the first-run screen, and waits until the chat is there.
pub fn register(server: &Server, name: &str, size: (u16, u16)) -> Person {
    register_with(server, name, size, &[])
}

/// The same, with more in the environment.
pub fn register_with(server: &Server, name: &str, size: (u16, u16), env: &[(&str, &str)]) -> Person {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::chat_with(&server.url, home.path(), size, env);
    sign_up(&mut pty, name);
    assert!(!String::from_utf8_lossy(&pty.bytes()).contains(PASSWORD), "the password was shown");
    Person { pty, home }
}

/// Fills in the first-run screen for a new account, and waits until the chat is there.
pub fn sign_up(pty: &mut Pty, name: &str) {
    pty.wait_for("Password");
    pty.press(name);
    pty.press(key::TAB);
    pty.press(PASSWORD);
    pty.wait_for("•••");
    pty.press(&key::ctrl('r'));
    pty.press(key::ENTER);
    // A new one is typed twice.
    pty.press(PASSWORD);
    pty.press(key::ENTER);
    pty.wait_for("live");
}

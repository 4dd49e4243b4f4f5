//! Brings the peers that are not there yet, where that can be done.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::{Peer, Places, is_there};

/// Makes sure that a peer can be started. The error says what is missing.
pub(crate) fn install(peer: Peer, places: &Places) -> Result<()> {
    match peer {
        Peer::Floor => Ok(()),
        Peer::Ours => build(places),
        Peer::Ws => npm(places, "ws"),
        Peer::SocketIo => npm(places, "socketio"),
        Peer::Nats => apt("nats-server"),
    }
}

fn build(places: &Places) -> Result<()> {
    let default = std::env::current_exe()?.with_file_name("chat-server");
    if places.server != default {
        return if places.server.exists() { Ok(()) } else { bail!("there is no {}", places.server.display()) };
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(&places.bench).args(["build", "--quiet", "--package", "chat-server", "--package", "chat-tui"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    run(&mut command)
}

fn npm(places: &Places, folder: &str) -> Result<()> {
    if !is_there("node") || !is_there("npm") {
        bail!("needs Node.js 20 with npm");
    }
    let folder = places.bench.join("peers").join(folder);
    if folder.join("node_modules").exists() {
        return Ok(());
    }
    run(Command::new("npm").current_dir(folder).args(["ci", "--omit=dev", "--no-audit", "--no-fund"]))
}

/// Makes sure that Debian's program of this name is there; its package is called like it.
pub(crate) fn apt(package: &str) -> Result<()> {
    if is_there(package) {
        return Ok(());
    }
    if !rustix::process::geteuid().is_root() {
        bail!("needs Debian's package {package}; to install it takes root");
    }
    run(Command::new("apt-get").args(["update", "--quiet=2"]))?;
    run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args([
        "install",
        "--yes",
        "--quiet=2",
        package,
    ]))
}

/// Runs a command to its end; what it has to say is in the error, if there is one.
fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

//! The binary: reads its options, starts the log, runs the server, and says how it went.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use chat_server::app::{self, App};
use chat_server::config::{Cli, Config, Options};
use chat_server::telemetry;
use clap::Parser as _;
use etcetera::BaseStrategy as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not have been started; the last words go where people look.
            let _ = writeln!(std::io::stderr(), "chat-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let file = cli.config.as_deref().map(Options::from_file).transpose()?.unwrap_or_default();
    let config =
        cli.options.or(file).resolve(|| Some(etcetera::choose_base_strategy().ok()?.data_dir().join("chat-server")))?;
    telemetry::init(&config)?;
    raise_descriptor_limit();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(&config))
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    // Before the store: it may take a moment to recover, and a signal must not cut it short.
    cancel_on_signals(shutdown.clone()).context("cannot listen for signals")?;
    let app = App::open(config, shutdown)?;
    let listeners = app::bind(&config.listen).await.context("cannot listen (is another server running there?)")?;
    announce(config, &listeners)?;
    app.run(listeners).await;
    tracing::info!("stopped");
    Ok(())
}

/// The one line on standard output: by it, scripts know where the server is and that it is there.
fn announce(config: &Config, listeners: &[TcpListener]) -> anyhow::Result<()> {
    let addresses: std::io::Result<Vec<String>> =
        listeners.iter().map(|listener| Ok(format!("http://{}", listener.local_addr()?))).collect();
    let addresses = addresses?.join(", ");
    let mut stdout = std::io::stdout().lock();
    // Whoever started us may not be listening; that is no reason to stop.
    let _ = writeln!(stdout, "listening on {addresses}").and_then(|()| stdout.flush());
    tracing::info!(%addresses, data = %config.data.display(), registration = ?config.registration, "listening");
    Ok(())
}

fn cancel_on_signals(shutdown: CancellationToken) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        shutdown.cancel();
    });
    Ok(())
}

/// Every socket is a descriptor, and the usual soft limit of 1,024 is for programs that use select(2).
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

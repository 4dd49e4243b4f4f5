//! The binary: parse, run, say what went wrong, exit code. Only this file ends the process.

use std::io::Write as _;
use std::process::ExitCode;

use chat_tui::cli::Cli;
use chat_tui::commands;
use chat_tui::report::Problem;

fn main() -> ExitCode {
    let cli = match Cli::parse_from_args(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help that nobody reads is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let report = problem.report();
            let mut stderr = std::io::stderr().lock();
            // Where standard error is gone, the exit code still tells.
            let _ = writeln!(stderr, "chat-tui: {}", report.message);
            if let Some(hint) = &report.hint {
                let _ = writeln!(stderr, "          {hint}");
            }
            ExitCode::from(report.code)
        }
    }
}

fn run(cli: Cli) -> Result<(), Problem> {
    // One thread: the interface is one loop, and what is slow (names, files) has threads of its own that end by themselves.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::Local { what: "start", error })?;
    let result = runtime.block_on(commands::run(cli));
    // A write that nobody reads may still hang in a thread: it must not keep the process.
    runtime.shutdown_background();
    result
}

//! `chat-tui completions` and `chat-tui man`: what shells and `man` know of the command line, made from its definition.

use clap::CommandFactory as _;

use super::output::print;
use crate::cli::{Cli, Completions, Man};
use crate::report::Problem;

const NAME: &str = "chat-tui";

/// Prints the completions for a shell.
///
/// # Errors
/// Where they cannot be written.
pub fn completions(args: &Completions) -> Result<(), Problem> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut bytes);
    print(&String::from_utf8_lossy(&bytes))
}

/// Writes one page for the program, one for each of its commands, and one for its settings.
///
/// # Errors
/// Where they cannot be written.
pub fn man(args: &Man) -> Result<(), Problem> {
    let failed = |error| Problem::Local { what: "write the manual pages", error };
    std::fs::create_dir_all(&args.folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &args.folder).map_err(failed)?;
    std::fs::write(args.folder.join("chat-tui-config.1"), crate::config::page::page()).map_err(failed)
}

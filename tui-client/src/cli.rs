//! The command line.

mod script;

use std::path::PathBuf;
use std::time::Duration;

use chat_shared::Seq;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Args, Parser, Subcommand};

use crate::net::server_url::ServerUrl;
use crate::notifier::Method;
use crate::report::EXIT_CODES;
use crate::template::Template;

/// Team chat in the terminal.
///
/// Without a command it opens the full screen: rooms on the left, messages on the right, painted the moment
/// somebody writes. F1 shows the keys; config.toml changes them (docs/client.md).
#[derive(Debug, Parser)]
#[command(name = "chat-tui", version, after_help = TOP_EXAMPLES)]
pub struct Cli {
    /// The server's address: http:// or https://, a host, perhaps a port and a path [default: that of the default profile, or
    /// http://127.0.0.1:8080]
    #[arg(long, value_name = "URL", global = true, env = "CHAT_SERVER")]
    pub server: Option<ServerUrl>,

    /// The server, and perhaps the account, that config.toml calls so below `profiles`
    #[arg(long, value_name = "NAME", global = true, env = "CHAT_PROFILE")]
    pub profile: Option<String>,

    /// The name that the login screen begins with
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Leave the mouse to the terminal, whatever config.toml says
    #[arg(long)]
    pub no_mouse: bool,

    /// Read the settings from here [default: $XDG_CONFIG_HOME/chat-tui/config.toml]
    #[arg(long, value_name = "FILE", global = true, env = "CHAT_TUI_CONFIG")]
    pub config: Option<PathBuf>,

    /// Linear mode, for screen readers, dumb terminals and pipes: no screen, but a line for everything that happens; what you
    /// type is sent line by line, and /help tells the commands. TERM=dumb chooses it too
    #[arg(long, conflicts_with_all = ["name", "no_mouse"])]
    pub plain: bool,

    /// How to draw your attention while you look elsewhere: what fits the terminal, its bell, one of the escape sequences that
    /// terminals make a notification of, or not at all [default: what CHAT_NOTIFY says, else config.toml, else auto]
    // Read by those who notify alone: no other command is to stop at it.
    #[arg(long, value_name = "HOW", value_enum)]
    pub notify: Option<Method>,

    /// Write what the program does into this file, for whoever looks for a mistake: connections, calls and their codes, never
    /// a text, a password or a token
    #[arg(long, value_name = "FILE", global = true, env = "CHAT_LOG")]
    pub log: Option<PathBuf>,

    /// What to do instead of opening the full screen
    #[command(subcommand)]
    pub command: Option<Command>,
}

const TOP_EXAMPLES: &str = "\
Examples:
  chat-tui                                     talk to the server on this machine
  chat-tui --server https://chat.example.org   talk to another one
  chat-tui --profile work                      the same by the name that config.toml gives it
  make deploy 2>&1 | tail -5 | chat-tui send --room ops
  chat-tui tail ops --json | jq .body

Files, for each account on each server:
  $XDG_CACHE_HOME/chat-tui           what was seen last, for the time without a connection; delete it when you like
  $XDG_STATE_HOME/chat-tui/unsent    drafts, and messages that are not sent yet
  $XDG_STATE_HOME/chat-tui/accounts  logins";

/// Options that make no sense before a command.
const SCREEN_OPTIONS: [&str; 4] = ["name", "no_mouse", "notify", "plain"];

/// What works without a screen.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Log in without a screen; later commands use that login
    Login(Login),
    /// Forget the login, here and on the server, and what was seen with it; what is not sent stays
    Logout(Logout),
    /// List the logins that are kept here
    Accounts(Accounts),
    /// Send one message
    Send(Send),
    /// Print what happens in one room or several, a line an event, and go on until stopped
    Tail(Tail),
    /// List the rooms that there are
    Rooms(Rooms),
    /// Search the messages of your rooms, newest first
    Search(Search),
    /// Say how much is unread, in one line
    Status(Status),
    /// Print the completions for a shell
    Completions(Completions),
    /// Write the manual pages into a folder
    Man(Man),
}

/// `chat-tui login`
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  chat-tui login --name ann                    asks for the password\n",
    "  chat-tui login --name ann --register         makes a new account\n",
    "  chat-tui login --name ann --password-stdin < password.txt\n",
    "  pass show chat | chat-tui login --server https://chat.example.org --name ann --password-stdin\n",
    "  chat-tui login --name bot --password-stdin --register < password.txt",
))]
pub struct Login {
    /// The account's name [default: the user of the profile]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Read the password from the first line of standard input, for scripts [default: it is asked for, and not shown]
    #[arg(long)]
    pub password_stdin: bool,

    /// Make a new account
    #[arg(long)]
    pub register: bool,
}

/// `chat-tui send`
///
/// The message is one piece, whatever it holds: several lines stay several lines. Colours and other control sequences
/// of a terminal are taken out. While the server cannot be reached the same message is tried again, and is never posted twice.
#[derive(Debug, Args)]
#[command(after_help = format!("{SEND_EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Send {
    /// The room: its name or its id, or @NAME for the direct conversation with somebody
    #[arg(long, short, value_name = "ROOM")]
    pub room: String,

    /// The message; standard input, to its end, where it is absent or -
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,

    /// Answer this message
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
    pub reply_to: Option<Seq>,

    /// The idempotency key: sending again with the same key and text posts nothing twice [default: a new one]
    #[arg(long, value_name = "KEY", value_parser = idempotency_key)]
    pub key: Option<String>,

    /// How long to try, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub timeout: Duration,

    /// Print the number of the message once it is committed, as ROOM/SEQ
    #[arg(long, short)]
    pub verbose: bool,
}

const SEND_EXAMPLES: &str = "\
Examples:
  chat-tui send --room general \"the deploy is green\"
  make deploy 2>&1 | tail -5 | chat-tui send --room ops
  chat-tui send --room @bob \"lunch?\"
  chat-tui send --room ops --key deploy-2026-11-22 \"deployed\"    # at most once, however often it runs";

/// `chat-tui tail`
///
/// Prints new messages and everything else that happens in the rooms. It resumes by itself when the connection breaks or the
/// server restarts: no event is left out, none is printed twice.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  chat-tui tail general                     from now on\n",
    "  chat-tui tail general --since 0           from the beginning\n",
    "  chat-tui tail ops deploys --format '#{room} {name}: {text}'\n",
    "  chat-tui tail ops --since 41 --type message.posted --json | jq -r .body\n",
    "  chat-tui tail general ops --mentions --format '{name}: {text}' | xargs -d '\\n' -n 1 notify-send\n",
    "\n",
    "It ends with 0 when the reader closes the pipe, and on SIGINT and SIGTERM.",
))]
pub struct Tail {
    /// The rooms: their names or their ids, or @NAME for the direct conversation with somebody
    #[arg(value_name = "ROOM", required = true)]
    pub rooms: Vec<String>,

    /// Begin with the event after this one; 0 is the beginning [default: only what is new]. For one room
    #[arg(long, value_name = "SEQ")]
    pub since: Option<Seq>,

    /// Which events
    #[command(flatten)]
    pub filters: Filters,

    /// Print every event as one line of JSON, as the server's API has it
    #[arg(long)]
    pub json: bool,

    /// Print every event as this says: {room} {seq} {at} {date} {time} {name} {type} {text} (one line) {body} (as it is)
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "json", value_parser = event_template)]
    pub format: Option<Template>,
}

use script::event_template;
pub use script::{Accounts, Completions, Filters, Logout, Man, Rooms, Search, Status};

fn idempotency_key(text: &str) -> Result<String, String> {
    let max = chat_shared::limit::KEY_CHARS;
    if (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(format!("a key is 1 to {max} visible ASCII characters, without spaces"))
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| (0.0..=86_400.0).contains(s));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "a number of seconds, up to a day".to_owned())
}

impl Cli {
    /// Parses and checks what one argument alone cannot tell.
    ///
    /// # Errors
    /// What to print, and whether it is a problem at all (`--help` is not).
    pub fn parse_from_args<I, T>(args: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<std::ffi::OsString> + Clone,
    {
        let mut command = <Self as clap::CommandFactory>::command();
        let matches = command.try_get_matches_from_mut(args)?;
        let cli = <Self as clap::FromArgMatches>::from_arg_matches(&matches)?;
        let mut cli = cli;
        let is_given = |id: &&str| matches.value_source(id) == Some(ValueSource::CommandLine);
        match (is_given(&"server"), is_given(&"profile")) {
            (true, true) => {
                let message = "--server and --profile both say which server: give one of them";
                return Err(command.error(ErrorKind::ArgumentConflict, message));
            }
            // What is written here counts for more than what the environment says.
            (true, false) => cli.profile = None,
            _ => cli.profile = cli.profile.filter(|name| !name.is_empty()),
        }
        let misplaced = SCREEN_OPTIONS.iter().find(|id| cli.command.is_some() && is_given(id));
        match misplaced {
            Some(id) => Err(command.error(
                ErrorKind::ArgumentConflict,
                format!("--{} before a command has no effect", id.replace('_', "-")),
            )),
            None => Ok(cli),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::parse_from_args(std::iter::once("chat-tui").chain(line.split_whitespace()))
    }

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_server_may_stand_before_or_after_the_command() {
        for line in ["--server http://h:1/ tail ops", "tail ops --server http://h:1", "tail --server=http://h:1 ops"] {
            assert_eq!(parse(line).unwrap().server.unwrap().to_string(), "http://h:1", "{line}");
        }
        for line in ["--profile work tail ops", "tail ops --profile work", "--profile work"] {
            assert_eq!(parse(line).unwrap().profile.as_deref(), Some("work"), "{line}");
        }
    }

    #[test]
    fn no_command_is_the_full_screen() {
        let cli = parse("--server http://h --name ann --no-mouse").unwrap();
        assert!(cli.command.is_none() && cli.no_mouse);
        assert_eq!(cli.name.as_deref(), Some("ann"));
        assert!(parse("--name ann rooms").is_err() && parse("--notify bell rooms").is_err());
        assert_eq!(parse("--notify osc777").unwrap().notify, Some(Method::Osc777));
    }

    #[test]
    fn send_takes_its_text_from_an_argument_or_a_pipe() {
        let send = |line: &str| match parse(line).unwrap().command {
            Some(Command::Send(send)) => send,
            other => panic!("{other:?}"),
        };
        assert_eq!(send("send --room ops hello").text.as_deref(), Some("hello"));
        assert_eq!(send("send -r ops -").text.as_deref(), Some("-"));
        let full = send("send --room ops --reply-to 4 --key k1 --timeout 2.5 -v");
        assert_eq!((full.text, full.reply_to, full.key.as_deref()), (None, Some(4), Some("k1")));
        assert_eq!((full.timeout, full.verbose), (Duration::from_millis(2500), true));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_code_2() {
        for line in [
            "--server nonsense",
            "--server ftp://h rooms",
            "send hello",
            "send --room ops --reply-to 0 x",
            "send --room ops --timeout -1 x",
            "send --room ops --timeout inf x",
            "tail",
            "tail ops --since -4",
            "tail ops --format {nothing}",
            "tail ops --json --format {text}",
            "search",
            "search x --limit 0",
            "status --format {",
            "completions cmd.exe",
            "login --name",
            "--server http://h --profile work",
            "rooms --server http://h --profile work",
            "logout --all --server",
            "dance",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
        let spaced = Cli::parse_from_args(["chat-tui", "send", "--room", "ops", "--key", "a b", "x"]);
        assert_eq!(spaced.unwrap_err().exit_code(), 2);
        assert_eq!(parse("--help").unwrap_err().exit_code(), 0);
        assert_eq!(parse("--version").unwrap_err().exit_code(), 0);
    }
}

//! The commands that scripts and shells use, and that print what there is.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use crate::report::EXIT_CODES;
use crate::template::Template;

/// The fields that a template of `status` may name.
const STATUS_FIELDS: [&str; 4] = ["unread", "mentions", "rooms", "name"];
/// The fields that a template of `tail` and `search` may name.
const EVENT_FIELDS: [&str; 9] = ["room", "seq", "at", "date", "time", "name", "type", "text", "body"];

/// The types of events, as the API names them.
const EVENT_TYPES: [&str; 8] = [
    "message.posted",
    "message.edited",
    "message.deleted",
    "reaction.added",
    "reaction.removed",
    "member.joined",
    "member.left",
    "room.changed",
];

/// `chat-tui logout`
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  chat-tui logout --profile work\n",
    "  chat-tui logout --all",
))]
pub struct Logout {
    /// Every login that `chat-tui accounts` lists
    #[arg(long)]
    pub all: bool,
}

/// `chat-tui accounts`
///
/// One line a login: the server, the user, the profiles that name it, and where the token is. Tokens themselves are never printed.
#[derive(Debug, Args)]
pub struct Accounts {
    /// Print every login as one line of JSON
    #[arg(long)]
    pub json: bool,
}

/// `chat-tui rooms`
#[derive(Debug, Args)]
pub struct Rooms {
    /// Print every room as one line of JSON, as the server's API has it
    #[arg(long)]
    pub json: bool,
}

/// `chat-tui search`
///
/// A message has to hold all of the words, and every "quoted phrase" as it stands. in:#room and from:@name among the words do what
/// the options do.
#[derive(Debug, Args)]
#[command(after_help = format!("{SEARCH_EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Search {
    /// What to search for
    #[arg(value_name = "WORDS", required = true)]
    pub words: Vec<String>,

    /// Only in this room: its name or its id
    #[arg(long, short, value_name = "ROOM")]
    pub room: Option<String>,

    /// Only what this person wrote
    #[arg(long, value_name = "NAME")]
    pub from: Option<String>,

    /// How many messages at most
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,

    /// Print every message as one line of JSON, as the server's API has it
    #[arg(long)]
    pub json: bool,

    /// Print every message as this says: {room} {seq} {at} {date} {time} {name} {text} (one line) {body} (as it is)
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "json", value_parser = event_template)]
    pub format: Option<Template>,
}

const SEARCH_EXAMPLES: &str = "\
Examples:
  chat-tui search deploy green
  chat-tui search '\"out of memory\"' --room ops --from ann
  chat-tui search migration --format '{room}/{seq} {name}: {text}'";

/// `chat-tui status`
///
/// For the status bars of tmux, i3, polybar and the like: one request, one line.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  chat-tui status                                        3 unread, 1 mention\n",
    "  chat-tui status --format '✉ {unread} @{mentions}'      ✉ 3 @1\n",
    "  chat-tui status --json | jq -r '.rooms[] | select(.mentions > 0) | .name'\n",
    "  set -g status-right '#(chat-tui status)'               in ~/.tmux.conf",
))]
pub struct Status {
    /// Print one line of JSON: the counts, and those of every room with something unread
    #[arg(long)]
    pub json: bool,

    /// Print what this says: {unread} {mentions} {rooms} (with something unread) {name} (yours)
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "json", value_parser = status_template)]
    pub format: Option<Template>,
}

/// Which events `tail` prints: those for which all of this holds.
#[derive(Debug, Default, Args)]
pub struct Filters {
    /// Only what this person does; may be said several times
    #[arg(long, value_name = "NAME")]
    pub from: Vec<String>,

    /// Only events of this type, as --json and {type} name it; may be said several times
    #[arg(long = "type", value_name = "TYPE", value_parser = EVENT_TYPES)]
    pub types: Vec<String>,

    /// Only messages that mention you
    #[arg(long)]
    pub mentions: bool,
}

/// `chat-tui completions`
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  chat-tui completions bash > ~/.local/share/bash-completion/completions/chat-tui\n",
    "  chat-tui completions fish > ~/.config/fish/completions/chat-tui.fish\n",
    "  chat-tui completions zsh > ~/.zfunc/_chat-tui",
))]
pub struct Completions {
    /// Which shell
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// `chat-tui man`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  chat-tui man ~/.local/share/man/man1")]
pub struct Man {
    /// The folder; it is made where it is not there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

pub(super) fn event_template(text: &str) -> Result<Template, String> {
    Template::parse(text, &EVENT_FIELDS)
}

fn status_template(text: &str) -> Result<Template, String> {
    Template::parse(text, &STATUS_FIELDS)
}

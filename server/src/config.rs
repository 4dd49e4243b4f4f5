//! What the server is told: flags over environment over file over defaults, then checked once.

use std::path::{Path, PathBuf};

use chat_shared::limit::BODY_BYTES_DEFAULT;
use clap::{Args, Parser, ValueEnum};
use serde::Deserialize;

/// A push server for team chat: post over HTTP, every client hears of it over a socket the moment it is committed.
#[derive(Debug, Parser)]
#[command(name = "chat-server", version, about, after_help = AFTER_HELP)]
pub struct Cli {
    /// Read options from this TOML file; its keys are the long options, with _ for -
    #[arg(long, env = "CHAT_SERVER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Everything else.
    #[command(flatten)]
    pub options: Options,
}

const AFTER_HELP: &str = "\
Every option is also an environment variable (CHAT_SERVER_LISTEN, …) and a key in the file given by --config.
A flag wins over the environment, the environment over the file, the file over the default. A limit of 0 means none.

Examples:
  chat-server                                   one process, one folder, http://127.0.0.1:8080
  chat-server --listen 127.0.0.1:0 --data /tmp/try
  chat-server --listen 0.0.0.0:8080 --registration open

The first account is the administrator. Stop it with Ctrl+c: nothing that was acknowledged is ever lost.";

/// The options in the form in which they are written: absent ones are absent.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Accept connections here; several with commas; port 0 picks a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "CHAT_SERVER_LISTEN", value_name = "HOST:PORT", value_delimiter = ',')]
    listen: Option<Vec<String>>,

    /// Keep everything in this folder [default: $XDG_DATA_HOME/chat-server]
    #[arg(long, env = "CHAT_SERVER_DATA", value_name = "DIR")]
    data: Option<PathBuf>,

    /// Who may make an account [default: open where every listen address is loopback, else closed]
    #[arg(long, env = "CHAT_SERVER_REGISTRATION", value_name = "MODE")]
    registration: Option<Registration>,

    /// Open sockets of one user [default: 64]
    #[arg(long, env = "CHAT_SERVER_MAX_CONNECTIONS_PER_USER", value_name = "N")]
    max_connections_per_user: Option<usize>,

    /// Requests of one user that are under way at a time; others wait for them [default: 128]
    #[arg(long, env = "CHAT_SERVER_MAX_REQUESTS_PER_USER", value_name = "N")]
    max_requests_per_user: Option<usize>,

    /// Open connections of everyone together [default: 0]
    #[arg(long, env = "CHAT_SERVER_MAX_CONNECTIONS", value_name = "N")]
    max_connections: Option<usize>,

    /// Bytes of text in one message [default: 16384]
    #[arg(long, env = "CHAT_SERVER_MAX_MESSAGE_BYTES", value_name = "BYTES")]
    max_message_bytes: Option<usize>,

    /// Missed events of one room that are sent again after a reconnect; beyond that, clients reload the room [default: 10000]
    #[arg(long, env = "CHAT_SERVER_MAX_RESUME_EVENTS", value_name = "N")]
    max_resume_events: Option<u64>,

    /// How log lines on standard error look [default: text]
    #[arg(long, env = "CHAT_SERVER_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,

    /// What is logged: error, warn, info, debug, trace, or a filter such as "info,chat_server=debug" [default: info]
    #[arg(long, env = "CHAT_SERVER_LOG", value_name = "FILTER")]
    log: Option<String>,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Everyone who can reach the server.
    Open,
    /// Nobody.
    Closed,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// The options as the server uses them: complete and checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to accept connections.
    pub listen: Vec<String>,
    /// Where everything is kept.
    pub data: PathBuf,
    /// Who may make an account.
    pub registration: Registration,
    /// Open sockets of one user (0: no limit).
    pub max_connections_per_user: usize,
    /// Requests of one user that are under way at a time (0: no limit).
    pub max_requests_per_user: usize,
    /// Open connections of everyone together (0: no limit).
    pub max_connections: usize,
    /// Bytes of text in one message (0: no limit).
    pub max_message_bytes: usize,
    /// Events of one room that a resume replays (0: no limit).
    pub max_resume_events: u64,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged.
    pub log: String,
}

/// Options that make no sense, in words for the person who wrote them.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("the configuration file {} has a mistake:\n{error}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What, and on which line.
        error: toml::de::Error,
    },
    /// An option has a value that cannot be.
    #[error("{0}")]
    Invalid(String),
}

impl Options {
    /// Reads the options of a TOML file.
    ///
    /// # Errors
    /// Where it cannot be read, is no TOML, or has keys or values that we do not know.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let path = path.to_owned();
        match std::fs::read_to_string(&path) {
            Err(error) => Err(ConfigError::Unreadable { path, error }),
            Ok(text) => toml::from_str(&text).map_err(|error| ConfigError::Malformed { path, error }),
        }
    }

    /// What is absent here is taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            data: self.data.or(other.data),
            registration: self.registration.or(other.registration),
            max_connections_per_user: self.max_connections_per_user.or(other.max_connections_per_user),
            max_requests_per_user: self.max_requests_per_user.or(other.max_requests_per_user),
            max_connections: self.max_connections.or(other.max_connections),
            max_message_bytes: self.max_message_bytes.or(other.max_message_bytes),
            max_resume_events: self.max_resume_events.or(other.max_resume_events),
            log_format: self.log_format.or(other.log_format),
            log: self.log.or(other.log),
        }
    }

    /// Fills in the defaults, and checks. `default_data` is asked only where no folder was given.
    ///
    /// # Errors
    /// Where an option has a value that cannot be.
    pub fn resolve(self, default_data: impl FnOnce() -> Option<PathBuf>) -> Result<Config, ConfigError> {
        let invalid = |message: &str| ConfigError::Invalid(message.to_owned());
        let listen = self.listen.unwrap_or_else(|| vec!["127.0.0.1:8080".into()]);
        if listen.iter().all(String::is_empty) {
            return Err(invalid("--listen needs at least one HOST:PORT, such as 127.0.0.1:8080"));
        }
        for address in &listen {
            check_address(address)?;
        }
        let data = self.data.or_else(default_data).filter(|path| !path.as_os_str().is_empty());
        let data =
            data.ok_or_else(|| invalid("there is no home directory to keep data in: say where with --data DIR"))?;
        let is_local = listen.iter().all(|address| is_loopback(address));
        let default_registration = if is_local { Registration::Open } else { Registration::Closed };
        Ok(Config {
            data,
            registration: self.registration.unwrap_or(default_registration),
            max_connections_per_user: self.max_connections_per_user.unwrap_or(64),
            max_requests_per_user: self.max_requests_per_user.unwrap_or(128),
            max_connections: self.max_connections.unwrap_or(0),
            max_message_bytes: self.max_message_bytes.unwrap_or(BODY_BYTES_DEFAULT),
            max_resume_events: self.max_resume_events.unwrap_or(10_000),
            log_format: self.log_format.unwrap_or(LogFormat::Text),
            log: self.log.unwrap_or_else(|| "info".into()),
            listen,
        })
    }
}

fn check_address(address: &str) -> Result<(), ConfigError> {
    let is_good = address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok());
    if is_good {
        return Ok(());
    }
    let message = format!("--listen takes HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, and not \"{address}\"");
    Err(ConfigError::Invalid(message))
}

fn is_loopback(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use clap::builder::Resettable;
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;

    fn resolve(flags: &[&str], file: &str) -> Result<Config, ConfigError> {
        // What is in the environment of whoever runs the tests is none of ours.
        let command = Cli::command().mut_args(|arg| arg.env(Resettable::Reset));
        let matches = command.get_matches_from(std::iter::once(&"chat-server").chain(flags));
        let cli = Cli::from_arg_matches(&matches).unwrap();
        cli.options.or(toml::from_str(file).unwrap()).resolve(|| Some("/home/x".into()))
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let config =
            resolve(&["--max-connections-per-user", "3"], "max_connections_per_user = 5\nlog = 'debug'").unwrap();
        assert_eq!((config.max_connections_per_user, config.log.as_str()), (3, "debug"));
        assert_eq!(config.listen, ["127.0.0.1:8080"]);
        assert_eq!(config.data, Path::new("/home/x"));
    }

    #[test]
    fn strangers_may_not_register_unless_somebody_says_so() {
        let registration = |flags: &[&str]| resolve(flags, "").unwrap().registration;
        assert_eq!(registration(&["--listen", "127.0.0.1:0,[::1]:0,localhost:1"]), Registration::Open);
        assert_eq!(registration(&["--listen", "127.0.0.1:0,0.0.0.0:80"]), Registration::Closed);
        assert_eq!(registration(&["--listen", "chat.example:80"]), Registration::Closed);
        assert_eq!(registration(&["--listen", "0.0.0.0:80", "--registration", "open"]), Registration::Open);
    }

    #[test]
    fn mistakes_are_named() {
        for bad in ["8080", "host", ":80", "host:99999", "http://x:80"] {
            let error = resolve(&["--listen", bad], "").unwrap_err().to_string();
            assert!(error.contains("HOST:PORT"), "{error}");
        }
        assert!(toml::from_str::<Options>("lisen = ['x']").unwrap_err().to_string().contains("lisen"));
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}

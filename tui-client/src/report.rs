//! The one place where a problem becomes words, a hint and an exit code. Pure.

use std::io;

use chat_shared::ErrorCode;
use chat_shared::text::sanitise_line;

use crate::failure::{Failure, FailureKind};
use crate::net::server_url::ServerUrl;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub enum Problem {
    /// It was asked for something that makes no sense.
    Usage(String),
    /// The settings make no sense.
    Settings(String),
    /// There is no login for this server.
    NotLoggedIn {
        /// The server.
        server: ServerUrl,
        /// The profile that named it.
        profile: Option<String>,
    },
    /// The server did not do it, or nobody knows.
    Request {
        /// What was tried: "send the message".
        what: &'static str,
        /// Why it failed.
        failure: Failure,
    },
    /// It went well, and there is nothing.
    NothingFound,
    /// This terminal cannot show the full screen.
    Terminal(String),
    /// This machine did not do it.
    Local {
        /// What was tried: "read standard input".
        what: &'static str,
        /// Why it failed.
        error: io::Error,
    },
}

/// What the user is told, and what the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What happened; one line, harmless to a terminal.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code.
    pub code: u8,
}

/// The server refused, or this machine did not do it: it certainly did not happen.
pub const REFUSED: u8 = 1;
/// The command line makes no sense.
pub const USAGE: u8 = 2;
/// The server was not reached in time: whether it happened is not known.
pub const UNKNOWN: u8 = 3;
/// There is no login, or the server does not accept it any more.
pub const NOT_LOGGED_IN: u8 = 4;

/// A search found nothing.
pub const NOTHING_FOUND: u8 = 5;

/// The exit codes, as the help shows them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done (a message that was sent is committed)
  1  refused: it certainly did not happen
  2  the command line makes no sense
  3  the server was not reached in time: whether it happened is not known
  4  not logged in
  5  nothing was found (search)";

impl Problem {
    /// A request that failed.
    pub fn request(what: &'static str, failure: impl Into<Failure>) -> Self {
        Self::Request { what, failure: failure.into() }
    }

    /// Words, hint and exit code.
    #[must_use]
    pub fn report(&self) -> Report {
        let (message, hint, code) = match self {
            Self::Usage(message) => (message.clone(), Some("chat-tui --help shows what there is.".to_owned()), USAGE),
            Self::Settings(message) => (
                message.clone(),
                Some("docs/client.md lists all settings; so does chat-tui-config(1), a page that chat-tui man DIR writes.".to_owned()),
                USAGE,
            ),
            Self::NotLoggedIn { server, profile } => {
                let by_name = profile.as_ref().map(|name| format!(" (profile {name})")).unwrap_or_default();
                let message = format!("You are not logged in at {server}{by_name}.");
                (message, Some(login_hint(server, profile.as_deref())), NOT_LOGGED_IN)
            }
            Self::Request { what, failure } => {
                let (hint, code) = request(failure);
                (format!("Could not {what}: {}", failure.message), hint.map(str::to_owned), code)
            }
            Self::Terminal(message) => (
                message.clone(),
                Some("chat-tui --plain needs no such terminal; scripts use chat-tui send, tail and login.".to_owned()),
                USAGE,
            ),
            Self::NothingFound => ("Nothing was found.".to_owned(), None, NOTHING_FOUND),
            Self::Local { what, error } => (format!("Could not {what}: {error}."), None, REFUSED),
        };
        Report { message: sanitise_line(&message).into_owned(), hint, code }
    }
}

fn login_hint(server: &ServerUrl, profile: Option<&str>) -> String {
    let place = match profile {
        Some(profile) => format!("--profile {}", sanitise_line(profile)),
        None => format!("--server {server}"),
    };
    format!("Log in with: chat-tui login {place} --name NAME")
}

fn request(failure: &Failure) -> (Option<&'static str>, u8) {
    match failure.kind {
        FailureKind::NoAnswer => (Some("Is the server running, and is the address right (--server)?"), UNKNOWN),
        FailureKind::NotUnderstood => (Some("Is this the address of a chat server (--server)?"), UNKNOWN),
        FailureKind::Refused(code) => match code {
            ErrorCode::Unauthorized => (Some("Log in again with: chat-tui login --name NAME"), NOT_LOGGED_IN),
            ErrorCode::RoomNotFound => (Some("chat-tui rooms lists the rooms there are."), REFUSED),
            ErrorCode::NotAMember => (Some("Join the room first: open chat-tui and type /join ROOM."), REFUSED),
            ErrorCode::WrongCredentials => (Some("A new account is made with --register."), REFUSED),
            ErrorCode::NameTaken => (Some("Leave out --register if that account is yours."), REFUSED),
            _ => (None, REFUSED),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(kind: FailureKind) -> u8 {
        Problem::request("send the message", Failure { kind, message: "Why.".into() }).report().code
    }

    #[test]
    fn scripts_can_tell_what_is_certain_from_what_is_not() {
        assert_eq!(code(FailureKind::Refused(ErrorCode::TooLarge)), REFUSED);
        assert_eq!(code(FailureKind::NoAnswer), UNKNOWN);
        assert_eq!(code(FailureKind::NotUnderstood), UNKNOWN);
        assert_eq!(code(FailureKind::Refused(ErrorCode::Unauthorized)), NOT_LOGGED_IN);
        let nobody = |profile: Option<&str>| {
            let profile = profile.map(str::to_owned);
            Problem::NotLoggedIn { server: "http://h".parse().unwrap(), profile }.report()
        };
        assert_eq!(nobody(None).code, NOT_LOGGED_IN);
        assert!(nobody(None).hint.unwrap().contains("--server http://h"));
        assert!(nobody(Some("work")).message.contains("profile work"));
        assert!(nobody(Some("work")).hint.unwrap().contains("--profile work"));
        assert_eq!(Problem::Usage("x".into()).report().code, USAGE);
        let settings = Problem::Settings("x".into()).report();
        assert!(settings.code == USAGE && settings.hint.unwrap().contains("chat-tui-config"));
    }

    #[test]
    fn words_are_one_harmless_line() {
        let failure = Failure { kind: FailureKind::NoAnswer, message: "a\n\x1b[2Jb".into() };
        assert_eq!(Problem::request("send it", failure).report().message, "Could not send it: a ␛[2Jb");
    }
}

//! What failed on the way to a server, in words for people. Pure.

use std::error::Error;
use std::io;

use chat_shared::text::sanitise_line;

use super::server_url::ServerUrl;

/// Why a connection could not be made or was lost, from the chain of an error's causes.
#[must_use]
pub fn connection(server: &ServerUrl, error: &(dyn Error + 'static)) -> String {
    let mut cause = Some(error);
    let mut innermost = error;
    while let Some(current) = cause {
        if let Some(tls) = current.downcast_ref() {
            return self::tls(server, tls);
        }
        let io = current.downcast_ref::<io::Error>();
        if let Some(words) = io.and_then(|io| self::io(server, io)) {
            return words;
        }
        if is_lookup(current) {
            return format!("The name {} was not found.", server.host());
        }
        innermost = current;
        // The `source` of an io::Error that wraps another error skips that error.
        cause = match io.and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => current.source(),
        };
    }
    format!("No connection to {server}: {}.", sanitise_line(&innermost.to_string()).trim_end_matches('.'))
}

/// Whether this is a failed look-up of a name. Neither the standard library nor hyper has a type for it.
fn is_lookup(error: &(dyn Error + 'static)) -> bool {
    let text = error.to_string();
    text.contains("failed to lookup address") || text.starts_with("dns error")
}

fn io(server: &ServerUrl, error: &io::Error) -> Option<String> {
    let words = match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("Nothing listens at {server}."),
        io::ErrorKind::TimedOut => no_answer(server),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkDown => {
            format!("There is no way to {}: is the network up?", server.host())
        }
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => "The connection broke.".to_owned(),
        _ => return None,
    };
    Some(words)
}

fn tls(server: &ServerUrl, error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(why) => {
            format!("The certificate of {} is not to be trusted: {why}.", server.host())
        }
        rustls::Error::InvalidMessage(_) => format!("What listens at {server} does not speak https."),
        other => format!("No safe connection to {server}: {other}."),
    }
}

/// Nothing came back in time.
#[must_use]
pub fn no_answer(server: &ServerUrl) -> String {
    format!("{} does not answer.", server.label())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(error: impl Into<io::Error>) -> String {
        connection(&"http://chat.example:81".parse().unwrap(), &error.into())
    }

    #[test]
    fn what_is_wrapped_is_found() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, tls));
        assert!(said(wrapped).starts_with("The certificate of chat.example is not to be trusted: "));
        let plain = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        let wrapped = io::Error::new(io::ErrorKind::InvalidData, plain);
        assert_eq!(said(wrapped), "What listens at http://chat.example:81 does not speak https.");
    }

    #[test]
    fn people_read_what_happened() {
        assert_eq!(said(io::ErrorKind::ConnectionRefused), "Nothing listens at http://chat.example:81.");
        assert_eq!(said(io::ErrorKind::ConnectionReset), "The connection broke.");
        assert_eq!(said(io::ErrorKind::TimedOut), "chat.example:81 does not answer.");
        assert_eq!(
            said(io::Error::other("failed to lookup address information: Name or service not known")),
            "The name chat.example was not found."
        );
        assert_eq!(said(io::Error::other("o\x1b[2Jdd")), "No connection to http://chat.example:81: o␛[2Jdd.");
    }
}

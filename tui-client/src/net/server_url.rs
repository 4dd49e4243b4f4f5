//! The address of a server, checked once: http or https, a host, perhaps a path that a proxy put in front.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::Url;

/// Where a chat server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Url);

/// Why an address cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAServer {
    /// It is not a URL at all.
    #[error("this is not an address: {0}; an address looks like https://chat.example.org or http://127.0.0.1:8080")]
    NotAnAddress(String),
    /// It begins with neither http:// nor https://.
    #[error("an address begins with http:// or https://, as in https://chat.example.org")]
    Scheme,
    /// It names no host.
    #[error("this address names no host; an address looks like https://chat.example.org")]
    NoHost,
    /// It holds a name or a password.
    #[error("an address holds no name or password; log in instead (chat-tui login --help)")]
    Credentials,
    /// It holds a query or a fragment.
    #[error("an address ends with its path: leave out what follows ? or #")]
    Extra,
}

impl FromStr for ServerUrl {
    type Err = NotAServer;

    fn from_str(text: &str) -> Result<Self, NotAServer> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else { return Err(NotAServer::Scheme) };
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return Err(NotAServer::Scheme);
        }
        // The parser forgives `http:///x` by taking the path for a host; people who write that made a mistake.
        if rest.is_empty() || rest.starts_with('/') {
            return Err(NotAServer::NoHost);
        }
        let mut url = Url::parse(text).map_err(|e| NotAServer::NotAnAddress(e.to_string()))?;
        if !url.has_host() {
            return Err(NotAServer::NoHost);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAServer::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(NotAServer::Extra);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl ServerUrl {
    /// The address of one endpoint; every segment is one part of the path, whatever it holds.
    #[must_use]
    pub fn endpoint(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v1"]).extend(segments);
        }
        url
    }

    /// The address of the socket, with `ws` for `http` and `wss` for `https`.
    #[must_use]
    pub fn socket(&self) -> String {
        let http = self.endpoint(&["ws"]);
        let rest = http.as_str().split_once(':').map_or("", |(_, rest)| rest);
        format!("{}:{rest}", if self.is_secure() { "wss" } else { "ws" })
    }

    /// Whether it is https.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host, as a name or an address that can be looked up (IPv6 without brackets).
    #[must_use]
    pub fn host(&self) -> String {
        self.0.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned()
    }

    /// Whether it is on this machine, by what it is called.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let host = self.host();
        host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    /// What stands behind the host: `/team`, or nothing. Already harmless to a terminal.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// The host as people say it, with the port where it is not the usual one. Already harmless to a terminal.
    #[must_use]
    pub fn label(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for text in ["http://127.0.0.1:8080", "http://[::1]", "https://LOCALHOST/chat", "http://127.1:1"] {
            assert!(url(text).is_local(), "{text}");
        }
        for text in ["http://chat.example.org", "http://10.0.0.1", "http://[2001:db8::1]", "http://localhost.x.org"] {
            assert!(!url(text).is_local(), "{text}");
        }
    }

    #[test]
    fn slashes_at_the_end_make_no_difference() {
        for text in ["http://h:8080", "http://h:8080/", " http://h:8080// ", "HTTP://H:8080"] {
            assert_eq!(url(text).to_string(), "http://h:8080");
            assert_eq!(url(text).endpoint(&["rooms"]).as_str(), "http://h:8080/api/v1/rooms");
            assert_eq!(url(text).socket(), "ws://h:8080/api/v1/ws");
        }
        for text in ["https://h/chat", "https://h/chat/", "https://h:443/chat"] {
            assert_eq!(url(text).to_string(), "https://h/chat");
            assert_eq!(url(text).socket(), "wss://h/chat/api/v1/ws");
            assert_eq!((url(text).port(), url(text).label()), (443, "h".to_owned()));
        }
    }

    #[test]
    fn segments_stay_segments() {
        let odd = url("http://h").endpoint(&["rooms", "a/b?c#d e%", "🎉"]);
        assert_eq!(odd.as_str(), "http://h/api/v1/rooms/a%2Fb%3Fc%23d%20e%25/%F0%9F%8E%89");
    }

    #[test]
    fn ipv6_has_no_brackets_where_it_is_looked_up() {
        assert_eq!((url("http://[::1]:80").host(), url("http://[::1]:9").label()), ("::1".into(), "[::1]:9".into()));
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        for (text, expected) in [
            ("", NotAServer::Scheme),
            ("localhost:8080", NotAServer::Scheme),
            ("ftp://h", NotAServer::Scheme),
            ("http://", NotAServer::NoHost),
            ("http:///x", NotAServer::NoHost),
            ("http://ann:secret@h", NotAServer::Credentials),
            ("http://ann@h", NotAServer::Credentials),
            ("http://h?x=1", NotAServer::Extra),
            ("http://h#x", NotAServer::Extra),
        ] {
            assert_eq!(text.parse::<ServerUrl>(), Err(expected), "{text}");
        }
        assert!(matches!("http://h:99999".parse::<ServerUrl>(), Err(NotAServer::NotAnAddress(_))));
    }

    proptest! {
        #[test]
        fn what_is_accepted_reads_back_the_same(text in "https?://[a-z0-9.:\\[\\]/@?#-]{0,24}") {
            if let Ok(url) = text.parse::<ServerUrl>() {
                prop_assert_eq!(url.to_string().parse::<ServerUrl>().unwrap(), url);
            }
        }
    }
}

//! The bearer token: a secret that shows nothing of itself.

use std::fmt;

use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

/// A bearer token. It is wiped when it is dropped, and its `Debug` is opaque.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Wraps a token; `None` where it could not travel in a header (empty, too long, or not visible ASCII).
    #[must_use]
    pub fn new(text: String) -> Option<Self> {
        let text = Zeroizing::new(text);
        let fits = !text.is_empty() && text.len() <= 4096 && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then_some(Self(text))
    }

    /// The text itself, for the account's file.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The value of the `Authorization` header, marked so that no library prints it.
    #[must_use]
    pub fn authorization(&self) -> HeaderValue {
        let text = Zeroizing::new(format!("Bearer {}", self.0.as_str()));
        let mut value = HeaderValue::from_str(&text).expect("a token is visible ASCII: `new` has checked it");
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_nothing_of_itself() {
        let token = Token::new("s3cret".into()).unwrap();
        assert_eq!(format!("{token:?} {:?}", token.authorization()), "Token(…) Sensitive");
    }

    #[test]
    fn what_cannot_travel_is_no_token() {
        for text in ["", "a b", "a\nb", "ü"] {
            assert_eq!(Token::new(text.into()), None);
        }
    }
}

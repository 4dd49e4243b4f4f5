//! Web addresses in other people's text: where they are, and which of them may be handed to a terminal or a browser. Pure.

use std::ops::Range;
use std::sync::Arc;

use url::Url;

/// The longest address that is taken for a link. (VTE and iTerm2 cut at about this length, too.)
const URL_BYTES: usize = 2_048;

/// Schemes that a link may have: what opens a browser or a letter, never a file or a program.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// The address in the one form that leaves the program: a scheme of ours, visible ASCII only (hosts in punycode, everything else
/// percent-encoded), not too long. `None` for everything else.
pub(crate) fn safe_url(url: &str) -> Option<Arc<str>> {
    let is_ours = |scheme: &&str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    if url.len() > URL_BYTES || !SCHEMES.iter().any(is_ours) {
        return None;
    }
    // The parser would drop line breaks and tabs by itself; who writes them into an address wants to deceive.
    if url.chars().any(|c| c.is_whitespace() || c.is_control() || chat_shared::text::is_format(c)) {
        return None;
    }
    let url = Url::parse(url).ok()?;
    let is_whole = url.has_host() || (url.scheme() == "mailto" && url.path().contains('@'));
    let text = String::from(url);
    (is_whole && text.len() <= URL_BYTES && text.bytes().all(|b| b.is_ascii_graphic())).then(|| text.into())
}

/// Where a link leads, for people: its host, or who gets the letter.
pub(crate) fn destination(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return String::new() };
    url.host_str().unwrap_or_else(|| url.path()).to_owned()
}

/// The addresses that stand in a text by themselves, in order.
pub(crate) fn bare_urls(text: &str) -> Vec<(Range<usize>, Arc<str>)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(':').map(|at| from + at) {
        from = at + 1;
        let Some(start) = scheme_start(text, at) else { continue };
        let end = url_end(text, start);
        if let Some(url) = safe_url(&text[start..end]).filter(|_| end > from) {
            found.push((start..end, url));
            from = end;
        }
    }
    found
}

/// Where the scheme begins that ends with the colon at `colon`; not inside of a word.
fn scheme_start(text: &str, colon: usize) -> Option<usize> {
    SCHEMES.iter().find_map(|scheme| {
        let name = scheme.find(':').unwrap_or(0);
        let start = colon.checked_sub(name)?;
        let fits = text.get(start..start + scheme.len())?.eq_ignore_ascii_case(scheme);
        (fits && !text[..start].ends_with(char::is_alphanumeric)).then_some(start)
    })
}

/// Where the address ends: before white space and what no address holds, without the punctuation of the sentence around it.
fn url_end(text: &str, start: usize) -> usize {
    let is_foreign = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '<' | '>' | '"' | '`' | '[' | ']' | '{' | '}' | '|' | '\\' | '^')
    };
    let most = text[start..].char_indices().nth(URL_BYTES).map_or(text.len(), |(at, _)| start + at);
    let mut url = &text[start..most];
    url = &url[..url.find(is_foreign).unwrap_or(url.len())];
    let (opened, mut closed) = (url.matches('(').count(), url.matches(')').count());
    loop {
        let shorter =
            url.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~', '…', '。', '，', '）', '」']);
        url = match shorter.strip_suffix(')') {
            Some(inner) if closed > opened => {
                closed -= 1;
                inner
            }
            _ if shorter.len() < url.len() => shorter,
            _ => return start + url.len(),
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<&str> {
        bare_urls(text).into_iter().map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn addresses_end_where_people_think() {
        assert_eq!(
            found("see https://a.example/x_(y)_z, or (http://b.example/)."),
            ["https://a.example/x_(y)_z", "http://b.example/"]
        );
        assert_eq!(found("mailto:ann@a.example! HTTPS://A.EXAMPLE"), ["mailto:ann@a.example", "HTTPS://A.EXAMPLE"]);
        assert_eq!(found("xhttps://a.example https:// file:///etc javascript:alert(1) a:b"), [""; 0]);
    }

    #[test]
    fn only_harmless_addresses_leave() {
        for url in
            ["javascript:alert(1)", "file:///etc/passwd", "https://", "https://a.example/\x1b]8;;", "https://a\tb"]
        {
            assert_eq!(safe_url(url), None, "{url:?}");
        }
        assert_eq!(safe_url(&format!("https://a.example/{}", "x".repeat(URL_BYTES))), None);
        assert_eq!(safe_url("https://bücher.example/ü").as_deref(), Some("https://xn--bcher-kva.example/%C3%BC"));
        assert_eq!(destination("https://a.example:8080/x"), "a.example");
        assert_eq!(destination("mailto:ann@a.example"), "ann@a.example");
    }

    proptest! {
        #[test]
        fn what_is_found_is_harmless(text in "(\\PC|https://|http:|mailto:|[ .()\\x1b\\x07]){0,40}") {
            let mut at = 0;
            for (range, url) in bare_urls(&text) {
                prop_assert!(range.start >= at && range.end <= text.len());
                at = range.end;
                prop_assert!(url.bytes().all(|b| b.is_ascii_graphic()) && url.len() <= URL_BYTES);
            }
        }
    }
}

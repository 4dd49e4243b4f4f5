//! Short names of the emoji that people reach for, for reactions and for completion. Pure.

/// The reactions on the keys 1 to 8.
pub(crate) const QUICK: [&str; 8] = ["👍", "🎉", "❤️", "😄", "🚀", "👀", "✅", "🙏"];

/// Short names, in alphabetical order.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("+1", "👍"),
    ("-1", "👎"),
    ("100", "💯"),
    ("angry", "😠"),
    ("bug", "🐛"),
    ("bulb", "💡"),
    ("cake", "🎂"),
    ("check", "✅"),
    ("clap", "👏"),
    ("coffee", "☕"),
    ("confused", "😕"),
    ("construction", "🚧"),
    ("cry", "😢"),
    ("eyes", "👀"),
    ("facepalm", "🤦"),
    ("fire", "🔥"),
    ("grin", "😁"),
    ("handshake", "🤝"),
    ("heart", "❤️"),
    ("hourglass", "⏳"),
    ("hug", "🤗"),
    ("joy", "😂"),
    ("laugh", "😄"),
    ("lock", "🔒"),
    ("memo", "📝"),
    ("muscle", "💪"),
    ("ok", "👌"),
    ("party", "🥳"),
    ("pray", "🙏"),
    ("question", "❓"),
    ("rainbow", "🌈"),
    ("robot", "🤖"),
    ("rocket", "🚀"),
    ("sad", "🙁"),
    ("see_no_evil", "🙈"),
    ("shrug", "🤷"),
    ("skull", "💀"),
    ("sleep", "😴"),
    ("smile", "🙂"),
    ("sob", "😭"),
    ("sparkles", "✨"),
    ("star", "⭐"),
    ("sunglasses", "😎"),
    ("sweat", "😅"),
    ("tada", "🎉"),
    ("thinking", "🤔"),
    ("thumbsdown", "👎"),
    ("thumbsup", "👍"),
    ("warning", "⚠️"),
    ("wave", "👋"),
    ("wink", "😉"),
    ("wrench", "🔧"),
    ("x", "❌"),
    ("zap", "⚡"),
];

/// Those whose short names begin like this, ours first; each once.
pub(crate) fn beginning_with(typed: &str) -> impl Iterator<Item = &'static str> {
    let typed = typed.to_owned();
    let begins = move |name: &str| name.starts_with(&typed);
    let ours: Vec<&str> = NAMES.iter().filter(|(name, _)| begins(name)).map(|(_, emoji)| *emoji).collect();
    let others = emojis::iter().filter(move |emoji| emoji.shortcodes().any(&begins)).map(emojis::Emoji::as_str);
    let mut seen = std::collections::BTreeSet::new();
    ours.into_iter().chain(others).filter(move |emoji| seen.insert(*emoji))
}

/// The emoji of a short name, with or without its colons.
pub(crate) fn named(name: &str) -> Option<&'static str> {
    let name = name.trim_matches(':').to_ascii_lowercase();
    let ours = NAMES.binary_search_by(|(known, _)| (*known).cmp(name.as_str())).ok().map(|at| NAMES[at].1);
    ours.or_else(|| emojis::get_by_shortcode(&name).map(emojis::Emoji::as_str))
}

/// The longest short name.
const NAME_BYTES: usize = 48;

/// A text with `:tada:` replaced by the emoji, outside of code and of addresses. Done when a message is sent, so that everybody
/// sees it, whatever they read with.
pub(crate) fn replace_shortcodes(text: &str) -> String {
    if text.matches(':').nth(1).is_none() {
        return text.to_owned();
    }
    let mut kept = super::markdown::code_ranges(text);
    kept.extend(super::links::bare_urls(text).into_iter().map(|(range, _)| range));
    kept.sort_by_key(|range| range.start);
    let mut kept = kept.into_iter().peekable();
    let (mut out, mut from, mut at) = (String::with_capacity(text.len()), 0, 0);
    while let Some(colon) = text[at..].find(':').map(|found| at + found) {
        at = colon + 1;
        while kept.next_if(|range| range.end <= colon).is_some() {}
        let is_kept = kept.peek().is_some_and(|range| range.contains(&colon));
        let follows_emoji = from > 0 && from == colon;
        let is_in_word = !follows_emoji && text[..colon].ends_with(|c: char| c.is_alphanumeric() || c == ':');
        let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+');
        let length = text.as_bytes()[at..].iter().take(NAME_BYTES).take_while(|b| is_name(**b)).count();
        let emoji = named(&text[at..at + length]).filter(|_| !is_kept && !is_in_word && length > 0);
        if let Some(emoji) = emoji.filter(|_| text[at + length..].starts_with(':')) {
            out.push_str(&text[from..colon]);
            out.push_str(emoji);
            at += length + 1;
            from = at;
        }
    }
    out.push_str(&text[from..]);
    out
}

/// The emoji that a reaction prompt's text means: a digit, a short name, or the emoji itself.
pub(crate) fn meant(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(digit) = text.parse::<usize>().ok().filter(|digit| (1..=QUICK.len()).contains(digit)) {
        return Some(QUICK[digit - 1].to_owned());
    }
    named(text).map(str::to_owned).or_else(|| (!text.is_empty() && !text.is_ascii()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn short_names_become_emoji_when_sent() {
        for (text, sent) in [
            ("done :tada::rocket: 12:30:45", "done 🎉🚀 12:30:45"),
            (":crab: std::vec::Vec :nope: (:+1:)", "🦀 std::vec::Vec :nope: (👍)"),
            ("`:tada:` https://a.example/:tada: :tada:", "`:tada:` https://a.example/:tada: 🎉"),
            ("```\n:tada:\n```", "```\n:tada:\n```"),
        ] {
            assert_eq!(replace_shortcodes(text), sent);
        }
    }

    #[test]
    fn what_people_type() {
        assert_eq!(meant("2").as_deref(), Some("🎉"));
        assert_eq!(meant(" :Tada: ").as_deref(), Some("🎉"));
        assert_eq!(meant("+1").as_deref(), Some("👍"));
        assert_eq!(meant("🦀").as_deref(), Some("🦀"));
        assert_eq!(meant("nonsense"), None);
        assert_eq!(meant(""), None);
    }
}

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

/// The emoji of a short name, with or without its colons.
pub(crate) fn named(name: &str) -> Option<&'static str> {
    let name = name.trim_matches(':').to_ascii_lowercase();
    NAMES.binary_search_by(|(known, _)| (*known).cmp(name.as_str())).ok().map(|at| NAMES[at].1)
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
    fn what_people_type() {
        assert_eq!(meant("2").as_deref(), Some("🎉"));
        assert_eq!(meant(" :Tada: ").as_deref(), Some("🎉"));
        assert_eq!(meant("+1").as_deref(), Some("👍"));
        assert_eq!(meant("🦀").as_deref(), Some("🦀"));
        assert_eq!(meant("nonsense"), None);
        assert_eq!(meant(""), None);
    }
}

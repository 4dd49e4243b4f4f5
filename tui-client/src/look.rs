//! What the environment tells about the terminal's colours, and whether the terminal itself may be asked for its background. The
//! first frame never waits for that answer. Pure.

use crate::app::ColourMode;

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How many colours there are.
    pub colours: ColourMode,
    /// The background is light, as far as the environment tells. The terminal's own answer counts for more.
    pub is_light: bool,
    /// The terminal is one that understands OSC 11, or passes over it.
    pub may_be_asked: bool,
}

impl Look {
    /// Reads `NO_COLOR`, `COLORTERM`, `TERM` and `COLORFGBG` through `variable`.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_light = variable("COLORFGBG").is_some_and(|value| is_light(&value));
        let colours = colours(&variable);
        Self { colours, is_light, may_be_asked: colours != ColourMode::None && knows_osc(&variable) }
    }
}

/// The Linux console and some old terminals print what they do not know. GNU screen swallows the answer.
fn knows_osc(variable: &impl Fn(&str) -> Option<String>) -> bool {
    let get = |name| variable(name).unwrap_or_default();
    let term = get("TERM");
    let is_screen = !get("STY").is_empty() || (term.starts_with("screen") && get("TMUX").is_empty());
    let is_old = ["linux", "dumb", "vt", "cons25", "sun", "wyse"].iter().any(|name| term.starts_with(name));
    !(term.is_empty() || is_screen || is_old)
}

/// <https://no-color.org>: present and not empty means no colours.
fn colours(variable: &impl Fn(&str) -> Option<String>) -> ColourMode {
    let get = |name| variable(name).unwrap_or_default().to_ascii_lowercase();
    let (term, claims) = (get("TERM"), get("COLORTERM"));
    if !get("NO_COLOR").is_empty() || term.contains("mono") || term.starts_with("vt") {
        ColourMode::None
    } else if matches!(claims.as_str(), "truecolor" | "24bit") || knows_all_colours(&term) {
        ColourMode::True
    } else if term.contains("256") || !claims.is_empty() {
        ColourMode::Ansi256
    } else {
        ColourMode::Ansi16
    }
}

/// Terminals whose name says it, where a connection (ssh) has lost `COLORTERM`.
fn knows_all_colours(term: &str) -> bool {
    const NAMES: [&str; 6] = ["kitty", "alacritty", "wezterm", "foot", "ghostty", "contour"];
    term.ends_with("-direct") || NAMES.iter().any(|name| term.contains(name))
}

/// `COLORFGBG` is `foreground;background`, sometimes with a word in between, in the sixteen colours of the terminal: 0 to 6 and
/// 8 are dark (the rule that vim uses).
fn is_light(value: &str) -> bool {
    let background = value.rsplit(';').next().and_then(|number| number.trim().parse::<u8>().ok());
    background.is_some_and(|number| matches!(number, 7 | 9..=15))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(variables: &[(&str, &str)]) -> Look {
        Look::detect(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn colours_are_what_the_environment_says() {
        for (variables, colours) in [
            (&[("TERM", "xterm")][..], ColourMode::Ansi16),
            (&[("TERM", "xterm-256color")], ColourMode::Ansi256),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], ColourMode::True),
            (&[("TERM", "xterm-kitty")], ColourMode::True),
            (&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")], ColourMode::None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], ColourMode::Ansi256),
            (&[("TERM", "vt100")], ColourMode::None),
        ] {
            assert_eq!(look(variables).colours, colours, "{variables:?}");
        }
    }

    #[test]
    fn only_terminals_that_may_answer_are_asked() {
        for (variables, is_asked) in [
            (&[("TERM", "xterm-256color")][..], true),
            (&[("TERM", "screen-256color"), ("TMUX", "/tmp/x")], true),
            (&[("TERM", "screen-256color"), ("STY", "1.x")], false),
            (&[("TERM", "screen")], false),
            (&[("TERM", "linux")], false),
            (&[("TERM", "vt220")], false),
            (&[("TERM", "xterm"), ("NO_COLOR", "1")], false),
            (&[], false),
        ] {
            assert_eq!(look(variables).may_be_asked, is_asked, "{variables:?}");
        }
    }

    #[test]
    fn light_only_where_it_is_said() {
        for (value, is_light) in
            [("0;15", true), ("15;0", false), ("0;default;15", true), ("12;8", false), ("x", false)]
        {
            assert_eq!(look(&[("COLORFGBG", value)]).is_light, is_light, "{value}");
        }
        assert!(!look(&[]).is_light);
    }
}

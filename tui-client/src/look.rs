//! What the environment tells about the terminal's colours. Nothing is asked of the terminal itself, so nothing waits for an
//! answer. Pure.

use crate::app::ColourMode;

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How many colours there are.
    pub colours: ColourMode,
    /// The background is light.
    pub is_light: bool,
}

impl Look {
    /// Reads `NO_COLOR`, `COLORTERM`, `TERM` and `COLORFGBG` through `variable`.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_light = variable("COLORFGBG").is_some_and(|value| is_light(&value));
        Self { colours: colours(&variable), is_light }
    }
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
    fn light_only_where_it_is_said() {
        for (value, is_light) in
            [("0;15", true), ("15;0", false), ("0;default;15", true), ("12;8", false), ("x", false)]
        {
            assert_eq!(look(&[("COLORFGBG", value)]).is_light, is_light, "{value}");
        }
        assert!(!look(&[]).is_light);
    }
}

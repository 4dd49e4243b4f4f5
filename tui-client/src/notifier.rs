//! How a terminal is made to notify its user: the bell, or one of the escape sequences that terminals show as a notification
//! of the desktop. Pure.
//!
//! - OSC 9: <https://iterm2.com/documentation-escape-codes.html>
//! - OSC 777: rxvt-unicode's `notify` extension; foot, Ghostty, WezTerm and Contour know it too
//! - OSC 99: <https://sw.kovidgoyal.net/kitty/desktop-notifications/>

use chat_shared::text::sanitise_line;
use clap::ValueEnum;

/// Characters that one text may have in a sequence: some terminals cut or drop what is longer than a few hundred bytes.
const TEXT_CHARS: usize = 240;

/// How to notify, as the user says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// What the terminal is known to understand; the bell where nothing is known
    #[default]
    Auto,
    /// The bell: it rings, blinks, or marks the window, as the terminal is set
    Bell,
    /// OSC 9: iTerm2, WezTerm, Ghostty, ConEmu
    Osc9,
    /// OSC 777: foot, rxvt-unicode, Ghostty, WezTerm, Contour
    Osc777,
    /// OSC 99: kitty
    Osc99,
    /// The desktop itself, over D-Bus, while the terminal has not the focus; the bell while it has
    #[cfg(feature = "desktop")]
    Desktop,
    /// Not at all
    Off,
}

impl Method {
    /// What `CHAT_NOTIFY` says, where it says something.
    ///
    /// # Errors
    /// That there is no such way, and which there are.
    pub fn of_variable(value: Option<&str>) -> Result<Option<Self>, String> {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
        Self::from_str(value, false).map(Some).map_err(|_| {
            let name = |method: &Self| Some(method.to_possible_value()?.get_name().to_owned());
            let names: Vec<String> = Self::value_variants().iter().filter_map(name).collect();
            format!("CHAT_NOTIFY: {value:?} is none of {}.", names.join(", "))
        })
    }
}

/// Writes notifications for one terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notifier {
    method: Method,
    /// The terminal is inside of tmux, which hands nothing on that is not wrapped.
    in_tmux: bool,
}

impl Notifier {
    /// Decides for the terminal that the environment describes.
    pub fn choose(method: Method, variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let method = if method == Method::Auto { detect(&variable) } else { method };
        Self { method, in_tmux: is_set("TMUX") }
    }

    /// Whether the desktop is to be told, rather than the terminal.
    #[must_use]
    pub fn is_desktop(self) -> bool {
        #[cfg(feature = "desktop")]
        return self.method == Method::Desktop;
        #[cfg(not(feature = "desktop"))]
        false
    }

    /// The bytes that notify; empty where nothing is to be done.
    #[must_use]
    pub fn sequence(self, title: &str, body: &str) -> String {
        let (title, body) = (text(title), text(body));
        let sequence = match self.method {
            Method::Off => return String::new(),
            Method::Bell | Method::Auto => return "\x07".into(),
            #[cfg(feature = "desktop")]
            Method::Desktop => return "\x07".into(),
            // A number and a semicolon at the beginning mean something else to ConEmu.
            Method::Osc9 => format!("\x1b]9;{}: {body}\x07", title.replace(';', ",")),
            // The first semicolon ends the title.
            Method::Osc777 => format!("\x1b]777;notify;{};{body}\x07", title.replace(';', ",")),
            Method::Osc99 => format!("\x1b]99;i=chat:d=0;{title}\x1b\\\x1b]99;i=chat:d=1:p=body;{body}\x1b\\"),
        };
        // Behind it the bell, which tmux knows itself.
        if self.in_tmux { format!("{}\x07", through_tmux(&sequence)) } else { sequence }
    }
}

/// tmux hands on what is in this wrapper, where `allow-passthrough` is on.
pub(crate) fn through_tmux(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}

/// No control character is left, so nothing can end the sequence before its end.
fn text(text: &str) -> String {
    sanitise_line(text).chars().take(TEXT_CHARS).collect()
}

/// Inside of tmux and over ssh, the variables that terminals set for themselves often survive where `TERM` does not.
fn detect(variable: &impl Fn(&str) -> Option<String>) -> Method {
    let get = |name: &str| variable(name).unwrap_or_default().to_ascii_lowercase();
    let (term, program, other) = (get("TERM"), get("TERM_PROGRAM"), get("LC_TERMINAL"));
    let has = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    // GNU screen prints parts of what it does not know.
    if has("STY") || term == "linux" {
        Method::Bell
    } else if term.contains("kitty") || has("KITTY_WINDOW_ID") {
        Method::Osc99
    } else if ["iterm.app", "wezterm", "ghostty"].contains(&program.as_str())
        || other == "iterm2"
        || ["WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR", "ConEmuPID"].into_iter().any(has)
        || term.contains("ghostty")
    {
        Method::Osc9
    } else if ["foot", "rxvt-unicode", "contour"].iter().any(|name| term.starts_with(name)) {
        Method::Osc777
    } else {
        Method::Bell
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn choose(method: Method, variables: &[(&str, &str)]) -> Notifier {
        Notifier::choose(method, |name| variables.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_terminal_decides_unless_the_user_does() {
        for (variables, method) in [
            (&[("TERM", "xterm-256color")][..], Method::Bell),
            (&[("TERM", "xterm-kitty")], Method::Osc99),
            (&[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")], Method::Osc99),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], Method::Osc9),
            (&[("TERM", "foot")], Method::Osc777),
            (&[("TERM", "screen"), ("STY", "1"), ("KITTY_WINDOW_ID", "1")], Method::Bell),
            (&[], Method::Bell),
        ] {
            assert_eq!(choose(Method::Auto, variables).method, method, "{variables:?}");
            assert_eq!(choose(Method::Off, variables).method, Method::Off);
        }
    }

    #[test]
    fn the_variable_is_checked_where_it_counts() {
        assert_eq!((Method::of_variable(None), Method::of_variable(Some(""))), (Ok(None), Ok(None)));
        assert_eq!(Method::of_variable(Some("osc99")), Ok(Some(Method::Osc99)));
        let problem = Method::of_variable(Some("bad")).unwrap_err();
        assert!(problem.starts_with("CHAT_NOTIFY: \"bad\" is none of auto, bell, osc9"), "{problem}");
    }

    #[test]
    fn every_sequence_is_what_its_terminal_reads() {
        let plain = |method| choose(method, &[]).sequence("ann; in #ops", "a; b\n\x1b]0;x\x07");
        assert_eq!(plain(Method::Bell), "\x07");
        assert_eq!(plain(Method::Off), "");
        assert_eq!(plain(Method::Osc9), "\x1b]9;ann, in #ops: a; b ␛]0;x␇\x07");
        assert_eq!(plain(Method::Osc777), "\x1b]777;notify;ann, in #ops;a; b ␛]0;x␇\x07");
        assert_eq!(
            plain(Method::Osc99),
            "\x1b]99;i=chat:d=0;ann; in #ops\x1b\\\x1b]99;i=chat:d=1:p=body;a; b ␛]0;x␇\x1b\\"
        );
        let in_tmux = choose(Method::Osc9, &[("TMUX", "/tmp/tmux")]).sequence("a", "b");
        assert_eq!(in_tmux, "\x1bPtmux;\x1b\x1b]9;a: b\x07\x1b\\\x07");
        assert_eq!(choose(Method::Bell, &[("TMUX", "x")]).sequence("a", "b"), "\x07");
    }

    proptest! {
        #[test]
        fn no_text_gets_out_of_its_sequence(title in any::<String>(), body in any::<String>()) {
            for (method, controls) in [(Method::Osc9, 2), (Method::Osc777, 2), (Method::Osc99, 4)] {
                let sequence = choose(method, &[]).sequence(&title, &body);
                prop_assert_eq!(sequence.chars().filter(|c| c.is_control()).count(), controls);
                prop_assert!(sequence.chars().count() < 600);
            }
        }
    }
}

//! The settings as a manual page, from the tables that they are read by.

use clap_mangen::roff::{Roff, bold, roman};

use crate::app::input::keymap::{Keymap, actions, chord_names, name};
use crate::app::settings::Part;

/// The keys of the file: what they take, and what that does.
pub(super) const SETTINGS: [(&str, &str, &str); 12] = [
    ("theme", "auto, dark, light, high-contrast, ansi16, none, or a name from [themes]", "The colours."),
    ("time", "auto, 24h, 12h, date", "How times are written; auto: as LC_ALL, LC_TIME or LANG say."),
    ("dates", "auto, day-first, month-first, iso", "How days are written."),
    ("sort", "name, unread, activity", "What the order of the rooms follows."),
    ("density", "normal, compact", "Whether authors have a column of their own."),
    ("mouse", "true, false", "Whether the program hears of the mouse, or leaves it to the terminal."),
    (
        "notify",
        "auto, bell, osc9, osc777, osc99, off, desktop",
        "How to draw attention; desktop where the build has it.",
    ),
    ("default-profile", "a name from [profiles]", "The server to use where nothing says which."),
    ("tokens", "auto, file", "Whether tokens go into the system's keyring, where the build has it, or into files."),
    ("keys", "a table: ACTION = \"KEY\", or a list of keys, or []", "Other keys for the actions below."),
    ("themes", "tables: [themes.NAME]", "Themes of one's own, with the parts below."),
    ("profiles", "tables: [profiles.NAME]", "Servers with names: server, and perhaps user."),
];
const WHERE: &str = "$XDG_CONFIG_HOME/chat-tui/config.toml, by default ~/.config/chat-tui/config.toml, holds the settings as TOML. \
                     /reload reads it again. A mistake is said with its line and its key, and changes nothing.";
const COLOURS: &str = "A colour is \"#7aa2f7\", a number from \"0\" to \"255\", or a name from \"black\" to \"bright-white\". \
                       base: the theme that the rest is as in. authors: a list of colours.";

/// The page, for `man`.
pub(crate) fn page() -> String {
    let mut page = Roff::new();
    page.control("TH", ["chat-tui-config", "1"]);
    page.control("SH", ["NAME"]).text([roman("chat-tui-config - the settings of chat-tui")]);
    page.control("SH", ["DESCRIPTION"]).text([roman(WHERE)]);
    page.control("SH", ["SETTINGS"]);
    for (name, takes, does) in SETTINGS {
        entry(&mut page, name, &format!("{does} It takes {takes}."));
    }
    page.control("SH", ["THEMES"]).text([roman(COLOURS)]);
    let parts: Vec<&str> = Part::NAMES.iter().map(|(name, _)| *name).collect();
    entry(&mut page, "parts", &parts.join(", "));
    page.control("SH", ["ACTIONS"]);
    let keys = Keymap::default();
    for action in actions() {
        let bound: Vec<_> = keys.bindings().iter().filter(|binding| binding.action == action).collect();
        let chords: Vec<String> = bound.iter().map(|binding| chord_names(binding)).filter(|c| !c.is_empty()).collect();
        let help = bound.iter().map(|binding| binding.help).find(|help| !help.is_empty()).unwrap_or_default();
        let colon = if help.is_empty() { "" } else { ": " };
        entry(&mut page, &name(action), &format!("{}{colon}{help}", chords.join(", ")));
    }
    page.control("SH", ["SEE ALSO"]).text([roman("chat-tui(1)")]);
    page.render()
}

fn entry(page: &mut Roff, name: &str, text: &str) {
    page.control("TP", []).text([bold(name)]).text([roman(text)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_setting_part_and_action() {
        let page = page().replace("\\-", "-");
        let names = SETTINGS.iter().map(|(name, ..)| (*name).to_owned()).chain(actions().into_iter().map(name));
        for name in names {
            assert!(page.contains(&format!("\\fB{name}\\fR")), "{name}: {page}");
        }
        assert!(Part::NAMES.iter().all(|(name, _)| page.contains(name)));
    }
}

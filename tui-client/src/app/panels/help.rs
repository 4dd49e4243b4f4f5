//! The help screen, printed from the tables that the keys and the commands themselves come from. Pure.

use crate::app::commands::COMMANDS;
use crate::app::commands::names::ALIASES;
use crate::app::geometry::Area;
use crate::app::input::keymap::{Action, Context, Keymap, chord_names};
use crate::app::text::wrap::wrap_text;

/// A line of the help screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HelpLine {
    Heading(String),
    Entry { keys: String, text: String },
    Blank,
}

/// Where the help screen is.
pub(crate) fn help_area(screen: Area) -> Area {
    screen.centred(76, screen.height.saturating_sub(2))
}

/// The cells of the help screen's first column.
pub(crate) fn help_key_width(width: u16) -> u16 {
    32.min(width / 2 + 1)
}

/// The help screen in rows of so many cells: what does not fit goes on below, in its column.
pub(crate) fn help_rows(keys: &Keymap, width: u16) -> Vec<HelpLine> {
    let key_width = help_key_width(width);
    let (left, right) = (usize::from(key_width.saturating_sub(1)), usize::from(width.saturating_sub(key_width + 1)));
    let mut rows = Vec::new();
    for line in help_lines(keys) {
        let HelpLine::Entry { keys, text } = line else {
            rows.push(line);
            continue;
        };
        let cut = |text: &str, cells: usize| -> Vec<String> {
            wrap_text(text, cells.max(1)).into_iter().map(|row| text[row].trim_end().to_owned()).collect()
        };
        let (keys, text) = (cut(&keys, left), cut(&text, right));
        for at in 0..keys.len().max(text.len()) {
            let of = |rows: &[String]| rows.get(at).cloned().unwrap_or_default();
            rows.push(HelpLine::Entry { keys: of(&keys), text: of(&text) });
        }
    }
    rows
}

/// The help screen, from the tables that the keys and the commands themselves come from.
pub(crate) fn help_lines(keys: &Keymap) -> Vec<HelpLine> {
    let [last, any] = [Action::SelectLastOwn, Action::Escape].map(|action| keys.key_for(action));
    let selected = format!("A selected message ({last} or {any} selects one)");
    let sections: [(String, &[Context]); 7] = [
        ("Moving".into(), &[Context::EmptyComposer, Context::Chat]),
        ("Writing".into(), &[Context::Composer]),
        (selected, &[Context::Selection]),
        ("Everywhere".into(), &[Context::Everywhere]),
        ("In panels and lists".into(), &[Context::Overlay]),
        ("When asked before something is deleted".into(), &[Context::Question]),
        ("On the first screen".into(), &[Context::Login]),
    ];
    let mut lines = Vec::new();
    for (heading, contexts) in sections {
        lines.push(HelpLine::Heading(heading));
        for binding in keys
            .bindings()
            .iter()
            .filter(|b| contexts.contains(&b.context) && !b.help.is_empty() && !b.chords.is_empty())
        {
            lines.push(HelpLine::Entry { keys: chord_names(binding), text: binding.help.to_owned() });
        }
        lines.push(HelpLine::Blank);
    }
    lines.push(HelpLine::Heading("Commands".into()));
    for spec in COMMANDS {
        let keys = format!("/{} {}", spec.name, spec.arguments);
        lines.push(HelpLine::Entry { keys: keys.trim_end().to_owned(), text: spec.help.to_owned() });
    }
    for spec in COMMANDS {
        let others: Vec<String> =
            ALIASES.iter().filter(|(_, meant)| *meant == spec.name).map(|(alias, _)| format!("/{alias}")).collect();
        if !others.is_empty() {
            lines.push(HelpLine::Entry { keys: others.join(" "), text: format!("the same as /{}", spec.name) });
        }
    }
    lines.push(HelpLine::Entry { keys: "//TEXT".into(), text: "send a text that begins with a slash".into() });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::text::width as cells;

    #[test]
    fn a_narrow_help_says_all_of_it() {
        let keymap = Keymap::default();
        let words = |lines: &[HelpLine]| -> String {
            let text = |line: &HelpLine| match line {
                HelpLine::Entry { keys, text } => format!("{keys}{text}"),
                _ => String::new(),
            };
            let mut all: Vec<char> = lines.iter().flat_map(|line| text(line).chars().collect::<Vec<_>>()).collect();
            all.retain(|c| !c.is_whitespace());
            all.sort_unstable();
            all.into_iter().collect()
        };
        for width in [18, 36, 60, 72, 200] {
            let rows = help_rows(&keymap, width);
            assert_eq!(words(&rows), words(&help_lines(&keymap)), "nothing is left out at {width}");
            for row in &rows {
                let HelpLine::Entry { keys, text } = row else { continue };
                let column = usize::from(help_key_width(width));
                assert!(cells(keys) < column && cells(text) + column < usize::from(width), "{row:?} at {width}");
            }
        }
    }

    #[test]
    fn help_knows_every_command() {
        let lines = help_lines(&Keymap::default());
        for spec in COMMANDS {
            assert!(lines.iter().any(
                |line| matches!(line, HelpLine::Entry { keys, .. } if keys.starts_with(&format!("/{}", spec.name)))
            ));
        }
    }
}

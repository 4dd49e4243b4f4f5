//! The look: one of ours by name, or `[themes.mine]` on top of one of them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::value::{Key, Value, Wrong, one_of, text, texts, wrong};
use crate::app::settings::{Base, Colour, LookChoice, Part};

const BASES: [(&str, Base); 6] = [
    ("auto", Base::Auto),
    ("dark", Base::Dark),
    ("light", Base::Light),
    ("high-contrast", Base::HighContrast),
    ("ansi16", Base::Ansi16),
    ("none", Base::None),
];

pub(super) fn theme(key: &Key<'_>, value: &Value<'_>, document: &DeTable<'_>) -> Result<LookChoice, Wrong> {
    let chosen = text(key, value)?;
    if let Some((_, base)) = BASES.iter().find(|(name, _)| *name == chosen) {
        return Ok(LookChoice { base: *base, ..LookChoice::default() });
    }
    let themes = document.get("themes").map(Spanned::get_ref);
    match themes.and_then(|themes| themes.get(chosen)).map(Spanned::get_ref) {
        Some(DeValue::Table(theme)) => custom(theme),
        _ => {
            let names: Vec<&str> = BASES.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            wrong(&value.span(), format!("theme: {chosen:?} is none of {names}, and there is no [themes.{chosen}]."))
        }
    }
}

/// A theme of the user's. One with a name of ours would never be seen.
pub(super) fn own(name: &Key<'_>, table: &DeTable<'_>) -> Result<LookChoice, Wrong> {
    let chosen = name.get_ref().as_ref();
    if BASES.iter().any(|(known, _)| *known == chosen) {
        return wrong(&name.span(), format!("themes.{chosen}: this is a theme already; give yours another name."));
    }
    custom(table)
}

fn custom(table: &DeTable<'_>) -> Result<LookChoice, Wrong> {
    let mut look = LookChoice::default();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if name == "base" {
            look.base = one_of(key, value, &BASES)?;
        } else if name == "authors" {
            for (text, span) in texts(key, value)? {
                look.authors.push(colour(name, text, &span)?);
            }
        } else if let Some((_, part)) = Part::NAMES.iter().find(|(known, _)| *known == name) {
            look.colours.push((*part, colour(name, text(key, value)?, &value.span())?));
        } else {
            let known: Vec<&str> = Part::NAMES.iter().map(|(known, _)| *known).collect();
            return wrong(&key.span(), format!("{name}: no such part; there are base, authors, {}.", known.join(", ")));
        }
    }
    Ok(look)
}

fn colour(key: &str, text: &str, span: &Range<usize>) -> Result<Colour, Wrong> {
    Colour::parse(text).map_or_else(
        || wrong(span, format!("{key}: {text:?} is no colour (\"#7aa2f7\", \"0\" to \"255\", \"bright-blue\").")),
        Ok,
    )
}

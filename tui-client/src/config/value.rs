//! A value of the file, as what it has to be; or what is wrong with it, and where.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong, and at which byte.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) what: String,
}

pub(super) type Key<'a> = Spanned<Cow<'a, str>>;
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

pub(super) fn wrong<T>(span: &Range<usize>, what: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { at: span.start, what: what.into() })
}

pub(super) fn table<'a, 'b>(key: &Key<'_>, value: &'b Value<'a>) -> Result<&'b DeTable<'a>, Wrong> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => wrong(&value.span(), format!("{}: this has to be a table, [{0}].", key.get_ref())),
    }
}

pub(super) fn text<'b>(key: &Key<'_>, value: &'b Value<'_>) -> Result<&'b str, Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        _ => wrong(&value.span(), format!("{}: this has to be a text in quotes.", key.get_ref())),
    }
}

pub(super) fn switch(key: &Key<'_>, value: &Value<'_>) -> Result<bool, Wrong> {
    match value.get_ref() {
        DeValue::Boolean(is_on) => Ok(*is_on),
        _ => wrong(&value.span(), format!("{}: this has to be true or false, without quotes.", key.get_ref())),
    }
}

/// A text, or a list of texts.
pub(super) fn texts<'b>(key: &Key<'_>, value: &'b Value<'_>) -> Result<Vec<(&'b str, Range<usize>)>, Wrong> {
    match value.get_ref() {
        DeValue::Array(list) => list.iter().map(|value| Ok((text(key, value)?, value.span()))).collect(),
        _ => Ok(vec![(text(key, value)?, value.span())]),
    }
}

pub(super) fn one_of<T: Copy>(key: &Key<'_>, value: &Value<'_>, choices: &[(&str, T)]) -> Result<T, Wrong> {
    let chosen = text(key, value)?;
    match choices.iter().find(|(name, _)| *name == chosen) {
        Some((_, choice)) => Ok(*choice),
        None => {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            wrong(&value.span(), format!("{}: {chosen:?} is none of {}.", key.get_ref(), names.join(", ")))
        }
    }
}

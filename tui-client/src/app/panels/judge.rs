//! How well names fit what was typed of them. Pure.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::app::text::fold_case;

/// How well names fit what was typed.
pub(super) struct Judge {
    query: String,
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Judge {
    pub(super) fn new(query: &str) -> Self {
        let pattern = Pattern::new(query, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
        Self { query: fold_case(query), pattern, matcher: Matcher::new(Config::DEFAULT), buffer: Vec::new() }
    }

    /// `None` where the characters are not in it, in order; else a key to sort by, the best first: what holds them in one
    /// piece comes before what has them scattered.
    fn rank(&mut self, name: &str) -> Option<(bool, Reverse<u32>, usize)> {
        let score = self.pattern.score(Utf32Str::new(name, &mut self.buffer), &mut self.matcher)?;
        Some((!fold_case(name).contains(&self.query), Reverse(score), name.len()))
    }

    pub(super) fn sorted<T>(&mut self, all: impl Iterator<Item = T>, name: impl Fn(&T) -> &str) -> Vec<T> {
        let mut fitting: Vec<_> = all.filter_map(|item| Some((self.rank(name(&item))?, item))).collect();
        fitting.sort_by_key(|(rank, _)| *rank);
        fitting.into_iter().map(|(_, item)| item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_fit_better_come_first() {
        let names = ["design", "random", "dev-ops", "ops", "open-space", "Ops-Alerts"];
        let sorted = Judge::new("ops").sorted(names.into_iter(), |name| name);
        assert_eq!(sorted, ["ops", "Ops-Alerts", "dev-ops", "open-space"]);
        assert_eq!(Judge::new("emile").sorted(["Émile", "emma"].into_iter(), |name| name), ["Émile"]);
    }
}

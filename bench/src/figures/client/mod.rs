//! The real client in a terminal.
//!
//! - `home`: its folders, its login, and a cache that is full
//! - `paint`: from a post to its frame, and at rest · `start`: the first frame · `room`: a long history · `flood`

mod flood;
mod home;
mod paint;
mod room;
mod start;

pub(super) use flood::flood;
pub(super) use paint::paint;
pub(super) use room::large_room;
pub(super) use start::first_frame;

use crate::dataset::Words;

/// The text of the n-th message: its number, and words. Numbers have the same length, so that none is part of another.
struct Texts(Words);

impl Texts {
    fn new() -> Self {
        Self(Words::new())
    }

    fn next(&mut self, number: u64) -> String {
        format!("{} {}", mark(number), self.0.text())
    }
}

/// The first word of a message's text.
fn mark(number: u64) -> String {
    format!("n{number:07}")
}

/// The numbers of the messages that are to be read on a screen.
fn marks(contents: &str) -> impl Iterator<Item = u64> {
    let words = contents.split([' ', '\n']);
    words.filter_map(|word| word.strip_prefix('n').filter(|digits| digits.len() == 7)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_again() {
        let mut texts = Texts::new();
        let screen = format!("│ 10:00 ann  {}\n│ 10:01 bob  {}", texts.next(3), texts.next(1_234_567));
        assert_eq!(marks(&screen).collect::<Vec<_>>(), [3, 1_234_567]);
    }
}

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

use anyhow::Result;

use crate::bench::Bench;
use crate::dataset::{Builder, Post, Words};
use crate::peers::Running;

/// Rooms of the client's cache.
const ROOMS: u64 = 200;

/// A server with so many messages in `general`, and in each of the other rooms.
fn world(bench: &Bench, of_general: u64, of_each: u64) -> Result<Running> {
    let dir = bench.places.folder()?;
    let builder = Builder::open(dir.path())?;
    let accounts = builder.accounts(10)?;
    let (general, others) = (builder.general(&accounts[0])?, ROOMS - 1);
    let rooms = builder.rooms(&accounts[0], others as usize)?;
    let mut texts = Texts::new();
    let post = |n: u64| Post { by: &accounts[(n % 10) as usize], room: general, body: texts.next(n) };
    builder.post((0..of_general).map(post))?;
    let mut texts = Texts::new();
    // By the one who has made them, and is in all of them.
    let post = |n: u64| Post { by: &accounts[0], room: rooms[(n % others) as usize], body: texts.next(n) };
    builder.post((0..of_each * others).map(post))?;
    drop(builder);
    Running::ours(dir, &bench.places)
}

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

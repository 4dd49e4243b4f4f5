//! A hit of a search as rows: where, when and who; and the text around the first match. Pure.

use chat_shared::Message;

use crate::app::rooms::room::Room;
use crate::app::state::State;
use crate::app::text::highlight::hits;
use crate::app::text::row::{Role, Row, Span};
use crate::app::text::{name_hash, truncate, width};

impl State {
    /// A hit as two rows: where, when and who; and the text around the first match.
    pub(crate) fn hit_rows(&self, hit: &Message, columns: usize) -> [Row; 2] {
        let title = self.rooms.get(hit.room).map(Room::title).unwrap_or_default();
        let day = self.clock.day_name(self.clock.day(hit.at), self.now.at);
        let when = format!("{day} {}  ", self.clock.time(hit.at));
        let mut head = Row::default();
        let mut left = columns;
        let author = Role::Author(name_hash(&hit.name));
        for (text, role) in [(&when, Role::Time), (&hit.name, author), (&format!("  {title}"), Role::Dim)] {
            let shown = truncate(text, left);
            left -= width(&shown);
            head.push(shown, role);
        }
        [head, snippet(&hit.body, &self.words, columns.saturating_sub(2))]
    }
}

/// One line of a text, so cut that its first match can be seen, with the matches marked.
fn snippet(body: &str, words: &[String], columns: usize) -> Row {
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = hits(&line, words).first().map_or(0, |range| range.start);
    let before = &line[..first];
    // Some words before the match, when all that comes before it would push it out.
    let start = if width(before) <= columns / 2 {
        0
    } else {
        let near = before.char_indices().rev().nth(columns / 4).map_or(0, |(at, _)| at);
        before[near..].find(' ').map_or(near, |space| near + space + 1)
    };
    let ellipsis = if start > 0 { "…" } else { "" };
    let shown = truncate(&format!("{ellipsis}{}", &line[start..]), columns);
    let mut row = Row::default();
    row.spans.push(Span::new(shown, Role::Plain));
    let mut rows = [row];
    crate::app::text::highlight::mark(&mut rows, words);
    let [row] = rows;
    row
}

//! The first-run screen.

use super::canvas::Canvas;
use crate::app::State;
use crate::app::geometry::Area;
use crate::app::input::keymap::Action;
use crate::app::login::{Field, Login};
use crate::app::text::wrap::wrap_text;
use crate::app::text::{truncate, width};

const LABEL_WIDTH: u16 = 11;
const WIDTH: u16 = 64;
/// With as many rows for what went wrong.
const HEIGHT: u16 = 13;
const MESSAGE_ROWS: u16 = 2;

/// Gives the cursor's place.
pub(super) fn draw(state: &State, login: &Login, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    let screen = Area::new(0, 0, state.width, state.height);
    let columns = usize::from(screen.width.min(WIDTH).saturating_sub(6));
    let message: Vec<&str> = login.error.as_deref().map(|error| rows_of(error, columns)).unwrap_or_default();
    let more = u16::try_from(message.len()).unwrap_or(u16::MAX).saturating_sub(MESSAGE_ROWS);
    // A new account's password is typed twice.
    let height = HEIGHT + u16::from(login.register);
    let area = screen.centred(WIDTH, height.saturating_add(more));
    // On a sliver of a screen the form itself matters more than its border.
    let is_boxed = screen.width >= 30 && screen.height >= height;
    let inner = if is_boxed {
        canvas.frame(area, &state.server, canvas.theme.border);
        let inner = area.inner();
        Area::new(inner.x + 2, inner.y + 1, inner.width.saturating_sub(4), inner.height - 1)
    } else {
        area
    };
    let mut form = Form { area: inner, y: inner.y, canvas };
    if is_boxed {
        let title = if login.register { "Make a new account" } else { "Log in with your account" };
        form.line(title, form.canvas.theme.heading);
        form.y += 1;
    }
    let name = form.field("Name", login.name.text(), login.field == Field::Name);
    let password = form.field("Password", &dots(login.password_chars()), login.field == Field::Password);
    let again =
        login.register.then(|| form.field("Again", &dots(login.again_chars()), login.field == Field::Again)).flatten();
    let mode = match (login.register, inner.width > LABEL_WIDTH + 25) {
        (true, true) => "( ) log in   (•) register",
        (false, true) => "(•) log in   ( ) register",
        // Half of it would say the wrong thing.
        (true, false) => "register",
        (false, false) => "log in",
    };
    let choice = form.field("I want to", mode, login.field == Field::Mode);
    form.y += u16::from(is_boxed);
    let keys = inner.y + inner.height.saturating_sub(if is_boxed { 2 } else { 0 });
    match login.is_busy {
        true => form.line("one moment …", form.canvas.theme.warn),
        false => form.message(&message, usize::from(keys.saturating_sub(form.y))),
    }
    if is_boxed {
        form.y = keys;
        let key = |action| state.settings.keys.key_for(action);
        let [enter, tab, toggle] = [Action::Submit, Action::NextField, Action::ToggleRegister].map(key);
        let hints = format!("{enter} goes on   {tab} next field   {toggle} log in/register");
        form.line(&hints, form.canvas.theme.dim);
        form.line(&format!("{} quits", key(Action::Quit)), form.canvas.theme.dim);
    }
    match login.field {
        _ if login.is_busy => None,
        Field::Name => {
            let before = login.name.text().get(..login.name.cursor()).unwrap_or_default();
            name.map(|(x, y, room)| (x + u16::try_from(width(before)).unwrap_or(u16::MAX).min(room), y))
        }
        Field::Password => password.map(|place| behind(login.password_chars(), place)),
        Field::Again => again.map(|place| behind(login.again_chars(), place)),
        Field::Mode => choice.map(|(x, y, _)| (x, y)),
    }
}

/// What stands for a password of so many characters.
fn dots(chars: usize) -> String {
    "•".repeat(chars)
}

/// The cursor's place behind so many dots.
fn behind(chars: usize, (x, y, room): (u16, u16, u16)) -> (u16, u16) {
    (x + u16::try_from(chars).unwrap_or(u16::MAX).min(room), y)
}

/// Rows from top to bottom.
struct Form<'a, 'b> {
    area: Area,
    y: u16,
    canvas: &'a mut Canvas<'b>,
}

impl Form<'_, '_> {
    fn has_space(&self) -> bool {
        self.y < self.area.y + self.area.height
    }

    fn line(&mut self, text: &str, style: ratatui::style::Style) {
        if self.has_space() {
            let text = truncate(text, usize::from(self.area.width));
            self.canvas.put(self.area.x, self.y, self.area.width, &text, style);
            self.y += 1;
        }
    }

    /// A label and its value; gives where the value begins, and how far the cursor may go.
    fn field(&mut self, label: &str, value: &str, is_current: bool) -> Option<(u16, u16, u16)> {
        if !self.has_space() {
            return None;
        }
        let label_width = LABEL_WIDTH.min(self.area.width / 2);
        let style = if is_current { self.canvas.theme.accent } else { self.canvas.theme.dim };
        self.canvas.put(self.area.x, self.y, label_width.saturating_sub(1), label, style);
        let (x, room) = (self.area.x + label_width, self.area.width - label_width);
        // The end of a long value is the part that is being typed.
        let mut shown = value;
        while width(shown) >= usize::from(room.max(1)) {
            let first = shown.chars().next().map_or(0, char::len_utf8);
            shown = &shown[first..];
        }
        self.canvas.put(x, self.y, room, shown, self.canvas.theme.text);
        self.y += 1;
        Some((x, self.y - 1, room.saturating_sub(1)))
    }

    /// What went wrong, in as many rows as there are.
    fn message(&mut self, rows: &[&str], space: usize) {
        for (left, row) in (0..space).rev().zip(rows) {
            let is_cut = left == 0 && rows.len() > space;
            let cut = || format!("{}…", truncate(row, usize::from(self.area.width.saturating_sub(1))));
            let shown = if is_cut { cut() } else { (*row).to_owned() };
            self.line(&shown, self.canvas.theme.bad);
        }
    }
}

fn rows_of(text: &str, columns: usize) -> Vec<&str> {
    wrap_text(text, columns).into_iter().map(|row| text[row].trim_end()).collect()
}

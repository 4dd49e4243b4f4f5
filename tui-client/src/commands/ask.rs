//! A question on the terminal whose answer is not shown.

use std::io::{self, Write as _};

use chat_shared::limit::PASSWORD_MAX_BYTES;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::{event, terminal};
use zeroize::Zeroizing;

/// What a key does to the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    More,
    Done,
    GivenUp,
}

/// The terminal in raw mode, until this is dropped: nothing that is typed is shown.
struct Hidden;

impl Hidden {
    fn begin() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // There is nobody to tell, and nothing else to try.
        let _ = terminal::disable_raw_mode();
        let _ = writeln!(io::stderr());
    }
}

/// Asks for a password; nothing of it is shown. It goes on standard error, where a pipe does not take it.
///
/// # Errors
/// Where the terminal cannot be read, or the user gave up.
pub(super) fn password(question: &str) -> io::Result<Zeroizing<String>> {
    // Before it is asked, so that not even the first key is shown.
    let _hidden = Hidden::begin()?;
    let mut stderr = io::stderr();
    write!(stderr, "{question}: ")?;
    stderr.flush()?;
    // As long as it can become, so that no smaller piece of memory is left behind with a part of it.
    let mut answer = Zeroizing::new(String::with_capacity(PASSWORD_MAX_BYTES));
    loop {
        match event::read()? {
            Event::Key(key) => match press(&mut answer, key) {
                Step::More => {}
                Step::Done => return Ok(answer),
                Step::GivenUp => return Err(io::Error::new(io::ErrorKind::Interrupted, "you gave it up")),
            },
            Event::Paste(text) => text.chars().filter(|c| !c.is_control()).for_each(|c| push(&mut answer, c)),
            _ => {}
        }
    }
}

fn press(answer: &mut Zeroizing<String>, key: KeyEvent) -> Step {
    let has_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        _ if key.kind == KeyEventKind::Release => {}
        KeyCode::Enter => return Step::Done,
        KeyCode::Char('j' | 'm') if has_ctrl => return Step::Done,
        KeyCode::Char('c') if has_ctrl => return Step::GivenUp,
        KeyCode::Char('d') if has_ctrl && answer.is_empty() => return Step::GivenUp,
        KeyCode::Char('u') if has_ctrl => answer.clear(),
        KeyCode::Char('h') if has_ctrl => drop(answer.pop()),
        KeyCode::Backspace => drop(answer.pop()),
        KeyCode::Char(c) if !has_ctrl && !c.is_control() => push(answer, c),
        _ => {}
    }
    Step::More
}

/// What no password has room for is left out.
fn push(answer: &mut Zeroizing<String>, c: char) {
    if answer.len() + c.len_utf8() <= PASSWORD_MAX_BYTES {
        answer.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_make_the_answer() {
        let mut answer = Zeroizing::new(String::new());
        let mut type_in = |keys: &[KeyEvent]| {
            let last = keys.iter().map(|key| press(&mut answer, *key)).last();
            (last, answer.to_string())
        };
        let plain = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        assert_eq!(type_in(&[ctrl('d')]).0, Some(Step::GivenUp));
        assert_eq!(type_in(&[plain('a'), plain('é'), plain('x'), key(KeyCode::Backspace)]).1, "aé");
        assert_eq!(type_in(&[ctrl('d'), ctrl('x'), key(KeyCode::Tab)]), (Some(Step::More), "aé".into()));
        assert_eq!(type_in(&[ctrl('u'), plain('b'), key(KeyCode::Enter)]), (Some(Step::Done), "b".into()));
        assert_eq!(type_in(&[ctrl('c')]).0, Some(Step::GivenUp));
    }

    #[test]
    fn no_answer_outgrows_a_password() {
        let mut answer = Zeroizing::new(String::new());
        (0..PASSWORD_MAX_BYTES + 5).for_each(|_| push(&mut answer, 'é'));
        assert_eq!(answer.len(), PASSWORD_MAX_BYTES);
    }
}

//! The first-run screen: log in, or register. Pure.

use crossterm::event::{KeyCode, KeyEvent};
use zeroize::Zeroizing;

use chat_shared::ErrorCode;
use chat_shared::limit::{PASSWORD_MAX_BYTES, PASSWORD_MIN_BYTES};

use super::effect::{Effect, Password};
use super::input::keymap::{Action, Context, Keymap};
use super::writing::editor::{Editor, Motion};
use crate::failure::{Failure, FailureKind};

/// The parts of the form, in the order of Tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Field {
    #[default]
    Name,
    Password,
    /// The password of a new account a second time: nobody sees what they type.
    Again,
    Mode,
}

/// The form.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) field: Field,
    pub(crate) name: Editor,
    /// Never shown and wiped when dropped. It is given all its room at once, so that growing leaves no copies behind.
    password: Zeroizing<String>,
    again: Zeroizing<String>,
    pub(crate) register: bool,
    /// A request is on its way: nothing can be sent twice.
    pub(crate) is_busy: bool,
    pub(crate) error: Option<String>,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            field: Field::Name,
            name: Editor::default(),
            password: unwritten(),
            again: unwritten(),
            register: false,
            is_busy: false,
            error: None,
        }
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("name", &self.name.text())
            .field("register", &self.register)
            .finish_non_exhaustive()
    }
}

impl Login {
    /// The form with a name in it, if there is one: what is left is the password.
    pub(crate) fn of(name: &str) -> Self {
        let mut form = Self::default();
        form.insert(name);
        if !form.name.is_empty() {
            form.field = Field::Password;
        }
        form
    }

    /// The form for somebody who is known, with a reason for being there.
    pub(crate) fn because(reason: String, name: &str) -> Self {
        Self { error: Some(reason), ..Self::of(name) }
    }

    /// How many dots stand for the password.
    pub(crate) fn password_chars(&self) -> usize {
        self.password.chars().count()
    }

    /// The same where it is typed a second time.
    pub(crate) fn again_chars(&self) -> usize {
        self.again.chars().count()
    }

    /// Handles a key of the form. The caller has handled those that work everywhere.
    pub(crate) fn key(&mut self, key: KeyEvent, keys: &Keymap) -> Option<Effect> {
        match keys.lookup(&[Context::Login], key) {
            Some(Action::NextField) => self.step(false),
            Some(Action::PreviousField) => self.step(true),
            Some(Action::ToggleRegister) => self.toggle(),
            Some(Action::Submit) => return self.submit(),
            Some(action) => self.edit(action),
            None => self.type_key(key),
        }
        None
    }

    fn type_key(&mut self, key: KeyEvent) {
        match (key.code, self.field) {
            (KeyCode::Char(' ') | KeyCode::Left | KeyCode::Right, Field::Mode) => self.toggle(),
            (KeyCode::Char(c), _) if super::input::keymap::is_text(key) => self.insert(c.encode_utf8(&mut [0; 4])),
            _ => {}
        }
    }

    /// Text that was typed or pasted into the current field.
    pub(crate) fn insert(&mut self, text: &str) {
        if self.is_busy {
            return;
        }
        // A password is taken as it is; it never reaches the screen.
        let line = text.split(['\r', '\n']).next().unwrap_or_default();
        match self.field {
            Field::Name => self.name.insert(&super::text::clean_short(line, 64)),
            Field::Password => push(&mut self.password, line),
            Field::Again => push(&mut self.again, line),
            Field::Mode => {}
        }
    }

    fn edit(&mut self, action: Action) {
        match (self.field, action) {
            (Field::Name, Action::Move(motion)) => self.name.go(motion),
            (Field::Name, Action::Delete(motion)) => self.name.delete(motion),
            (Field::Name, Action::Kill(motion)) => self.name.kill(motion),
            (Field::Password, Action::Delete(Motion::Left)) => drop(self.password.pop()),
            (Field::Password, Action::Kill(_)) => self.password.clear(),
            (Field::Again, Action::Delete(Motion::Left)) => drop(self.again.pop()),
            (Field::Again, Action::Kill(_)) => self.again.clear(),
            (Field::Mode, Action::Move(_)) => self.toggle(),
            _ => {}
        }
    }

    fn toggle(&mut self) {
        if !self.is_busy {
            self.register = !self.register;
            self.error = None;
            if self.field == Field::Again {
                self.field = Field::Password;
            }
        }
    }

    /// To the next field, or the one before.
    fn step(&mut self, back: bool) {
        let order: &[Field] = if self.register {
            &[Field::Name, Field::Password, Field::Again, Field::Mode]
        } else {
            &[Field::Name, Field::Password, Field::Mode]
        };
        let at = order.iter().position(|field| *field == self.field).unwrap_or(0);
        self.field = order[(at + if back { order.len() - 1 } else { 1 }) % order.len()];
    }

    fn submit(&mut self) -> Option<Effect> {
        if self.is_busy {
            return None;
        }
        let name = self.name.text().trim().to_owned();
        if name.is_empty() {
            self.field = Field::Name;
            self.error = Some("Enter a name.".into());
            return None;
        }
        if self.password.is_empty() {
            // Enter in the name's field goes on to the next one; only there it is a mistake.
            self.error = (self.field != Field::Name).then(|| "Enter a password.".into());
            self.field = Field::Password;
            return None;
        }
        if self.register && self.password.len() < PASSWORD_MIN_BYTES {
            self.field = Field::Password;
            self.error = Some(format!("A password has at least {PASSWORD_MIN_BYTES} characters."));
            return None;
        }
        if self.register && !self.is_same_again() {
            return None;
        }
        self.is_busy = true;
        self.error = None;
        let password = Password::new(self.password.as_str().to_owned());
        Some(Effect::Authenticate { name, password, register: self.register })
    }

    /// Whether the password of a new account was typed twice. Which of two is the wrong one nobody can see: both are typed anew.
    fn is_same_again(&mut self) -> bool {
        if self.again.is_empty() {
            // As with the password itself, Enter goes on to it.
            self.error = (self.field == Field::Again).then(|| "Type the password a second time.".into());
            self.field = Field::Again;
            return false;
        }
        let is_same = self.password == self.again;
        if !is_same {
            self.password.clear();
            self.again.clear();
            self.field = Field::Password;
            self.error = Some("These were two different passwords. Type it twice, please.".into());
        }
        is_same
    }

    /// The request failed: says why, and lets the user try again.
    pub(crate) fn failed(&mut self, failure: &Failure, server: &str, keys: &Keymap) {
        let toggle = keys.key_for(Action::ToggleRegister);
        self.is_busy = false;
        let message = super::text::clean_line(&failure.message);
        self.error = Some(match failure.kind {
            FailureKind::NoAnswer => {
                let which = if message.contains(server) { String::new() } else { format!("{server}: ") };
                format!("{which}{message} Is the server running? Another one: chat-tui --server URL")
            }
            // These words say which server it is.
            FailureKind::NotUnderstood => message,
            FailureKind::Refused(ErrorCode::WrongCredentials) => {
                self.password.clear();
                self.again.clear();
                self.field = Field::Password;
                format!("No such name, or not its password. New here? {toggle} registers.")
            }
            FailureKind::Refused(ErrorCode::NameTaken) => {
                self.field = Field::Name;
                format!("This name is taken. Is it yours? {toggle} logs in.")
            }
            FailureKind::Refused(ErrorCode::RegistrationClosed) => "This server takes no new accounts.".into(),
            FailureKind::Refused(ErrorCode::InviteRequired) => "A new account needs an invite on this server.".into(),
            FailureKind::Refused(_) => message,
        });
    }
}

/// A password that has all its room.
fn unwritten() -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(PASSWORD_MAX_BYTES))
}

/// What no password has room for is left out.
fn push(password: &mut Zeroizing<String>, line: &str) {
    if password.len() + line.len() <= PASSWORD_MAX_BYTES {
        password.push_str(line);
    }
}

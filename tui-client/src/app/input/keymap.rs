//! Which key does what: one table, which is looked up when a key is pressed and printed by the help screen. Pure.

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::chord::Chord;
use crate::app::writing::editor::Motion;

/// Where a binding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// On every screen.
    Everywhere,
    /// While chatting.
    Chat,
    /// While the composer is empty.
    EmptyComposer,
    /// While writing.
    Composer,
    /// While a message is selected.
    Selection,
    /// In a list or a text on top of the chat.
    Overlay,
    /// When it is asked whether something is really meant.
    Question,
    /// On the first-run screen.
    Login,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Quit,
    Suspend,
    Redraw,
    Help,
    NextRoom,
    PreviousRoom,
    NextUnread,
    /// To the "new" rule of the open room.
    FirstNew,
    /// Another place for the open room among the favourites.
    FavouriteUp,
    FavouriteDown,
    /// Back to where one was.
    LastRoom,
    /// The digit of the key says which one.
    NthRoom,
    Switcher,
    Search,
    /// What the program has said of late.
    Notices,
    /// Nothing but messages, and the mouse for the terminal.
    SelectText,
    NextHit,
    PreviousHit,
    PageUp,
    PageDown,
    Oldest,
    Newest,
    Send,
    NewLine,
    Complete,
    CompleteBack,
    /// Leaves what one is in the middle of; with nothing to leave, selects a message.
    Escape,
    SelectLastOwn,
    RowUp,
    RowDown,
    Move(Motion),
    Delete(Motion),
    Kill(Motion),
    KillToWhiteSpace,
    Yank,
    Undo,
    Redo,
    /// What was sent before, and after that.
    Older,
    Newer,
    ExternalEditor,
    SelectUp,
    SelectDown,
    Reply,
    Edit,
    DeleteOrDiscard,
    React,
    Copy,
    CopyCode,
    OpenLink,
    JumpToReplied,
    Thread,
    EarlierTexts,
    MarkUnread,
    LeaveSelection,
    Close,
    Accept,
    Confirm,
    ItemUp,
    ItemDown,
    NextField,
    PreviousField,
    ToggleRegister,
    Submit,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) context: Context,
    pub(crate) chords: Cow<'static, [Chord]>,
    pub(crate) action: Action,
    /// For the help screen; bindings without it are aliases that nobody needs to read about.
    pub(crate) help: &'static str,
}

const fn key(code: KeyCode) -> Chord {
    Chord(KeyModifiers::NONE, code)
}

const fn char(c: char) -> Chord {
    key(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Chord {
    Chord(KeyModifiers::CONTROL, KeyCode::Char(c))
}

const fn alt(c: char) -> Chord {
    Chord(KeyModifiers::ALT, KeyCode::Char(c))
}

const fn with(modifiers: KeyModifiers, code: KeyCode) -> Chord {
    Chord(modifiers, code)
}

macro_rules! bindings {
    ($($context:ident: [$($chord:expr),+ $(,)?] => $action:expr, $help:expr;)+) => {
        &[$(Binding { context: Context::$context, chords: Cow::Borrowed(&[$($chord),+]), action: $action, help: $help }),+]
    };
}

/// The table. Within one context, the first row that fits a key counts.
pub(crate) const BINDINGS: &[Binding] = bindings! {
    Everywhere: [ctrl('c')] => Action::Quit, "quit";
    Everywhere: [ctrl('z')] => Action::Suspend, "suspend, back to the shell";
    Everywhere: [ctrl('l')] => Action::Redraw, "redraw the screen; offline, connect now";
    Chat: [key(KeyCode::F(1))] => Action::Help, "this help";
    EmptyComposer: [char('?')] => Action::Help, "this help, on an empty line";
    Chat: [alt('a')] => Action::NextUnread, "next unread, mentions and people first";
    Chat: [alt('u')] => Action::FirstNew, "where the new messages of this room begin";
    Chat: [ctrl('n'), with(KeyModifiers::ALT, KeyCode::Down)] => Action::NextRoom, "next room (order: sort in config.toml)";
    Chat: [ctrl('p'), with(KeyModifiers::ALT, KeyCode::Up)] => Action::PreviousRoom, "previous room";
    Chat: [with(KeyModifiers::ALT.union(KeyModifiers::SHIFT), KeyCode::Up)] => Action::FavouriteUp, "move this favourite up";
    Chat: [with(KeyModifiers::ALT.union(KeyModifiers::SHIFT), KeyCode::Down)] => Action::FavouriteDown, "and down (/favourite makes one)";
    Chat: [alt('`')] => Action::LastRoom, "back to the room before";
    Chat: [alt('1'), alt('2'), alt('3'), alt('4'), alt('5'), alt('6'), alt('7'), alt('8'), alt('9')]
        => Action::NthRoom, "the first to ninth room";
    Chat: [ctrl('k')] => Action::Switcher, "jump to a room or a person";
    Chat: [ctrl('f')] => Action::Search, "search, here at once and everywhere";
    Chat: [key(KeyCode::F(2))] => Action::SelectText, "only the text, to select it with the mouse";
    Chat: [alt('m')] => Action::Notices, "what the program has said of late";
    Chat: [key(KeyCode::PageUp)] => Action::PageUp, "a page up";
    Chat: [key(KeyCode::PageDown)] => Action::PageDown, "a page down";
    EmptyComposer: [key(KeyCode::Home)] => Action::Oldest, "the oldest loaded message (loads more)";
    EmptyComposer: [key(KeyCode::End)] => Action::Newest, "the newest message";
    Chat: [with(KeyModifiers::CONTROL, KeyCode::Home)] => Action::Oldest, "the same while writing";
    Chat: [with(KeyModifiers::CONTROL, KeyCode::End)] => Action::Newest, "the same while writing";
    EmptyComposer: [key(KeyCode::Up)] => Action::SelectLastOwn, "select my last message";
    Composer: [key(KeyCode::Enter)] => Action::Send, "send";
    Composer: [with(KeyModifiers::ALT, KeyCode::Enter), with(KeyModifiers::SHIFT, KeyCode::Enter), ctrl('j')]
        => Action::NewLine, "a new line";
    Composer: [key(KeyCode::Tab)] => Action::Complete, "complete a name, #room, :emoji: or /command";
    Composer: [key(KeyCode::BackTab)] => Action::CompleteBack, "the one before, of several";
    Composer: [key(KeyCode::Esc)] => Action::Escape, "cancel a reply or an edit; select messages";
    Composer: [key(KeyCode::Up)] => Action::RowUp, "";
    Composer: [key(KeyCode::Down)] => Action::RowDown, "";
    Composer: [key(KeyCode::Left), ctrl('b')] => Action::Move(Motion::Left), "";
    Composer: [key(KeyCode::Right)] => Action::Move(Motion::Right), "";
    Composer: [alt('b'), with(KeyModifiers::CONTROL, KeyCode::Left), with(KeyModifiers::ALT, KeyCode::Left)]
        => Action::Move(Motion::WordLeft), "a word left";
    Composer: [alt('f'), with(KeyModifiers::CONTROL, KeyCode::Right), with(KeyModifiers::ALT, KeyCode::Right)]
        => Action::Move(Motion::WordRight), "a word right";
    Composer: [ctrl('a'), key(KeyCode::Home)] => Action::Move(Motion::LineStart), "start of the line";
    Composer: [ctrl('e'), key(KeyCode::End)] => Action::Move(Motion::LineEnd), "end of the line";
    Composer: [key(KeyCode::Backspace), ctrl('h'), with(KeyModifiers::SHIFT, KeyCode::Backspace)]
        => Action::Delete(Motion::Left), "";
    Composer: [key(KeyCode::Delete), ctrl('d')] => Action::Delete(Motion::Right), "";
    Composer: [alt('d')] => Action::Kill(Motion::WordRight), "cut the word to the right";
    Composer: [with(KeyModifiers::ALT, KeyCode::Backspace), with(KeyModifiers::CONTROL, KeyCode::Backspace)]
        => Action::Kill(Motion::WordLeft), "cut the word to the left";
    Composer: [ctrl('w')] => Action::KillToWhiteSpace, "cut back to white space";
    Composer: [ctrl('u')] => Action::Kill(Motion::LineStart), "cut to the start of the line, then all";
    Composer: [ctrl('k')] => Action::Kill(Motion::LineEnd), "cut to the end of the line (while writing)";
    Composer: [ctrl('y')] => Action::Yank, "put back what was cut";
    Composer: [ctrl('_'), ctrl('7'), ctrl('/')] => Action::Undo, "undo";
    Composer: [alt('_'), alt('/')] => Action::Redo, "redo";
    Composer: [alt('p'), with(KeyModifiers::CONTROL, KeyCode::Up)] => Action::Older, "what was sent before";
    Composer: [alt('n'), with(KeyModifiers::CONTROL, KeyCode::Down)] => Action::Newer, "what was sent after that";
    Composer: [ctrl('o')] => Action::ExternalEditor, "write in $VISUAL or $EDITOR";
    Selection: [char('k'), key(KeyCode::Up)] => Action::SelectUp, "up";
    Selection: [char('j'), key(KeyCode::Down)] => Action::SelectDown, "down";
    Selection: [char('r')] => Action::Reply, "reply (or send again what failed)";
    Selection: [char('e')] => Action::Edit, "edit";
    Selection: [char('d'), key(KeyCode::Delete)] => Action::DeleteOrDiscard, "delete (or give up what failed)";
    Selection: [char('+')] => Action::React, "react";
    Selection: [char('y')] => Action::Copy, "copy";
    Selection: [char('Y')] => Action::CopyCode, "copy its code blocks";
    Selection: [char('o')] => Action::OpenLink, "open its link";
    Selection: [key(KeyCode::Enter)] => Action::Thread, "its conversation";
    Selection: [char('g')] => Action::JumpToReplied, "go to what it answers";
    Selection: [char('h')] => Action::EarlierTexts, "what it said before it was edited";
    Selection: [char('u')] => Action::MarkUnread, "mark unread from here";
    Selection: [char('n')] => Action::NextHit, "the next place that the search found";
    Selection: [char('N')] => Action::PreviousHit, "the one before";
    Selection: [key(KeyCode::Home)] => Action::Oldest, "";
    Selection: [key(KeyCode::End)] => Action::Newest, "";
    Selection: [char('?')] => Action::Help, "";
    Selection: [key(KeyCode::Esc), char('q')] => Action::LeaveSelection, "back to writing";
    Overlay: [key(KeyCode::Esc), key(KeyCode::F(1))] => Action::Close, "close";
    Overlay: [key(KeyCode::Enter)] => Action::Accept, "take or search; where there is nothing to take, close";
    Overlay: [key(KeyCode::Up), ctrl('p'), ctrl('k')] => Action::ItemUp, "up";
    Overlay: [key(KeyCode::Down), ctrl('n'), ctrl('j'), key(KeyCode::Tab)] => Action::ItemDown, "down";
    Overlay: [key(KeyCode::PageUp)] => Action::PageUp, "a page up";
    Overlay: [key(KeyCode::PageDown)] => Action::PageDown, "a page down";
    Overlay: [key(KeyCode::Left), ctrl('b')] => Action::Move(Motion::Left), "";
    Overlay: [key(KeyCode::Right), ctrl('f')] => Action::Move(Motion::Right), "";
    Overlay: [alt('b'), with(KeyModifiers::CONTROL, KeyCode::Left), with(KeyModifiers::ALT, KeyCode::Left)]
        => Action::Move(Motion::WordLeft), "";
    Overlay: [alt('f'), with(KeyModifiers::CONTROL, KeyCode::Right), with(KeyModifiers::ALT, KeyCode::Right)]
        => Action::Move(Motion::WordRight), "";
    Overlay: [key(KeyCode::Home), ctrl('a')] => Action::Move(Motion::LineStart), "the start of what is typed, or the first";
    Overlay: [key(KeyCode::End), ctrl('e')] => Action::Move(Motion::LineEnd), "its end, or the last";
    Overlay: [key(KeyCode::Backspace), ctrl('h'), with(KeyModifiers::SHIFT, KeyCode::Backspace)]
        => Action::Delete(Motion::Left), "";
    Overlay: [key(KeyCode::Delete), ctrl('d')] => Action::Delete(Motion::Right), "";
    Overlay: [alt('d')] => Action::Kill(Motion::WordRight), "";
    Overlay: [with(KeyModifiers::ALT, KeyCode::Backspace), with(KeyModifiers::CONTROL, KeyCode::Backspace)]
        => Action::Kill(Motion::WordLeft), "";
    Overlay: [ctrl('w')] => Action::KillToWhiteSpace, "";
    Overlay: [ctrl('u')] => Action::Kill(Motion::LineStart), "";
    Overlay: [ctrl('y')] => Action::Yank, "";
    Overlay: [ctrl('_'), ctrl('7'), ctrl('/')] => Action::Undo, "";
    Overlay: [alt('_'), alt('/')] => Action::Redo, "";
    Question: [char('y'), char('Y')] => Action::Confirm, "yes, delete it; every other key means no";
    Login: [key(KeyCode::Tab), key(KeyCode::Down)] => Action::NextField, "the next field";
    Login: [key(KeyCode::BackTab), key(KeyCode::Up)] => Action::PreviousField, "the field before";
    Login: [ctrl('r')] => Action::ToggleRegister, "log in, or make an account";
    Login: [key(KeyCode::Enter)] => Action::Submit, "go on";
    Login: [key(KeyCode::Left), ctrl('b')] => Action::Move(Motion::Left), "";
    Login: [key(KeyCode::Right), ctrl('f')] => Action::Move(Motion::Right), "";
    Login: [key(KeyCode::Home), ctrl('a')] => Action::Move(Motion::LineStart), "";
    Login: [key(KeyCode::End), ctrl('e')] => Action::Move(Motion::LineEnd), "";
    Login: [key(KeyCode::Backspace), ctrl('h')] => Action::Delete(Motion::Left), "";
    Login: [key(KeyCode::Delete), ctrl('d')] => Action::Delete(Motion::Right), "";
    Login: [ctrl('u')] => Action::Kill(Motion::LineStart), "";
    Login: [ctrl('w')] => Action::Kill(Motion::WordLeft), "";
};

/// The table as the user wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keymap(Vec<Binding>);

impl Default for Keymap {
    fn default() -> Self {
        Self(BINDINGS.to_vec())
    }
}

impl Keymap {
    pub(crate) fn bindings(&self) -> &[Binding] {
        &self.0
    }

    /// What a key does in the first of these contexts that knows it.
    pub(crate) fn lookup(&self, contexts: &[Context], key: KeyEvent) -> Option<Action> {
        let pressed = Chord::of(key);
        contexts.iter().find_map(|context| {
            let fits = |binding: &&Binding| binding.context == *context && binding.chords.contains(&pressed);
            self.0.iter().find(fits).map(|binding| binding.action)
        })
    }

    /// The first key for an action, for hints.
    pub(crate) fn key_for(&self, action: Action) -> String {
        let chord = self.0.iter().filter(|b| b.action == action).find_map(|b| b.chords.first());
        chord.map_or_else(String::new, ToString::to_string)
    }

    /// Gives actions other keys, in every context that knows them. Other actions lose these keys there.
    ///
    /// # Errors
    /// Which of the changes cannot be, by its index, and why.
    pub(crate) fn rebind(&mut self, changes: &[(Action, Vec<Chord>)]) -> Result<(), (usize, String)> {
        for (index, (action, chords)) in changes.iter().enumerate() {
            for at in 0..self.0.len() {
                if self.0[at].action != *action {
                    continue;
                }
                let context = self.0[at].context;
                if !matches!(context, Context::Selection | Context::EmptyComposer | Context::Question)
                    && let Some(text) = chords.iter().find(|chord| chord.is_text())
                {
                    return Err((
                        index,
                        format!("{text} alone writes a character; add Ctrl or Alt, or take another key."),
                    ));
                }
                if *action == Action::NthRoom && !chords.iter().all(|chord| chord.is_digit()) {
                    return Err((index, "these keys have to be digits from 1 to 9, with Ctrl or Alt.".into()));
                }
                self.take_away(context, *action, chords, &changes[..index]).map_err(|problem| (index, problem))?;
                self.0[at].chords = Cow::Owned(chords.clone());
            }
        }
        Ok(())
    }

    /// The keys are somebody else's from now on, unless the user wanted them there, too.
    fn take_away(
        &mut self,
        context: Context,
        action: Action,
        chords: &[Chord],
        wanted: &[(Action, Vec<Chord>)],
    ) -> Result<(), String> {
        for other in self.0.iter_mut().filter(|other| other.context == context && other.action != action) {
            let Some(both) = chords.iter().find(|chord| other.chords.contains(chord)) else { continue };
            if wanted.iter().any(|(action, _)| *action == other.action) {
                return Err(format!("{both} is taken already by {}.", name(other.action)));
            }
            let kept: Vec<Chord> = other.chords.iter().filter(|chord| !chords.contains(chord)).copied().collect();
            other.chords = Cow::Owned(kept);
        }
        Ok(())
    }
}

/// An action's name in the file: `next-room`, `kill-line-end`.
pub(crate) fn name(action: Action) -> String {
    let mut name = String::new();
    for c in format!("{action:?}").chars().filter(char::is_ascii_alphanumeric) {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// All actions that have keys, each once, in the order of the table.
pub(crate) fn actions() -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    for binding in BINDINGS {
        if !actions.contains(&binding.action) {
            actions.push(binding.action);
        }
    }
    actions
}

/// Whether a key writes its character. (AltGr arrives as Ctrl+Alt on some systems.)
pub(crate) fn is_text(key: KeyEvent) -> bool {
    let command = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
    matches!(key.code, KeyCode::Char(c) if !c.is_control())
        && (command.is_empty() || command == KeyModifiers::CONTROL | KeyModifiers::ALT)
}

/// The keys of a binding for the help screen: `Ctrl+n Alt+↓`, or the first and the last of many.
pub(crate) fn chord_names(binding: &Binding) -> String {
    match &*binding.chords {
        [first, .., last] if binding.chords.len() > 4 => format!("{first} … {last}"),
        chords => chords.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
#[path = "keymap_tests.rs"]
mod tests;

//! Keys and pastes: which part of the interface has them, and what they do there. Pure.

pub(crate) mod actions;
pub(crate) mod chord;
pub(crate) mod keymap;
pub(crate) mod mouse;
mod question;
pub(crate) mod typing;

use crossterm::event::{KeyCode, KeyEvent};

use self::keymap::{Action, Context, is_text};
use self::typing::{edit, type_into};
use super::effect::Effect;
use super::notice::Level;
use super::panels::help::help_rows;
use super::panels::overlay::{Overlay, Prompt};
use super::panels::switcher::offers;
use super::rooms::moving::Towards;
use super::state::{Screen, State};
use super::text::{clean_line, clean_paste};
use super::writing::composer::Mode;
use super::writing::editor::{Editor, Motion};

/// Messages that PgUp and PgDn pass over in a conversation.
const PAGE_ITEMS: usize = 5;

impl State {
    /// A key was pressed.
    pub(crate) fn key(&mut self, key: KeyEvent) {
        match self.settings.keys.lookup(&[Context::Everywhere], key) {
            Some(Action::Quit) => return self.emit(Effect::Quit),
            Some(Action::Suspend) => return self.emit(Effect::Suspend),
            Some(Action::Redraw) => {
                self.emit(Effect::Redraw);
                return self.hurry();
            }
            _ => {}
        }
        if let Screen::Login(login) = &mut self.screen {
            let effect = login.key(key, &self.settings.keys);
            self.effects.extend(effect);
        } else if self.prompt.is_some() {
            self.prompt_key(key);
        } else if self.overlay.is_some() && self.bares_panel(key) {
            self.toggle_bare();
        } else if matches!(self.overlay, Some(Overlay::Search)) {
            self.search_key(key);
        } else if self.overlay.is_some() {
            self.overlay_key(key);
        } else if self.selected().is_some() {
            self.selection_key(key);
        } else {
            self.composer_key(key);
        }
    }

    /// Whether a key gives the mouse to the terminal while a panel is open, or takes it back: then the panel stays.
    fn bares_panel(&self, key: KeyEvent) -> bool {
        match self.settings.keys.lookup(&[Context::Overlay, Context::Chat], key) {
            Some(Action::SelectText) => true,
            Some(Action::Close) => self.is_bare,
            _ => false,
        }
    }

    /// Text was pasted, as one piece.
    pub(crate) fn paste(&mut self, text: &str) {
        if let Screen::Login(login) = &mut self.screen {
            return login.insert(text);
        }
        let text = clean_paste(text);
        match (&mut self.prompt, &mut self.overlay) {
            (Some(Prompt::React { text: editor, .. }), _) | (None, Some(Overlay::Switcher { query: editor, .. })) => {
                editor.insert(&clean_line(&text));
            }
            (None, Some(Overlay::Rooms(listing))) => listing.edit(|query| query.insert(&clean_line(&text))),
            (None, Some(Overlay::Search)) => self.search_insert(&text),
            (Some(_), _) | (_, Some(_)) => {}
            (None, None) => self.paste_into_composer(&text),
        }
    }

    fn paste_into_composer(&mut self, text: &str) {
        self.leave_selection();
        self.completion = None;
        let most = self.message_bytes;
        let Some(room) = self.room_mut() else { return };
        room.composer.editor.insert(text);
        let bytes = room.composer.editor.text().len();
        if most > 0 && bytes > most {
            self.error(format!("That is {bytes} bytes; one message has at most {most}."));
        }
        self.say_typing();
    }

    fn composer_key(&mut self, key: KeyEvent) {
        let editor = self.room().map(|room| &room.composer.editor);
        let at_end = editor.is_none_or(|editor| editor.cursor() == editor.text().len());
        let contexts: &[Context] = if editor.is_none_or(Editor::is_empty) {
            &[Context::EmptyComposer, Context::Chat, Context::Composer]
        } else {
            &[Context::Composer, Context::Chat]
        };
        let action = match self.settings.keys.lookup(contexts, key) {
            // There is nothing to cut at the end of the text: there the key jumps, as on an empty line.
            Some(Action::Kill(Motion::LineEnd)) if at_end => Some(Action::Switcher),
            action => action,
        };
        if !matches!(action, Some(Action::Complete | Action::CompleteBack)) {
            self.completion = None;
        }
        match action {
            Some(action) => self.composer_action(action, key),
            None if is_text(key) => self.type_char(key),
            None => {}
        }
    }

    fn type_char(&mut self, key: KeyEvent) {
        let KeyCode::Char(c) = key.code else { return };
        let Some(room) = self.room_mut() else { return };
        room.composer.editor.insert(c.encode_utf8(&mut [0; 4]));
        self.say_typing();
    }

    fn composer_action(&mut self, action: Action, key: KeyEvent) {
        match action {
            Action::Send => self.submit(),
            Action::Complete | Action::CompleteBack => self.complete(action == Action::CompleteBack),
            Action::Escape => self.escape(),
            Action::Older | Action::Newer => self.bring_back(action == Action::Older),
            Action::ExternalEditor => {
                if let Some(room) = self.room() {
                    let (room, text) = (room.id, room.composer.editor.text().to_owned());
                    self.emit(Effect::EditOutside { room, text });
                }
            }
            Action::SelectLastOwn => drop(self.select_newest(true) || self.select_newest(false)),
            Action::RowUp | Action::RowDown => {
                let columns = self.composer_columns();
                if let Some(room) = self.room_mut() {
                    let up = action == Action::RowUp;
                    if !room.composer.move_row(up, columns) {
                        room.composer.editor.go(if up { Motion::LineStart } else { Motion::LineEnd });
                    }
                }
            }
            _ => {
                if !self.chat_action(action, key)
                    && let Some(room) = self.room_mut()
                {
                    edit(&mut room.composer.editor, action);
                }
            }
        }
    }

    /// What works in the whole chat, whether one is writing or selecting. `false` where the action is not one of these.
    fn chat_action(&mut self, action: Action, key: KeyEvent) -> bool {
        match action {
            Action::Help => self.overlay = Some(Overlay::Help { scroll: 0 }),
            Action::Switcher => self.overlay = Some(Overlay::Switcher { query: Editor::default(), at: 0 }),
            Action::Search => self.open_search(""),
            Action::SelectText => self.toggle_bare(),
            Action::Notices => self.open_notices(),
            Action::NextRoom => self.step_room(false),
            Action::PreviousRoom => self.step_room(true),
            Action::FavouriteUp => self.move_favourite(Towards::Up),
            Action::FavouriteDown => self.move_favourite(Towards::Down),
            Action::LastRoom => self.open_last(),
            Action::NextUnread => self.open_unread(),
            Action::FirstNew => self.go_to_new(),
            Action::NthRoom => {
                if let KeyCode::Char(digit @ '1'..='9') = key.code {
                    self.open_nth(usize::from(digit as u8 - b'1'));
                }
            }
            Action::PageUp => self.scroll_pages(-1),
            Action::PageDown => self.scroll_pages(1),
            Action::Oldest => self.go_to_oldest(),
            Action::Newest => {
                self.leave_selection();
                self.go_to_newest();
            }
            _ => return false,
        }
        true
    }

    /// Brings back what was sent before, or after that; in the end the draft comes back.
    fn bring_back(&mut self, back: bool) {
        let Some(room) = self.current.and_then(|id| self.rooms.get_mut(id)) else { return };
        let composer = &mut room.composer;
        if let Some(text) = self.history.step(&mut composer.recall, composer.editor.text(), back) {
            composer.editor.replace_all(&text);
        }
    }

    /// What is written in the composer is about to give way. A draft waits by itself; what would be lost goes into the history.
    pub(crate) fn put_aside(&mut self) {
        let Some(room) = self.current.and_then(|id| self.rooms.get_mut(id)) else { return };
        if let Some(draft) = room.composer.end_recall() {
            self.history.add(&draft);
        }
        let Some((seq, text)) = room.composer.edit_text() else { return };
        let message = room.timeline.as_ref().and_then(|timeline| timeline.message(seq));
        if text.trim().is_empty() || message.is_some_and(|message| message.body == text) {
            return;
        }
        self.history.add(text);
        let key = self.settings.keys.key_for(Action::Older);
        self.notify(Level::Info, format!("The message stays as it is; {key} brings back what you had written."));
    }

    fn escape(&mut self) {
        self.dismiss_notice();
        if self.room().is_some_and(|room| room.composer.mode != Mode::New) {
            self.put_aside();
        }
        let was_busy = self.room_mut().is_some_and(|room| room.composer.cancel());
        if !was_busy && self.is_bare {
            self.toggle_bare();
        } else if !was_busy {
            self.select_newest(false);
        }
    }

    fn selection_key(&mut self, key: KeyEvent) {
        match self.settings.keys.lookup(&[Context::Selection, Context::Chat], key) {
            Some(Action::SelectUp) => self.move_selection(true),
            Some(Action::SelectDown) => self.move_selection(false),
            Some(Action::LeaveSelection) => self.leave_selection(),
            Some(Action::NextHit) => self.step_hit(1),
            Some(Action::PreviousHit) => self.step_hit(-1),
            Some(action) if !self.chat_action(action, key) => self.act_on_selected(action),
            // A command is meant, whatever is selected: the letters behind it are none of the selection's keys.
            None if is_text(key) && key.code == KeyCode::Char('/') => {
                self.leave_selection();
                self.type_char(key);
            }
            _ => {}
        }
    }

    fn overlay_key(&mut self, key: KeyEvent) {
        if self.overlay.as_ref().is_some_and(Overlay::is_read_only) {
            return self.reading_key(key);
        }
        let action = self.settings.keys.lookup(&[Context::Overlay], key);
        let page = self.panel_page();
        match (&mut self.overlay, action) {
            (_, Some(Action::Close)) => self.overlay = None,
            (Some(Overlay::Switcher { query, at }), Some(action @ (Action::ItemUp | Action::ItemDown))) => {
                *at = step(*at, offers(&self.rooms, query.text()).len(), action == Action::ItemUp);
            }
            (Some(overlay), Some(action @ (Action::ItemUp | Action::ItemDown))) => {
                if let Some((at, len)) = overlay.chosen() {
                    *at = step(*at, len, action == Action::ItemUp);
                }
            }
            (Some(_), Some(Action::Accept)) => self.accept(),
            (Some(Overlay::Switcher { query, at }), action) => {
                let before = query.text().to_owned();
                type_into(query, action, key);
                if query.text() != before {
                    *at = 0;
                }
            }
            (Some(Overlay::Rooms(listing)), action) if !action.is_some_and(leafs) => {
                listing.edit(|query| type_into(query, action, key));
            }
            (Some(overlay), Some(action)) => {
                if let Some((at, len)) = overlay.chosen() {
                    *at = paged(*at, len, page, action);
                }
            }
            _ => {}
        }
    }

    /// The rows that PgUp and PgDn pass over where each is an item, or a line: those that are in view now. The last one of a page is the
    /// first one of the next.
    fn panel_page(&self) -> usize {
        let rows = self.overlay.as_ref().map_or(0, |overlay| self.panel_inside(overlay).height);
        usize::from(rows.saturating_sub(1).max(1))
    }

    /// Where nothing is typed, the keys of the selection move and close as well.
    fn reading_key(&mut self, key: KeyEvent) {
        let action = self.settings.keys.lookup(&[Context::Overlay, Context::Selection], key);
        self.retry_conversation();
        if action.is_some_and(|action| self.act_in_thread(action)) {
            return;
        }
        let closes = matches!(action, Some(Action::Close | Action::LeaveSelection));
        let is_help = matches!(self.overlay, Some(Overlay::Help { .. }));
        if closes || is_help && matches!(action, Some(Action::Help | Action::Accept)) {
            self.overlay = None;
            return;
        }
        let (last, page) = (self.help_end(), self.panel_page());
        match (&mut self.overlay, action) {
            (Some(Overlay::Help { scroll }), Some(action)) => {
                // What a wider help left over is no way to go back.
                *scroll = paged((*scroll).min(last), last + 1, page, action);
            }
            (Some(_), Some(Action::Accept)) => self.accept(),
            (Some(Overlay::Notices { .. }), Some(Action::Copy)) => self.copy_notice(),
            (Some(overlay), Some(action)) => {
                if let Some((at, len)) = overlay.chosen() {
                    *at = paged(*at, len, PAGE_ITEMS, action);
                }
            }
            _ => {}
        }
    }

    /// The last line that the help screen can begin with.
    pub(crate) fn help_end(&self) -> usize {
        let area = self.panel_inside(&Overlay::Help { scroll: 0 });
        help_rows(&self.settings.keys, area.width).len().saturating_sub(usize::from(area.height))
    }

    /// Enter in a list.
    pub(crate) fn accept(&mut self) {
        match self.overlay.take() {
            Some(Overlay::Switcher { query, at }) => {
                if let Some(offer) = offers(&self.rooms, query.text()).into_iter().nth(at) {
                    self.choose(offer.choice);
                }
            }
            Some(Overlay::Members(roster)) => self.talk_to_chosen(&roster),
            Some(Overlay::Links { list, at }) => {
                self.effects.extend(list.get(at).map(|url| Effect::OpenUrl(url.to_string())));
            }
            Some(Overlay::Thread(thread)) if self.current == Some(thread.room) => {
                if let Some(message) = thread.messages.get(thread.at) {
                    self.jump(message.seq);
                }
            }
            Some(Overlay::Rooms(listing)) => {
                if let Some(room) = listing.chosen() {
                    match self.rooms.get(room.id).map(|room| room.id) {
                        Some(id) => self.open(id),
                        None => self.ask_for_room(Effect::Join { name: room.name.clone(), asked: self.asked_here() }),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether an action goes through a list by more than one of it.
fn leafs(action: Action) -> bool {
    use Motion::{LineEnd, LineStart};
    matches!(
        action,
        Action::PageUp | Action::PageDown | Action::Oldest | Action::Newest | Action::Move(LineStart | LineEnd)
    )
}

/// Where a movement leads that stops at the ends.
fn paged(at: usize, len: usize, page: usize, action: Action) -> usize {
    let last = len.saturating_sub(1);
    match action {
        Action::ItemUp | Action::SelectUp => at.saturating_sub(1),
        Action::ItemDown | Action::SelectDown => (at + 1).min(last),
        Action::PageUp => at.saturating_sub(page),
        Action::PageDown => (at + page).min(last),
        Action::Move(Motion::LineStart) | Action::Oldest => 0,
        Action::Move(Motion::LineEnd) | Action::Newest => last,
        _ => at,
    }
}

fn step(at: usize, len: usize, back: bool) -> usize {
    if len == 0 { 0 } else { (at + if back { len - 1 } else { 1 }) % len }
}

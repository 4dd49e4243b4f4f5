//! The terminal: taken over while the full screen shows, and given back however that ends.

mod glyphs;
mod hyperlinks;
pub mod manners;
mod moved;

use std::cell::RefCell;
use std::io::{self, IsTerminal as _, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, KeyboardEnhancementFlags,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    SetTitle,
};
use crossterm::{cursor, queue, terminal};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use self::hyperlinks::Hyperlinks;
use self::manners::Manners;
use crate::view::Links;

/// XTWINOPS: remember the title, and bring it back. Terminals without such a stack pass over it.
const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";
/// The mouse: presses, the wheel and drags, in a form that holds large numbers. Not every movement, which crossterm would ask
/// for: each would be a packet over ssh, and wake us for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1015h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1015l\x1b[?1002l\x1b[?1000l";
/// OSC 11: which background is it? The answer comes as input.
const ASK_BACKGROUND: &str = "\x1b]11;?\x07";

/// Why this terminal cannot show the full screen; `None` where it can.
#[must_use]
pub fn unfit(term: Option<&str>) -> Option<String> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Some("The full screen needs a terminal, and this is a pipe or a file.".to_owned());
    }
    match term {
        None | Some("" | "dumb") => {
            Some("The full screen needs a terminal that can move its cursor (TERM).".to_owned())
        }
        Some(_) => None,
    }
}

/// The terminal while it is ours. Dropping it gives it back.
pub struct Screen {
    terminal: Terminal<Hyperlinks<Buffered>>,
    /// The addresses behind the cells; the backend has them too.
    links: Rc<RefCell<Links>>,
    /// What the backend has written of the frame so far.
    pending: Rc<RefCell<Vec<u8>>>,
    manners: Manners,
    /// What the window's title is to be.
    title: String,
    /// We hear of the mouse for now.
    mouse: bool,
    /// Whether the terminal is ours now. Shared with the panic hook, which gives it back.
    taken: Arc<AtomicBool>,
}

/// Collects a frame, so that it goes out in one write. The backend flushes where it likes; only [`Screen::commit`] writes.
struct Buffered(Rc<RefCell<Vec<u8>>>);

impl Write for Buffered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    /// Takes the terminal over. It `hears` of the mouse from the beginning, where it may.
    ///
    /// # Errors
    /// Where it cannot be; it is then as it was.
    pub fn take(manners: Manners, hears: bool) -> io::Result<Self> {
        let (width, height) = terminal::size()?;
        let pending = Rc::new(RefCell::new(Vec::with_capacity(16 * 1024)));
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, width, height)) };
        let links = Rc::new(RefCell::new(Links::default()));
        let backend = CrosstermBackend::new(Buffered(Rc::clone(&pending)));
        let backend = Hyperlinks::new(backend, Rc::clone(&links), manners);
        let terminal = Terminal::with_options(backend, options)?;
        let taken = Arc::new(AtomicBool::new(false));
        give_back_on_panic(Arc::clone(&taken), manners);
        let (title, mouse) = (String::new(), manners.mouse && hears);
        let mut screen = Self { terminal, links, pending, manners, title, mouse, taken };
        if manners.background {
            queue!(Buffered(Rc::clone(&screen.pending)), Print(ASK_BACKGROUND))?;
        }
        screen.enter()?;
        Ok(screen)
    }

    /// Takes the terminal (again), and forgets what it showed. May be called when it is ours already, where somebody else may
    /// have changed its modes (a shell, while we were stopped).
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn enter(&mut self) -> io::Result<()> {
        let again = self.taken.swap(true, Ordering::SeqCst);
        if again {
            // Crossterm remembers that raw mode is on, even where the shell has turned it off meanwhile.
            terminal::disable_raw_mode()?;
        }
        terminal::enable_raw_mode()?;
        let out = &mut Buffered(Rc::clone(&self.pending));
        if !again {
            queue!(out, Print(PUSH_TITLE))?;
            // The shell, or the editor, may have set its own meanwhile.
            if !self.title.is_empty() {
                queue!(out, SetTitle(&self.title))?;
            }
        }
        queue!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, cursor::Hide)?;
        if self.mouse {
            queue!(out, Print(MOUSE_ON))?;
        }
        if self.manners.keyboard && !again {
            queue!(out, PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES))?;
        }
        let (width, height) = terminal::size()?;
        self.resize(width, height)?;
        self.commit()
    }

    /// Gives the terminal back to the shell. Does nothing where it is not ours.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn leave(&mut self) -> io::Result<()> {
        self.pending.borrow_mut().clear();
        give_back(&self.taken, self.manners)
    }

    /// The size of the terminal now, in cells.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        terminal::size()
    }

    /// The terminal has this size now: what it showed is forgotten, and the next frame paints everything.
    ///
    /// # Errors
    /// None in practice: this only writes to memory.
    pub fn resize(&mut self, width: u16, height: u16) -> io::Result<()> {
        // The clearing belongs to the update that paints anew. (`Terminal::clear` would ask the terminal where its cursor is, and
        // wait for the answer; `resize` clears too, and asks nothing.)
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let area = Rect::new(0, 0, width, height);
        self.terminal.resize(area)?;
        self.terminal.backend_mut().emptied(area);
        Ok(())
    }

    /// The rows of this part move together: where they do, the terminal moves them instead of painting them anew.
    pub fn scrolls(&mut self, part: Rect) {
        self.terminal.backend_mut().scrolls = part;
    }

    /// Paints one frame: only what changed, in one synchronized update, in one write; nothing where nothing changed.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>, &mut Links)) -> io::Result<()> {
        if self.links.borrow().is_full() {
            self.links.borrow_mut().clear();
            let (width, height) = self.size()?;
            self.resize(width, height)?;
        }
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let links = Rc::clone(&self.links);
        // The backend looks at the links only when all of the frame is there.
        self.terminal.draw(|frame| render(frame, &mut links.borrow_mut()))?;
        if !std::mem::take(&mut self.terminal.backend_mut().is_changed) && self.is_ours() {
            self.pending.borrow_mut().clear();
            return Ok(());
        }
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.commit()
    }

    /// Writes a sequence of which nothing is seen on the screen itself: a notification, a text for the clipboard.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn send(&mut self, sequence: &str) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), Print(sequence))?;
        self.commit()
    }

    /// Sets the title of the terminal's window, which comes back as it was in the end. While somebody else has the terminal it is
    /// only remembered.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn set_title(&mut self, title: &str) -> io::Result<()> {
        self.title = chat_shared::text::sanitise_line(title).into_owned();
        if !self.is_ours() {
            return Ok(());
        }
        queue!(self.terminal.backend_mut(), SetTitle(&self.title))?;
        self.commit()
    }

    /// Hears of the mouse, or leaves it to the terminal; where the user never wants us to, it stays there. While somebody else has
    /// the terminal it is only remembered.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn set_mouse(&mut self, is_ours: bool) -> io::Result<()> {
        if !self.manners.mouse || self.mouse == is_ours {
            return Ok(());
        }
        self.mouse = is_ours;
        if !self.is_ours() {
            return Ok(());
        }
        match is_ours {
            true => queue!(self.terminal.backend_mut(), Print(MOUSE_ON))?,
            false => queue!(self.terminal.backend_mut(), Print(MOUSE_OFF))?,
        }
        self.commit()
    }

    /// Whether the terminal was asked for its background.
    #[must_use]
    pub fn was_asked(&self) -> bool {
        self.manners.background
    }

    /// Whether the terminal is ours: it is not after a panic anywhere in the program.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.taken.load(Ordering::SeqCst)
    }

    fn commit(&mut self) -> io::Result<()> {
        let mut pending = self.pending.borrow_mut();
        if !self.is_ours() {
            // A panic in another thread has given the terminal back: do not draw over its words.
            pending.clear();
            return Err(io::Error::other("the terminal was given back"));
        }
        let mut out = io::stdout().lock();
        let written = out.write_all(&pending).and_then(|()| out.flush());
        pending.clear();
        written
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Where the terminal is gone there is nothing to give back.
        let _ = self.leave();
    }
}

/// Undoes everything that [`Screen::enter`] has done.
fn give_back(taken: &AtomicBool, manners: Manners) -> io::Result<()> {
    if !taken.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let mut bytes = Vec::new();
    queue!(bytes, EndSynchronizedUpdate)?;
    if manners.keyboard {
        queue!(bytes, PopKeyboardEnhancementFlags)?;
    }
    if manners.mouse {
        queue!(bytes, Print(MOUSE_OFF))?;
    }
    queue!(bytes, DisableFocusChange, DisableBracketedPaste)?;
    // Where there is no alternate screen (GNU screen without `altscreen`), the shell's prompt would be in the middle of what we showed.
    queue!(bytes, Clear(ClearType::All), cursor::MoveTo(0, 0))?;
    queue!(bytes, LeaveAlternateScreen, cursor::Show, Print(POP_TITLE))?;
    let mut out = io::stdout().lock();
    let written = out.write_all(&bytes).and_then(|()| out.flush());
    let cooked = terminal::disable_raw_mode();
    written.and(cooked)
}

/// A panic must not leave the terminal broken, and its words must be read: first give it back, then say what happened.
fn give_back_on_panic(taken: Arc<AtomicBool>, manners: Manners) {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let was_taken = taken.load(Ordering::SeqCst);
        // Where the terminal is gone there is nothing to give back.
        let _ = give_back(&taken, manners);
        if was_taken {
            let _ =
                writeln!(io::stderr(), "chat-tui has a defect and had to stop. Your messages on the server are safe.");
        }
        report(panic);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_no_terminal() {
        // Under a test runner that has a terminal, TERM decides.
        assert!(unfit(Some("dumb")).is_some());
        assert!(unfit(None).is_some());
    }

    #[test]
    fn nothing_is_given_back_that_was_not_taken() {
        let taken = AtomicBool::new(false);
        let manners = Manners { mouse: true, keyboard: true, hyperlinks: true, background: true, is_console: false };
        give_back(&taken, manners).unwrap();
        assert!(!taken.load(Ordering::SeqCst));
    }
}

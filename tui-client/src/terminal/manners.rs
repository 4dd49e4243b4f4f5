//! How the terminal is taken over.

/// What is asked of the terminal, and what it cannot do.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Whether we may hear of the mouse; the terminal's own selection then needs Shift.
    pub mouse: bool,
    /// Whether to ask for unambiguous keys (Shift+Enter). A terminal that does not know them passes over it: nothing is
    /// asked that needs an answer, so nothing waits for one.
    pub keyboard: bool,
    /// Whether to say where links lead (OSC 8).
    pub hyperlinks: bool,
    /// Whether to ask for the background's colour. Whoever reads the input has to know what the answer looks like.
    pub background: bool,
    /// Whether the terminal's font lacks our signs (the Linux console).
    pub is_console: bool,
}

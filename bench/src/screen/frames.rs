//! Where frames begin and end in what a program writes (synchronized update, DEC 2026). A program that does not say so has
//! no frames: then everything that comes is whole.

/// In front of the letter that begins (`h`) or ends (`l`) a frame.
const MARK: &[u8] = b"\x1b[?2026";

/// What is known so far.
pub(super) struct Frames {
    /// The last mark was an end, or there was none.
    pub(super) is_whole: bool,
    /// When the last frame began.
    pub(super) began: u64,
    /// The last bytes: a mark may come in two pieces.
    rest: Vec<u8>,
}

impl Default for Frames {
    fn default() -> Self {
        Self { is_whole: true, began: 0, rest: Vec::new() }
    }
}

impl Frames {
    /// Looks at what came at this time.
    pub(super) fn take(&mut self, chunk: &[u8], at: u64) {
        self.rest.extend_from_slice(chunk);
        for place in memchr::memmem::find_iter(&self.rest, MARK) {
            match self.rest.get(place + MARK.len()) {
                // A frame may begin again and again until it ends; its first beginning counts.
                Some(b'h') if self.is_whole => (self.is_whole, self.began) = (false, at),
                Some(b'l') => self.is_whole = true,
                _ => {}
            }
        }
        // A whole mark is one byte longer, so none is seen twice.
        let from = self.rest.len().saturating_sub(MARK.len());
        self.rest.drain(..from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_in_pieces_too() {
        let mut frames = Frames::default();
        frames.take(b"weechat writes just so", 1);
        assert!(frames.is_whole);
        frames.take(b"x\x1b[?20", 2);
        assert!(frames.is_whole);
        frames.take(b"26hhello\x1b[?2026h", 3);
        assert!(!frames.is_whole && frames.began == 3);
        frames.take(b" world\x1b[?2026", 4);
        frames.take(b"l", 5);
        assert!(frames.is_whole && frames.began == 3);
        frames.take(b"\x1b[?2026hone\x1b[?2026l\x1b[?2026htwo", 6);
        assert!(!frames.is_whole && frames.began == 6);
    }
}

//! What a program writes, cut between its frames: nobody sees half of one, however it is split on its way.

/// Where a synchronized update begins and ends.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// What has come of a frame that is not complete.
#[derive(Default)]
pub struct Frames(Vec<u8>);

impl Frames {
    /// Takes what was read; gives the whole frames that it completes, each by itself, and what is outside of frames.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.0.extend_from_slice(bytes);
        let mut whole = Vec::new();
        loop {
            let outside = position(&self.0, BEGIN).unwrap_or_else(|| self.0.len() - begun(&self.0));
            if outside > 0 {
                whole.push(self.0.drain(..outside).collect());
            }
            let Some(end) = position(&self.0, END) else { return whole };
            whole.push(self.0.drain(..end + END.len()).collect());
        }
    }

    /// What is left where nothing more comes.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

fn position(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

/// How many bytes at the end may be the first ones of a frame.
fn begun(bytes: &[u8]) -> usize {
    (1..BEGIN.len()).rev().find(|count| bytes.ends_with(&BEGIN[..*count])).unwrap_or(0)
}

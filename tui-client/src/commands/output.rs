//! Standard output, as far as somebody reads it.

use std::io::{self, Write as _};

use crate::report::Problem;

/// Prints text; a reader that has gone away wants no more of it.
pub(super) fn print(text: &str) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Problem::Local { what: "write the output", error })
        }
        _ => Ok(()),
    }
}

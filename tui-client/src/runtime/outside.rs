//! The user's own editor: the terminal is its alone until it ends, while everything else goes on unseen.

use std::io::{self, Read as _, Write as _};
use std::ops::ControlFlow;
use std::path::Path;

use chat_shared::RoomId;
use tempfile::{NamedTempFile, TempPath};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::arrival::Arrival;
use super::input::Input;
use super::watch::Watch;
use super::{Shell, at};
use crate::app::{Done, Event};

/// The largest text that is read back.
const TEXT_BYTES: u64 = 4 * 1024 * 1024;

/// An editor at work.
pub(super) struct Outside {
    name: String,
    /// Gone when this is dropped.
    file: TempPath,
    child: Child,
}

impl Shell {
    /// Hands the terminal to the user's editor until it ends. Whatever comes from the server meanwhile is handled, and seen later.
    pub(super) async fn edit_outside(
        &mut self,
        room: RoomId,
        text: &str,
        watch: &mut Watch,
        input: &Input,
    ) -> io::Result<ControlFlow<()>> {
        let paused = input.pause().await;
        self.screen.leave()?;
        // Nobody sees what we would show.
        let mut flow = self.update(Event::Focus(false))?;
        let result = match Outside::start(text) {
            Err(reason) => Err(reason),
            Ok(mut editor) => loop {
                if flow.is_break() {
                    return Ok(flow);
                }
                let timer_at = self.timers.next();
                let arrival = tokio::select! {
                    biased;
                    () = watch.end() => return self.end_outside(room, text, &editor),
                    result = editor.ended() => break result,
                    progress = self.performer.next(true) => progress.into(),
                    () = at(timer_at) => self.timers.take_due(Instant::now()).map_or(Arrival::Nothing, Arrival::Timer),
                };
                flow = self.handle(arrival)?;
            },
        };
        watch.forget();
        drop(paused);
        if self.come_back()?.is_break() || self.update(Event::Focus(true))?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        self.update(Event::Done(Done::Written { room, result }))
    }

    /// We are to end, and the editor with us: what it has written so far is the draft.
    fn end_outside(&mut self, room: RoomId, before: &str, editor: &Outside) -> io::Result<ControlFlow<()>> {
        // Nothing at all is what a file holds that is just being written.
        if let Ok(text) = read(&editor.file)
            && text != before
            && !text.is_empty()
        {
            let _ = self.update(Event::Done(Done::Written { room, result: Ok(text) }))?;
        }
        Ok(ControlFlow::Break(()))
    }
}

impl Outside {
    /// Writes the text into a file that only its owner can read, and starts the editor on it.
    pub(super) fn start(text: &str) -> Result<Self, String> {
        let file = write(text).map_err(|error| format!("could not write a file for the editor: {error}."))?;
        let variable = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let chosen = variable("VISUAL").or_else(|| variable("EDITOR")).unwrap_or_else(|| "vi".to_owned());
        let mut words = chosen.split_whitespace();
        let name = words.next().unwrap_or("vi").to_owned();
        let child = Command::new(&name).args(words).arg(&file).kill_on_drop(true).spawn();
        let child = child.map_err(|error| format!("{name}: {error}."))?;
        Ok(Self { name, file, child })
    }

    /// Waits until it has ended. Cancelling it loses nothing.
    pub(super) async fn ended(&mut self) -> Result<String, String> {
        match self.child.wait().await {
            Ok(status) if status.success() => {
                read(&self.file).map_err(|error| format!("could not read what {} wrote: {error}.", self.name))
            }
            Ok(status) => Err(format!("{} ended with {status}.", self.name)),
            Err(error) => Err(format!("{}: {error}.", self.name)),
        }
    }
}

fn write(text: &str) -> io::Result<TempPath> {
    // Mode 0600 is what this crate gives a file.
    let named = |folder: &Path| -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix("chat-tui-").suffix(".md").tempfile_in(folder)
    };
    let mut file = named(&std::env::temp_dir())?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    Ok(file.into_temp_path())
}

/// By its path: many editors write a new file and rename it. What is no UTF-8 in it is shown as such, and the rest is not lost.
fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(TEXT_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_file_is_the_owners_alone_and_goes_away() {
        let path = write("secret").unwrap();
        let file = path.to_path_buf();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(&file).unwrap(), "secret");
        std::fs::write(&file, b"caf\xe9 noir").unwrap();
        assert_eq!(read(&file).unwrap(), "caf\u{fffd} noir", "an editor may use another encoding");
        drop(path);
        assert!(!file.exists());
    }
}

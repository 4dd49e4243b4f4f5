//! A notification, where the loop has the terminal: it goes its way, and the bell rings where that fails.

use std::io;
use std::ops::ControlFlow;

use super::Shell;
use super::attention::Way;
use super::finished::News;
use crate::app::{Done, Event};

impl Shell {
    pub(super) fn draw_attention(&mut self, title: String, body: String) -> io::Result<()> {
        match self.attention.way(self.state.has_focus(), &title, &body) {
            Way::Desktop => self.performer.notify_desktop(title, body),
            Way::Terminal(sequence) if self.screen.is_ours() => self.screen.send(&sequence)?,
            Way::Terminal(_) => {}
        }
        Ok(())
    }

    pub(super) fn notified(&mut self, news: News) -> io::Result<ControlFlow<()>> {
        let Some((bell, reason)) = self.attention.news(news) else { return Ok(ControlFlow::Continue(())) };
        if self.screen.is_ours() {
            self.screen.send(&bell)?;
        }
        reason.map_or(Ok(ControlFlow::Continue(())), |reason| {
            let text = format!("Could not notify the desktop, the bell rings instead: {reason}");
            self.update(Event::Done(Done::Aside(text)))
        })
    }
}

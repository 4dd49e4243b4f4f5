//! Which messages are worth drawing the user's attention to, and how often. Pure.

pub(crate) mod pace;

use chat_shared::text::mentions;
use chat_shared::{Event as RoomEvent, EventKind};

use self::pace::Quiet;
use super::commands::until::Until;
use super::effect::{Effect, TimerPurpose};
use super::notice::Level;
use super::pane::item::Scroll;
use super::pane::message_rows::action_text;
use super::state::State;
use super::text::{clean_line, clean_short, fold_case};

/// Between two notifications; what comes sooner is counted, and told with the next one.
const GAP_US: u64 = 3_000_000;
/// Characters of a notification's title and text. Desktops show less.
const TITLE_CHARS: usize = 80;
const BODY_CHARS: usize = 200;
/// A message that came while there was no connection is told for so long. What is older is counted, and shown as unread.
const MISSED_MS: i64 = 5 * 60 * 1_000;

impl State {
    /// Whether somebody else names us in a message.
    pub(crate) fn names_me(&self, event: &RoomEvent) -> bool {
        let Some(me) = self.me.as_ref().filter(|me| me.id != event.by) else { return false };
        let EventKind::Posted { body, .. } = &event.kind else { return false };
        let mut named = mentions(body).into_iter().peekable();
        named.peek().is_some() && {
            let name = fold_case(&me.name);
            named.any(|named| fold_case(named) == name)
        }
    }

    /// A message of somebody else's has been delivered. `is_counted`: the server's counts had it already, because it came while
    /// there was no connection.
    pub(crate) fn announce(&mut self, event: &RoomEvent, mentions_me: bool, is_counted: bool) {
        let Some(room) = self.rooms.get_mut(event.room) else { return };
        if room.scroll != Scroll::End {
            room.new_below += 1;
        }
        if event.seq <= room.reading.read {
            return;
        }
        if is_counted && !self.is_online() {
            self.miss(event, mentions_me);
        } else if !is_counted || self.is_recent(event) {
            self.alert(event, mentions_me);
        }
    }

    fn is_recent(&self, event: &RoomEvent) -> bool {
        self.now.at.as_ms().saturating_sub(event.at.as_ms()) <= MISSED_MS
    }

    /// Remembers it until there is a connection: the newest one, and rather one that mentions us.
    fn miss(&mut self, event: &RoomEvent, mentions_me: bool) {
        if !self.is_worth_it(event, mentions_me) || !self.is_recent(event) {
            return;
        }
        match &mut self.alerts.missed {
            Some((_, true)) if !mentions_me => self.alerts.left_out = self.alerts.left_out.saturating_add(1),
            missed => {
                let before = missed.replace((event.clone(), mentions_me));
                self.alerts.left_out = self.alerts.left_out.saturating_add(u32::from(before.is_some()));
            }
        }
    }

    /// There is a connection: what was missed, and has not been read elsewhere, is told once.
    pub(crate) fn tell_missed(&mut self) {
        let Some((event, mentions_me)) = self.alerts.missed.take() else { return };
        let is_unread = self.rooms.get(event.room).is_some_and(|room| event.seq > room.reading.read);
        if is_unread && self.is_recent(&event) {
            self.alert(&event, mentions_me);
        }
    }

    /// What one is looking at needs no notification.
    fn is_worth_it(&self, event: &RoomEvent, mentions_me: bool) -> bool {
        let is_seen = self.has_focus && self.current == Some(event.room);
        let calls = self.rooms.get(event.room).is_some_and(|room| room.calls(mentions_me));
        calls && self.alerts.quiet == Quiet::No && !is_seen
    }

    /// A message of somebody else's that is not read.
    fn alert(&mut self, event: &RoomEvent, mentions_me: bool) {
        let EventKind::Posted { body, .. } = &event.kind else { return };
        let Some(room) = self.rooms.get(event.room).filter(|_| self.is_worth_it(event, mentions_me)) else { return };
        let now_us = self.now.mono_us;
        let is_soon = |last_us: Option<u64>| last_us.is_some_and(|last_us| now_us.saturating_sub(last_us) < GAP_US);
        // A mention gives way only to another mention.
        if is_soon(if mentions_me { self.alerts.last_mention_us } else { self.alerts.last_us }) {
            self.alerts.left_out = self.alerts.left_out.saturating_add(1);
            return;
        }
        let place = if room.is_direct() { String::new() } else { format!(" in {}", room.title()) };
        let more = match std::mem::take(&mut self.alerts.left_out) {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        let title = clean_short(&format!("{}{place}{more}", event.name), TITLE_CHARS);
        let body = match action_text(body) {
            Some(action) => format!("* {} {action}", event.name),
            None => body.clone(),
        };
        let body = clean_short(&one_line(&body), BODY_CHARS);
        self.alerts.last_us = Some(now_us);
        if mentions_me {
            self.alerts.last_mention_us = Some(now_us);
        }
        self.emit(Effect::Notify { title, body });
    }

    /// It was meant for somebody else.
    pub(crate) fn forget_missed(&mut self) {
        (self.alerts.missed, self.alerts.left_out) = (None, 0);
    }

    /// `/dnd`: on until then, or on, or off again.
    pub(crate) fn do_not_disturb(&mut self, until: Option<Until>) {
        let Some(until) = until else {
            if self.alerts.quiet != Quiet::No {
                return self.end_quiet();
            }
            self.alerts.quiet = Quiet::Yes;
            return self.notify(Level::Info, "Do not disturb: /dnd ends it.");
        };
        let at = until.after(self.now.at, &self.clock);
        let after_ms = u64::try_from(at.as_ms().saturating_sub(self.now.at.as_ms())).unwrap_or(0);
        let mono_us = self.now.mono_us.saturating_add(after_ms.saturating_mul(1_000));
        self.alerts.quiet = Quiet::Until { at, mono_us };
        self.start_timer(TimerPurpose::QuietEnds, after_ms);
        self.notify(Level::Info, format!("Do not disturb until {}: /dnd ends it before.", self.clock.time_of_day(at)));
    }

    /// Its time may have come while nothing ran: timers stand still while the machine sleeps.
    pub(crate) fn end_quiet_in_time(&mut self) {
        if let Quiet::Until { at, mono_us } = self.alerts.quiet
            && (self.now.at >= at || self.now.mono_us >= mono_us)
        {
            self.end_quiet();
        }
    }

    pub(crate) fn end_quiet(&mut self) {
        self.alerts.quiet = Quiet::No;
        self.alerts.left_out = 0;
        self.timers.stop(TimerPurpose::QuietEnds);
        self.notify(Level::Info, "Notifications are on again.");
    }
}

fn one_line(text: &str) -> String {
    // More than is shown, and no more: a text may be long.
    let beginning: String = text.chars().take(BODY_CHARS * 4).collect();
    clean_line(&beginning.split_whitespace().collect::<Vec<_>>().join(" "))
}

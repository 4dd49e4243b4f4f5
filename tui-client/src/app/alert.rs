//! Which messages are worth drawing the user's attention to, and how often. Pure.

use chat_shared::Event as RoomEvent;
use chat_shared::api::RoomKind;

use super::effect::Effect;
use super::message_rows::action_text;
use super::notice::Level;
use super::room::Room;
use super::state::State;
use super::text::{clean_line, clean_short};

/// Between two notifications; what comes sooner is counted, and told with the next one.
const GAP_US: u64 = 3_000_000;
/// Characters of a notification's title and text. Desktops show less.
const TITLE_CHARS: usize = 80;
const BODY_CHARS: usize = 200;

/// What the user was notified of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alerts {
    /// Do not disturb.
    pub(crate) is_off: bool,
    /// The last notification, and the last one because somebody mentioned us.
    last_us: Option<u64>,
    last_mention_us: Option<u64>,
    /// Those that came too soon after another.
    left_out: u32,
}

impl State {
    /// A message of somebody else's that is not read. What one is looking at needs no notification.
    pub(crate) fn alert(&mut self, event: &RoomEvent, body: &str, mentions_me: bool) {
        let is_seen = self.has_focus && self.current == Some(event.room);
        let Some(room) = self.rooms.get(event.room).filter(|room| mentions_me || is_personal(room)) else { return };
        if self.alerts.is_off || is_seen {
            return;
        }
        let now_us = self.now.mono_us;
        let is_soon = |last_us: Option<u64>| last_us.is_some_and(|last_us| now_us.saturating_sub(last_us) < GAP_US);
        // A mention gives way only to another mention.
        if is_soon(if mentions_me { self.alerts.last_mention_us } else { self.alerts.last_us }) {
            self.alerts.left_out = self.alerts.left_out.saturating_add(1);
            return;
        }
        let place = if room.kind == RoomKind::Dm { String::new() } else { format!(" in {}", room.title()) };
        let more = match std::mem::take(&mut self.alerts.left_out) {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        let title = clean_short(&format!("{}{place}{more}", event.name), TITLE_CHARS);
        let body = match action_text(body) {
            Some(action) => format!("* {} {action}", event.name),
            None => body.to_owned(),
        };
        let body = clean_short(&one_line(&body), BODY_CHARS);
        self.alerts.last_us = Some(now_us);
        if mentions_me {
            self.alerts.last_mention_us = Some(now_us);
        }
        self.emit(Effect::Notify { title, body });
    }

    pub(crate) fn toggle_dnd(&mut self) {
        self.alerts.is_off = !self.alerts.is_off;
        self.alerts.left_out = 0;
        let text = if self.alerts.is_off { "Do not disturb: /dnd ends it." } else { "Notifications are on again." };
        self.notify(Level::Info, text);
    }
}

/// Rooms whose every message is meant for us.
fn is_personal(room: &Room) -> bool {
    room.kind == RoomKind::Dm
}

fn one_line(text: &str) -> String {
    // More than is shown, and no more: a text may be long.
    let beginning: String = text.chars().take(BODY_CHARS * 4).collect();
    clean_line(&beginning.split_whitespace().collect::<Vec<_>>().join(" "))
}

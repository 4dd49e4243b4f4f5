//! The way in: one event at a time.

use crossterm::event::MouseEventKind;

use super::effect::{Effect, TimerId, TimerPurpose};
use super::event::{Event, Moment};
use super::state::{Link, Screen, State};
use super::status::seconds_until;

/// Handles one event. What it asks for is to be done in order; [`State::is_dirty`] says whether to draw.
#[must_use]
pub fn update(state: &mut State, event: Event, now: Moment) -> Vec<Effect> {
    state.now = now;
    state.end_quiet_in_time();
    let touched = state.drafts_touched_by(&event);
    if handle(state, event) {
        state.touch();
    }
    state.keep_drafts(&touched);
    if state.is_dirty() || !state.effects.is_empty() {
        state.follow_up();
    }
    std::mem::take(&mut state.effects)
}

/// Says whether anything visible may have changed.
fn handle(state: &mut State, event: Event) -> bool {
    match event {
        Event::Key(key) if key.kind == crossterm::event::KeyEventKind::Release => return false,
        Event::Key(key) => {
            typed(state);
            state.key(key);
        }
        Event::Line(line) => state.line(&line),
        Event::Paste(text) => {
            typed(state);
            state.paste(&text);
        }
        Event::Mouse(mouse) => {
            if matches!(mouse.kind, MouseEventKind::Down(_)) {
                typed(state);
            }
            return state.mouse(mouse);
        }
        Event::Resize { width, height } => {
            let is_new = (state.width, state.height) != (width, height);
            (state.width, state.height) = (width, height);
            return is_new;
        }
        Event::Background { is_light } => return std::mem::replace(&mut state.is_light, is_light) != is_light,
        Event::Focus(has_focus) => return focus(state, has_focus),
        Event::Link(link) => return state.link_event(link),
        Event::Rooms(events) => return state.room_events(events),
        Event::Done(done) => return state.done(done),
        Event::Kept(kept) => state.kept(kept),
        Event::Timer(id) => return timer(state, id),
    }
    true
}

/// Coming back to the terminal is like opening the room: what came meanwhile is below the "new" rule.
fn focus(state: &mut State, has_focus: bool) -> bool {
    let had_focus = std::mem::replace(&mut state.has_focus, has_focus);
    if has_focus && !had_focus {
        state.look_at_drafts();
        state.focused_us = Some(state.now.mono_us);
    }
    if !has_focus {
        state.tell_owed();
    }
    let Some(room) = state.room_mut() else { return false };
    if has_focus && room.reading.unread > 0 {
        room.begin_new(room.reading.position());
        return true;
    }
    false
}

/// Whoever types or clicks looks at it: some terminals and multiplexers tell that the focus went, but not that it came back.
fn typed(state: &mut State) {
    if !state.has_focus {
        focus(state, true);
    }
}

fn timer(state: &mut State, id: TimerId) -> bool {
    if !state.timers.take(id) {
        return false;
    }
    match id.purpose {
        TimerPurpose::TypingFades => state.fade_typing(),
        TimerPurpose::Countdown => state.count_down(),
        TimerPurpose::NoticeFades => {
            if let Some(after_ms) = state.notices.next() {
                state.start_timer(TimerPurpose::NoticeFades, after_ms);
            }
        }
        TimerPurpose::RetrySend => state.release_outboxes(),
        // Should the clocks disagree by a hair.
        TimerPurpose::QuietEnds => state.end_quiet(),
        TimerPurpose::TellReading => {
            state.tell_reading();
            return false;
        }
    }
    true
}

impl State {
    /// Keeps the countdown going for as long as there is one to show.
    pub(crate) fn count_down(&mut self) {
        let Link::Offline { retry_at_us, .. } = self.link else { return };
        let left_us = retry_at_us.saturating_sub(self.now.mono_us);
        if matches!(self.screen, Screen::Chat) && seconds_until(retry_at_us, self.now.mono_us) > 0 {
            // To the next full second, so that the number changes when it should.
            self.start_timer(TimerPurpose::Countdown, ((left_us - 1) % 1_000_000 + 1).div_ceil(1_000));
        }
    }
}

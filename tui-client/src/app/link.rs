//! News from the socket, and what it does to the rooms. Pure.

use std::collections::BTreeSet;

use chat_shared::api::{Bootstrap, ReadState};
use chat_shared::limit::USER_NAME_CHARS;
use chat_shared::{Event as RoomEvent, EventKind, RoomId, Seq, UserId};

use super::clean::clean_event;
use super::effect::{Effect, TimerPurpose};
use super::event::LinkEvent;
use super::input::keymap::Action;
use super::login::Login;
use super::notice::Level;
use super::pane::item::{ItemId, Scroll};
use super::rooms::room::Room;
use super::state::{Link, Me, Screen, State};
use super::text::{clean_line, clean_short};
use super::timeline::Timeline;
use super::timeline::change::Change;

impl State {
    /// Says whether anything visible may have changed.
    pub(crate) fn link_event(&mut self, event: LinkEvent) -> bool {
        match event {
            LinkEvent::Connecting => self.set_link(Link::Connecting),
            // The last words of a connection that we have already given up.
            LinkEvent::Bootstrapped(_) | LinkEvent::Unauthorized { .. } if matches!(self.screen, Screen::Login(_)) => {
                return false;
            }
            LinkEvent::Bootstrapped(bootstrap) => self.bootstrapped(&bootstrap),
            LinkEvent::Online => self.online(),
            LinkEvent::Room(event) => return self.room_events(vec![event]),
            LinkEvent::Reset { room, head } => {
                self.keep_reset(room, head);
                self.reset_conversation(room, head);
                return self.reset(room, head);
            }
            LinkEvent::Typing { room, by, name } => return self.somebody_types(room, by, &name),
            LinkEvent::Read { room, seq, unread, mentions, unread_from } => {
                return self.read_elsewhere(room, ReadState { seq, unread, mentions, unread_from });
            }
            LinkEvent::Present(online) => return self.everyone_present(online),
            LinkEvent::Presence { user, online } => return self.somebody_present(user, online),
            LinkEvent::Settings { room, settings } => return self.settings(room, settings),
            LinkEvent::Offline { reason, retry_in_ms } => self.offline(&reason, retry_in_ms),
            LinkEvent::Unauthorized { reason } => {
                let name = self.me.as_ref().map(|me| me.name.as_str()).unwrap_or_default();
                self.signed_out(Login::because(clean_line(&reason), name));
            }
        }
        true
    }

    fn set_link(&mut self, link: Link) {
        if self.is_online() || link == Link::Online {
            self.keep_time();
        }
        if self.is_online() && link != Link::Online {
            self.keep_words();
        }
        self.keep_no_answers();
        self.link = link;
        // It is kept until there is a connection.
        self.tell_owed();
        self.timers.stop(TimerPurpose::Countdown);
    }

    fn offline(&mut self, reason: &str, retry_in_ms: u64) {
        let retry_at_us = self.now.mono_us.saturating_add(retry_in_ms.saturating_mul(1_000));
        self.set_link(Link::Offline { reason: clean_line(reason), retry_at_us });
        self.typing.clear();
        self.timers.stop(TimerPurpose::TypingFades);
        // What comes after a reconnect says nothing about how fast the connection is.
        self.awaiting_echo.clear();
        self.timers.stop(TimerPurpose::RetrySend);
        self.count_down();
    }

    /// The user wants a connection now: not after whatever pause the next attempt waits for.
    pub(crate) fn hurry(&mut self) {
        if matches!(self.link, Link::Offline { .. }) {
            self.emit(Effect::ReconnectNow);
        }
    }

    /// The first-run screen, because the server does not know us any more. Rooms and drafts wait for the same user.
    pub(crate) fn signed_out(&mut self, login: Login) {
        self.screen = Screen::Login(login);
        self.overlay = None;
        self.prompt = None;
        self.set_link(Link::Connecting);
        self.timers.stop(TimerPurpose::RetrySend);
    }

    fn online(&mut self) {
        self.set_link(Link::Online);
        self.rooms.values_mut().filter_map(|room| room.timeline.as_mut()).for_each(Timeline::forget_failures);
        self.retry_ms = 0;
        self.resume_conversation();
        self.resume_roster();
        self.release_outboxes();
        self.tell_words();
        self.tell_missed();
    }

    fn bootstrapped(&mut self, bootstrap: &Bootstrap) {
        let replaced = self.epoch.is_some_and(|epoch| epoch != bootstrap.epoch);
        let was_open = self.current.is_some();
        self.adopt(bootstrap);
        self.is_ready = true;
        // One that comes while we are online tells of a new room; the connection is what it was.
        if self.link != Link::Online {
            self.set_link(Link::CatchingUp);
        }
        self.keep_bootstrap(bootstrap, replaced);
        self.weigh_words();
        // Who has just lost the room that they were writing in chooses the next one.
        if self.room().is_none()
            && !was_open
            && let Some(id) = self.first_room()
        {
            self.open(id);
        }
        self.hold_mark();
    }

    /// Takes over who we are and which rooms we are in, from the server or from the disk.
    pub(crate) fn adopt(&mut self, bootstrap: &Bootstrap) {
        let me = Me { id: bootstrap.me.id, name: clean_short(&bootstrap.me.name, USER_NAME_CHARS) };
        if self.me.as_ref().is_some_and(|known| known.id != me.id) {
            self.forget_account();
        }
        if self.epoch.is_some_and(|epoch| epoch != bootstrap.epoch) {
            // Another store: its numbers are not the ones that we know. (The link resets each room too.)
            self.rooms
                .values_mut()
                .filter_map(|room| room.timeline.as_mut())
                .for_each(|timeline| timeline.invalidate(0));
        }
        self.me = Some(me);
        self.everyone_present(bootstrap.online.clone());
        self.epoch = Some(bootstrap.epoch);
        self.message_bytes = bootstrap.limits.message_bytes;
        let listed: BTreeSet<RoomId> = bootstrap.rooms.iter().map(|room| room.id).collect();
        let gone: Vec<RoomId> = self.rooms.order().iter().copied().filter(|id| !listed.contains(id)).collect();
        self.rooms.moving = None;
        bootstrap.rooms.iter().for_each(|summary| self.rooms.know(summary));
        self.rooms.sort();
        for id in gone {
            self.lose_room(id, "You are no longer in");
        }
    }

    /// We are not in this room any more. What had not been sent is said, not lost in silence.
    pub(crate) fn lose_room(&mut self, id: RoomId, why: &str) {
        let order = self.rooms.order();
        let neighbour = order
            .iter()
            .position(|known| *known == id)
            .and_then(|at| order.get(at + 1).or(order.get(at.wrapping_sub(1))).copied());
        // The next keys are meant for what was being written: they are not to go to another room.
        let moves_on = self.current == Some(id) && self.is_at_rest();
        let Some(room) = self.rooms.remove(id) else { return };
        let title = room.title();
        if self.is_linear {
            self.told.push(format!("{why} {title}."));
        }
        let rest = self.put_away(room);
        if !self.is_linear {
            self.notify(Level::Info, format!("{why} {title}{rest}."));
        }
        if self.current == Some(id) {
            (self.current, self.prompt) = (None, None);
            if let Some(neighbour) = neighbour.filter(|_| moves_on) {
                self.open(neighbour);
            }
        }
    }

    /// What was written in a room that is lost waits for the room, and is in the history until then. Gives the words for it.
    fn put_away(&mut self, mut room: Room) -> String {
        let composer = &mut room.composer;
        let recalled = composer.end_recall();
        let edit = composer.edit_text().map(|(_, text)| text.to_owned());
        let written = [recalled, edit, Some(composer.draft_text().to_owned())];
        let waiting = room.outbox.waiting.iter().map(|outgoing| outgoing.body.clone());
        let unsent: Vec<String> =
            waiting.chain(written.into_iter().flatten()).filter(|text| !text.is_empty()).collect();
        unsent.iter().for_each(|text| self.history.add(text));
        if self.is_linear {
            // No key brings it back there.
            self.told.extend(unsent.iter().map(|text| format!("Not sent there: {}", clean_line(text))));
        }
        let count = unsent.iter().filter(|text| self.history.holds(text)).count();
        self.keep_loss(room);
        let key = self.settings.keys.key_for(Action::Older);
        match (count, unsent.len()) {
            (_, 0) => String::new(),
            (1, 1) => format!("; {key} brings back what you had not sent"),
            (count, all) if count == all => format!("; {key} brings back the {all} texts that you had not sent"),
            (count, all) => format!("; {key} brings back {count} of the {all} texts that you had not sent"),
        }
    }

    fn reset(&mut self, id: RoomId, head: Seq) -> bool {
        let is_open = self.current == Some(id);
        let Some(room) = self.rooms.get_mut(id) else { return false };
        if is_open {
            room.timeline.get_or_insert_default().invalidate(head);
        } else {
            room.timeline = None;
            room.scroll = Scroll::End;
            room.selection = None;
        }
        is_open
    }

    /// Durable events of rooms, in their order.
    pub(crate) fn room_events(&mut self, events: Vec<RoomEvent>) -> bool {
        let mut is_visible = false;
        for event in events {
            is_visible |= self.room_event(&clean_event(event));
        }
        self.keep_recounted();
        is_visible
    }

    /// One durable event of a room.
    fn room_event(&mut self, event: &RoomEvent) -> bool {
        let Some(me) = self.my_id() else { return false };
        let is_open = self.current == Some(event.room);
        let is_left = matches!(&event.kind, EventKind::Left { user } if user.id == me);
        let is_new = self.rooms.get(event.room).is_some_and(|room| event.seq > room.reading.counted_to);
        if is_new && is_left {
            self.lose_room(event.room, "You left");
            return true;
        }
        let is_of_others = event.by != me && matches!(event.kind, EventKind::Posted { .. });
        let names_me = is_of_others && self.names_me(event);
        let is_listed_differently = is_new && (self.count(event, me, names_me) | self.rooms.place(event.room));
        if is_of_others && self.rooms.get(event.room).is_some_and(|room| room.keeping.is_first(event.seq)) {
            self.announce(event, names_me, !is_new);
        }
        self.keep_event(event);
        if is_new {
            self.keep_room_later(event.room);
        }
        let is_settled = self.settle_echo(event, me);
        let change = self.apply_to_timeline(event, me);
        let stops_typing = is_open && matches!(event.kind, EventKind::Posted { .. }) && self.stops_typing(event.by);
        let looks_different = self.look_again(event, me);
        looks_different || is_listed_differently || is_settled || stops_typing || is_open && change != Change::Nothing
    }

    /// Takes an event that is newer than the counts into them. Says whether the chrome shows something else now.
    fn count(&mut self, event: &RoomEvent, me: UserId, names_me: bool) -> bool {
        let Some(room) = self.rooms.get_mut(event.room) else { return false };
        room.reading.counted_to = event.seq;
        room.meet(&event.name);
        if matches!(event.kind, EventKind::Posted { .. }) {
            room.last_at = room.last_at.max(Some(event.at));
        }
        match &event.kind {
            EventKind::Posted { .. } if event.by != me => {
                if event.seq > room.reading.read {
                    room.reading.unread += 1;
                    room.reading.mentions += u64::from(names_me);
                }
            }
            EventKind::Joined { user } => {
                room.members = room.members.saturating_add(1);
                room.meet(&user.name);
            }
            EventKind::Left { .. } => room.members = room.members.saturating_sub(1),
            EventKind::RoomChanged { name, topic } => {
                room.rename(name, topic);
                self.rooms.sort();
            }
            _ => return false,
        }
        true
    }

    fn apply_to_timeline(&mut self, event: &RoomEvent, me: UserId) -> Change {
        let is_open = self.current == Some(event.room);
        let Some(room) = self.rooms.get_mut(event.room) else { return Change::Nothing };
        let Some(timeline) = &mut room.timeline else { return Change::Nothing };
        let change = timeline.apply(event, me);
        room.trim(is_open);
        let Some(timeline) = &room.timeline else { return change };
        if let (true, Change::Entry(seq)) = (is_open, &change) {
            // Nothing quotes a message that is new.
            let quoted = event.kind.target().map(|_| timeline);
            self.cache.forget(ItemId::Seq(*seq), quoted);
        }
        change
    }
}

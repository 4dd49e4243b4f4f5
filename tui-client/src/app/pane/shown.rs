//! Brings what is visible up to date after an event: layout, loading what comes into view, reading, the title. Pure.

use std::ops::Bound;

use chat_shared::{RoomId, Seq};

use super::item::{ItemId, Scroll};
use super::scroll;
use super::{Context, Painter};
use crate::app::effect::{Effect, PageFrom};
use crate::app::geometry::{bare_composer_width, bare_geometry, composer_rows_max, composer_width, geometry};
use crate::app::state::{Screen, State};
use crate::app::status;
use crate::app::timeline::{Load, PAGE};
use crate::app::writing::composer::Composer;

/// So many entries from the edge of what is loaded, the next page is asked for.
const NEAR_EDGE: usize = 20;

impl State {
    /// Lays out the composer and the visible part of the open room.
    pub(crate) fn relayout(&mut self) {
        let columns = self.composer_columns();
        let max = usize::from(composer_rows_max(self.height));
        let mut no_room = Composer::default();
        let composer =
            self.current.and_then(|id| self.rooms.get_mut(id)).map_or(&mut no_room, |room| &mut room.composer);
        self.composer = composer.layout(columns, max);
        let rows = u16::try_from(self.composer.rows.len()).unwrap_or(u16::MAX);
        let divide = if self.is_bare { bare_geometry } else { geometry };
        self.geometry = divide(self.width, self.height, rows);
        let height = usize::from(self.geometry.pane.height);
        let shown = self.with_painter(|painter, scroll| {
            let (scroll, rows) = scroll::visible(painter, scroll, height);
            (scroll, rows, painter.first_new())
        });
        self.pane.clear();
        if let Some((scroll, rows, first_new)) = shown {
            self.pane = rows;
            self.note_seen_rule(first_new);
            if let Some(room) = self.room_mut() {
                room.scroll = scroll;
                if scroll == Scroll::End {
                    room.new_below = 0;
                }
            }
        }
    }

    /// The cells of a row of the composer.
    pub(crate) fn composer_columns(&self) -> usize {
        usize::from(if self.is_bare {
            bare_composer_width(self.width)
        } else {
            composer_width(self.width, self.height)
        })
    }

    /// Hides everything but messages and gives the mouse to the terminal, or goes back.
    pub(crate) fn toggle_bare(&mut self) {
        self.is_bare = !self.is_bare;
        self.tell_mouse();
    }

    /// Whose the mouse is now.
    pub(crate) fn tell_mouse(&mut self) {
        self.emit(Effect::Mouse(!self.is_bare && !self.settings.leaves_mouse));
    }

    /// Lends the open room's layout to a function of the scroll position.
    pub(crate) fn with_painter<T>(&mut self, work: impl FnOnce(&mut Painter<'_>, Scroll) -> T) -> Option<T> {
        let room = self.rooms.get(self.current?)?;
        let context = Context {
            keys: &self.settings.keys,
            me: self.me.as_ref().map(|me| (me.id, me.name.as_str())),
            clock: &self.clock,
            now: self.now.at,
            width: self.geometry.pane.width,
            density: self.settings.density,
            words: &self.words,
        };
        let mut painter = Painter::new(room, context, &mut self.cache)?;
        Some(work(&mut painter, room.scroll))
    }

    /// Changes the scroll position by what the function says.
    pub(crate) fn rescroll(&mut self, work: impl FnOnce(&mut Painter<'_>, Scroll, usize) -> Scroll) {
        let height = usize::from(self.geometry.pane.height);
        let scroll = self.with_painter(|painter, scroll| work(painter, scroll, height));
        if let (Some(scroll), Some(room)) = (scroll, self.room_mut()) {
            room.scroll = scroll;
        }
    }

    /// Everything that follows from an event by itself.
    pub(crate) fn follow_up(&mut self) {
        if matches!(self.screen, Screen::Chat) {
            self.relayout();
            if self.load_what_is_near() {
                self.relayout();
            }
            self.go_on_back();
            self.mark_read();
            self.load_conversation();
            self.load_roster();
            self.colour_closer_look();
            for code in self.cache.colourings.take_wanted() {
                self.emit(Effect::Colour(code));
            }
        }
        let title = status::title(self);
        if title != self.title {
            self.title.clone_from(&title);
            self.emit(Effect::SetTitle(title));
        }
    }

    /// Asks for a page, unless one of its kind is in flight. Says whether it did.
    pub(crate) fn load(&mut self, room: RoomId, from: PageFrom) -> bool {
        let Some(timeline) = self.rooms.get_mut(room).map(|room| room.timeline.get_or_insert_default()) else {
            return false;
        };
        let begins = timeline.begin(from);
        if begins {
            self.emit(Effect::LoadPage { room, from, limit: PAGE });
            self.touch();
        }
        begins
    }

    /// Loads the open room, and what the view comes near to.
    fn load_what_is_near(&mut self) -> bool {
        // Before the bootstrap, nothing says which events will follow a page.
        let Some(room) = self.room().filter(|_| self.is_ready) else { return false };
        let id = room.id;
        let Some(timeline) = &room.timeline else { return self.load(id, PageFrom::Latest) };
        if timeline.asks_disk() {
            return false;
        }
        if (!timeline.is_loaded || timeline.is_stale()) && timeline.whole == Load::Idle {
            let from = match (room.jump_to, room.scroll) {
                (Some(seq), _) => PageFrom::Around(seq),
                (None, Scroll::At { item: ItemId::Seq(seq), .. }) if timeline.is_loaded => PageFrom::Around(seq),
                _ => PageFrom::Latest,
            };
            return self.load(id, from);
        }
        if !timeline.is_loaded || timeline.is_stale() {
            return false;
        }
        let seqs = || self.pane.iter().filter_map(|row| if let ItemId::Seq(seq) = row.item { Some(seq) } else { None });
        let (first, last) = (seqs().next().unwrap_or(Seq::MAX), seqs().next_back().unwrap_or(0));
        let is_few = |range| timeline.entries.range::<Seq, _>(range).take(NEAR_EDGE).count() < NEAR_EDGE;
        let near_top = is_few((Bound::Unbounded, Bound::Excluded(first)));
        let near_bottom = is_few((Bound::Excluded(last), Bound::Unbounded));
        let older =
            (!timeline.at_start && timeline.older == Load::Idle && near_top).then(|| timeline.oldest()).flatten();
        let newer = (!timeline.at_end && timeline.newer == Load::Idle && near_bottom)
            .then(|| timeline.newest_told().unwrap_or(0));
        let loads_older = older.is_some_and(|seq| self.load(id, PageFrom::Before(seq)));
        let loads_newer = newer.is_some_and(|seq| self.load(id, PageFrom::After(seq)));
        loads_older || loads_newer
    }
}

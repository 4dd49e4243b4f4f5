//! The message pane: walks the items of a room, and lays out the rows of each. Pure.

pub(crate) mod cache;
pub(crate) mod item;
pub(crate) mod message_rows;
pub(crate) mod scroll;
pub(crate) mod selection;
pub(crate) mod shown;

use std::ops::Bound;
use std::sync::Arc;

use chat_shared::{Message, Seq, Timestamp, UserId};

use self::cache::Cache;
use self::item::{Block, ItemId};
use self::message_rows::{Columns, Delivery, MessageView, first_line, message_rows};
use super::clock::Clock;
use super::input::keymap::{Action, Keymap};
use super::rooms::room::Room;
use super::settings::Density;
use super::text::body::Reader;
use super::text::code::Lookup;
use super::text::row::{Role, Row};
use super::text::truncate;
use super::text::wrap::wrap_text;
use super::timeline::{Load, Timeline, What};
use super::writing::outbox::{Outgoing, Stage};

/// Rows of what is no message, at most.
const LINE_ROWS: usize = 4;
/// Characters of a quoted line; what does not fit on the row is cut there.
const QUOTE_CELLS: usize = 120;

/// What laying out needs to know besides the room.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) me: Option<(UserId, &'a str)>,
    pub(crate) clock: &'a Clock,
    pub(crate) now: Timestamp,
    pub(crate) width: u16,
    pub(crate) density: Density,
    /// For hints.
    pub(crate) keys: &'a Keymap,
    /// What was searched for.
    pub(crate) words: &'a [String],
}

/// Walks a room's items, and gives each its rows.
pub(crate) struct Painter<'a> {
    room: &'a Room,
    timeline: &'a Timeline,
    context: Context<'a>,
    cache: &'a mut Cache,
    columns: Columns,
    first_new: Option<Seq>,
}

impl<'a> Painter<'a> {
    /// `None` for a room that has not been opened.
    pub(crate) fn new(room: &'a Room, context: Context<'a>, cache: &'a mut Cache) -> Option<Self> {
        cache.tune(room.id, context.width);
        let timeline = room.timeline.as_ref()?;
        let columns = Columns::new(context.width, context.clock.format, context.density);
        let first_new = first_new(room, timeline, context.me.map(|(id, _)| id));
        Some(Self { room, timeline, context, cache, columns, first_new })
    }

    /// Whether the window reaches the newest message, and is true.
    pub(crate) fn is_complete(&self) -> bool {
        self.timeline.at_end && !self.timeline.is_stale()
    }

    /// The first message that was new when the room was opened.
    pub(crate) fn first_new(&self) -> Option<Seq> {
        self.first_new
    }

    fn has_bottom(&self) -> bool {
        self.timeline.is_loaded && !self.is_complete()
    }

    fn pending(&self) -> impl DoubleEndedIterator<Item = &Outgoing> {
        self.room.outbox.waiting.iter()
    }

    pub(crate) fn last(&self) -> ItemId {
        let pending = self.pending().next_back().map(|o| ItemId::Pending(o.number));
        let bottom = self.has_bottom().then_some(ItemId::Bottom);
        pending.or(bottom).or(self.timeline.newest().map(ItemId::Seq)).unwrap_or(ItemId::Top)
    }

    pub(crate) fn before(&self, item: ItemId) -> Option<ItemId> {
        let newest = || self.timeline.newest().map_or(ItemId::Top, ItemId::Seq);
        let below_newest = || if self.has_bottom() { ItemId::Bottom } else { newest() };
        match item {
            ItemId::Top => None,
            ItemId::Seq(seq) => {
                Some(self.timeline.entries.range(..seq).next_back().map_or(ItemId::Top, |(&seq, _)| ItemId::Seq(seq)))
            }
            ItemId::Bottom => Some(newest()),
            ItemId::Pending(number) => {
                let at = self.pending().position(|o| o.number == number).unwrap_or(0);
                let before = at.checked_sub(1).and_then(|at| self.room.outbox.waiting.get(at));
                Some(before.map_or_else(below_newest, |o| ItemId::Pending(o.number)))
            }
        }
    }

    pub(crate) fn after(&self, item: ItemId) -> Option<ItemId> {
        let first_pending = || self.pending().next().map(|o| ItemId::Pending(o.number));
        let bottom = || self.has_bottom().then_some(ItemId::Bottom).or_else(first_pending);
        match item {
            ItemId::Top => self.timeline.oldest().map(ItemId::Seq).or_else(bottom),
            ItemId::Seq(seq) => self
                .timeline
                .entries
                .range((Bound::Excluded(seq), Bound::Unbounded))
                .next()
                .map(|(&seq, _)| ItemId::Seq(seq))
                .or_else(bottom),
            ItemId::Bottom => first_pending(),
            ItemId::Pending(number) => {
                self.pending().skip_while(|o| o.number != number).nth(1).map(|o| ItemId::Pending(o.number))
            }
        }
    }

    /// The item itself, or what is closest to where it was.
    pub(crate) fn nearest(&self, item: ItemId) -> Option<ItemId> {
        match item {
            ItemId::Top => Some(item),
            ItemId::Seq(seq) => {
                let entries = &self.timeline.entries;
                let found = entries.range(seq..).next().or_else(|| entries.range(..seq).next_back());
                found.map(|(&seq, _)| ItemId::Seq(seq))
            }
            ItemId::Bottom if self.has_bottom() => Some(item),
            ItemId::Pending(number) if self.room.outbox.get(number).is_some() => Some(item),
            ItemId::Bottom | ItemId::Pending(_) => Some(self.last()),
        }
    }

    pub(crate) fn block(&mut self, item: ItemId) -> Block {
        let rules = self.rules(item).into();
        if let Some(body) = self.cache.rows.get(&item) {
            return Block { rules, body: Arc::clone(body) };
        }
        let mut body = match item {
            ItemId::Top => return Block { rules, body: Arc::new([self.top_row()]) },
            ItemId::Bottom => return Block { rules, body: Arc::new([self.bottom_row()]) },
            ItemId::Seq(seq) => self.entry_rows(seq),
            ItemId::Pending(number) => self.pending_rows(number),
        };
        super::text::highlight::mark(&mut body, self.context.words);
        let body: Arc<[Row]> = body.into();
        self.cache.insert(item, Arc::clone(&body));
        Block { rules, body }
    }

    /// The rules above an item. They depend on its neighbours, so they are not kept.
    fn rules(&self, item: ItemId) -> Vec<Row> {
        let mut rules = Vec::new();
        let width = usize::from(self.context.width);
        let day = |item: ItemId| self.at(item).map(|at| self.context.clock.day(at));
        if let Some(today) = day(item)
            && self.before(item).and_then(day) != Some(today)
        {
            rules.push(Row::rule(&self.context.clock.day_name(today, self.context.now), width, Role::DateRule));
        }
        if let ItemId::Seq(seq) = item
            && let missing @ 1.. = self.timeline.missing_before(seq)
        {
            let what = if missing == 1 { "something" } else { "some" };
            rules.push(Row::rule(&format!("⋯ {what} of what came before is on its way"), width, Role::DateRule));
        }
        if self.first_new.is_some_and(|seq| item == ItemId::Seq(seq)) {
            rules.push(Row::rule("new", width, Role::NewRule));
        }
        rules
    }

    fn at(&self, item: ItemId) -> Option<Timestamp> {
        match item {
            ItemId::Seq(seq) => self.timeline.entries.get(&seq).map(super::timeline::Entry::at),
            ItemId::Pending(number) => self.room.outbox.get(number).map(|o| o.at),
            ItemId::Top | ItemId::Bottom => None,
        }
    }

    fn top_row(&self) -> Row {
        let timeline = self.timeline;
        let (load, what) =
            if timeline.is_loaded { (&timeline.older, "older messages") } else { (&timeline.whole, "messages") };
        match load {
            Load::Failed(_, reason) => self.failed_row(what, reason, Action::PageUp),
            Load::Busy(_) => self.hint_row(&format!("loading {what} …")),
            Load::Idle if timeline.is_loaded && timeline.at_start => {
                let with = if self.room.partner().is_some() { "your conversation with " } else { "" };
                self.hint_row(&format!("This is the beginning of {with}{}.", self.room.title()))
            }
            Load::Idle if !timeline.is_loaded && !timeline.asks_disk() => {
                self.hint_row("What was said here is not kept on this machine; it loads with the connection.")
            }
            Load::Idle => self.hint_row("⋯"),
        }
    }

    fn bottom_row(&self) -> Row {
        let (load, what) = if self.timeline.is_stale() {
            (&self.timeline.whole, "the room anew")
        } else {
            (&self.timeline.newer, "newer messages")
        };
        match load {
            Load::Failed(_, reason) => self.failed_row(what, reason, Action::PageDown),
            Load::Busy(_) => self.hint_row(&format!("loading {what} …")),
            Load::Idle => self.hint_row("⋯"),
        }
    }

    fn hint_row(&self, text: &str) -> Row {
        Row::of(truncate(text, usize::from(self.context.width)), Role::Dim)
    }

    fn failed_row(&self, what: &str, reason: &str, again: Action) -> Row {
        let key = self.context.keys.key_for(again);
        let text = format!("Could not load {what} ({key} tries again): {reason}");
        Row::of(truncate(&text, usize::from(self.context.width)), Role::Failed)
    }

    fn entry_rows(&mut self, seq: Seq) -> Vec<Row> {
        let timeline = self.timeline;
        match timeline.entries.get(&seq).map(|entry| &entry.what) {
            Some(What::Message(message)) => self.message(message),
            Some(What::Line(line)) => self.line(line.at(), &line.text()),
            None => Vec::new(),
        }
    }

    /// What is no message, below each other where it does not fit into one row.
    fn line(&self, at: Timestamp, text: &str) -> Vec<Row> {
        let width = usize::from(self.context.width);
        let indent = if width > 40 { self.context.clock.format.width() } else { 0 };
        let time = format!("{} ", self.context.clock.time(at));
        let line = if indent == 0 { format!("{time}{text}") } else { text.to_owned() };
        let ranges = wrap_text(&line, width.saturating_sub(indent).max(1));
        let row = |(index, range): (usize, std::ops::Range<usize>)| {
            let lead = if index == 0 && indent > 0 { time.clone() } else { " ".repeat(indent) };
            Row::of(truncate(&format!("{lead}{}", line[range].trim_end()), width), Role::Dim)
        };
        ranges.into_iter().take(LINE_ROWS).enumerate().map(row).collect()
    }

    fn message(&mut self, message: &Message) -> Vec<Row> {
        let view = MessageView {
            time: self.context.clock.time(message.at),
            name: &message.name,
            body: &message.body,
            quote: message.reply_to.map(|seq| quote(self.timeline, seq)),
            reactions: &message.reactions,
            is_edited: message.edited_at.is_some(),
            is_deleted: message.deleted_at.is_some(),
            delivery: Delivery::Sent,
        };
        self.lay_out(&view)
    }

    fn pending_rows(&mut self, number: u64) -> Vec<Row> {
        let room = self.room;
        let Some(outgoing) = room.outbox.get(number) else { return Vec::new() };
        let me = self.context.me.map_or("", |(_, name)| name);
        let failure = match &outgoing.stage {
            Stage::Queued | Stage::InFlight => None,
            Stage::Failed { reason, .. } => {
                let keys = self.context.keys;
                let [again, up] = [Action::Reply, Action::DeleteOrDiscard].map(|action| keys.key_for(action));
                Some(format!("{reason} (select it: {again} sends it again, {up} gives it up)"))
            }
        };
        let view = MessageView {
            time: self.context.clock.time(outgoing.at),
            name: me,
            body: &outgoing.body,
            quote: outgoing.reply_to.map(|seq| quote(self.timeline, seq)),
            reactions: &[],
            is_edited: false,
            is_deleted: false,
            delivery: failure.as_deref().map_or(Delivery::Sending, Delivery::Failed),
        };
        self.lay_out(&view)
    }

    fn lay_out(&mut self, view: &MessageView<'_>) -> Vec<Row> {
        let me = self.context.me.map_or("", |(_, name)| name);
        message_rows(view, self.columns, &mut Reader { me, colourings: Lookup::Asking(&mut self.cache.colourings) })
    }
}

/// The first message that was new when the room was opened; `None` where it is not known which one that is.
fn first_new(room: &Room, timeline: &Timeline, me: Option<UserId>) -> Option<Seq> {
    let mark = room.new_mark?;
    let is_in_window = timeline.at_start || timeline.oldest().is_some_and(|oldest| oldest <= mark);
    let is_of_others = |message: &Message| Some(message.by) != me;
    let mut new = timeline.entries.range((Bound::Excluded(mark), Bound::Unbounded));
    new.find(|(_, entry)| entry.message().is_some_and(is_of_others)).map(|(&seq, _)| seq).filter(|_| is_in_window)
}

/// The one line that stands for a message that is answered.
pub(crate) fn quote(timeline: &Timeline, seq: Seq) -> String {
    quote_of(timeline.message(seq))
}

pub(crate) fn quote_of(message: Option<&Message>) -> String {
    match message {
        Some(m) if m.deleted_at.is_some() => format!("{}: (deleted)", m.name),
        Some(m) => truncate(&format!("{}: {}", m.name, first_line(&m.body)), QUOTE_CELLS),
        None => "an earlier message".into(),
    }
}

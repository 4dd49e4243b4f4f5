//! A room as the interface knows it: its description, its counts, its history in memory, and what the user does in it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chat_shared::api::{RoomKind, RoomSettings, RoomSummary};
use chat_shared::limit::ROOM_NAME_CHARS;
use chat_shared::{RoomId, Seq, Timestamp, UserRef};

use super::moving::Moving;
use crate::app::clean::{TOPIC_CHARS, clean_people};
use crate::app::keep::ledger::Keeping;
use crate::app::pane::item::{ItemId, Scroll};
use crate::app::reading::cursor::Reading;
use crate::app::settings::Sort;
use crate::app::text::{clean_short, fold_case};
use crate::app::timeline::Timeline;
use crate::app::writing::composer::Composer;
use crate::app::writing::names::People;
use crate::app::writing::outbox::Outbox;

/// What a conversation with nobody else in it is called.
const NOTES: &str = "notes to myself";

/// A room that we are in.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) name: String,
    /// The name without regard to case, for the order.
    pub(crate) folded: String,
    pub(crate) topic: String,
    pub(crate) kind: RoomKind,
    pub(crate) members: u64,
    /// When its newest message was posted, as far as that is known.
    pub(crate) last_at: Option<Timestamp>,
    /// How much what is unread in it counted when it was brought to its place.
    pub(crate) rank: u8,
    /// Where it stands among the favourites, with moves that the server has not confirmed yet.
    pub(crate) place: Option<u64>,
    /// The others in a direct conversation.
    pub(crate) others: Vec<UserRef>,
    /// How we want it.
    pub(crate) settings: RoomSettings,
    pub(crate) reading: Reading,
    /// Its history; `None` until it is opened.
    pub(crate) timeline: Option<Timeline>,
    pub(crate) outbox: Outbox,
    pub(crate) composer: Composer,
    pub(crate) scroll: Scroll,
    pub(crate) selection: Option<ItemId>,
    /// Messages that arrived below the view.
    pub(crate) new_below: u64,
    /// Where the read cursor stood when the room was opened: the "new" rule.
    pub(crate) new_mark: Option<Seq>,
    /// How many were new then; 0 as soon as that rule has been on the screen.
    pub(crate) new_above: u64,
    /// The view is on its way to that rule.
    pub(crate) goes_to_new: bool,
    /// A message that the view is on its way to: it is shown as soon as it is here. Until then the view stands nowhere else.
    pub(crate) jump_to: Option<Seq>,
    /// Names for completion.
    pub(crate) people: People,
    /// What of it is on disk.
    pub(crate) keeping: Keeping,
}

impl Room {
    pub(crate) fn new(summary: &RoomSummary) -> Self {
        let mut room = Self {
            id: summary.id,
            name: String::new(),
            folded: String::new(),
            topic: String::new(),
            kind: summary.kind,
            members: 0,
            last_at: None,
            rank: u8::MAX,
            place: None,
            others: Vec::new(),
            settings: RoomSettings::default(),
            reading: Reading::default(),
            timeline: None,
            outbox: Outbox::default(),
            composer: Composer::default(),
            scroll: Scroll::End,
            selection: None,
            new_below: 0,
            new_mark: None,
            new_above: 0,
            goes_to_new: false,
            jump_to: None,
            people: People::default(),
            keeping: Keeping::of(summary),
        };
        room.describe(summary);
        room
    }

    /// Takes the server's description and counts, which are true as of its `head`.
    pub(crate) fn describe(&mut self, summary: &RoomSummary) {
        self.keeping.describe(summary);
        self.kind = summary.kind;
        self.others = clean_people(&summary.people);
        self.settings = summary.settings;
        self.rename(&summary.name, &summary.topic);
        self.members = summary.members;
        self.last_at = summary.last_message_at.or(self.last_at);
        self.reading = Reading {
            read: summary.read,
            marked: summary.read,
            marking_since_us: None,
            told_us: None,
            unread: summary.unread,
            mentions: summary.mentions,
            unread_from: summary.unread_from,
            untold: self.reading.untold,
            is_held: self.reading.is_held,
            counted_to: summary.head,
        };
    }

    pub(crate) fn rename(&mut self, name: &str, topic: &str) {
        self.name = if self.is_direct() { names_of(&self.others) } else { clean_short(name, ROOM_NAME_CHARS) };
        self.folded = fold_case(&self.name);
        self.topic = clean_short(topic, TOPIC_CHARS);
    }

    /// As it is shown: `#general`, or the name alone between people.
    pub(crate) fn title(&self) -> String {
        if self.is_direct() { self.name.clone() } else { format!("#{}", self.name) }
    }

    /// Whether it is a direct conversation.
    pub(crate) fn is_direct(&self) -> bool {
        self.kind == RoomKind::Dm
    }

    /// The one other person of a conversation between two.
    pub(crate) fn partner(&self) -> Option<&UserRef> {
        if let [one] = &self.others[..] { Some(one).filter(|_| self.is_direct()) } else { None }
    }

    /// Whether it holds text that was not sent.
    pub(crate) fn has_draft(&self) -> bool {
        self.composer.has_draft()
    }

    /// The message that the view stands at; `None` where it does not stand at a message that others have.
    pub(crate) fn anchor(&self) -> Option<Seq> {
        if let Scroll::At { item: ItemId::Seq(seq), .. } = self.scroll { Some(seq) } else { None }
    }

    /// Learns a name for completion.
    pub(crate) fn meet(&mut self, name: &str) {
        self.people.meet(name);
    }

    /// The view stays where it is, and what was to be loaded elsewhere is not wanted any more.
    pub(crate) fn forget_jump(&mut self) {
        self.goes_to_new = false;
        if self.jump_to.take().is_some()
            && let Some(timeline) = &mut self.timeline
        {
            timeline.forget_around();
        }
    }

    /// Whether the view shows the newest message, and follows it.
    pub(crate) fn is_at_end(&self) -> bool {
        self.scroll == Scroll::End
            && self.jump_to.is_none()
            && self.timeline.as_ref().is_some_and(|t| t.is_loaded && t.at_end && !t.is_stale())
    }
}

/// The rooms that we are in, and their order on the screen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rooms {
    pub(super) by_id: BTreeMap<RoomId, Room>,
    /// Rooms, then conversations.
    pub(super) order: Vec<RoomId>,
    /// How many of these are no conversations.
    pub(super) named: usize,
    /// What the order follows.
    pub(super) sort: Sort,
    /// The room that was asked for last, until its answer is here.
    pub(super) wish: Option<String>,
    /// Favourites on their way to other places.
    pub(crate) moving: Option<Moving>,
    /// The open room, which stays where it is while it is read.
    pub(crate) held: Option<RoomId>,
}

impl Rooms {
    pub(crate) fn get(&self, id: RoomId) -> Option<&Room> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.by_id.get_mut(&id)
    }

    /// Takes a room's description from the server, new or known. [`Self::sort`] is to follow.
    pub(crate) fn know(&mut self, summary: &RoomSummary) {
        match self.by_id.get_mut(&summary.id) {
            Some(room) => room.describe(summary),
            None => drop(self.by_id.insert(summary.id, Room::new(summary))),
        }
    }

    pub(crate) fn remove(&mut self, id: RoomId) -> Option<Room> {
        let room = self.by_id.remove(&id);
        self.sort();
        room
    }

    pub(crate) fn order(&self) -> &[RoomId] {
        &self.order
    }

    /// The same in two parts: rooms, and conversations.
    pub(crate) fn parts(&self) -> (&[RoomId], &[RoomId]) {
        self.order.split_at(self.named)
    }

    /// In any order: the quickest way to look at each of very many.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Room> {
        self.by_id.values()
    }

    /// In the order of the screen.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Room> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Room> {
        self.by_id.values_mut()
    }

    /// By name, in whatever case, with or without `#`. Conversations have none.
    pub(crate) fn named(&self, name: &str) -> Option<&Room> {
        let name = fold_case(name.strip_prefix('#').unwrap_or(name));
        self.iter().find(|room| !room.is_direct() && fold_case(&room.name) == name)
    }

    /// The conversation with the one person of this name, in whatever case, with or without `@`; or with several people, their
    /// names with commas between.
    pub(crate) fn direct(&self, names: &str) -> Option<&Room> {
        let names: BTreeSet<String> =
            names.split(',').map(|name| fold_case(name.strip_prefix('@').unwrap_or(name))).collect();
        let fits = |room: &&Room| {
            let is_one = |user: &UserRef| names.contains(&fold_case(&user.name));
            room.is_direct() && room.others.len() == names.len() && room.others.iter().all(is_one)
        };
        self.iter().find(fits)
    }
}

/// What a conversation between these people is called.
fn names_of(others: &[UserRef]) -> String {
    if others.is_empty() {
        return NOTES.into();
    }
    others.iter().map(|user| user.name.as_str()).collect::<Vec<_>>().join(", ")
}

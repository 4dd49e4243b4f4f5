//! The two files: what goes in comes out, for the right account, within bounds, whatever state the files are in.
//!
//! - `windows`: what the file with the last known state makes of changes · `model`: the same against the server's pages
//! - `files`: whose they are, and their versions · `keeping`: the thread that has them open

mod files;
mod keeping;
mod model;
mod speed;
mod windows;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use chat_shared::api::{Bootstrap, Limits, RoomKind, RoomSettings, RoomSummary, User};
use chat_shared::{Epoch, Event, EventKind, Message, RoomId, Seq, Timestamp, UserId};
use tempfile::TempDir;
use uuid::Uuid;

use super::places::{Owner, Places};
use super::views::{self, Views};
use super::{Keeper, unsent};
use crate::app::kept::{Kept, KeptMessage, Restored, Save, Waiting, Window};

pub(super) const ME: UserId = UserId(Uuid::from_u128(1));
pub(super) const ANN: UserId = UserId(Uuid::from_u128(2));
pub(super) const ROOM: RoomId = RoomId(Uuid::from_u128(11));
pub(super) const OTHER: RoomId = RoomId(Uuid::from_u128(12));

pub(super) fn summary(id: RoomId, unread: u64) -> RoomSummary {
    let (name, topic, kind) = (format!("room{}", id.0.as_u128()), String::new(), RoomKind::Public);
    RoomSummary {
        id,
        name,
        topic,
        kind,
        head: 9,
        read: 3,
        unread,
        mentions: 0,
        members: 2,
        unread_from: None,
        last_message_at: None,
        people: Vec::new(),
        settings: RoomSettings::default(),
    }
}

pub(super) fn bootstrap(epoch: u128) -> Save {
    let me = User { id: ME, name: "me".into(), admin: false };
    let limits = Limits { message_bytes: 1, connections_per_user: 2, resume_events: 3 };
    let (rooms, epoch) = (vec![summary(ROOM, 1), summary(OTHER, 0)], Epoch(Uuid::from_u128(epoch)));
    Save::Bootstrap(Box::new(Bootstrap { me, rooms, online: Vec::new(), epoch, limits, version: "1".into() }))
}

pub(super) fn event(room: RoomId, seq: Seq, kind: EventKind) -> Event {
    let at = Timestamp::from_ms(i64::try_from(seq).unwrap() * 1_000);
    Event { kind, room, seq, at, by: ANN, name: "ann".into() }
}

pub(super) fn says(room: RoomId, seq: Seq) -> Event {
    event(room, seq, EventKind::Posted { body: format!("message {seq}"), key: None, reply_to: None })
}

pub(super) fn live(event: Event) -> Save {
    Save::Event(Box::new(event))
}

pub(super) fn messages(room: RoomId, seqs: impl IntoIterator<Item = Seq>, as_of: Seq) -> Vec<KeptMessage> {
    let kept = |seq| KeptMessage { as_of, message: Message::posted(&says(room, seq)).unwrap() };
    seqs.into_iter().map(kept).collect()
}

pub(super) fn window(room: RoomId, seqs: std::ops::RangeInclusive<Seq>) -> Save {
    let (floor, head) = (*seqs.start(), *seqs.end());
    Save::Window(Box::new(Window {
        room,
        head,
        floor,
        is_stale: false,
        messages: messages(room, seqs, head),
        lines: Vec::new(),
    }))
}

pub(super) fn steps(steps: Vec<Save>) -> views::Changes {
    views::Changes { steps, ..Default::default() }
}

pub(super) fn open_views(dir: &TempDir) -> Views {
    Views::open(&dir.path().join("views.db"), "tag", ME).unwrap()
}

/// A file that holds messages 1 to 3 of `ROOM`.
pub(super) fn filled(dir: &TempDir) -> Views {
    let mut views = open_views(dir);
    views.write(steps(vec![bootstrap(7), window(ROOM, 1..=3)])).unwrap();
    views
}

pub(super) fn seqs(views: &mut Views, room: RoomId) -> Vec<Seq> {
    let window = views.window(room).unwrap();
    window.map(|w| w.messages.iter().map(|kept| kept.message.seq).collect()).unwrap_or_default()
}

pub(super) fn head(views: &mut Views) -> Seq {
    views.window(ROOM).unwrap().unwrap().head
}

pub(super) fn waiting(key: &str) -> Waiting {
    let (body, at) = ("hello".into(), Timestamp::from_ms(5));
    Waiting {
        key: key.into(),
        room: ROOM,
        body,
        reply_to: Some(4),
        at,
        was_tried: true,
        failed: Some(("no".into(), false)),
    }
}

pub(super) fn outgoing(key: &str, message: Option<Waiting>) -> unsent::Changes {
    let mut changes = unsent::Changes::default();
    changes.outgoing.insert(key.into(), message.map(Box::new));
    changes
}

pub(super) fn places(dir: &TempDir) -> Places {
    Places::in_folders(dir.path().join("views"), dir.path().join("unsent"))
}

pub(super) fn owner(server: &str, user: UserId) -> Owner {
    Owner { server: server.parse().unwrap(), user }
}

/// A keeper, what it restored, and where its further news come.
pub(super) fn keeper(dir: &TempDir, owner: &Owner) -> (Keeper, Restored, mpsc::Receiver<Kept>) {
    let (tell, news) = mpsc::channel();
    let keeper = Keeper::start(places(dir), owner.clone(), move |kept| drop(tell.send(kept))).unwrap();
    let Kept::Restored(restored) = next(&news) else { panic!("it restores first") };
    (keeper, *restored, news)
}

pub(super) fn next(news: &mpsc::Receiver<Kept>) -> Kept {
    news.recv_timeout(Duration::from_secs(20)).unwrap()
}

pub(super) fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

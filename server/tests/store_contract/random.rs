//! Random histories against a naive model: counts are exact, and a page plus what follows it is the next page.

use std::collections::{BTreeMap, BTreeSet};

use chat_server::store::{RoomRef, Window};
use chat_shared::api::User;
use chat_shared::message::fold;
use chat_shared::{Message, RoomId, Seq};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::runtime::Handle;

use super::world::{World, draft, mentions};

for_every_store!(random_histories_add_up);

const NAMES: [&str; 3] = ["ann", "bob", "eve"];
const TEXTS: [&str; 5] = ["hello", "@ann look", "@bob, @eve", "@eve!", "all: @ann @bob @eve"];
const EMOJI: [&str; 3] = ["👍", "🎉", "❤"];

#[derive(Clone, Debug)]
struct Op {
    user: usize,
    room: usize,
    /// Which of the room's messages, in thousandths of them.
    message: usize,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Post(usize),
    Edit(usize),
    Delete,
    React(usize, bool),
    Read,
    Unread,
    Join,
    Leave,
    Look,
}

fn op() -> impl Strategy<Value = Op> {
    let what = prop_oneof![
        6 => (0..TEXTS.len()).prop_map(What::Post),
        3 => (0..TEXTS.len()).prop_map(What::Edit),
        2 => Just(What::Delete),
        4 => (0..EMOJI.len(), any::<bool>()).prop_map(|(emoji, add)| What::React(emoji, add)),
        3 => Just(What::Read),
        2 => Just(What::Unread),
        1 => Just(What::Join),
        1 => Just(What::Leave),
        2 => Just(What::Look),
    ];
    (0..NAMES.len(), 0..2_usize, 0..1000_usize, what).prop_map(|(user, room, message, what)| Op {
        user,
        room,
        message,
        what,
    })
}

async fn random_histories_add_up(world: World) {
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let handle = Handle::current();
    tokio::task::block_in_place(|| {
        TestRunner::new(config)
            .run(&prop::collection::vec(op(), 1..80), |ops| {
                handle.block_on(check(World::new(world.backend.another()), ops))
            })
            .unwrap();
    });
}

/// A message, as far as it can be unread.
struct Sent {
    by: usize,
    deleted: bool,
    mentions: BTreeSet<usize>,
}

/// One room, modelled in the most obvious way.
struct Room {
    id: RoomId,
    head: Seq,
    sent: BTreeMap<Seq, Sent>,
    cursors: BTreeMap<usize, Seq>,
    /// Before the cursor: what lies after counts as unread again.
    marks: BTreeMap<usize, Seq>,
}

impl Room {
    fn reference(&self) -> RoomRef {
        RoomRef::Id(self.id)
    }

    fn pick(&self, thousandths: usize) -> Seq {
        let number = thousandths * self.sent.len() / 1000;
        self.sent.keys().nth(number).copied().unwrap_or(1)
    }

    fn mentioned(&self, text: &str, by: usize) -> BTreeSet<usize> {
        let named = mentions(text);
        self.cursors.keys().copied().filter(|&user| user != by && named.contains(&NAMES[user].to_owned())).collect()
    }

    fn counts(&self, user: usize) -> (u64, u64) {
        let after = self.sent.range(self.marks.get(&user).unwrap_or(&self.cursors[&user]) + 1..).map(|(_, sent)| sent);
        let unread: Vec<_> = after.filter(|sent| sent.by != user && !sent.deleted).collect();
        let mentions = unread.iter().filter(|sent| sent.mentions.contains(&user)).count();
        (unread.len() as u64, mentions as u64)
    }
}

/// What somebody saw at some time.
struct Seen {
    user: usize,
    room: usize,
    head: Seq,
    messages: Vec<Message>,
}

async fn check(world: World, ops: Vec<Op>) -> Result<(), TestCaseError> {
    let mut users = Vec::new();
    for name in NAMES {
        users.push(world.user(name).await);
    }
    let mut rooms = Vec::new();
    for name in ["one", "two"] {
        let RoomRef::Id(id) = world.room(&users[0], name).await else { unreachable!() };
        let mut room =
            Room { id, head: 1, sent: BTreeMap::new(), cursors: BTreeMap::from([(0, 1)]), marks: BTreeMap::new() };
        world.join(&users[1], &room.reference()).await;
        room.head += 1;
        room.cursors.insert(1, 2);
        rooms.push(room);
    }
    let mut seen = Vec::new();
    for op in ops {
        if let What::Look = op.what {
            look(&world, &users, &rooms, &mut seen).await?;
        } else {
            act(&world, &users, &mut rooms[op.room], &op).await?;
        }
    }
    look(&world, &users, &rooms, &mut seen).await?;
    for seen in &seen {
        check_fold(&world, &users[seen.user], &rooms[seen.room], seen).await?;
    }
    Ok(())
}

/// Does it to the store, and where that allows it to the model.
async fn act(world: &World, users: &[User], room: &mut Room, op: &Op) -> Result<(), TestCaseError> {
    let (user, me, at) = (&users[op.user], op.user, room.reference());
    let target = room.pick(op.message);
    let is_member = room.cursors.contains_key(&me);
    match op.what {
        What::Post(text) => {
            let posted = world.try_post(user, draft(at, TEXTS[text])).await;
            prop_assert_eq!(posted.is_ok(), is_member);
            if is_member {
                room.head += 1;
                let mentions = room.mentioned(TEXTS[text], me);
                room.sent.insert(room.head, Sent { by: me, deleted: false, mentions });
            }
        }
        What::Edit(text) => {
            if let Ok(Some(event)) = world.edit(user, &at, target, TEXTS[text]).await {
                room.head += 1;
                prop_assert_eq!(event.seq, room.head);
                let mentions = room.mentioned(TEXTS[text], me);
                room.sent.get_mut(&target).unwrap().mentions = mentions;
            }
        }
        What::Delete => {
            let deleted = world.delete(user, &at, target).await;
            let sent = room.sent.get_mut(&target).filter(|sent| is_member && !sent.deleted);
            // Ann, who came first, may delete everything.
            let allowed = sent.filter(|sent| sent.by == me || me == 0);
            prop_assert_eq!(matches!(deleted, Ok(Some(_))), allowed.is_some());
            if let Some(sent) = allowed {
                sent.deleted = true;
                room.head += 1;
            }
        }
        What::React(emoji, add) => {
            if let Ok(Some(_)) = world.react(user, &at, target, EMOJI[emoji], add).await {
                room.head += 1;
            }
        }
        What::Read | What::Unread => read(world, user, room, op).await?,
        What::Join | What::Leave => come_and_go(world, user, room, op).await?,
        What::Look => {}
    }
    Ok(())
}

/// Moves a read cursor, or sets a mark before it.
async fn read(world: &World, user: &User, room: &mut Room, op: &Op) -> Result<(), TestCaseError> {
    let (me, at) = (op.user, room.reference());
    let seq = room.head * op.message as u64 / 900;
    let is_mark = matches!(op.what, What::Unread);
    let answer = if is_mark {
        world.store.mark_unread(user.id, at, seq).await
    } else {
        world.store.mark_read(user.id, at, seq).await
    };
    let cursor = room.cursors.get(&me).copied();
    prop_assert_eq!(answer.is_ok(), cursor.is_some());
    let (Ok((_, state)), Some(cursor)) = (answer, cursor) else { return Ok(()) };
    let upto = if is_mark { seq.saturating_sub(1) } else { seq }.min(room.head);
    if upto >= cursor {
        room.marks.remove(&me);
        room.cursors.insert(me, upto);
    } else if is_mark {
        room.marks.insert(me, upto);
    }
    prop_assert_eq!((state.seq, (state.unread, state.mentions)), (room.cursors[&me], room.counts(me)));
    prop_assert_eq!(state.unread_from, room.marks.get(&me).map(|mark| mark + 1));
    Ok(())
}

async fn come_and_go(world: &World, user: &User, room: &mut Room, op: &Op) -> Result<(), TestCaseError> {
    let (me, at) = (op.user, room.reference());
    let is_member = room.cursors.contains_key(&me);
    if let What::Join = op.what {
        let joined = world.join(user, &at).await;
        if !is_member {
            room.head += 1;
            room.cursors.insert(me, room.head);
        }
        prop_assert_eq!(joined.head, room.head);
    } else {
        let left = world.store.leave(world.actor(user), at).await;
        prop_assert_eq!(left.is_ok(), is_member);
        room.head += u64::from(is_member);
        room.cursors.remove(&me);
        room.marks.remove(&me);
        // Whoever comes back is not owed an answer to what was asked before.
        for sent in room.sent.values_mut() {
            sent.mentions.remove(&me);
        }
    }
    Ok(())
}

/// Compares all counts with the model, and keeps what everybody sees.
async fn look(world: &World, users: &[User], rooms: &[Room], seen: &mut Vec<Seen>) -> Result<(), TestCaseError> {
    for (number, room) in rooms.iter().enumerate() {
        for (&user, &cursor) in &room.cursors {
            let summary = world.summary(&users[user], &room.reference()).await;
            prop_assert_eq!((summary.unread, summary.mentions), room.counts(user));
            prop_assert_eq!(summary.unread_from, room.marks.get(&user).map(|mark| mark + 1));
            let counted = (summary.head, summary.read, summary.members);
            prop_assert_eq!(counted, (room.head, cursor, room.cursors.len() as u64));
            let page = world.store.messages(users[user].id, room.reference(), Window::Latest, 1000).await.unwrap();
            prop_assert!(page.messages.iter().map(|message| message.seq).eq(room.sent.keys().copied()));
            seen.push(Seen { user, room: number, head: page.head, messages: page.messages });
        }
    }
    Ok(())
}

/// The law: what was seen, plus the events since, is what is seen now. With the events as they stand in the log, and
/// as they were announced.
async fn check_fold(world: &World, user: &User, room: &Room, seen: &Seen) -> Result<(), TestCaseError> {
    if !room.cursors.contains_key(&seen.user) {
        return Ok(());
    }
    let now = world.page(user, &room.reference(), Window::Latest, 1000).await;
    let logged = world.store.events(user.id, room.reference(), seen.head, 1000).await.unwrap().events;
    let announced: Vec<_> = world.heard.of(room.id).iter().map(|event| (**event).clone()).collect();
    let announced = announced.into_iter().filter(|event| event.seq > seen.head).collect();
    for events in [logged, announced] {
        let mut messages: BTreeMap<_, _> =
            seen.messages.iter().cloned().map(|message| (message.seq, message)).collect();
        prop_assert_eq!(events.len() as u64, room.head - seen.head);
        for event in &events {
            fold(&mut messages, event, user.id);
        }
        prop_assert_eq!(&messages.into_values().collect::<Vec<_>>(), &now);
    }
    Ok(())
}

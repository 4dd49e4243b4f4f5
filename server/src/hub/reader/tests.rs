//! What a reader holds for a connection that takes nothing is bounded.

use std::task::Waker;

use uuid::Uuid;

use super::*;
use crate::hub::{MembershipChange, Publication, Text};
use crate::store::TokenHash;

const ME: UserId = UserId(Uuid::from_u128(1));

fn room(number: u128) -> RoomId {
    RoomId(Uuid::from_u128(number))
}

fn event(room: RoomId, seq: Seq, membership: Option<MembershipChange>) -> Publication {
    Publication { room, frame: Frame { seq, bytes: Bytes::from_static(b"x") }, membership, text: Text::None }
}

fn joined(room: RoomId, seq: Seq) -> Publication {
    event(room, seq, Some(MembershipChange::Joined(ME)))
}

fn left(room: RoomId, seq: Seq) -> Publication {
    event(room, seq, Some(MembershipChange::Left(ME)))
}

/// What a connection hears that has no room for frames.
fn hears(reader: &mut Reader) -> Option<ByeReason> {
    match reader.poll_urgent(&Context::from_waker(Waker::noop())) {
        Poll::Ready(news) => news.closed,
        Poll::Pending => None,
    }
}

#[test]
fn who_comes_and_goes_while_they_take_nothing_is_closed() {
    let hub = Hub::new();
    let mut reader = hub.connect(ME, TokenHash([0; 32]), 0).unwrap();
    reader.subscribe(room(7), 1, 1);
    let ended = (1..1000).find(|round| {
        hub.publish(&[left(room(7), 2 * round), joined(room(7), 2 * round + 1)]);
        hears(&mut reader) == Some(ByeReason::Overloaded)
    });
    assert_eq!(ended, Some(65));
    assert_eq!(reader.pending, [room(7)]);
}

#[test]
fn who_leaves_room_after_room_is_closed_in_the_end() {
    let hub = Hub::new();
    let mut reader = hub.connect(ME, TokenHash([0; 32]), 0).unwrap();
    let mut batch = Vec::new();
    let ended = (1..5000).find(|&number| {
        hub.publish(&[joined(room(number), 1), left(room(number), 2)]);
        let closed = hears(&mut reader);
        loop {
            match reader.pull(&mut batch) {
                Pull::Idle => break,
                Pull::Frames => batch.clear(),
                Pull::Behind { room, until, .. } => reader.supplied(room, until, true),
            }
        }
        closed == Some(ByeReason::Overloaded)
    });
    assert_eq!(ended, Some(1026), "the last one is noticed with the next");
}

#[test]
fn a_busy_room_waits_for_one_turn_only() {
    let hub = Hub::new();
    let mut reader = hub.connect(ME, TokenHash([0; 32]), 0).unwrap();
    reader.subscribe(room(7), 0, 0);
    let (mut seq, mut batch) = (0, Vec::new());
    for _ in 0..1000 {
        let events: Vec<_> = (0..70).map(|n| event(room(7), seq + 1 + n, None)).collect();
        hub.publish(&events);
        seq += 70;
        assert_eq!(hears(&mut reader), None);
        if let Pull::Behind { room, after, .. } = reader.pull(&mut batch) {
            reader.supplied(room, after + 64, false);
        }
        assert_eq!(reader.pending, [room(7)]);
    }
}

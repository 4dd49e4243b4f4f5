//! From the store to the hub: every committed event is encoded once, and told to its room.

use std::sync::Arc;

use chat_shared::api::{ReadState, RoomSettings};
use chat_shared::frame::Control;
use chat_shared::{Event, EventKind};

use crate::hub::{Frame, Hub, MembershipChange, Publication, Topic};
use crate::metrics::Metrics;
use crate::store::{Now, Observer, Personal};
use crate::transport::encode;

/// Listens to a store, and publishes what it commits.
pub struct Publisher {
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
}

impl Publisher {
    /// Publishes to this hub.
    #[must_use]
    pub fn new(hub: Arc<Hub>, metrics: Arc<Metrics>) -> Self {
        Self { hub, metrics }
    }
}

impl Observer for Publisher {
    fn committed(&self, events: &[Arc<Event>]) {
        self.metrics.commits.inc();
        self.metrics.events.inc_by(events.len() as u64);
        let mut publications: Vec<Publication> = events.iter().map(|event| publication(event)).collect();
        // Together what belongs to one room; a stable sort keeps the numbers in order.
        publications.sort_by_key(|publication| publication.room);
        self.hub.publish(&publications);
    }

    fn personal(&self, changes: &[Personal]) {
        for &Personal { user, room, now } in changes {
            let (topic, frame) = match now {
                Now::Read(ReadState { seq, unread, mentions, unread_from }) => {
                    (Topic::Read(room), Control::Read { room, upto: seq, unread, mentions, unread_from })
                }
                Now::Settings(RoomSettings { level, favourite, place }) => {
                    (Topic::Settings(room), Control::Settings { room, level, favourite, place })
                }
            };
            self.hub.tell_user(user, topic, &encode::control(&frame));
        }
    }
}

fn publication(event: &Event) -> Publication {
    let membership = match &event.kind {
        EventKind::Joined { user } => Some(MembershipChange::Joined(user.id)),
        EventKind::Left { user } => Some(MembershipChange::Left(user.id)),
        _ => None,
    };
    let text = encode::text_of(event);
    Publication { room: event.room, frame: Frame { seq: event.seq, bytes: encode::event(event) }, membership, text }
}

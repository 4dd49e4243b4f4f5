//! No two entries of a window stand next to each other with something missing between them, unless a gap is drawn there: whatever
//! order pages, events, resets and answers come in.

use std::collections::BTreeSet;

use chat_shared::{EventKind, RoomId, Timestamp, UserRef, message};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::app::kept::KeptMessage;

const ME: UserId = UserId(Uuid::from_u128(1));

fn event(seq: Seq, kind: u8, target: Seq) -> Event {
    let target = target.min(seq - 1).max(1);
    let kind = match kind {
        0..=6 => EventKind::Posted { body: format!("m{seq}"), key: Some(format!("k{seq}")), reply_to: None },
        7 => EventKind::Edited { target, body: format!("e{seq}") },
        8 => EventKind::Deleted { target },
        _ => EventKind::Joined { user: UserRef { id: ME, name: format!("p{seq}") } },
    };
    let at = Timestamp::from_ms(1_000 * i64::try_from(seq).unwrap());
    Event { kind, room: RoomId(Uuid::from_u128(9)), seq, at, by: ME, name: "me".into() }
}

/// A room of the server, and a window on it.
struct Model {
    log: Vec<Event>,
    /// What is committed; what the link has delivered.
    head: usize,
    delivered: usize,
    /// Requests, and the pages that were read for them.
    requests: Vec<(PageFrom, Option<MessagesPage>)>,
    timeline: Timeline,
}

impl Model {
    /// As a server answers now.
    fn page(&self, from: PageFrom) -> MessagesPage {
        let mut all = BTreeMap::new();
        self.log[..self.head].iter().for_each(|event| message::fold(&mut all, event, ME));
        let upto = |seq: Seq, limit: usize| -> Vec<Message> {
            let older: Vec<_> = all.range(..=seq).map(|(_, message)| message.clone()).collect();
            older[older.len().saturating_sub(limit)..].to_vec()
        };
        let after = |seq: Seq, limit| all.range(seq + 1..).take(limit).map(|(_, m)| m.clone()).collect::<Vec<_>>();
        let messages = match from {
            PageFrom::Latest => upto(Seq::MAX, PAGE),
            PageFrom::Before(seq) => upto(seq - 1, PAGE),
            PageFrom::After(seq) => after(seq, PAGE),
            PageFrom::Around(seq) => [upto(seq, PAGE / 2), after(seq, PAGE / 2)].concat(),
        };
        let is_full = messages.len() >= PAGE;
        let first = messages.first().map_or(0, |message| message.seq);
        let last = messages.last().map_or(0, |message| message.seq);
        let head = Seq::try_from(self.head).unwrap();
        let (from, upto) = match from {
            PageFrom::Latest => (if is_full { first } else { 0 }, head),
            PageFrom::Before(seq) => (if is_full { first } else { 0 }, seq - 1),
            PageFrom::After(seq) => (seq + 1, if is_full { last } else { head }),
            PageFrom::Around(_) => (first, last),
        };
        let is_other = |event: &&Event| matches!(event.kind, EventKind::Joined { .. });
        let span = self.log[..self.head].iter().filter(|event| (from..=upto).contains(&event.seq));
        MessagesPage { messages, head, events: span.filter(is_other).cloned().collect(), ..MessagesPage::default() }
    }

    fn ask(&mut self, from: PageFrom) {
        if self.timeline.begin(from) {
            self.requests.push((from, None));
        }
    }

    fn act(&mut self, act: u8, number: usize) {
        let seq = Seq::try_from(number % (self.head + 1)).unwrap().max(1);
        match act {
            0..=2 => self.head = (self.head + number % 40).min(self.log.len()),
            3..=5 => {
                let upto = (self.delivered + number % 60).min(self.head);
                for event in &self.log[self.delivered..upto] {
                    self.timeline.apply(event, ME);
                }
                self.delivered = upto;
            }
            6 => self.ask(PageFrom::Latest),
            7 => self.ask(PageFrom::Around(seq)),
            8 | 9 => self.timeline.oldest().into_iter().for_each(|seq| self.ask(PageFrom::Before(seq))),
            10 | 11 => self.timeline.newest_told().into_iter().for_each(|seq| self.ask(PageFrom::After(seq))),
            12 | 13 if !self.requests.is_empty() => {
                let which = number % self.requests.len();
                self.requests[which].1 = Some(self.page(self.requests[which].0));
            }
            14..=16 if self.requests.iter().any(|(_, page)| page.is_some()) => {
                let ready: Vec<usize> = (0..self.requests.len()).filter(|n| self.requests[*n].1.is_some()).collect();
                let (from, page) = self.requests.remove(ready[number % ready.len()]);
                if self.timeline.merge(from, page.unwrap(), ME) == Change::AskAgain {
                    self.ask(from);
                }
            }
            17 => drop(self.head.checked_sub(1).map(|last| self.timeline.insert_own(&self.log[last].clone()))),
            20 => {
                let at = (number % self.log.len()).min(self.head.max(1) - 1);
                self.timeline.insert_own(&self.log[at].clone());
            }
            21 => self.timeline.trim((!number.is_multiple_of(3)).then_some(seq), 60 + number % 100),
            18 => {
                // What was not delivered is left out.
                self.timeline.invalidate(Seq::try_from(self.head).unwrap());
                self.delivered = self.head;
            }
            _ => {
                for (from, _) in self.requests.drain(..) {
                    self.timeline.fail(from, "no".into());
                }
            }
        }
    }

    /// Everything that the window shows is there without holes, or a gap is drawn where one is.
    fn check(&self) -> Result<(), TestCaseError> {
        let timeline = &self.timeline;
        let shown: Vec<Seq> = timeline.entries.keys().copied().collect();
        let posted: BTreeSet<Seq> =
            self.log[..self.head].iter().filter(|e| Message::posted(e).is_some()).map(|e| e.seq).collect();
        for pair in shown.windows(2) {
            let missing = posted.range(pair[0] + 1..pair[1]).count();
            let gap = timeline.missing_before(pair[1]);
            prop_assert!(missing == 0 || gap > 0, "{missing} are missing between {pair:?}, and no gap is drawn");
        }
        for seq in &shown {
            prop_assert!(timeline.missing_before(*seq) == 0 || *seq > timeline.head());
        }
        let (Some(oldest), true) = (shown.first(), timeline.is_loaded && timeline.at_end && !timeline.is_stale())
        else {
            return Ok(());
        };
        // Nothing below says that there is more: then all that was delivered is here.
        let delivered = Seq::try_from(self.delivered).unwrap();
        let lost = posted.range(*oldest..=delivered.max(*oldest)).find(|seq| timeline.message(**seq).is_none());
        prop_assert_eq!(lost, None, "delivered up to {}", delivered);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn where_something_is_missing_a_gap_is_drawn(
        log in prop::collection::vec((0u8..11, 1u64..600), 600),
        kept in prop::option::of((0usize..200, 0usize..200)),
        acts in prop::collection::vec((0u8..22, 0usize..1_000), 1..120),
    ) {
        let log: Vec<Event> = log.iter().zip(1..).map(|(&(kind, target), seq)| event(seq, kind, target)).collect();
        let mut model =
            Model { log, head: 200, delivered: 200, requests: Vec::new(), timeline: Timeline::default() };
        if let Some((head, delivered)) = kept {
            // The disk has a window from before; the link begins where that ends, or has gone on since.
            model.head = head;
            let page = model.page(PageFrom::Latest);
            let floor = page.messages.first().filter(|_| page.messages.len() >= PAGE).map_or(0, |m| m.seq);
            let messages = page.messages.into_iter().map(|message| KeptMessage { as_of: page.head, message }).collect();
            let (room, is_stale, lines) = (RoomId(Uuid::from_u128(9)), false, Vec::new());
            let window = Window { room, head: page.head, floor, is_stale, messages, lines };
            model.head = 200;
            model.delivered = delivered.max(head);
            model.timeline.ask_disk();
            model.timeline.merge_kept(Some(window), Some(Seq::try_from(model.delivered).unwrap()), ME);
            model.check()?;
        }
        for (act, number) in acts {
            model.act(act, number);
            model.check()?;
        }
    }
}

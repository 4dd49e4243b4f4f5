//! What the user wrote, as the disk has it, and back: drafts and messages on their way. Pure.

use chat_shared::{RoomId, Seq};

use super::composer::{Composer, Mode};
use super::outbox::{Outgoing, Stage};
use crate::app::kept::{Draft, Waiting};
use crate::app::text::{clean_block, clean_line, clean_paste};

/// Whether the draft on disk is what the composer holds. Compares, and copies nothing.
pub(crate) fn is_kept(composer: &Composer, kept: Option<&Draft>) -> bool {
    let (text, edit) = (composer.draft_text(), composer.edit_text());
    let reply = if let Mode::Reply { seq, quote } = &composer.mode { Some((*seq, quote.as_str())) } else { None };
    match kept {
        None => text.is_empty() && edit.is_none(),
        Some(kept) => {
            let of = |pair: &'_ Option<(Seq, String)>, other: Option<(Seq, &str)>| {
                pair.as_ref().map(|(seq, text)| (*seq, text.as_str())) == other
            };
            kept.text == text && of(&kept.reply, reply) && of(&kept.edit, edit)
        }
    }
}

pub(crate) fn draft(composer: &Composer) -> Option<Draft> {
    let reply = if let Mode::Reply { seq, quote } = &composer.mode { Some((*seq, quote.clone())) } else { None };
    let edit = composer.edit_text().map(|(seq, text)| (seq, text.to_owned()));
    let text = composer.draft_text().to_owned();
    (!text.is_empty() || edit.is_some()).then_some(Draft { text, reply, edit })
}

pub(crate) fn composer(draft: &Draft) -> Composer {
    let mut composer = Composer::holding(&clean_paste(&draft.text));
    if let Some((seq, quote)) = &draft.reply {
        composer.mode = Mode::Reply { seq: *seq, quote: clean_line(quote) };
    }
    if let Some((seq, text)) = &draft.edit {
        composer.begin_edit(*seq, &clean_paste(text));
    }
    composer
}

pub(crate) fn waiting(room: RoomId, outgoing: &Outgoing) -> Waiting {
    let failed = match &outgoing.stage {
        Stage::Failed { reason, needs_new_key } => Some((reason.clone(), *needs_new_key)),
        Stage::Queued | Stage::InFlight => None,
    };
    Waiting {
        key: outgoing.key.clone(),
        room,
        body: outgoing.body.clone(),
        reply_to: outgoing.reply_to,
        at: outgoing.at,
        was_tried: outgoing.was_tried(),
        failed,
    }
}

pub(crate) fn outgoing(number: u64, waiting: Waiting) -> Outgoing {
    let Waiting { key, body, reply_to, at, was_tried, failed, .. } = waiting;
    let mut outgoing = Outgoing::new(number, key, clean_block(&body), reply_to, at);
    if was_tried {
        outgoing.set_tried();
    }
    if let Some((reason, needs_new_key)) = failed {
        outgoing.stage = Stage::Failed { reason: clean_line(&reason), needs_new_key };
    }
    outgoing
}

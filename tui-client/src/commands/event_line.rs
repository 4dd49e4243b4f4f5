//! How `tail` prints an event: a readable line, or its JSON. Nothing from the network reaches the terminal unsanitised. Pure.

use chat_shared::text::{escape_json, sanitise_block, sanitise_line};
use chat_shared::{Event, EventKind};
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr as _;

use crate::template::Template;

/// The event as one line of JSON, with its line break.
#[must_use]
pub fn json_line(event: &Event) -> String {
    // Only maps with odd keys and failing writers make this fail, and an event has neither.
    let json = serde_json::to_string(event).unwrap_or_default();
    let mut line = escape_json(&json).into_owned();
    line.push('\n');
    line
}

/// `2026-11-22 10:00 ann  hello`, with its line break; with the place before the name, where there may be several. More lines
/// of the text are indented below its first one.
#[must_use]
pub fn text_line(event: &Event, place: Option<&str>, zone: &TimeZone) -> String {
    let at = local(event.at, "%Y-%m-%d %H:%M", zone);
    let place = place.map(|place| format!("{} ", sanitise_line(place))).unwrap_or_default();
    let prefix = format!("{at} {place}{}  ", sanitise_line(&event.name));
    let indent = " ".repeat(prefix.width());
    let mut out = prefix;
    for (number, line) in what(event).lines().enumerate() {
        if number > 0 {
            out.push('\n');
            if !line.is_empty() {
                out.push_str(&indent);
            }
        }
        out.push_str(line);
    }
    out.push('\n');
    out
}

/// The event as a template says, with a line break.
#[must_use]
pub fn templated(event: &Event, room: &str, template: &Template, zone: &TimeZone) -> String {
    let mut line = template.fill(|field| match field {
        "room" => sanitise_line(room).into_owned(),
        "seq" => event.seq.to_string(),
        "at" => event.at.to_string(),
        "date" => local(event.at, "%Y-%m-%d", zone),
        "time" => local(event.at, "%H:%M", zone),
        "name" => sanitise_line(&event.name).into_owned(),
        "type" => kind(event),
        "text" => sanitise_line(&what(event)).into_owned(),
        _ => what(event),
    });
    line.push('\n');
    line
}

/// The type, as the API names it.
pub(super) fn kind(event: &Event) -> String {
    let json = serde_json::to_value(&event.kind).unwrap_or_default();
    json.get("type").and_then(|kind| kind.as_str()).unwrap_or("unknown").to_owned()
}

/// A point in time where the user is.
fn local(at: chat_shared::Timestamp, format: &str, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default();
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

fn what(event: &Event) -> String {
    match &event.kind {
        EventKind::Posted { body, .. } if body.is_empty() => "* (deleted)".to_owned(),
        EventKind::Posted { body, reply_to: None, .. } => sanitise_block(body).into_owned(),
        EventKind::Posted { body, reply_to: Some(target), .. } => format!("(to {target}) {}", sanitise_block(body)),
        EventKind::Edited { target, body } => format!("* edited {target}: {}", sanitise_block(body)),
        EventKind::Deleted { target } => format!("* deleted {target}"),
        EventKind::ReactionAdded { target, emoji } => format!("* {} to {target}", sanitise_line(emoji)),
        EventKind::ReactionRemoved { target, emoji } => format!("* took {} back from {target}", sanitise_line(emoji)),
        EventKind::Joined { user } if user.id == event.by => "* joined".to_owned(),
        EventKind::Joined { user } => format!("* brought {} in", sanitise_line(&user.name)),
        EventKind::Left { user } if user.id == event.by => "* left".to_owned(),
        EventKind::Left { user } => format!("* removed {}", sanitise_line(&user.name)),
        EventKind::RoomChanged { name, topic } if topic.is_empty() => {
            format!("* set the room to #{}, without a topic", sanitise_line(name))
        }
        EventKind::RoomChanged { name, topic } => {
            format!("* set the room to #{}: {}", sanitise_line(name), sanitise_line(topic))
        }
        EventKind::Unknown => format!("* did something that this version does not know (event {})", event.seq),
    }
}

#[cfg(test)]
mod tests {
    use chat_shared::{RoomId, Timestamp, UserId, UserRef};
    use uuid::Uuid;

    use super::*;

    fn line(kind: EventKind) -> String {
        let event = Event {
            kind,
            room: RoomId(Uuid::nil()),
            seq: 42,
            at: Timestamp::from_ms(1_795_341_600_123),
            by: UserId(Uuid::nil()),
            name: "ann".into(),
        };
        text_line(&event, None, &TimeZone::UTC)
    }

    fn posted(body: &str) -> EventKind {
        EventKind::Posted { body: body.into(), key: None, reply_to: None }
    }

    #[test]
    fn reads_like_a_log() {
        assert_eq!(line(posted("hello")), "2026-11-22 10:00 ann  hello\n");
        assert_eq!(
            line(posted("a\n\nb\r\n  c")),
            "2026-11-22 10:00 ann  a\n\n                      b\n                        c\n"
        );
        assert_eq!(line(EventKind::Deleted { target: 7 }), "2026-11-22 10:00 ann  * deleted 7\n");
        let bob = UserRef { id: UserId(Uuid::from_u128(1)), name: "bob".into() };
        assert_eq!(line(EventKind::Joined { user: bob }), "2026-11-22 10:00 ann  * brought bob in\n");
        assert_eq!(
            line(EventKind::ReactionAdded { target: 7, emoji: "🎉".into() }),
            "2026-11-22 10:00 ann  * 🎉 to 7\n"
        );
    }

    #[test]
    fn nothing_hostile_is_printed() {
        let evil = "\x1b]0;x\x07\u{9b}2J\u{202E}";
        let user = UserRef { id: UserId(Uuid::from_u128(1)), name: evil.into() };
        let kinds = [
            posted(evil),
            EventKind::Posted { body: evil.into(), key: Some(evil.into()), reply_to: Some(1) },
            EventKind::Edited { target: 1, body: evil.into() },
            EventKind::ReactionAdded { target: 1, emoji: evil.into() },
            EventKind::ReactionRemoved { target: 1, emoji: evil.into() },
            EventKind::Joined { user: user.clone() },
            EventKind::Left { user },
            EventKind::RoomChanged { name: evil.into(), topic: evil.into() },
        ];
        for kind in kinds {
            let event = Event {
                kind,
                room: RoomId(Uuid::nil()),
                seq: 1,
                at: Timestamp::from_ms(0),
                by: UserId(Uuid::nil()),
                name: evil.into(),
            };
            let template: Template = Template::parse("{room} {name} {text}", &["room", "name", "text"]).unwrap();
            let line = templated(&event, evil, &template, &TimeZone::UTC);
            for line in [text_line(&event, Some(evil), &TimeZone::UTC), json_line(&event), line] {
                let harmless = line.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202E}'));
                assert!(harmless, "{line:?}");
            }
            assert_eq!(serde_json::from_str::<Event>(&json_line(&event)).unwrap(), event);
        }
    }
}

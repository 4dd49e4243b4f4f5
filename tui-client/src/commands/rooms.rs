//! `chat-tui rooms`: the rooms that there are.

use chat_shared::api::{RoomKind, RoomListing, RoomSummary};
use chat_shared::text::{escape_json, sanitise_line};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::context::Context;
use super::direct;
use super::output::print;
use crate::cli::Rooms;
use crate::report::Problem;

/// Prints a line a room.
///
/// # Errors
/// Why there is no list.
pub async fn run(context: &Context, args: &Rooms) -> Result<(), Problem> {
    let api = context.authorised().await?;
    let refused = |refusal| Problem::request("list the rooms", refusal);
    let rooms = api.rooms().await.map_err(refused)?;
    let ours = api.bootstrap().await.map_err(refused)?.rooms;
    let direct: Vec<_> = ours.into_iter().filter(|room| room.kind == RoomKind::Dm).collect();
    print(&if args.json { json_lines(&rooms) + &json_lines(&direct) } else { listing(&rooms, &direct) })
}

fn json_lines<T: Serialize>(rooms: &[T]) -> String {
    // Only maps with odd keys make this fail, and a room has none.
    let json = |room| escape_json(&serde_json::to_string(room).unwrap_or_default()).into_owned() + "\n";
    rooms.iter().map(json).collect()
}

/// `*` marks the rooms that one is in. Direct conversations come last, as `@name`.
fn listing(rooms: &[RoomListing], direct: &[RoomSummary]) -> String {
    let all = rooms.iter().map(|room| (room.joined, sanitise_line(&room.name).into_owned(), room.members, &room.topic));
    let direct = direct.iter().map(|room| (true, direct::label(room), room.members, &room.topic));
    let all: Vec<_> = all.chain(direct).collect();
    let widest = all.iter().map(|(_, name, ..)| name.width()).max().unwrap_or(0);
    let mut lines = String::new();
    for (joined, name, members, topic) in all {
        let mark = if joined { '*' } else { ' ' };
        let fill = " ".repeat(widest - name.width());
        let line = format!("{mark} {name}{fill}  {members:>5}  {}", sanitise_line(topic));
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use chat_shared::api::RoomSettings;
    use chat_shared::{RoomId, UserId, UserRef};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_harmless_line_a_room() {
        let room = |name: &str, topic: &str, joined| RoomListing {
            id: RoomId(Uuid::nil()),
            name: name.into(),
            topic: topic.into(),
            kind: RoomKind::Public,
            head: 1,
            members: 3,
            joined,
        };
        let rooms = [room("general", "hi\x1b[2J\nthere", true), room("李雷", "", false)];
        let direct = RoomSummary {
            id: RoomId(Uuid::nil()),
            name: String::new(),
            topic: String::new(),
            kind: RoomKind::Dm,
            head: 2,
            read: 2,
            unread: 0,
            mentions: 0,
            members: 2,
            unread_from: None,
            last_message_at: None,
            people: vec![UserRef { id: UserId(Uuid::nil()), name: "bob\x1b".into() }],
            settings: RoomSettings::default(),
        };
        let expected = "* general      3  hi␛[2J there\n  李雷         3\n* @bob␛        2\n";
        assert_eq!(listing(&rooms, &[direct]), expected);
    }
}

//! `chat-tui rooms`: the rooms that there are.

use chat_shared::api::RoomListing;
use chat_shared::text::{escape_json, sanitise_line};
use unicode_width::UnicodeWidthStr as _;

use super::{Context, print};
use crate::cli::Rooms;
use crate::report::Problem;

/// Prints a line a room.
///
/// # Errors
/// Why there is no list.
pub async fn run(context: &Context, args: &Rooms) -> Result<(), Problem> {
    let rooms = context.authorised()?.rooms().await.map_err(|refusal| Problem::request("list the rooms", refusal))?;
    print(&if args.json { json_lines(&rooms) } else { listing(&rooms) })
}

fn json_lines(rooms: &[RoomListing]) -> String {
    // Only maps with odd keys make this fail, and a room has none.
    let json = |room| escape_json(&serde_json::to_string(room).unwrap_or_default()).into_owned() + "\n";
    rooms.iter().map(json).collect()
}

/// `*` marks the rooms that one is in.
fn listing(rooms: &[RoomListing]) -> String {
    let names: Vec<_> = rooms.iter().map(|room| sanitise_line(&room.name)).collect();
    let widest = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let mut lines = String::new();
    for (room, name) in rooms.iter().zip(&names) {
        let mark = if room.joined { '*' } else { ' ' };
        let fill = " ".repeat(widest - name.width());
        let line = format!("{mark} {name}{fill}  {:>5}  {}", room.members, sanitise_line(&room.topic));
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use chat_shared::RoomId;
    use chat_shared::api::RoomKind;
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
        assert_eq!(listing(&rooms), "* general      3  hi␛[2J there\n  李雷         3\n");
    }
}

//! `chat-tui status`: how much is unread, for a status bar.

use chat_shared::api::{Bootstrap, Level, RoomSummary};
use chat_shared::text::{escape_json, sanitise_line};

use super::context::Context;
use super::direct;
use super::output::print;
use crate::cli::Status;
use crate::report::Problem;

/// Prints one line.
///
/// # Errors
/// Why nobody knows.
pub async fn run(context: &Context, args: &Status) -> Result<(), Problem> {
    let answer = context.authorised().await?.bootstrap().await;
    let bootstrap = answer.map_err(|refusal| Problem::request("ask what is unread", refusal))?;
    print(&line(&bootstrap, args))
}

fn line(bootstrap: &Bootstrap, args: &Status) -> String {
    // What is muted calls nobody.
    let counts = |room: &&RoomSummary| room.settings.level != Level::Nothing && (room.unread > 0 || room.mentions > 0);
    let rooms: Vec<_> = bootstrap.rooms.iter().filter(counts).collect();
    let unread = rooms.iter().fold(0_u64, |sum, room| sum.saturating_add(room.unread));
    let mentions = rooms.iter().fold(0_u64, |sum, room| sum.saturating_add(room.mentions));
    let line = if args.json {
        let of_room = |room: &&RoomSummary| serde_json::json!({"id": room.id, "name": direct::name(room), "unread": room.unread, "mentions": room.mentions});
        let rooms: Vec<_> = rooms.iter().map(of_room).collect();
        let whole = serde_json::json!({"unread": unread, "mentions": mentions, "rooms": rooms});
        escape_json(&whole.to_string()).into_owned()
    } else if let Some(template) = &args.format {
        template.fill(|field| match field {
            "unread" => unread.to_string(),
            "mentions" => mentions.to_string(),
            "rooms" => rooms.len().to_string(),
            _ => sanitise_line(&bootstrap.me.name).into_owned(),
        })
    } else {
        match mentions {
            0 => format!("{unread} unread"),
            1 => format!("{unread} unread, 1 mention"),
            _ => format!("{unread} unread, {mentions} mentions"),
        }
    };
    line + "\n"
}

//! `chat-tui search`: what was said, newest first.

use std::collections::{BTreeMap, BTreeSet};

use chat_shared::text::escape_json;
use chat_shared::{Event, EventKind, Message, RoomId, Seq, Timestamp};
use jiff::tz::TimeZone;

use super::context::Context;
use super::direct;
use super::event_line::{templated, text_line};
use super::output::print;
use crate::app::panels::query::Query;
use crate::cli::Search;
use crate::net::api::{Api, Wanted};
use crate::report::Problem;

/// Messages that one request asks for.
const PAGE: usize = 100;

/// Prints what is found.
///
/// # Errors
/// Why nothing is.
pub async fn run(context: &Context, args: Search) -> Result<(), Problem> {
    let mut query = Query::parse(&args.words.join(" "));
    if query.is_empty() {
        return Err(Problem::Usage("There is no word to search for.".into()));
    }
    query.room = args.room.as_deref().map(|room| room.trim_start_matches('#').to_owned()).or(query.room);
    query.from = args.from.as_deref().map(|name| name.trim_start_matches('@').to_owned()).or(query.from);
    let api = context.authorised().await?;
    let found = find(&api, &query, usize::try_from(args.limit).unwrap_or(usize::MAX)).await?;
    if found.is_empty() {
        return Err(Problem::NothingFound);
    }
    let bootstrap = api.bootstrap().await.map_err(failed)?;
    let names: BTreeMap<RoomId, String> =
        bootstrap.rooms.into_iter().map(|room| (room.id, direct::name(&room))).collect();
    let zone = TimeZone::system();
    let lines: String = found.iter().map(|message| line(message, &names, &args, &zone)).collect();
    print(&lines)
}

fn failed(refusal: crate::net::answer::Refusal) -> Problem {
    Problem::request("search", refusal)
}

/// Asks page by page, until there are enough or there are no more.
async fn find(api: &Api, query: &Query, limit: usize) -> Result<Vec<Message>, Problem> {
    let mut found: Vec<Message> = Vec::new();
    let mut seen: BTreeSet<(RoomId, Seq)> = BTreeSet::new();
    let mut before = None;
    while found.len() < limit {
        let (room, from) = (query.room.as_deref(), query.from.as_deref());
        let page = api.search(&Wanted { text: &query.text, room, from, before, limit: PAGE }).await.map_err(failed)?;
        let is_last = page.is_last(PAGE);
        let oldest = page.messages.last().map(|message| message.at);
        let known = found.len();
        found.extend(page.messages.into_iter().filter(|message| seen.insert((message.room, message.seq))));
        let Some(oldest) = oldest.filter(|_| !is_last) else { break };
        // Others of the same millisecond may follow; where only those came, they are passed.
        before = Some(if found.len() > known { Timestamp::from_ms(oldest.as_ms() + 1) } else { oldest });
    }
    found.truncate(limit);
    Ok(found)
}

fn line(message: &Message, names: &BTreeMap<RoomId, String>, args: &Search, zone: &TimeZone) -> String {
    if args.json {
        // Only maps with odd keys make this fail, and a message has none.
        let json = serde_json::to_string(message).unwrap_or_default();
        return escape_json(&json).into_owned() + "\n";
    }
    let name = names.get(&message.room).map_or("?", String::as_str);
    let event = posted(message);
    match &args.format {
        Some(template) => templated(&event, name, template, zone),
        None => text_line(&event, Some(&format!("{}/{}", direct::place(name), message.seq)), zone),
    }
}

/// The message as the event that posted it, with its text as it is now.
fn posted(message: &Message) -> Event {
    let kind = EventKind::Posted { body: message.body.clone(), key: None, reply_to: message.reply_to };
    let (room, seq, at, by) = (message.room, message.seq, message.at, message.by);
    Event { kind, room, seq, at, by, name: message.name.clone() }
}

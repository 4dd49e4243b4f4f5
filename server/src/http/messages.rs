//! Messages: post, read, edit, delete, react, search.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chat_shared::api::{EditMessage, PostMessage};
use chat_shared::text::mentions;
use chat_shared::{ErrorCode, Seq};
use serde::Deserialize;

use super::Shared;
use super::extract::{
    Asked, ContentType, MessageJson, Params, Room, content_type, from_json, largest_body, page_size, room_ref,
    whole_body,
};
use crate::auth::Principal;
use crate::error::ApiError;
use crate::store::{Draft, SearchQuery, Window};
use crate::validate::{self, name_key};

/// The keys of the names that a text mentions.
fn mentioned(body: &str) -> Vec<String> {
    mentions(body).into_iter().map(name_key).collect()
}

/// `POST /rooms/{room}/messages`, as JSON or as plain text
///
/// # Errors
/// `malformed`, `too_large`, `unsupported_media_type`, `invalid_body`, `invalid_key`, `key_reused`, `invalid_reply`,
/// `room_not_found`, `not_a_member`, `unavailable`.
pub(crate) async fn post(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
    request: Request,
) -> Result<Response, ApiError> {
    let key = match request.headers().get("idempotency-key") {
        None => None,
        Some(value) => Some(validate::key(value.to_str().unwrap_or_default())?),
    };
    let kind = content_type(request.headers());
    let body = whole_body(request, largest_body(api.limits.message_bytes)).await?;
    let PostMessage { body, reply_to } = match kind {
        Some(ContentType::Json) => from_json(&body)?,
        Some(ContentType::Text) => {
            let body = std::str::from_utf8(&body).map_err(ApiError::malformed)?;
            PostMessage { body: body.to_owned(), reply_to: None }
        }
        None => {
            let message = "Send a message as application/json ({\"body\":\"…\"}) or as text/plain.";
            return Err(ApiError::new(ErrorCode::UnsupportedMediaType, message));
        }
    };
    let body = validate::body(&body, api.limits.message_bytes)?;
    let draft = Draft { room, mentions: mentioned(&body), body, reply_to, key };
    let event = api.store.post(principal.acts(), draft).await?;
    api.typing.ends(event.room, event.by);
    Ok((StatusCode::CREATED, axum::Json(&*event)).into_response())
}

/// The query of `GET /rooms/{room}/messages`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PageQuery {
    /// What was posted before this number.
    before: Option<Seq>,
    /// What was posted after it.
    after: Option<Seq>,
    /// The messages next to it, on both sides. Of these three, say one or none: the newest messages.
    around: Option<Seq>,
    /// How many; 50 unless you say, and 500 at most.
    #[cfg_attr(test, schemars(range(min = 1)))]
    limit: Option<usize>,
    /// Also who came and went meanwhile, and what became of the room's name and topic.
    #[serde(default)]
    events: bool,
}

/// The part that is asked for; `None` where nothing is said.
fn window(before: Option<Seq>, after: Option<Seq>, around: Option<Seq>) -> Result<Option<Window>, ApiError> {
    match (before, after, around) {
        (None, None, None) => Ok(None),
        (Some(seq), None, None) => Ok(Some(Window::Before(seq))),
        (None, Some(seq), None) => Ok(Some(Window::After(seq))),
        (None, None, Some(seq)) => Ok(Some(Window::Around(seq))),
        _ => {
            let message = "Ask for one of before, after and around, not for several.";
            Err(ApiError::new(ErrorCode::InvalidParameter, message))
        }
    }
}

/// `GET /rooms/{room}/messages?before=SEQ|after=SEQ|around=SEQ&limit=N&events=true`
///
/// # Errors
/// `room_not_found`, `not_a_member`, `malformed`, `invalid_parameter`.
pub(crate) async fn page(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
    Asked(query): Asked<PageQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let window = window(query.before, query.after, query.around)?.unwrap_or(Window::Latest);
    let (user, limit) = (principal.user.id, page_size(query.limit)?);
    let page = if query.events {
        api.store.messages_and_events(user, room, window, limit).await?
    } else {
        api.store.messages(user, room, window, limit).await?
    };
    Ok(axum::Json(page))
}

/// The query of `GET /rooms/{room}/events`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EventsQuery {
    /// The last number that is known already.
    #[serde(default)]
    after: Seq,
    /// How many; 50 unless you say, and 500 at most.
    #[cfg_attr(test, schemars(range(min = 1)))]
    limit: Option<usize>,
}

/// `GET /rooms/{room}/events?after=SEQ&limit=N`
///
/// # Errors
/// `room_not_found`, `not_a_member`, `malformed`, `invalid_parameter`.
pub(crate) async fn events(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
    Asked(query): Asked<EventsQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let limit = page_size(query.limit)?;
    Ok(axum::Json(api.store.events(principal.user.id, room, query.after, limit).await?))
}

/// The query of what is asked about one message.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LimitQuery {
    /// How many; 50 unless you say, and 500 at most.
    #[cfg_attr(test, schemars(range(min = 1)))]
    limit: Option<usize>,
}

/// `GET /rooms/{room}/messages/{seq}/history?limit=N`
///
/// # Errors
/// `room_not_found`, `not_a_member`, `message_not_found`, `message_deleted`, `malformed`, `invalid_parameter`.
pub(crate) async fn history(
    State(api): State<Shared>,
    principal: Principal,
    Params((room, seq)): Params<(String, Seq)>,
    Asked(query): Asked<LimitQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let limit = page_size(query.limit)?;
    Ok(axum::Json(api.store.history(principal.user.id, room_ref(&room), seq, limit).await?))
}

/// The query of `GET /rooms/{room}/messages/{seq}/thread`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ThreadQuery {
    /// The part just before this number.
    before: Option<Seq>,
    /// The part just after it.
    after: Option<Seq>,
    /// The part next to it, on both sides. Of these three, say one or none: the beginning.
    around: Option<Seq>,
    /// How many; 50 unless you say, and 500 at most.
    #[cfg_attr(test, schemars(range(min = 1)))]
    limit: Option<usize>,
}

/// `GET /rooms/{room}/messages/{seq}/thread?before=SEQ|after=SEQ|around=SEQ&limit=N`
///
/// # Errors
/// `room_not_found`, `not_a_member`, `message_not_found`, `malformed`, `invalid_parameter`.
pub(crate) async fn thread(
    State(api): State<Shared>,
    principal: Principal,
    Params((room, seq)): Params<(String, Seq)>,
    Asked(query): Asked<ThreadQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let window = window(query.before, query.after, query.around)?.unwrap_or(Window::After(0));
    let limit = page_size(query.limit)?;
    Ok(axum::Json(api.store.thread(principal.user.id, room_ref(&room), seq, window, limit).await?))
}

/// `PATCH /rooms/{room}/messages/{seq}`: 200 with the event, 204 where nothing changed
///
/// # Errors
/// `room_not_found`, `not_a_member`, `message_not_found`, `message_deleted`, `forbidden`, and what `post` says of bodies.
pub(crate) async fn edit(
    State(api): State<Shared>,
    principal: Principal,
    Params((room, seq)): Params<(String, Seq)>,
    MessageJson(request): MessageJson<EditMessage>,
) -> Result<impl IntoResponse, ApiError> {
    let body = validate::body(&request.body, api.limits.message_bytes)?;
    let mentions = mentioned(&body);
    Ok(changed(api.store.edit(principal.acts(), room_ref(&room), seq, body, mentions).await?))
}

/// `DELETE /rooms/{room}/messages/{seq}`: 200 with the event, 204 where it was deleted already
///
/// # Errors
/// `room_not_found`, `not_a_member`, `message_not_found`, `forbidden`.
pub(crate) async fn delete(
    State(api): State<Shared>,
    principal: Principal,
    Params((room, seq)): Params<(String, Seq)>,
) -> Result<impl IntoResponse, ApiError> {
    Ok(changed(api.store.delete(principal.acts(), room_ref(&room), seq).await?))
}

/// `PUT /rooms/{room}/messages/{seq}/reactions/{emoji}`: 200 with the event, 204 where it was there already
///
/// # Errors
/// `room_not_found`, `not_a_member`, `message_not_found`, `message_deleted`, `invalid_emoji`, `too_many_reactions`.
pub(crate) async fn add_reaction(
    State(api): State<Shared>,
    principal: Principal,
    Params((room, seq, emoji)): Params<(String, Seq, String)>,
) -> Result<impl IntoResponse, ApiError> {
    let emoji = validate::emoji(&emoji)?;
    Ok(changed(api.store.react(principal.acts(), room_ref(&room), seq, emoji, true).await?))
}

/// `DELETE /rooms/{room}/messages/{seq}/reactions/{emoji}`: 200 with the event, 204 where it was not there
///
/// # Errors
/// `room_not_found`, `not_a_member`, `message_not_found`, `message_deleted`, `invalid_emoji`.
pub(crate) async fn remove_reaction(
    State(api): State<Shared>,
    principal: Principal,
    Params((room, seq, emoji)): Params<(String, Seq, String)>,
) -> Result<impl IntoResponse, ApiError> {
    let emoji = validate::emoji(&emoji)?;
    Ok(changed(api.store.react(principal.acts(), room_ref(&room), seq, emoji, false).await?))
}

fn changed(event: Option<std::sync::Arc<chat_shared::Event>>) -> Response {
    match event {
        Some(event) => axum::Json(&*event).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// The query of `GET /search`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SearchParams {
    /// Words, each of which has to be there; "in quotes", one after the other. At most 32 words, and 1,024 bytes.
    q: String,
    /// Only in this room: its id or its name.
    room: Option<String>,
    /// Only by this author: their name.
    from: Option<String>,
    /// Only what was posted before.
    before: Option<chat_shared::Timestamp>,
    /// How many; 50 unless you say, and 500 at most.
    #[cfg_attr(test, schemars(range(min = 1)))]
    limit: Option<usize>,
}

/// `GET /search?q=&room=&from=&before=&limit=`
///
/// # Errors
/// `room_not_found`, `not_a_member`, `malformed`, `invalid_parameter`.
pub(crate) async fn search(
    State(api): State<Shared>,
    principal: Principal,
    Asked(query): Asked<SearchParams>,
) -> Result<impl IntoResponse, ApiError> {
    validate::search(&query.q)?;
    let query = SearchQuery {
        text: query.q,
        room: query.room.as_deref().map(room_ref),
        from: query.from.as_deref().map(name_key),
        before: query.before,
        limit: page_size(query.limit)?,
    };
    Ok(axum::Json(api.store.search(principal.user.id, query).await?))
}

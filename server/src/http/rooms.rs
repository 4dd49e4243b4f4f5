//! Rooms: list, make, change, join, leave, who is there, read cursors, and typing.

use std::collections::HashSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chat_shared::api::{ChangeRoom, CreateRoom, MarkRead, MarkUnread, RoomKind, Rooms};
use chat_shared::frame::Control;
use chat_shared::{ErrorCode, UserId};
use serde::Deserialize;

use super::Shared;
use super::extract::{Asked, Json, Room, page_size};
use crate::auth::Principal;
use crate::error::ApiError;
use crate::transport::encode;
use crate::validate::{self, Name, name_key};

/// `GET /rooms`
///
/// # Errors
/// `unauthorized`, `unavailable`.
pub(crate) async fn list(State(api): State<Shared>, principal: Principal) -> Result<impl IntoResponse, ApiError> {
    Ok(axum::Json(Rooms { rooms: api.store.rooms(principal.user.id).await? }))
}

/// `POST /rooms`
///
/// # Errors
/// `invalid_name`, `invalid_topic`, `room_name_taken`; `invalid_parameter` for private rooms, which this server does not have yet.
pub(crate) async fn create(
    State(api): State<Shared>,
    principal: Principal,
    Json(request): Json<CreateRoom>,
) -> Result<impl IntoResponse, ApiError> {
    if request.private {
        let message = "This server does not have private rooms yet. Nothing was made.";
        return Err(ApiError::new(ErrorCode::InvalidParameter, message));
    }
    let name = Name::of_room(&request.name)?;
    let topic = validate::topic(request.topic.as_deref().unwrap_or_default())?;
    let room = api.store.create_room(principal.acts(), name, topic, RoomKind::Public).await?;
    Ok((StatusCode::CREATED, axum::Json(room)))
}

/// `PATCH /rooms/{room}`
///
/// # Errors
/// `room_not_found`, `not_a_member`, `forbidden`, `invalid_name`, `invalid_topic`, `room_name_taken`.
pub(crate) async fn change(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
    Json(request): Json<ChangeRoom>,
) -> Result<impl IntoResponse, ApiError> {
    let name = request.name.as_deref().map(Name::of_room).transpose()?;
    let topic = request.topic.as_deref().map(validate::topic).transpose()?;
    Ok(axum::Json(api.store.change_room(principal.acts(), room, name, topic).await?))
}

/// `POST /rooms/{room}/join`
///
/// # Errors
/// `room_not_found`.
pub(crate) async fn join(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
) -> Result<impl IntoResponse, ApiError> {
    Ok(axum::Json(api.store.join(principal.acts(), room).await?))
}

/// `POST /rooms/{room}/leave`
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub(crate) async fn leave(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
) -> Result<StatusCode, ApiError> {
    api.store.leave(principal.acts(), room).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The query of `GET /rooms/{room}/members`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MembersQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// How many; 50 unless you say, and 500 at most.
    #[cfg_attr(test, schemars(range(min = 1)))]
    limit: Option<usize>,
}

/// `GET /rooms/{room}/members?after=&limit=`
///
/// # Errors
/// `room_not_found`, `not_a_member`, `malformed`, `invalid_parameter`.
pub(crate) async fn members(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
    Asked(query): Asked<MembersQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let limit = page_size(query.limit)?;
    let after = query.after.as_deref().map(name_key);
    let mut page = api.store.members(principal.user.id, room, after, limit).await?;
    let online: HashSet<UserId> =
        api.presence.online(page.members.iter().map(|member| member.id)).into_iter().collect();
    page.members.iter_mut().for_each(|member| member.online = online.contains(&member.id));
    Ok(axum::Json(page))
}

/// `PUT /rooms/{room}/read`: tells the user's other devices too.
///
/// # Errors
/// `room_not_found`, `not_a_member`, `malformed`.
pub(crate) async fn mark_read(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
    Json(request): Json<MarkRead>,
) -> Result<impl IntoResponse, ApiError> {
    let (_, state) = api.store.mark_read(principal.user.id, room, request.seq).await?;
    Ok(axum::Json(state))
}

/// `PUT /rooms/{room}/unread`: tells the user's other devices too.
///
/// # Errors
/// `room_not_found`, `not_a_member`, `malformed`.
pub(crate) async fn mark_unread(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
    Json(request): Json<MarkUnread>,
) -> Result<impl IntoResponse, ApiError> {
    let (_, state) = api.store.mark_unread(principal.user.id, room, request.seq).await?;
    Ok(axum::Json(state))
}

/// `POST /rooms/{room}/typing`
///
/// # Errors
/// `room_not_found`, `not_a_member`.
pub(crate) async fn typing(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
) -> Result<StatusCode, ApiError> {
    let room = api.store.writable_room(principal.user.id, room).await?;
    let by = principal.user.id;
    if api.typing.is_news(room, by) {
        let frame = encode::control(&Control::Typing { room, by, name: principal.user.name });
        api.hub.broadcast(room, &frame, by);
    }
    Ok(StatusCode::NO_CONTENT)
}

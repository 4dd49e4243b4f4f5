//! Direct conversations, and how each member wants a room.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use chat_shared::ErrorCode;
use chat_shared::api::{ChangeSettings, Level, OpenDm};
use chat_shared::limit::DM_PEOPLE;

use super::Shared;
use super::extract::{Json, Room};
use crate::auth::Principal;
use crate::error::ApiError;
use crate::store::Who;
use crate::validate::name_key;

/// `POST /dms`: 201 where the conversation was made, 200 where it was there
///
/// # Errors
/// `user_not_found`, `invalid_parameter`, `malformed`.
pub(crate) async fn open(
    State(api): State<Shared>,
    principal: Principal,
    Json(request): Json<OpenDm>,
) -> Result<impl IntoResponse, ApiError> {
    let people: Vec<Who> = request.user.iter().chain(&request.users).map(|text| who(text)).collect();
    if people.is_empty() {
        let message = "Say with whom: \"user\" takes a name or an id, \"users\" several of them.";
        return Err(ApiError::new(ErrorCode::InvalidParameter, message));
    }
    if people.len() >= DM_PEOPLE {
        let message = format!("At most {DM_PEOPLE} people can be in a direct conversation. Make a room for more.");
        return Err(ApiError::new(ErrorCode::InvalidParameter, message));
    }
    let (room, made) = api.store.open_dm(principal.acts(), people).await?;
    if made {
        // They did not hear of each other until now.
        for user in room.people.iter().map(|user| user.id).chain([principal.user.id]) {
            api.presence.announce(user).await;
        }
    }
    Ok((if made { StatusCode::CREATED } else { StatusCode::OK }, axum::Json(room)))
}

fn who(text: &str) -> Who {
    match text.parse() {
        Ok(id) => Who::Id(id),
        Err(_) => Who::Name(name_key(text.strip_prefix('@').unwrap_or(text))),
    }
}

/// `PUT /rooms/{room}/settings`: tells the user's other devices too.
///
/// # Errors
/// `room_not_found`, `not_a_member`, `invalid_parameter`, `malformed`.
pub(crate) async fn change_settings(
    State(api): State<Shared>,
    principal: Principal,
    Room(room): Room,
    Json(request): Json<ChangeSettings>,
) -> Result<impl IntoResponse, ApiError> {
    if request.level == Some(Level::Unknown) {
        let message = "A level is one of \"all\", \"mentions\" and \"nothing\".";
        return Err(ApiError::new(ErrorCode::InvalidParameter, message));
    }
    if request.place == Some(0) {
        let message = "Places begin with 1.";
        return Err(ApiError::new(ErrorCode::InvalidParameter, message));
    }
    let (_, settings) = api.store.change_settings(principal.user.id, room, request).await?;
    Ok(axum::Json(settings))
}

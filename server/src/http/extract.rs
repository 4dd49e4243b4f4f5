//! What handlers take from requests: who asks, which room, and bodies, each refused with the contract's errors.

use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Path, Query, Request};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use bytes::Bytes;
use chat_shared::ErrorCode;
use chat_shared::limit::{PAGE_DEFAULT, PAGE_MAX};
use http_body_util::{BodyExt as _, Collected, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Shared;
use crate::auth::Principal;
use crate::error::ApiError;
use crate::requests::Slot;
use crate::store::RoomRef;
use crate::validate::name_key;

/// The bearer token of a request, where it has one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl FromRequestParts<Shared> for Principal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, ApiError> {
        let refuse = |message| ApiError::new(ErrorCode::Unauthorized, message);
        let token =
            bearer(&parts.headers).ok_or_else(|| refuse("Log in first: send \"Authorization: Bearer <token>\"."))?;
        let principal = api.auth.authenticate(token).await?;
        let principal = principal.ok_or_else(|| refuse("This token is wrong or no longer valid. Log in again."))?;
        if let Some(slot) = parts.extensions.get::<Slot>() {
            slot.fill(api.requests.begin(principal.user.id).await);
        }
        Ok(principal)
    }
}

impl OptionalFromRequestParts<Shared> for Principal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Option<Self>, ApiError> {
        match bearer(&parts.headers) {
            Some(token) => Ok(api.auth.authenticate(token).await?),
            None => Ok(None),
        }
    }
}

/// `{room}`: an id, or a name.
pub(crate) fn room_ref(text: &str) -> RoomRef {
    match text.parse() {
        Ok(id) => RoomRef::Id(id),
        Err(_) => RoomRef::Name(name_key(text.strip_prefix('#').unwrap_or(text))),
    }
}

/// The room in a path of one parameter.
pub(crate) struct Room(pub(crate) RoomRef);

impl FromRequestParts<Shared> for Room {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, ApiError> {
        let Params(text) = Params::<String>::from_request_parts(parts, api).await?;
        Ok(Self(room_ref(&text)))
    }
}

/// Path parameters of any shape.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, ApiError> {
        let Path(params) = <Path<T> as FromRequestParts<Shared>>::from_request_parts(parts, api).await?;
        Ok(Self(params))
    }
}

/// Query parameters.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, ApiError> {
        let Query(query) = Query::<T>::from_request_parts(parts, api).await?;
        Ok(Self(query))
    }
}

/// How many to give, where the request says `wanted`.
pub(crate) fn page_size(wanted: Option<usize>) -> Result<usize, ApiError> {
    match wanted {
        None => Ok(PAGE_DEFAULT),
        Some(0) => Err(ApiError::new(ErrorCode::InvalidParameter, "A page needs a limit of at least 1.")),
        Some(wanted) => Ok(wanted.min(PAGE_MAX)),
    }
}

/// A JSON body without a message in it: names, passwords, topics, settings. Some of them come from strangers, so that their
/// bound does not depend on how long a message may be.
pub(crate) struct Json<T>(pub(crate) T);

/// Names of everyone in a conversation, or a password, with every character spelled out.
const JSON_BYTES: usize = 32 * 1024;

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, ApiError> {
        read_json(request, JSON_BYTES).await.map(Self)
    }
}

/// A JSON body around a message.
pub(crate) struct MessageJson<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Shared> for MessageJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Shared) -> Result<Self, ApiError> {
        read_json(request, largest_body(api.limits.message_bytes)).await.map(Self)
    }
}

async fn read_json<T: DeserializeOwned>(request: Request, most: usize) -> Result<T, ApiError> {
    if content_type(request.headers()) != Some(ContentType::Json) {
        let message = "Send the body as JSON, with \"Content-Type: application/json\".";
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, message));
    }
    from_json(&whole_body(request, most).await?)
}

/// The body of a request, of so many bytes at most.
pub(crate) async fn whole_body(request: Request, most: usize) -> Result<Bytes, ApiError> {
    let body = Limited::new(request.into_body(), most).collect().await;
    body.map(Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() {
            ApiError::new(ErrorCode::TooLarge, "The request's body is larger than this server takes.")
        } else {
            ApiError::malformed("its body did not arrive whole")
        }
    })
}

/// The largest body around a text of so many bytes. JSON may spell a character with six (\u0000), and needs room around the text.
pub(crate) fn largest_body(message_bytes: usize) -> usize {
    if message_bytes == 0 { usize::MAX } else { message_bytes.saturating_mul(6).saturating_add(4096) }
}

/// Reads JSON, and says what is wrong with it.
pub(crate) fn from_json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(ApiError::malformed)
}

/// The kinds of body that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentType {
    Json,
    Text,
}

/// What the body says it is. `curl -d` says "form" where nobody told it otherwise; for a message it is plain text.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<ContentType> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => Some(ContentType::Json),
        "text/plain" | "application/x-www-form-urlencoded" => Some(ContentType::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_fits_however_it_is_spelled() {
        use chat_shared::limit;
        let room = limit::TOPIC_BYTES + limit::ROOM_NAME_BYTES;
        let people = limit::DM_PEOPLE * limit::USER_NAME_BYTES;
        let login = limit::USER_NAME_BYTES + limit::PASSWORD_MAX_BYTES;
        assert!([room, people, login].into_iter().all(|bytes| largest_body(bytes) <= JSON_BYTES));
    }

    #[test]
    fn no_limit_is_so_large_that_it_becomes_small() {
        assert_eq!(largest_body(16 * 1024), 102_400);
        for large in [0, usize::MAX / 6, usize::MAX / 6 + 1, usize::MAX] {
            assert!(largest_body(large) >= usize::MAX - 6, "{large}");
        }
    }
}

//! The one mapping from what can go wrong to status, code and words.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chat_shared::ErrorCode;
use chat_shared::error::{ErrorBody, ErrorDetail};

use crate::auth::TooBusy;
use crate::store::StoreError;
use crate::validate::Invalid;

/// A request that was not done, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// For programs; decides the status.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
    /// When it makes sense to try again, in seconds.
    pub retry_after_s: Option<u32>,
}

impl ApiError {
    /// An error with these words. Those that pass say when, by themselves.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let retry_after_s = match code.status() {
            429 => Some(5),
            503 => Some(2),
            _ => None,
        };
        Self { code, message: message.into(), retry_after_s }
    }

    /// The body cannot be read.
    #[must_use]
    pub fn malformed(why: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::Malformed, format!("The request cannot be read: {why}."))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = ErrorBody { error: ErrorDetail { code: self.code, message: self.message } };
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Invalid> for ApiError {
    fn from(Invalid { code, message }: Invalid) -> Self {
        Self::new(code, message)
    }
}

impl From<TooBusy> for ApiError {
    fn from(TooBusy: TooBusy) -> Self {
        let message = "Too many people are logging in at this moment. Try again in a few seconds.";
        Self::new(ErrorCode::RateLimited, message)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        use ErrorCode as Code;
        let (code, message) = match &error {
            StoreError::RoomNotFound => (Code::RoomNotFound, "There is no such room."),
            StoreError::NotAMember => (Code::NotAMember, "You are not a member of this room. Join it first."),
            StoreError::Forbidden => (Code::Forbidden, "This is not yours to do."),
            StoreError::UserNotFound => (Code::UserNotFound, "Nobody here has this name or id."),
            StoreError::MessageNotFound => (Code::MessageNotFound, "There is no such message in this room."),
            StoreError::MessageDeleted => (Code::MessageDeleted, "The message was deleted."),
            StoreError::InvalidReply => (Code::InvalidReply, "The message to answer is not in this room."),
            StoreError::NameTaken => (Code::NameTaken, "This name, or one too like it, is taken."),
            StoreError::RoomNameTaken => (Code::RoomNameTaken, "A room with this name, or one too like it, exists."),
            StoreError::KeyReused => {
                (Code::KeyReused, "This Idempotency-Key was used for another message. Use a new one for a new message.")
            }
            StoreError::TooManyReactions => {
                (Code::TooManyReactions, "This message carries as many different emoji as one may.")
            }
            StoreError::Unavailable(why) => {
                tracing::error!(%why, "the store cannot do it now");
                let message =
                    "The server cannot save this now; nothing was done. Try again, with the same Idempotency-Key.";
                (Code::Unavailable, message)
            }
            StoreError::Damaged(why) => {
                tracing::error!(%why, "the store is damaged");
                (Code::Internal, "A part of what the server keeps is damaged. Its log says more.")
            }
            StoreError::Internal(why) => {
                tracing::error!(%why, "a defect in the store");
                (Code::Internal, "Something is wrong with the server. Its log says more.")
            }
        };
        Self::new(code, message)
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::malformed(rejection.body_text().trim_end_matches('.'))
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::malformed(rejection.body_text().trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_http_wants_to_hear() {
        let cases = [
            (ErrorCode::Unauthorized, Some("Bearer"), None),
            (ErrorCode::WrongCredentials, Some("Bearer"), None),
            (ErrorCode::RateLimited, None, Some("5")),
            (ErrorCode::Unavailable, None, Some("2")),
            (ErrorCode::Forbidden, None, None),
        ];
        for (code, scheme, retry) in cases {
            let response = ApiError::new(code, "words").into_response();
            let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!((header(WWW_AUTHENTICATE), header(RETRY_AFTER)), (scheme, retry), "{code}");
        }
    }
}

//! Every error that the HTTP API answers with: a stable code, its status, its JSON shape.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong, for programs. Codes are never renamed or reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400: the request cannot be read (broken JSON, a parameter that is no number, invalid UTF-8 …).
    Malformed,
    /// 401: no token, or one that is wrong or no longer valid.
    Unauthorized,
    /// 401: no such name, or not its password. Which of the two is not told.
    WrongCredentials,
    /// 403: known to you, but not yours to do.
    Forbidden,
    /// 403: this server takes no new accounts.
    RegistrationClosed,
    /// 403: a new account needs a valid invite here.
    InviteRequired,
    /// 403: first join the room.
    NotAMember,
    /// 404: no such route.
    NotFound,
    /// 404: no such room, as far as you may know.
    RoomNotFound,
    /// 404: no such message in that room.
    MessageNotFound,
    /// 404: no such user.
    UserNotFound,
    /// 405: the route is there, the method is not.
    MethodNotAllowed,
    /// 408: the request did not arrive in time.
    RequestTimeout,
    /// 409: another account has this name, or one too like it.
    NameTaken,
    /// 409: another room has this name, or one too like it.
    RoomNameTaken,
    /// 409: the message was deleted.
    MessageDeleted,
    /// 413: the body or the text is larger than the server takes.
    TooLarge,
    /// 415: neither JSON nor plain text.
    UnsupportedMediaType,
    /// 422: a text with characters that have no place in one, or with none at all.
    InvalidBody,
    /// 422: a name with characters that have no place in one, or of the wrong length.
    InvalidName,
    /// 422: a topic with characters that have no place in one, or too long.
    InvalidTopic,
    /// 422: a password that is too short or too long.
    InvalidPassword,
    /// 422: not an emoji.
    InvalidEmoji,
    /// 422: the message carries as many different emoji as one may.
    TooManyReactions,
    /// 422: not 1 to 64 visible ASCII characters.
    InvalidKey,
    /// 422: this key was used before, for another request.
    KeyReused,
    /// 422: the message to answer is not in this room.
    InvalidReply,
    /// 422: a parameter that can be read, but makes no sense.
    InvalidParameter,
    /// 429: wait, then try again.
    RateLimited,
    /// 500: a defect of the server's. It has logged what is known.
    Internal,
    /// 503: the server cannot do it now; nothing was done. Try again, with the same key.
    Unavailable,
    /// A code that this build does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl ErrorCode {
    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthorized | Self::WrongCredentials => 401,
            Self::Forbidden | Self::RegistrationClosed | Self::InviteRequired | Self::NotAMember => 403,
            Self::NotFound | Self::RoomNotFound | Self::MessageNotFound | Self::UserNotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::NameTaken | Self::RoomNameTaken | Self::MessageDeleted => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InvalidBody
            | Self::InvalidName
            | Self::InvalidTopic
            | Self::InvalidPassword
            | Self::InvalidEmoji
            | Self::TooManyReactions
            | Self::InvalidKey
            | Self::KeyReused
            | Self::InvalidReply
            | Self::InvalidParameter => 422,
            Self::RateLimited => 429,
            Self::Internal | Self::Unknown => 500,
            Self::Unavailable => 503,
        }
    }

    /// Whether the same request, sent again later, may well succeed.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::RequestTimeout | Self::RateLimited | Self::Unavailable | Self::Internal)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The body of every error reply: `{"error":{"code":"room_not_found","message":"…for people…"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorDetail,
}

/// What is inside of an [`ErrorBody`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorDetail {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what happened, and what to do.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_as_the_contract_shows() {
        let body = ErrorBody {
            error: ErrorDetail { code: ErrorCode::RoomNotFound, message: "There is no such room.".into() },
        };
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"error":{"code":"room_not_found","message":"There is no such room."}}"#
        );
        assert_eq!(ErrorCode::RoomNotFound.to_string(), "room_not_found");
    }

    #[test]
    fn a_code_of_the_future_is_read() {
        let body: ErrorBody = serde_json::from_str(r#"{"error":{"code":"teapot","message":"x"}}"#).unwrap();
        assert_eq!(body.error.code, ErrorCode::Unknown);
    }
}

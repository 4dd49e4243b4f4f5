//! Why something that we asked the server for did not happen.

use chat_shared::ErrorCode;

/// A request that failed, in a form that the interface can decide on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// For people: what happened. Already harmless to a terminal.
    pub message: String,
}

/// What a failed request tells about what the server did with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The server was not reached, or its answer did not arrive: whether it acted is unknown. Retrying with the
    /// same idempotency key is safe.
    NoAnswer,
    /// The server answered that it did not do it.
    Refused(ErrorCode),
    /// What answered is not a chat server, or one that we do not understand.
    NotUnderstood,
}

impl Failure {
    /// Whether the same request, with the same key, may well succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.kind {
            FailureKind::NoAnswer => true,
            FailureKind::Refused(code) => code.is_transient(),
            FailureKind::NotUnderstood => false,
        }
    }
}

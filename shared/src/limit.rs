//! Bounds that are part of the contract. What an operator can change is in `bootstrap` instead ([`crate::api::Limits`]).

/// Bytes of UTF-8 in a user's name.
pub const USER_NAME_BYTES: usize = 64;
/// Characters in a user's name.
pub const USER_NAME_CHARS: usize = 32;
/// Bytes of UTF-8 in a room's name.
pub const ROOM_NAME_BYTES: usize = 128;
/// Characters in a room's name.
pub const ROOM_NAME_CHARS: usize = 64;
/// Bytes of UTF-8 in a room's topic.
pub const TOPIC_BYTES: usize = 1024;
/// The shortest password, in bytes.
pub const PASSWORD_MIN_BYTES: usize = 8;
/// The longest password, in bytes.
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// Visible ASCII characters in an idempotency key.
pub const KEY_CHARS: usize = 64;
/// Bytes of UTF-8 in an emoji (the longest flags and families stay below).
pub const EMOJI_BYTES: usize = 64;
/// Different emoji on one message.
pub const EMOJI_PER_MESSAGE: usize = 20;
/// People that one message can mention.
pub const MENTIONS_PER_MESSAGE: usize = 50;
/// People in one direct conversation, its maker included.
pub const DM_PEOPLE: usize = 16;
/// The largest page of messages, events or members.
pub const PAGE_MAX: usize = 500;
/// Text, in bytes, after which a page of messages or events ends; the first of them always fits.
pub const PAGE_BYTES: usize = 1024 * 1024;
/// A page where the request does not say.
pub const PAGE_DEFAULT: usize = 50;
/// Bytes of UTF-8 in what is searched for.
pub const SEARCH_BYTES: usize = 1024;
/// Words in what is searched for, each as often as it is there.
pub const SEARCH_WORDS: usize = 32;
/// Of the newest events of a room, so many can be marked as unread again.
pub const UNREAD_EVENTS: u64 = 1_000;
/// How long "is typing" stands without being said again, in milliseconds.
pub const TYPING_MS: u64 = 6_000;
/// The text of one message in bytes, unless the operator says otherwise.
pub const BODY_BYTES_DEFAULT: usize = 16 * 1024;
/// Between two pings of the server, in milliseconds. Two of them fit into [`DEAD_AFTER_MS`].
pub const PING_EVERY_MS: u64 = 22_000;
/// A peer that was silent for so long is dead, in milliseconds.
pub const DEAD_AFTER_MS: u64 = 45_000;

//! The names of things: rooms, users, and the numbers of events.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The number of an event in its room: 1, 2, 3 … without holes. 0 means "before the first".
///
/// A message's id is the `Seq` of the event that posted it.
pub type Seq = u64;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(s).map(Self)
            }
        }
    };
}

uuid_id! {
    /// A room, for as long as it exists. Names can change; this cannot.
    RoomId
}

uuid_id! {
    /// A user account, for as long as it exists.
    UserId
}

uuid_id! {
    /// The identity of a store: made when the store is created, and anew when it is restored from a backup.
    ///
    /// Sequence numbers mean something only together with the epoch they were seen in.
    Epoch
}

/// A user as others see them in passing: who, and the name they had at that time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserRef {
    /// Which account.
    pub id: UserId,
    /// Its name at that time.
    pub name: String,
}

//! Points in time, to the millisecond.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since the Unix epoch, never negative; on the wire an RFC 3339 string in UTC with exactly three decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timestamp(#[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "date-time")))] i64);

impl Timestamp {
    /// From milliseconds since the Unix epoch, held between then and the end of the year 9999.
    #[must_use]
    pub fn from_ms(ms: i64) -> Self {
        Self(ms.clamp(0, jiff::Timestamp::MAX.as_second() * 1000 - 1))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn as_ms(self) -> i64 {
        self.0
    }

    /// The machine's clock, now. For the shell of a program; the core is handed its time.
    #[must_use]
    pub fn now() -> Self {
        Self::from_ms(jiff::Timestamp::now().as_millisecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = jiff::Timestamp::from_millisecond(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{at:.3}")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let at: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
        Ok(Self::from_ms(at.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_three_decimals_and_back() {
        for ms in [0, 1, 120, 1_763_805_600_123, 1_763_805_600_000, -1, i64::MAX, i64::MIN] {
            let at = Timestamp::from_ms(ms);
            let text = serde_json::to_string(&at).unwrap();
            let (_, decimals) = text.rsplit_once('.').unwrap();
            assert_eq!(decimals.len(), "123Z\"".len(), "{text}");
            assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), at);
        }
    }

    #[test]
    fn is_written_as_the_contract_shows() {
        assert_eq!(Timestamp::from_ms(1_795_341_600_123).to_string(), "2026-11-22T10:00:00.123Z");
    }
}

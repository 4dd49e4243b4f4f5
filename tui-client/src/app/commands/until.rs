//! How long, or until when: `30m`, `1h30m`, `14:00`, `2:30pm`. Pure.

use chat_shared::Timestamp;
use jiff::civil::Time;

use crate::app::clock::Clock;

/// The longest span: a time of day says everything then.
const MINUTES_MAX: u32 = 24 * 60;

/// When something is to end, as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// So many minutes from now.
    Minutes(u32),
    /// When the clock shows this next.
    Clock(Time),
}

impl Until {
    pub(super) fn parse(typed: &str) -> Option<Self> {
        let typed = typed.to_ascii_lowercase();
        let text = typed.strip_prefix("until ").map_or(typed.as_str(), str::trim);
        minutes(text).map(Self::Minutes).or_else(|| clock(text).map(Self::Clock))
    }

    /// The point in time that it means.
    pub(crate) fn after(self, now: Timestamp, clock: &Clock) -> Timestamp {
        match self {
            Self::Minutes(minutes) => Timestamp::from_ms(now.as_ms().saturating_add(i64::from(minutes) * 60_000)),
            Self::Clock(time) => clock.next(time, now),
        }
    }
}

/// `90m`, `2h`, `1h30m`
fn minutes(text: &str) -> Option<u32> {
    let (hours, rest) = text.split_once('h').map_or((None, text), |(hours, rest)| (Some(hours), rest));
    let minutes = if rest.is_empty() { hours.map(|_| 0)? } else { number(rest.strip_suffix('m')?)? };
    let hours = hours.map_or(Some(0), number)?;
    Some(hours * 60 + minutes).filter(|minutes| (1..=MINUTES_MAX).contains(minutes))
}

/// `14:00`, `2:30pm`, `2pm`
fn clock(text: &str) -> Option<Time> {
    let half = [("am", 0), ("pm", 12)].into_iter().find_map(|(name, from)| Some((text.strip_suffix(name)?, from)));
    let (hour, minute) = match (half.map_or(text, |(text, _)| text.trim_end()), half) {
        (text, Some(_)) if !text.contains(':') => (text, "00"),
        (text, _) => text.split_once(':').filter(|(_, minute)| minute.len() == 2)?,
    };
    let hour = match (number(hour)?, half) {
        (hour @ 1..=12, Some((_, from))) => hour % 12 + from,
        (_, Some(_)) => return None,
        (hour, None) => hour,
    };
    Time::new(i8::try_from(hour).ok()?, i8::try_from(number(minute)?).ok()?, 0, 0).ok()
}

/// Digits and nothing else, few enough for all sums.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_and_times() {
        for (text, meant) in [("30m", 30), ("90M", 90), ("2h", 120), ("1h30m", 90), ("24h", 1_440), ("0h05m", 5)] {
            assert_eq!(Until::parse(text), Some(Until::Minutes(meant)), "{text}");
        }
        for (text, hour, minute) in [
            ("14:00", 14, 0),
            ("until 9:05", 9, 5),
            ("2:30pm", 14, 30),
            ("2 PM", 14, 0),
            ("12am", 0, 0),
            ("12:15pm", 12, 15),
            ("00:00", 0, 0),
        ] {
            assert_eq!(Until::parse(text), Some(Until::Clock(Time::constant(hour, minute, 0, 0))), "{text}");
        }
        let nonsense = [
            "",
            "1",
            "h",
            "m",
            "0m",
            "25h",
            "1h60",
            "-1h",
            "+5m",
            "14",
            "14:0",
            "24:00",
            "12:60",
            "13pm",
            "0am",
            "pm",
            "until",
            "until ",
            "1:2:3",
            "99999999999m",
            "9h9h",
            "1h m",
            "é:00",
        ];
        for text in nonsense {
            assert_eq!(Until::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_none(text in "[0-9hmap: é]{0,8}") {
            let _ = Until::parse(&text);
        }
    }
}

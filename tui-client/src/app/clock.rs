//! Points in time as the user's clock and calendar show them. Pure: the zone is handed in.

use chat_shared::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::settings::{DateOrder, TimeFormat};

/// The user's time zone.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    zone: TimeZone,
    pub(crate) format: TimeFormat,
    pub(crate) dates: DateOrder,
}

impl Clock {
    pub(crate) fn new(zone: TimeZone, format: TimeFormat, dates: DateOrder) -> Self {
        Self { zone, format, dates }
    }

    fn local(&self, at: Timestamp) -> jiff::civil::DateTime {
        // A `Timestamp` is held to the years that jiff knows; the fallback is never seen.
        self.zone.to_datetime(jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default())
    }

    /// `09:12`, or as the user wants it.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        self.local(at).strftime(self.format.pattern()).to_string()
    }

    /// The day that it was here.
    pub(crate) fn day(&self, at: Timestamp) -> Date {
        self.local(at).date()
    }

    /// `Tue 18 Nov`, or as the user wants it, with the year where it is not the current one.
    pub(crate) fn day_name(&self, day: Date, now: Timestamp) -> String {
        day.strftime(self.dates.pattern(day.year() != self.day(now).year())).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_here() {
        let at = Timestamp::from_ms(1_795_341_600_123); // 2026-11-22T10:00:00.123Z
        let mut tokyo =
            Clock::new(TimeZone::fixed(jiff::tz::Offset::constant(9)), TimeFormat::H24, DateOrder::DayFirst);
        assert_eq!(tokyo.time(at), "19:00");
        assert_eq!(tokyo.day_name(tokyo.day(at), at), "Sun 22 Nov");
        assert_eq!(tokyo.day_name(tokyo.day(at), Timestamp::from_ms(0)), "Sun 22 Nov 2026");
        tokyo.dates = DateOrder::MonthFirst;
        assert_eq!(tokyo.day_name(tokyo.day(at), at), "Sun, Nov 22");
        assert_eq!(tokyo.day_name(tokyo.day(at), Timestamp::from_ms(0)), "Sun, Nov 22, 2026");
        tokyo.dates = DateOrder::Iso;
        assert_eq!(tokyo.day_name(tokyo.day(at), at), "Sun 2026-11-22");
    }
}

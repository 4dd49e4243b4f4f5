//! Points in time as the user's clock and calendar show them. Pure: the zone is handed in.

use chat_shared::Timestamp;
use jiff::civil::{Date, Time};
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

    /// The same without the day, which some want beside it.
    pub(crate) fn time_of_day(&self, at: Timestamp) -> String {
        let format = if self.format == TimeFormat::Date { TimeFormat::H24 } else { self.format };
        self.local(at).strftime(format.pattern()).to_string()
    }

    /// When it is this time of day here for the next time. Where clocks are set forward over it, that much later.
    pub(crate) fn next(&self, time: Time, now: Timestamp) -> Timestamp {
        let today = self.local(now).date();
        let days = [Some(today), today.tomorrow().ok()];
        let at = |day: Date| self.zone.to_timestamp(day.to_datetime(time)).ok();
        let times = days.into_iter().flatten().filter_map(at).map(|at| Timestamp::from_ms(at.as_millisecond()));
        // There is always one, but at the end of all time.
        times.into_iter().find(|at| *at > now).unwrap_or(now)
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
        let next = |hour, minute| {
            let next = tokyo.next(Time::constant(hour, minute, 0, 0), at);
            (tokyo.time(next), (next.as_ms() - at.as_ms()).div_euclid(60_000))
        };
        assert_eq!((next(19, 1), next(19, 0)), (("19:01".into(), 0), ("19:00".into(), 1_439)));
        assert_eq!(next(0, 30), ("00:30".into(), 329));
        tokyo.format = TimeFormat::Date;
        assert_eq!((tokyo.time_of_day(at), tokyo.time(at)), ("19:00".into(), "11-22 19:00".into()));
        tokyo.dates = DateOrder::Iso;
        assert_eq!(tokyo.day_name(tokyo.day(at), at), "Sun 2026-11-22");
    }
}

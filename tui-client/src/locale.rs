//! What the system says about the user's clock and calendar: `LC_ALL`, `LC_TIME`, `LANG`, in this order. Pure.
//!
//! Only the country counts, and only for what differs: most of the world writes 17:05 and 18 Nov. The countries are those for which
//! CLDR prefers another way.

use crate::app::settings::{DateOrder, TimeFormat};

/// How times and dates are written where the user lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Locale {
    pub(crate) time: TimeFormat,
    pub(crate) dates: DateOrder,
}

/// Where the clock has twelve hours.
const TWELVE_HOURS: [&str; 45] = [
    "AE", "AL", "AU", "BB", "BD", "BH", "BS", "CA", "CO", "CY", "DO", "DZ", "EG", "FJ", "GH", "GR", "HK", "IN", "IQ",
    "JM", "JO", "KR", "KW", "LB", "LY", "MY", "NZ", "OM", "PA", "PH", "PK", "PR", "QA", "SA", "SD", "SG", "SY", "TN",
    "TT", "TW", "US", "VE", "YE", "ZM", "WS",
];
/// Where the month stands before the day.
const MONTH_FIRST: [&str; 3] = ["US", "PH", "PR"];
/// Where the year stands first.
const YEAR_FIRST: [&str; 9] = ["CA", "CN", "HU", "JP", "KR", "LT", "MN", "SE", "TW"];

impl Locale {
    /// Reads the variables through `variable`.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let said = ["LC_ALL", "LC_TIME", "LANG"].into_iter().find_map(|name| variable(name).filter(|v| !v.is_empty()));
        let said = said.unwrap_or_default();
        // `en_US.UTF-8@euro`; `C` and `POSIX` name no country.
        let name = said.split(['.', '@']).next().unwrap_or_default();
        let (language, country) = name.split_once('_').unwrap_or((name, ""));
        let is_of = |countries: &[&str]| countries.contains(&country);
        // French Canada has the clock of France.
        let is_12h = is_of(&TWELVE_HOURS) && (language, country) != ("fr", "CA");
        let dates = if is_of(&MONTH_FIRST) {
            DateOrder::MonthFirst
        } else if is_of(&YEAR_FIRST) {
            DateOrder::Iso
        } else {
            DateOrder::DayFirst
        };
        Self { time: if is_12h { TimeFormat::H12 } else { TimeFormat::H24 }, dates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(variables: &[(&str, &str)]) -> Locale {
        Locale::detect(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_country_decides() {
        for (name, time, dates) in [
            ("en_US.UTF-8", TimeFormat::H12, DateOrder::MonthFirst),
            ("en_GB.UTF-8", TimeFormat::H24, DateOrder::DayFirst),
            ("de_DE@euro", TimeFormat::H24, DateOrder::DayFirst),
            ("en_IN", TimeFormat::H12, DateOrder::DayFirst),
            ("sv_SE.UTF-8", TimeFormat::H24, DateOrder::Iso),
            ("en_CA.UTF-8", TimeFormat::H12, DateOrder::Iso),
            ("fr_CA.UTF-8", TimeFormat::H24, DateOrder::Iso),
            ("C.UTF-8", TimeFormat::H24, DateOrder::DayFirst),
            ("POSIX", TimeFormat::H24, DateOrder::DayFirst),
            ("", TimeFormat::H24, DateOrder::DayFirst),
            ("_", TimeFormat::H24, DateOrder::DayFirst),
        ] {
            assert_eq!(locale(&[("LANG", name)]), Locale { time, dates }, "{name}");
        }
    }

    #[test]
    fn the_nearer_variable_wins() {
        let both = [("LANG", "en_US.UTF-8"), ("LC_TIME", "en_GB.UTF-8")];
        assert_eq!(locale(&both).time, TimeFormat::H24);
        let all = [("LANG", "de_DE"), ("LC_TIME", "en_GB"), ("LC_ALL", "en_US")];
        assert_eq!(locale(&all).dates, DateOrder::MonthFirst);
        assert_eq!(locale(&[("LC_ALL", ""), ("LANG", "en_US")]).time, TimeFormat::H12);
        assert_eq!(locale(&[]), Locale::default());
    }
}

//! Time: instants are UTC milliseconds; civil days are those of Viet Nam.
//!
//! A *learning day* ends at 03:00 in Viet Nam, so that an evening that runs past midnight stays one day.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Duration, FixedOffset, NaiveDate, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Serialize};

/// Viet Nam keeps UTC+7 all year (Asia/Ho_Chi_Minh), without summer time.
const VIET_NAM_OFFSET_SECONDS: i32 = 7 * 3600;
/// How long after midnight a learning day still runs.
const DAY_CLOSES_AFTER_MS: i64 = 3 * 3600 * 1000;

/// Where the present comes from: a parameter, never ambient, so that every rule can be tested at any date.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    pub const fn ms(self) -> i64 {
        self.0
    }

    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_ms(seconds.saturating_mul(1000))
    }

    /// Reads an RFC 3339 text such as `2026-11-23T08:00:00+07:00`.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|at| Self(at.timestamp_millis()))
    }

    /// The learning day in Viet Nam that this instant belongs to.
    pub fn learning_day(self) -> Day {
        Self(self.0.saturating_sub(DAY_CLOSES_AFTER_MS)).civil_day()
    }

    /// The calendar day in Viet Nam.
    pub fn civil_day(self) -> Day {
        Day(self.in_viet_nam().map_or(NaiveDate::MIN, |at| at.date_naive()))
    }

    fn in_viet_nam(self) -> Option<DateTime<FixedOffset>> {
        let zone = FixedOffset::east_opt(VIET_NAM_OFFSET_SECONDS)?;
        zone.timestamp_millis_opt(self.0).single()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Utc.timestamp_millis_opt(self.0).single() {
            Some(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None => write!(f, "{}ms", self.0),
        }
    }
}

/// A civil day in Viet Nam, written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(NaiveDate);

impl Day {
    /// Later than any day that anything is about.
    pub const LAST: Self = Self(NaiveDate::MAX);
    /// Earlier than any day that anything is about.
    pub const FIRST: Self = Self(NaiveDate::MIN);

    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }

    pub fn year(self) -> i32 {
        self.0.year()
    }

    pub fn month(self) -> Month {
        Month { year: self.0.year(), month: self.0.month() }
    }

    /// Days since 1970-01-01: what a database column holds, so that ranges are ranges of integers.
    pub fn number(self) -> i32 {
        i32::try_from(self.0.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or(i32::MIN)
    }

    pub fn from_number(number: i32) -> Self {
        Self(NaiveDate::default() + Duration::days(i64::from(number)))
    }

    pub fn plus_days(self, days: i32) -> Self {
        Self::from_number(self.number().saturating_add(days))
    }

    /// The instant at which the learning day begins: 03:00 in Viet Nam.
    pub fn learning_day_starts_at(self) -> Timestamp {
        let midnight_utc_ms = i64::from(self.number()) * 86_400_000;
        Timestamp(midnight_utc_ms - i64::from(VIET_NAM_OFFSET_SECONDS) * 1000 + DAY_CLOSES_AFTER_MS)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for Day {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self)
    }
}

/// A calendar month in Viet Nam, written `YYYY-MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ((1..=12).contains(&month) && (1900..=9999).contains(&year)).then_some(Self { year, month })
    }

    pub fn year(self) -> i32 {
        self.year
    }

    pub fn first_day(self) -> Day {
        Day(NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default())
    }

    pub fn next(self) -> Self {
        if self.month == 12 {
            Self { year: self.year + 1, month: 1 }
        } else {
            Self { year: self.year, month: self.month + 1 }
        }
    }

    /// Months since the year 0: what a database column holds.
    pub fn number(self) -> i32 {
        self.year * 12 + i32::try_from(self.month).unwrap_or(1) - 1
    }

    pub fn from_number(number: i32) -> Option<Self> {
        Self::new(number.div_euclid(12), u32::try_from(number.rem_euclid(12)).unwrap_or(0) + 1)
    }

    /// How many months from `self` to `other`, counting both; zero when `other` is earlier.
    pub fn count_to(self, other: Self) -> u32 {
        u32::try_from(i64::from(other.number()) - i64::from(self.number()) + 1).unwrap_or(0)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (year, month) = text.split_once('-').filter(|_| text.len() == 7).ok_or(())?;
        Self::new(year.parse().map_err(|_| ())?, month.parse().map_err(|_| ())?).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day_of(text: &str) -> String {
        Timestamp::parse(text).unwrap().learning_day().to_string()
    }

    #[test]
    fn a_learning_day_ends_at_three_in_the_morning() {
        assert_eq!(day_of("2026-11-23T23:59:00+07:00"), "2026-11-23");
        assert_eq!(day_of("2026-11-24T02:59:59+07:00"), "2026-11-23");
        assert_eq!(day_of("2026-11-24T03:00:00+07:00"), "2026-11-24");
        let day: Day = "2026-11-24".parse().unwrap();
        assert_eq!(day.learning_day_starts_at().to_string(), "2026-11-23T20:00:00.000Z");
        assert_eq!(Day::from_number(day.number()), day);
    }

    #[test]
    fn months_count_and_roll_over() {
        let from: Month = "2025-11".parse().unwrap();
        let to: Month = "2026-02".parse().unwrap();
        assert_eq!(from.count_to(to), 4);
        assert_eq!(to.count_to(from), 0);
        assert_eq!(from.next().next().to_string(), "2026-01");
        assert!("2026-13".parse::<Month>().is_err());
    }
}

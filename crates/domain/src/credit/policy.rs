//! The numbers of a credit policy. They live in a data file with a version, never in code.

use serde::Deserialize;

use crate::clock::{Day, Timestamp};
use crate::device_clock::ClockPolicy;

/// A versioned credit policy, as its data file has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditPolicy {
    /// Stored beside every line that it judged.
    pub version: String,
    pub clock: ClockPolicy,
    pub playing: Playing,
    pub reading: Reading,
    pub quiz: Quiz,
    pub attested: Attested,
    pub claimed: Claimed,
    pub caps: Caps,
    pub period: Period,
    pub rhythm: RhythmPolicy,
    pub hour: HourUnits,
    pub dispute: DisputePolicy,
}

/// All versions of the credit policy: the one in force, and those that judged before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Policies {
    current: CreditPolicy,
    older: Vec<CreditPolicy>,
}

impl Policies {
    pub fn new(current: CreditPolicy, older: Vec<CreditPolicy>) -> Self {
        Self { current, older }
    }

    pub fn current(&self) -> &CreditPolicy {
        &self.current
    }

    pub fn of(&self, version: &str) -> Option<&CreditPolicy> {
        std::iter::once(&self.current).chain(&self.older).find(|policy| policy.version == version)
    }
}

/// Video and audio.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Playing {
    /// In percent of the normal pace: media played at 50 takes twice its length, and no more is believed.
    pub slowest_rate_percent: i64,
    /// Faster than this nobody follows.
    pub fastest_rate_percent: i64,
    /// How often the same stretch counts within one learning day.
    pub times_a_day: i64,
    /// How long media is at most whose length nobody knows.
    pub unknown_length_ms: i64,
}

/// Texts on a screen.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// A slow, generous pace. For Vietnamese a word here is a syllable, as written between spaces.
    pub words_per_minute: i64,
    /// The same for old people.
    pub elder_words_per_minute: i64,
    /// From this age on, in years.
    pub elder_age: i32,
    /// Nobody is refused this much for a stretch of text, however short it is.
    pub least_seconds: i64,
    /// How often the reading time of a text counts within one learning day.
    pub times_a_day: i64,
    /// How long nobody need touch the screen.
    pub idle_gap_seconds: i64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiz {
    pub seconds_per_question: i64,
    pub most_questions: i64,
    pub idle_gap_seconds: i64,
}

/// Classes and events.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attested {
    /// The longest that one meeting counts.
    pub most_seconds: i64,
}

/// Books and radio, as people say.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claimed {
    pub most_seconds: i64,
    pub day_seconds: i64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    /// The most that counts in one learning day, from all sources together.
    pub day_seconds: i64,
    /// How often the length of one work counts in a lifetime.
    pub work_times: i64,
}

/// When a month's figures close: what comes later is posted as an adjustment of an earlier period.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// On this day of the month after it, at 03:00 in Viet Nam.
    pub closes_on_day: i32,
}

/// What makes a week a week of learning.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RhythmPolicy {
    /// A day with less is no learning day; it is no failure either.
    pub day_least_seconds: i64,
    pub week_least_days: i64,
}

/// What an hour is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HourUnits {
    /// A clock hour (giờ).
    pub clock_minutes: i64,
    /// A lesson period (tiết).
    pub period_minutes: i64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputePolicy {
    /// A dispute is to be answered within so many days.
    pub answer_days: i64,
}

/// Who reads: the profile that a reading pace is chosen by. It is kept beside the evidence, so that a birth date that
/// is put right later changes no past credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reader {
    Ordinary,
    Elder,
}

crate::named::named! {
    Reader {
        Ordinary = "ordinary",
        Elder = "elder",
    }
}

impl CreditPolicy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// When the text is not TOML of this shape; the message names the line.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The profile of somebody born in `birth_year`, on a day.
    pub fn reader(&self, birth_year: Option<i32>, on: Day) -> Reader {
        match birth_year {
            Some(year) if on.year() - year >= self.reading.elder_age => Reader::Elder,
            Some(_) | None => Reader::Ordinary,
        }
    }

    /// Whether the figures of a day's month were closed at an instant.
    pub fn is_closed(&self, day: Day, at: Timestamp) -> bool {
        let closes = day.month().next().first_day().plus_days(self.period.closes_on_day.saturating_sub(1));
        closes.learning_day_starts_at() <= at
    }

    /// Whole clock hours and whole lesson periods: rounded down, once, at the end of a sum.
    pub fn hours(&self, seconds: i64) -> (i64, i64) {
        let whole = |minutes: i64| seconds.div_euclid((minutes * 60).max(1));
        (whole(self.hour.clock_minutes), whole(self.hour.period_minutes))
    }

    /// The most seconds that reading so many words takes.
    pub(crate) fn reading_seconds(&self, words: i64, reader: Reader) -> i64 {
        let pace = match reader {
            Reader::Ordinary => self.reading.words_per_minute,
            Reader::Elder => self.reading.elder_words_per_minute,
        };
        words.saturating_mul(60).div_euclid(pace.max(1))
    }

    /// The most seconds that so much media takes.
    pub(crate) fn playing_seconds(&self, media_ms: i64) -> i64 {
        let slowest = self.playing.slowest_rate_percent.clamp(1, 100);
        let ms = media_ms.saturating_mul(100).div_euclid(slowest);
        ms.div_euclid(1000) + i64::from(ms.rem_euclid(1000) != 0)
    }
}

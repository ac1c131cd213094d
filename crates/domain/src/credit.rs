//! From evidence to credited seconds: a pure function of the evidence, of what the citizen already holds, and of a
//! versioned policy. This first version is an interval union: each second counts once, whatever the devices.

use serde::Deserialize;

use crate::clock::{Day, Timestamp};
use crate::evidence::{Evidence, Reason, Source};
use crate::interval::{self, Interval};

/// The numbers of a credit policy; they live in a data file with a version, never in code.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditPolicy {
    /// Stored beside every credited second.
    pub version: String,
    /// How far a phone's clock may run ahead before its stamps are of the future.
    pub future_tolerance_seconds: i64,
    /// The slowest playback that still counts in full: media played at half speed takes twice its length.
    pub slowest_playback_rate: f64,
    /// A slow, generous reading speed for old eyes.
    pub reading_words_per_minute: i64,
    /// Nobody is refused this much for a text, however short it is.
    pub reading_least_seconds: i64,
    /// How often the reading time of a text counts within one day.
    pub reading_times_a_day: i64,
    /// The most that counts in one learning day.
    pub day_cap_seconds: i64,
}

impl CreditPolicy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// When the text is not TOML of this shape; the message names the line.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The most seconds that reading a text of so many words counts within a day.
    pub fn reading_limit_seconds(&self, word_count: u32) -> i64 {
        let once = i64::from(word_count) * 60 / self.reading_words_per_minute.max(1);
        once.max(self.reading_least_seconds) * self.reading_times_a_day.max(1)
    }

    /// The most wall time that playing a stretch of media can take.
    fn playing_limit_seconds(&self, media_ms: (i64, i64), duration_seconds: Option<u32>) -> i64 {
        let end = duration_seconds.map_or(media_ms.1, |seconds| media_ms.1.min(i64::from(seconds) * 1000));
        let covered_ms = (end - media_ms.0).max(0);
        (covered_ms as f64 / 1000.0 / self.slowest_playback_rate.clamp(0.25, 1.0)).ceil() as i64
    }
}

/// What the work is that was studied.
#[derive(Debug, Clone, Copy)]
pub struct Studied {
    pub word_count: u32,
    pub duration_seconds: Option<u32>,
}

/// What the citizen already holds around the new evidence.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// All credited stretches that could touch the new one.
    pub intervals: Vec<Interval>,
    /// Seconds credited for reading this same work on the learning days touched, by day.
    pub reading_of_work: Vec<(Day, i64)>,
    /// All seconds credited on the learning days touched, by day.
    pub days: Vec<(Day, i64)>,
}

/// Seconds to credit, already cut at the ends of learning days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    pub parts: Vec<(Day, Interval)>,
    /// Why less than was claimed counts, if so: the rule that took the most.
    pub reason: Option<Reason>,
}

impl Credit {
    pub fn seconds(&self) -> i64 {
        self.parts.iter().map(|(_, part)| part.seconds()).sum()
    }
}

/// An item in whole seconds: it begins in the second in which it began, and is as long as the whole seconds it lasted.
/// Rounding never adds, and fifty seconds are fifty wherever between two ticks they began.
pub fn whole_seconds(evidence: &Evidence) -> Option<Interval> {
    let start = evidence.started_at.ms().div_euclid(1000);
    let lasted_ms = evidence.ended_at.ms().saturating_sub(evidence.started_at.ms());
    Interval::new(start, start.saturating_add(lasted_ms.div_euclid(1000)))
}

/// Decides what one well-formed item is worth. `received_at` is the server's clock.
pub fn credit(
    evidence: &Evidence,
    studied: Studied,
    held: &Held,
    received_at: Timestamp,
    policy: &CreditPolicy,
) -> Credit {
    let none = |reason| Credit { parts: Vec::new(), reason: Some(reason) };
    let Some(claimed) = whole_seconds(evidence) else { return none(Reason::TooShort) };
    let latest = received_at.ms().div_euclid(1000) + policy.future_tolerance_seconds;
    let Some(past) = Interval::new(claimed.start(), claimed.end().min(latest)) else {
        return none(Reason::Future);
    };
    let limit = match (evidence.source, evidence.media_ms) {
        (Source::Video, Some(media)) => policy.playing_limit_seconds(media, studied.duration_seconds),
        (Source::Video, None) => 0,
        (Source::Reading, _) => policy.reading_limit_seconds(studied.word_count),
    };
    let Some(bounded) = past.first(limit) else { return none(Reason::LongerThanContent) };
    let free = interval::subtract(bounded, &held.intervals);
    let mut lost = [
        (Reason::Future, claimed.seconds() - past.seconds()),
        (Reason::LongerThanContent, past.seconds() - bounded.seconds()),
        (Reason::Overlap, bounded.seconds() - interval::total_seconds(&free)),
        (Reason::DayCap, 0),
    ];
    let mut parts = Vec::new();
    for (day, stretches) in by_learning_day(&free) {
        let wanted = interval::total_seconds(&stretches);
        let of_day = held_on(&held.days, day);
        let kept = interval::first_seconds(&stretches, policy.day_cap_seconds - of_day);
        lost[3].1 += wanted - interval::total_seconds(&kept);
        let kept = match evidence.source {
            Source::Reading => {
                let left =
                    policy.reading_limit_seconds(studied.word_count) - held_on(&held.reading_of_work, day);
                let fitting = interval::first_seconds(&kept, left);
                lost[1].1 += interval::total_seconds(&kept) - interval::total_seconds(&fitting);
                fitting
            }
            Source::Video => kept,
        };
        parts.extend(kept.into_iter().map(|part| (day, part)));
    }
    let reason = lost.into_iter().filter(|(_, seconds)| *seconds > 0).max_by_key(|(_, seconds)| *seconds);
    Credit { parts, reason: reason.map(|(reason, _)| reason) }
}

fn held_on(days: &[(Day, i64)], day: Day) -> i64 {
    days.iter().filter(|(d, _)| *d == day).map(|(_, seconds)| seconds).sum()
}

/// The learning days that a stretch touches.
pub fn days_of(stretch: Interval) -> impl Iterator<Item = Day> {
    let first = Timestamp::from_ms(stretch.start().saturating_mul(1000)).learning_day();
    let last = Timestamp::from_ms((stretch.end() - 1).saturating_mul(1000)).learning_day();
    (first.number()..=last.number()).map(Day::from_number)
}

fn by_learning_day(stretches: &[Interval]) -> Vec<(Day, Vec<Interval>)> {
    let mut days: Vec<(Day, Vec<Interval>)> = Vec::new();
    for stretch in stretches {
        for day in days_of(*stretch) {
            let opens = day.learning_day_starts_at().ms() / 1000;
            let closes = day.plus_days(1).learning_day_starts_at().ms() / 1000;
            let Some(part) = Interval::new(stretch.start().max(opens), stretch.end().min(closes)) else {
                continue;
            };
            match days.last_mut() {
                Some((last, parts)) if *last == day => parts.push(part),
                _ => days.push((day, vec![part])),
            }
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::WorkId;

    fn policy() -> CreditPolicy {
        CreditPolicy {
            version: "test".into(),
            future_tolerance_seconds: 300,
            slowest_playback_rate: 0.5,
            reading_words_per_minute: 60,
            reading_least_seconds: 120,
            reading_times_a_day: 2,
            day_cap_seconds: 12 * 3600,
        }
    }

    const NOON: i64 = 1_795_500_000;
    const STUDIED: Studied = Studied { word_count: 600, duration_seconds: Some(600) };

    fn reading(from: i64, to: i64) -> Evidence {
        Evidence {
            sequence: 1,
            work: WorkId::from_uuid(Uuid::from_u128(1)),
            source: Source::Reading,
            started_at: Timestamp::from_ms(from * 1000),
            ended_at: Timestamp::from_ms(to * 1000),
            media_ms: None,
        }
    }

    fn video(from: i64, to: i64, media_s: (i64, i64)) -> Evidence {
        let media_ms = Some((media_s.0 * 1000, media_s.1 * 1000));
        Evidence { source: Source::Video, media_ms, ..reading(from, to) }
    }

    fn judge(evidence: &Evidence, held: &Held) -> (i64, Option<Reason>) {
        let credit = credit(evidence, STUDIED, held, Timestamp::from_ms((NOON + 3600) * 1000), &policy());
        (credit.seconds(), credit.reason)
    }

    #[test]
    fn an_honest_stretch_counts_in_full() {
        assert_eq!(judge(&video(NOON, NOON + 300, (0, 300)), &Held::default()), (300, None));
        assert_eq!(judge(&video(NOON, NOON + 150, (0, 300)), &Held::default()), (150, None));
        assert_eq!(judge(&reading(NOON, NOON + 240), &Held::default()), (240, None));
    }

    #[test]
    fn what_the_content_cannot_take_is_clipped() {
        let thousand_hours = reading(NOON - 3_600_000, NOON);
        assert_eq!(judge(&thousand_hours, &Held::default()), (1200, Some(Reason::LongerThanContent)));
        let left_running = video(NOON - 7200, NOON, (0, 300));
        assert_eq!(judge(&left_running, &Held::default()), (600, Some(Reason::LongerThanContent)));
        let past_the_end = video(NOON, NOON + 100, (600, 900));
        assert_eq!(judge(&past_the_end, &Held::default()), (0, Some(Reason::LongerThanContent)));
    }

    #[test]
    fn the_future_does_not_count() {
        assert_eq!(
            judge(&reading(NOON + 90_000, NOON + 90_060), &Held::default()),
            (0, Some(Reason::Future))
        );
        assert_eq!(judge(&reading(NOON + 3600, NOON + 4500), &Held::default()), (300, Some(Reason::Future)));
    }

    #[test]
    fn two_devices_at_once_count_once() {
        let held =
            Held { intervals: Interval::new(NOON, NOON + 200).into_iter().collect(), ..Held::default() };
        assert_eq!(judge(&video(NOON + 100, NOON + 300, (0, 200)), &held), (100, Some(Reason::Overlap)));
    }

    #[test]
    fn days_have_a_most() {
        let day = Timestamp::from_ms(NOON * 1000).learning_day();
        let held = Held { days: vec![(day, 12 * 3600 - 60)], ..Held::default() };
        assert_eq!(judge(&reading(NOON, NOON + 240), &held), (60, Some(Reason::DayCap)));
        let again = Held { reading_of_work: vec![(day, 1150)], ..Held::default() };
        assert_eq!(judge(&reading(NOON, NOON + 240), &again), (50, Some(Reason::LongerThanContent)));
    }

    #[test]
    fn rounding_never_adds() {
        let mut short = reading(NOON, NOON + 2);
        short.started_at = short.started_at.plus_ms(1);
        assert_eq!(judge(&short, &Held::default()).0, 1);
        short.ended_at = short.started_at.plus_ms(900);
        assert_eq!(judge(&short, &Held::default()), (0, Some(Reason::TooShort)));
    }

    proptest! {
        /// Whatever arrives, credited time never exceeds wall time and no second counts twice.
        #[test]
        fn credit_is_a_union(items in prop::collection::vec((0i64..5000, 1i64..2000, 0i64..600), 1..20)) {
            let mut held = Held::default();
            let mut total = 0;
            for (from, length, media) in items {
                let item = video(NOON - 6000 + from, NOON - 6000 + from + length, (0, media + 1));
                let credit = credit(&item, STUDIED, &held, Timestamp::from_ms((NOON + 9000) * 1000), &policy());
                prop_assert!(credit.seconds() <= length);
                total += credit.seconds();
                held.intervals.extend(credit.parts.iter().map(|(_, part)| *part));
            }
            let mut seconds = std::collections::HashSet::new();
            for part in &held.intervals {
                for second in part.start()..part.end() {
                    prop_assert!(seconds.insert(second));
                }
            }
            prop_assert_eq!(seconds.len() as i64, total);
        }
    }
}

//! Phones that lie, in the same simulator: how much each kind of lie can gain, and the bound that the policy sets.
//!
//! The excess is what is credited beyond the truth. Where the evidence contradicts itself, or the server's own clock, the
//! bound is zero; elsewhere nobody can tell a lie from the truth, and the policy only says how much is believed.

mod sham;

use densach_domain::credit::CreditPolicy;

use crate::check::Violation;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Adversary {
    /// One stretch of a thousand hours.
    ThousandHours,
    /// The same hour claimed on three phones, of several works, and as a book.
    OverlappingHours,
    /// Hours that have not been yet, by the wall clock.
    FutureStamps,
    /// Hours that have not been yet, by the monotonic clock.
    FutureRuns,
    /// A device whose readings are all made up, and agree with each other: every hour of every day.
    ForgedDevice,
    /// Another person's batch, sent again as it is.
    ReplayOfAnother,
    /// Another person's evidence, sent as one's own.
    TheftOfAnother,
    /// A player dragged to the end.
    SeekToComplete,
    /// Two phones play different lessons from evening to morning, and nobody is there.
    TwoPhonesAllNight,
    /// One short lesson plays over and over.
    LoopAllNight,
    /// A text stays open on a screen that is on.
    LeftOpen,
    /// Books, said to have been read around the clock.
    BooksAllDay,
}

impl Adversary {
    pub const ALL: [Self; 12] = [
        Self::ThousandHours,
        Self::OverlappingHours,
        Self::FutureStamps,
        Self::FutureRuns,
        Self::ForgedDevice,
        Self::ReplayOfAnother,
        Self::TheftOfAnother,
        Self::SeekToComplete,
        Self::TwoPhonesAllNight,
        Self::LoopAllNight,
        Self::LeftOpen,
        Self::BooksAllDay,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ThousandHours => "thousand_hours",
            Self::OverlappingHours => "overlapping_hours",
            Self::FutureStamps => "future_stamps",
            Self::FutureRuns => "future_runs",
            Self::ForgedDevice => "forged_device",
            Self::ReplayOfAnother => "replay_of_another",
            Self::TheftOfAnother => "theft_of_another",
            Self::SeekToComplete => "seek_to_complete",
            Self::TwoPhonesAllNight => "two_phones_all_night",
            Self::LoopAllNight => "loop_all_night",
            Self::LeftOpen => "left_open",
            Self::BooksAllDay => "books_all_day",
        }
    }

    /// What bounds the excess, as a person reads it.
    pub const fn bound(self) -> &'static str {
        match self {
            Self::ThousandHours => {
                "what the media takes at the slowest pace, and no more than the time since the device could see \
                 anything; between two contacts no more than the time between them, as well as it is known"
            }
            Self::OverlappingHours | Self::FutureRuns | Self::ReplayOfAnother | Self::SeekToComplete => {
                "nothing: the evidence contradicts itself"
            }
            Self::FutureStamps => {
                "the hours are set back into the past, and count there: a day's most for each day since the device \
                 could see anything"
            }
            Self::ForgedDevice => "a day's most for each day",
            Self::TheftOfAnother => "what was stolen",
            Self::TwoPhonesAllNight => "one night, once",
            Self::LoopAllNight => {
                "what the lesson takes at the slowest pace, as often as it counts on each of two days"
            }
            Self::LeftOpen => "as long as nobody need touch the screen",
            Self::BooksAllDay => "a day's most of what is only said, for each day",
        }
    }
}

/// What a lie gained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdversaryResult {
    pub kind: Adversary,
    pub seed: u64,
    pub credited_seconds: i64,
    pub truth_seconds: i64,
    /// Credited beyond the truth.
    pub excess_seconds: i64,
    /// The most that the excess may be.
    pub bound_seconds: i64,
    pub violations: Vec<Violation>,
}

/// Lets one kind of liar try; the seed chooses how.
pub fn run_adversary(kind: Adversary, seed: u64, policy: &CreditPolicy) -> AdversaryResult {
    sham::run(kind, seed, policy)
}

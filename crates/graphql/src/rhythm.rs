//! The rhythm of learning: weeks before days.

use async_graphql::SimpleObject;
use densach_app::rhythm;
use densach_domain::rhythm as domain;

/// A week from Monday to Sunday in Viet Nam, by learning days, which end at 03:00.
#[derive(SimpleObject)]
pub(crate) struct LearningWeek {
    /// A Monday, `YYYY-MM-DD`.
    pub first_day: String,
    /// Days with enough study to count as one.
    pub learning_days: i64,
    /// All of the week's credited time.
    pub seconds: i64,
    /// Whole minutes, rounded down.
    pub minutes: i64,
    /// Whether it had enough learning days.
    pub is_week_of_learning: bool,
}

impl From<domain::Week> for LearningWeek {
    fn from(week: domain::Week) -> Self {
        Self {
            first_day: week.first_day.to_string(),
            learning_days: week.learning_days,
            seconds: week.seconds,
            minutes: week.seconds / 60,
            is_week_of_learning: week.is_week_of_learning,
        }
    }
}

/// What to show beside the weeks, in both languages. It never scolds.
#[derive(SimpleObject)]
pub(crate) struct RhythmWords {
    pub vi: String,
    pub en: String,
}

/// How regularly somebody learns. Evidence that arrives late mends what looked broken, and the running week never breaks
/// anything.
#[derive(SimpleObject)]
pub(crate) struct Rhythm {
    /// Newest last; the last one is still running.
    pub weeks: Vec<LearningWeek>,
    /// Weeks of learning in a row up to last week, and this week too when it is one already.
    pub current_weeks: i64,
    /// The longest row of weeks of learning that there ever was.
    pub longest_weeks: i64,
    /// All learning days that there ever were.
    pub learning_days_in_all: i64,
    pub words: RhythmWords,
}

impl From<domain::Rhythm> for Rhythm {
    fn from(rhythm: domain::Rhythm) -> Self {
        let words = rhythm::words(&rhythm);
        Self {
            weeks: rhythm.weeks.into_iter().map(Into::into).collect(),
            current_weeks: rhythm.current_weeks,
            longest_weeks: rhythm.longest_weeks,
            learning_days_in_all: rhythm.learning_days_in_all,
            words: RhythmWords { vi: words.vi, en: words.en },
        }
    }
}

//! A goal of study hours: what a citizen sets for themselves, or an association suggests. It never grants a title.

use crate::id::{CitizenId, GoalId, UnitId};
use crate::named::named;
use crate::problem::{Code, Problem};

/// Over what a goal runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GoalPeriod {
    Week,
    Month,
    Year,
}

named! {
    GoalPeriod {
        Week = "week",
        Month = "month",
        Year = "year",
    }
}

impl GoalPeriod {
    /// More than this nobody studies: 12 hours a day.
    pub const fn most_minutes(self) -> i32 {
        match self {
            Self::Week => 7 * 12 * 60,
            Self::Month => 31 * 12 * 60,
            Self::Year => 366 * 12 * 60,
        }
    }

    pub fn check_minutes(self, minutes: i32) -> Result<(), Problem> {
        if (1..=self.most_minutes()).contains(&minutes) {
            Ok(())
        } else {
            Err(Problem::new(Code::OutOfRange, "minutes").detail(format!("1–{}", self.most_minutes())))
        }
    }
}

/// Whose goal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoalOwner {
    /// Set by the citizen.
    Citizen(CitizenId),
    /// Suggested by an association to its members.
    Unit(UnitId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goal {
    pub id: GoalId,
    pub owner: GoalOwner,
    pub period: GoalPeriod,
    pub minutes: i32,
}

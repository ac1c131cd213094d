//! Hours over a span of days. The classes of trust stand side by side and are never added up.

use async_graphql::SimpleObject;
use densach_app::total;

use crate::study::{StudySource, Trust};

/// Credited time in one trust class.
#[derive(SimpleObject)]
pub(crate) struct TrustTotal {
    pub trust: Trust,
    pub seconds: i64,
    /// Whole hours (giờ), rounded down.
    pub clock_hours: i64,
    /// Whole lesson periods of 45 minutes (tiết), rounded down.
    pub periods: i64,
}

/// Credited time from one source in one trust class.
#[derive(SimpleObject)]
pub(crate) struct SourceTotal {
    pub source: StudySource,
    pub trust: Trust,
    pub seconds: i64,
}

/// Credited time over a span of days.
#[derive(SimpleObject)]
pub(crate) struct StudyTotal {
    /// Every trust class, also one without a second.
    pub by_trust: Vec<TrustTotal>,
    /// Only sources from which there is something.
    pub by_source: Vec<SourceTotal>,
}

impl From<total::Total> for StudyTotal {
    fn from(total: total::Total) -> Self {
        let of_trust = |row: total::TrustTotal| TrustTotal {
            trust: row.trust.into(),
            seconds: row.seconds,
            clock_hours: row.clock_hours,
            periods: row.periods,
        };
        let of_source = |row: total::SourceTotal| SourceTotal {
            source: row.source.into(),
            trust: row.trust.into(),
            seconds: row.seconds,
        };
        Self {
            by_trust: total.by_trust.into_iter().map(of_trust).collect(),
            by_source: total.by_source.into_iter().map(of_source).collect(),
        }
    }
}

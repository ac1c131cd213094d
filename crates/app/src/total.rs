//! Study time of a citizen over a span of days, by trust class and by source. There is deliberately no sum over the
//! classes: whoever shows hours shows how they are known.

use std::collections::BTreeMap;

use densach_domain::Day;
use densach_domain::credit::CreditPolicy;
use densach_domain::evidence::{Source, Trust};
use densach_domain::id::CitizenId;
use densach_store::DayRow;

use crate::{Context, Result, study};

/// What is known in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustTotal {
    pub trust: Trust,
    pub seconds: i64,
    /// Whole clock hours (giờ), rounded down once, at the end of the sum.
    pub clock_hours: i64,
    /// Whole lesson periods (tiết), rounded down once, at the end of the sum.
    pub periods: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceTotal {
    pub source: Source,
    pub trust: Trust,
    pub seconds: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// Every class, also one without a second: the mix is always there.
    pub by_trust: Vec<TrustTotal>,
    /// Only what there is.
    pub by_source: Vec<SourceTotal>,
}

/// What a citizen was credited from one learning day to another, both counted.
pub async fn of_citizen(cx: &Context, citizen: CitizenId, from: Day, to: Day) -> Result<Total> {
    let rows = study::days(cx, citizen, from, to).await?;
    Ok(total(&rows, cx.policy()))
}

fn total(rows: &[DayRow], policy: &CreditPolicy) -> Total {
    let mut by_source = BTreeMap::<(Source, Trust), i64>::new();
    for row in rows {
        *by_source.entry((row.source, row.trust)).or_default() += row.seconds;
    }
    let of_trust = |trust: Trust| {
        let seconds = rows.iter().filter(|row| row.trust == trust).map(|row| row.seconds).sum();
        let (clock_hours, periods) = policy.hours(seconds);
        TrustTotal { trust, seconds, clock_hours, periods }
    };
    let of_source = |((source, trust), seconds)| SourceTotal { source, trust, seconds };
    Total {
        by_trust: Trust::ALL.map(of_trust).to_vec(),
        by_source: by_source.into_iter().map(of_source).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(day: i32, source: Source, trust: Trust, seconds: i64) -> DayRow {
        DayRow { day: Day::from_number(day), source, trust, seconds }
    }

    #[test]
    fn hours_are_rounded_once_and_classes_stay_apart() {
        let policy = CreditPolicy::parse(include_str!("../../../data/policies/credit-2.toml")).unwrap();
        let rows = [
            row(1, Source::Video, Trust::Measured, 3_000),
            row(2, Source::Video, Trust::Measured, 3_000),
            row(2, Source::Reading, Trust::Measured, 1_199),
            row(2, Source::Book, Trust::Claimed, 2_700),
            row(3, Source::Book, Trust::Attested, 3_600),
        ];
        let total = total(&rows, &policy);
        let by_trust: Vec<_> =
            total.by_trust.iter().map(|row| (row.trust, row.seconds, row.clock_hours, row.periods)).collect();
        assert_eq!(
            by_trust,
            [
                // Two of 50 minutes and one of 19 minutes 59: a second short of two hours.
                (Trust::Measured, 7_199, 1, 2),
                (Trust::Attested, 3_600, 1, 1),
                (Trust::Claimed, 2_700, 0, 1),
            ]
        );
        let by_source: Vec<_> =
            total.by_source.iter().map(|row| (row.source, row.trust, row.seconds)).collect();
        assert_eq!(
            by_source,
            [
                (Source::Video, Trust::Measured, 6_000),
                (Source::Reading, Trust::Measured, 1_199),
                (Source::Book, Trust::Attested, 3_600),
                (Source::Book, Trust::Claimed, 2_700),
            ]
        );
    }
}

//! Criteria sets as they are known, and what a citizen's hours mean for each indicator: evidence, never the title.

use densach_domain::criteria::{CriteriaError, CriteriaSet, HoursRole, Indicator, SetStatus};
use densach_domain::evidence::Trust;
use densach_domain::id::CitizenId;
use densach_domain::{Day, Month};

use crate::{Context, Error, Language, Result, study};

/// The sets that ship with the program.
pub const SHIPPED: [&str; 2] = [
    include_str!("../../../data/criteria/cong-dan-hoc-tap-324.toml"),
    include_str!("../../../data/criteria/cong-dan-hoc-tap-244.toml"),
];

/// Reads the shipped sets; an error is a broken build, found by a test.
pub fn shipped() -> std::result::Result<Vec<CriteriaSet>, CriteriaError> {
    SHIPPED.into_iter().map(CriteriaSet::parse).collect()
}

pub fn list(cx: &Context) -> &[CriteriaSet] {
    &cx.criteria
}

/// One set by its number, or the one that is used now.
pub fn find<'a>(cx: &'a Context, code: Option<&str>) -> Result<&'a CriteriaSet> {
    let wanted = |set: &&CriteriaSet| match code {
        Some(code) => set.code == code,
        None => set.status == SetStatus::InForce,
    };
    cx.criteria.iter().find(wanted).ok_or(Error::NotFound)
}

/// What the platform can lay beside one indicator.
#[derive(Debug, Clone)]
pub struct IndicatorEvidence {
    pub indicator: Indicator,
    /// Seconds that may be attached as evidence, by trust class; empty when hours are no evidence for it.
    pub seconds: Vec<(Trust, i64)>,
}

/// What a citizen's hours of one year mean for each indicator of a set.
pub async fn evidence(
    cx: &Context,
    citizen: CitizenId,
    year: i32,
    code: Option<&str>,
) -> Result<Vec<IndicatorEvidence>> {
    let set = find(cx, code)?;
    let first = Month::new(year, 1)
        .ok_or_else(|| Error::problem(densach_domain::Code::OutOfRange, "year"))?
        .first_day();
    let last = Day::new(year, 12, 31).unwrap_or(first);
    let mut seconds: Vec<(Trust, i64)> = Vec::new();
    for row in study::days(cx, citizen, first, last).await? {
        match seconds.iter_mut().find(|(trust, _)| *trust == row.trust) {
            Some((_, sum)) => *sum += row.seconds,
            None => seconds.push((row.trust, row.seconds)),
        }
    }
    let attach = |indicator: &Indicator| match indicator.hours_role {
        HoursRole::Evidence => seconds.clone(),
        HoursRole::None => Vec::new(),
    };
    let row = |indicator: &Indicator| IndicatorEvidence {
        seconds: attach(indicator),
        indicator: indicator.clone(),
    };
    Ok(set.indicators.iter().map(row).collect())
}

/// What hours mean for one indicator, in words for the citizen.
pub fn meaning(language: Language, row: &IndicatorEvidence) -> String {
    let minutes: i64 = row.seconds.iter().map(|(_, seconds)| seconds / 60).sum();
    match (language, row.indicator.hours_role) {
        (Language::Vietnamese, HoursRole::Evidence) => format!(
            "{minutes} phút học trong năm có thể kèm làm minh chứng cho chỉ số này. Giờ học chỉ là minh chứng, không tự \
             cho điểm và không tự cho danh hiệu."
        ),
        (Language::English, HoursRole::Evidence) => format!(
            "{minutes} minutes of study this year may be attached as evidence for this indicator. Hours are evidence \
             only: they give neither points nor the title by themselves."
        ),
        (Language::Vietnamese, HoursRole::None) => {
            "Giờ học không phải là minh chứng cho chỉ số này; cần xác nhận khác.".to_owned()
        }
        (Language::English, HoursRole::None) => {
            "Hours of study are no evidence for this indicator; another confirmation is needed.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_sets_add_up_and_name_what_is_not_known() {
        let sets = shipped().unwrap();
        assert_eq!(
            sets.iter().map(|set| set.code.as_str()).collect::<Vec<_>>(),
            ["324/QĐ-KHVN", "244/QĐ-KHVN"]
        );
        for set in sets {
            assert_eq!(set.indicators.len(), 10, "{}", set.code);
            assert!(set.unconfirmed.len() >= 10, "{}", set.code);
        }
    }
}

//! Criteria sets, with how each clause is known.

use async_graphql::{Context, Enum, Object, SimpleObject};
use densach_app::criteria;
use densach_domain::criteria as domain;

use crate::error::Result;
use crate::input::app;
use crate::study::TrustSeconds;

/// How a clause is known.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::Confidence")]
pub(crate) enum Confidence {
    /// Read in the text of the authority itself.
    Official,
    /// That text as quoted by a legal site or a newspaper.
    OfficialQuoted,
    /// Reported by the press or by an association.
    Press,
    /// Our conclusion; no source says it.
    Inference,
    /// Not known.
    Unconfirmed,
}

/// Whether a set is the one to use now.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::SetStatus")]
pub(crate) enum CriteriaStatus {
    InForce,
    Predecessor,
}

/// Points for the title in one class of area.
#[derive(SimpleObject)]
pub(crate) struct Threshold {
    pub area_class: String,
    pub points: u32,
    pub confidence: Confidence,
    pub source: Option<String>,
    pub note: Option<String>,
}

/// Something that nobody confirmed.
#[derive(SimpleObject)]
pub(crate) struct Unconfirmed {
    pub text: String,
    pub text_en: String,
}

/// One indicator.
pub(crate) struct Indicator(domain::Indicator);

#[Object]
impl Indicator {
    async fn code(&self) -> &str {
        &self.0.code
    }

    async fn number(&self) -> u32 {
        self.0.number
    }

    async fn competency(&self) -> &str {
        &self.0.competency
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn name_en(&self) -> &str {
        &self.0.name_en
    }

    async fn confidence(&self) -> Confidence {
        self.0.confidence.into()
    }

    async fn maximum_points(&self) -> u32 {
        self.0.maximum_points
    }

    async fn maximum_points_confidence(&self) -> Confidence {
        self.0.maximum_points_confidence.into()
    }

    async fn floor(&self) -> u32 {
        self.0.floor
    }

    async fn floor_confidence(&self) -> Confidence {
        self.0.floor_confidence.into()
    }

    /// Kinds of record that may be attached.
    async fn evidence(&self) -> &[String] {
        &self.0.evidence
    }

    /// Whether hours of study may be attached as evidence.
    async fn takes_hours(&self) -> bool {
        match self.0.hours_role {
            domain::HoursRole::Evidence => true,
            domain::HoursRole::None => false,
        }
    }

    async fn takes_hours_confidence(&self) -> Confidence {
        self.0.hours_role_confidence.into()
    }
}

/// A criteria set as far as it is known. It is not the law: where they differ, the decision holds.
pub(crate) struct CriteriaSet(domain::CriteriaSet);

#[Object]
impl CriteriaSet {
    /// Number of the decision.
    async fn code(&self) -> &str {
        &self.0.code
    }

    async fn title(&self) -> &str {
        &self.0.title
    }

    async fn title_en(&self) -> &str {
        &self.0.title_en
    }

    async fn issuer(&self) -> &str {
        &self.0.issuer
    }

    async fn status(&self) -> CriteriaStatus {
        self.0.status.into()
    }

    async fn confidence(&self) -> Confidence {
        self.0.confidence.into()
    }

    async fn maximum_points(&self) -> u32 {
        self.0.maximum_points.value
    }

    async fn thresholds(&self) -> Vec<Threshold> {
        let row = |clause: &domain::Threshold| Threshold {
            area_class: clause.area_class.clone(),
            points: clause.points,
            confidence: clause.confidence.into(),
            source: self.0.source_address(&clause.source).map(str::to_owned),
            note: clause.note.clone(),
        };
        self.0.thresholds.iter().map(row).collect()
    }

    async fn indicators(&self) -> Vec<Indicator> {
        self.0.indicators.iter().cloned().map(Indicator).collect()
    }

    /// What is not known about this set, to be shown wherever the set is shown.
    async fn unconfirmed(&self) -> Vec<Unconfirmed> {
        let row = |entry: &domain::Unconfirmed| Unconfirmed {
            text: entry.text.clone(),
            text_en: entry.text_en.clone(),
        };
        self.0.unconfirmed.iter().map(row).collect()
    }
}

/// What the platform can lay beside one indicator.
pub(crate) struct IndicatorEvidence(pub criteria::IndicatorEvidence);

#[Object]
impl IndicatorEvidence {
    async fn indicator(&self) -> Indicator {
        Indicator(self.0.indicator.clone())
    }

    /// Hours that may be attached as evidence; empty when hours are no evidence for it.
    async fn seconds(&self) -> Vec<TrustSeconds> {
        self.0.seconds.iter().copied().map(Into::into).collect()
    }

    /// What that means, in the language of the request.
    async fn meaning(&self, ctx: &Context<'_>) -> String {
        criteria::meaning(app(ctx).language, &self.0)
    }
}

#[derive(Default)]
pub(crate) struct CriteriaQuery;

#[Object]
impl CriteriaQuery {
    /// All criteria sets, as far as they are known.
    #[graphql(complexity = "child_complexity * 2 + 5")]
    async fn criteria_sets(&self, ctx: &Context<'_>) -> Vec<CriteriaSet> {
        criteria::list(app(ctx)).iter().cloned().map(CriteriaSet).collect()
    }

    /// One set by its number, or the one that is used now.
    async fn criteria_set(&self, ctx: &Context<'_>, code: Option<String>) -> Result<CriteriaSet> {
        Ok(CriteriaSet(criteria::find(app(ctx), code.as_deref())?.clone()))
    }
}

//! Criteria of the learning models as data: versions, sources, and how sure each clause is. Nothing here decides a
//! title. Hours of study are *evidence* for some indicators and never the title itself.

use std::collections::HashSet;

use serde::Deserialize;

/// How a clause is known. What nobody confirmed is shown as such wherever it appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    Official,
    OfficialQuoted,
    Press,
    Inference,
    Unconfirmed,
}

impl Confidence {
    pub const ALL: [Self; 5] =
        [Self::Official, Self::OfficialQuoted, Self::Press, Self::Inference, Self::Unconfirmed];
}

/// Whether a set is the one to use now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetStatus {
    InForce,
    Predecessor,
}

/// Whether study hours may be attached to an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoursRole {
    Evidence,
    None,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CriteriaSet {
    pub format: u32,
    pub model: String,
    /// Number of the decision, which names the set.
    pub code: String,
    pub title: String,
    pub title_en: String,
    pub issuer: String,
    pub issued_on: Option<String>,
    pub issued_not_after: Option<String>,
    pub effective_from: Option<String>,
    pub effective_to: Option<String>,
    pub supersedes: Option<String>,
    pub supersedes_confidence: Option<Confidence>,
    pub status: SetStatus,
    pub status_confidence: Option<Confidence>,
    pub status_source: Option<String>,
    pub confidence: Confidence,
    pub known_from: String,
    pub maximum_points: MaximumPoints,
    #[serde(rename = "threshold")]
    pub thresholds: Vec<Threshold>,
    #[serde(rename = "floor")]
    pub floors: Vec<Floor>,
    #[serde(rename = "group")]
    pub groups: Vec<Group>,
    #[serde(rename = "competency")]
    pub competencies: Vec<Competency>,
    #[serde(rename = "indicator")]
    pub indicators: Vec<Indicator>,
    pub unconfirmed: Vec<Unconfirmed>,
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaximumPoints {
    pub value: u32,
    pub confidence: Confidence,
    pub source: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    pub area_class: String,
    pub points: u32,
    pub confidence: Confidence,
    pub source: String,
    pub note: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    pub applies_to: String,
    pub points: u32,
    pub confidence: Confidence,
    pub source: String,
    pub note: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub confidence: Confidence,
    pub source: String,
    pub note: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Competency {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub confidence: Confidence,
    pub source: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    pub number: u32,
    pub competency: String,
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub maximum_points: u32,
    pub maximum_points_confidence: Confidence,
    pub floor: u32,
    pub floor_confidence: Confidence,
    pub evidence: Vec<String>,
    pub evidence_confidence: Confidence,
    pub hours_role: HoursRole,
    pub hours_role_confidence: Confidence,
    pub confidence: Confidence,
    pub source: String,
    pub note: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unconfirmed {
    pub text: String,
    pub text_en: String,
    pub source: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub key: String,
    pub address: String,
    pub date: Option<String>,
    pub supports: String,
}

/// Why a criteria file is refused.
#[derive(Debug, thiserror::Error)]
pub enum CriteriaError {
    #[error("not a criteria file: {0}")]
    Shape(#[from] toml::de::Error),
    #[error("criteria set {code}: {problems:?}")]
    Content { code: String, problems: Vec<String> },
}

impl CriteriaSet {
    /// Reads and checks a criteria file; all that does not add up is named at once.
    pub fn parse(text: &str) -> Result<Self, CriteriaError> {
        let set: Self = toml::from_str(text)?;
        let problems = set.problems();
        if problems.is_empty() { Ok(set) } else { Err(CriteriaError::Content { code: set.code, problems }) }
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let sum: u32 = self.indicators.iter().map(|indicator| indicator.maximum_points).sum();
        if sum != self.maximum_points.value {
            problems.push(format!("indicators add up to {sum}, the set says {}", self.maximum_points.value));
        }
        let competencies: HashSet<&str> = self.competencies.iter().map(|c| c.code.as_str()).collect();
        let mut codes = HashSet::new();
        for indicator in &self.indicators {
            if !codes.insert(indicator.code.as_str()) {
                problems.push(format!("indicator {} stands twice", indicator.code));
            }
            if !competencies.contains(indicator.competency.as_str()) {
                problems
                    .push(format!("indicator {}: no competency {}", indicator.code, indicator.competency));
            }
            if indicator.floor > indicator.maximum_points {
                problems.push(format!("indicator {}: floor above its maximum", indicator.code));
            }
        }
        let keys: HashSet<&str> = self.sources.iter().map(|source| source.key.as_str()).collect();
        for key in self.source_keys() {
            if !keys.contains(key) {
                problems.push(format!("no source {key}"));
            }
        }
        problems
    }

    fn source_keys(&self) -> impl Iterator<Item = &str> {
        let clauses = self.thresholds.iter().map(|clause| clause.source.as_str());
        clauses
            .chain(self.floors.iter().map(|clause| clause.source.as_str()))
            .chain(self.groups.iter().map(|clause| clause.source.as_str()))
            .chain(self.competencies.iter().map(|clause| clause.source.as_str()))
            .chain(self.indicators.iter().map(|clause| clause.source.as_str()))
            .chain(self.unconfirmed.iter().filter_map(|clause| clause.source.as_deref()))
            .chain([self.known_from.as_str()])
    }

    /// The address behind a source key.
    pub fn source_address(&self, key: &str) -> Option<&str> {
        self.sources.iter().find(|source| source.key == key).map(|source| source.address.as_str())
    }
}

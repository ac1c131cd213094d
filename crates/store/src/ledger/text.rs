//! How lines, refusals and the runs of a device's clock are written down. These texts are kept for ever: a field is never
//! renamed.

use densach_domain::Timestamp;
use densach_domain::credit::{Clip, Facts, Reader};
use densach_domain::device_clock::{Anchor, Basis, Boot, Placed};
use densach_domain::evidence::{Evidence, Focus, Reason, Run, Source};
use densach_domain::id::{CitizenId, RevisionId, WorkId};
use densach_domain::interval::Interval;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Judged;
use crate::{Result, StoreError};

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SaidText {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    boot: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed: Option<(i64, i64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    focus: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<(i64, i64)>,
    #[serde(skip_serializing_if = "is_zero")]
    idle: i64,
    #[serde(skip_serializing_if = "is_zero")]
    questions: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) note: String,
    /// For a refusal: what could not be read, as it came.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) raw: String,
    /// For a refusal: in whose name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) citizen: Option<Uuid>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl SaidText {
    pub(super) fn of(evidence: Option<&Evidence>, note: &str, citizen: Option<CitizenId>) -> Self {
        let citizen = citizen.map(CitizenId::uuid);
        let Some(evidence) = evidence else {
            return Self { note: note.to_owned(), citizen, ..Self::default() };
        };
        Self {
            source: Some(evidence.source.name().to_owned()),
            work: evidence.work.map(WorkId::uuid),
            started_at: Some(evidence.started_at.ms()),
            ended_at: Some(evidence.ended_at.ms()),
            boot: evidence.run.as_ref().map(|run| run.boot.clone()),
            elapsed: evidence.run.as_ref().map(|run| (run.started_ms, run.ended_ms)),
            focus: (evidence.focus != Focus::Foreground).then(|| evidence.focus.name().to_owned()),
            content: evidence.content,
            idle: evidence.longest_idle_ms,
            questions: evidence.question_count,
            title: evidence.title.clone(),
            note: note.to_owned(),
            raw: String::new(),
            citizen,
        }
    }

    pub(super) fn evidence(&self, sequence: i64) -> Result<Option<Evidence>> {
        let Some(source) = &self.source else { return Ok(None) };
        let instant = |ms: Option<i64>| Timestamp::from_ms(ms.unwrap_or(0));
        Ok(Some(Evidence {
            sequence,
            source: Source::parse(source).ok_or_else(|| StoreError::Broken(source.clone()))?,
            work: self.work.map(WorkId::from_uuid),
            started_at: instant(self.started_at),
            ended_at: instant(self.ended_at),
            run: self.boot.as_ref().zip(self.elapsed).map(|(boot, (started_ms, ended_ms))| Run {
                boot: boot.clone(),
                started_ms,
                ended_ms,
            }),
            focus: match &self.focus {
                None => Focus::Foreground,
                Some(name) => Focus::parse(name).ok_or_else(|| StoreError::Broken(name.clone()))?,
            },
            content: self.content,
            longest_idle_ms: self.idle,
            question_count: self.questions,
            title: self.title.clone(),
        }))
    }
}

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct JudgedText {
    /// Beginning and end in true time, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    placed: Option<(i64, i64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    uncertainty_ms: i64,
    #[serde(skip_serializing_if = "is_zero")]
    lost_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reader: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    word_count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<Uuid>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clipped: Vec<(String, i64, i64)>,
    #[serde(skip_serializing_if = "is_zero")]
    lost_seconds: i64,
    #[serde(skip_serializing_if = "is_zero")]
    credited_seconds: i64,
    #[serde(skip_serializing_if = "is_zero")]
    uncertainty_s: i64,
}

impl JudgedText {
    pub(super) fn of(judged: &Judged) -> Self {
        let (placed, facts) = (judged.placed, judged.facts);
        let clip = |clip: &Clip| (clip.reason.name().to_owned(), clip.stretch.start(), clip.stretch.end());
        Self {
            placed: placed.map(|placed| (placed.start_ms, placed.end_ms)),
            basis: placed.map(|placed| placed.basis.name().to_owned()),
            uncertainty_ms: placed.map_or(0, |placed| placed.uncertainty_ms),
            lost_ms: placed.map_or(0, |placed| placed.lost_ms),
            reader: facts.map(|facts| facts.reader.name().to_owned()),
            word_count: facts.map_or(0, |facts| facts.word_count),
            duration_ms: facts.and_then(|facts| facts.duration_ms),
            revision: judged.revision.map(RevisionId::uuid),
            clipped: judged.clipped.iter().map(clip).collect(),
            lost_seconds: judged.lost_seconds,
            credited_seconds: judged.credited_seconds,
            uncertainty_s: judged.uncertainty_s,
        }
    }

    pub(super) fn judged(&self) -> Result<Judged> {
        let broken = |name: &String| StoreError::Broken(name.clone());
        let basis =
            self.basis.as_ref().map(|name| Basis::parse(name).ok_or_else(|| broken(name))).transpose()?;
        let reader =
            self.reader.as_ref().map(|name| Reader::parse(name).ok_or_else(|| broken(name))).transpose()?;
        let clip = |(name, from, to): &(String, i64, i64)| {
            let reason = Reason::parse(name).ok_or_else(|| broken(name))?;
            let stretch = Interval::new(*from, *to).ok_or_else(|| broken(name))?;
            Ok(Clip { reason, stretch })
        };
        Ok(Judged {
            placed: self.placed.zip(basis).map(|((start_ms, end_ms), basis)| Placed {
                start_ms,
                end_ms,
                uncertainty_ms: self.uncertainty_ms,
                basis,
                lost_ms: self.lost_ms,
            }),
            facts: reader.map(|reader| Facts {
                word_count: self.word_count,
                duration_ms: self.duration_ms,
                reader,
            }),
            revision: self.revision.map(RevisionId::from_uuid),
            clipped: self.clipped.iter().map(clip).collect::<Result<_>>()?,
            lost_seconds: self.lost_seconds,
            credited_seconds: self.credited_seconds,
            uncertainty_s: self.uncertainty_s,
        })
    }
}

pub(super) fn read_text<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Broken(error.to_string()))
}

pub(super) fn text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Broken(error.to_string()))
}

/// A run of a device's clock, as it is kept: its name, and reading, earliest and latest instant of its first and last
/// anchor.
#[derive(Serialize, Deserialize)]
pub(super) struct BootText(String, [i64; 3], [i64; 3]);

impl BootText {
    pub(super) fn of(boot: &Boot) -> Self {
        let anchor = |anchor: Anchor| [anchor.elapsed_ms, anchor.earliest_ms, anchor.latest_ms];
        Self(boot.id.clone(), anchor(boot.first), anchor(boot.last))
    }

    pub(super) fn read(self) -> Boot {
        let anchor =
            |[elapsed_ms, earliest_ms, latest_ms]: [i64; 3]| Anchor { elapsed_ms, earliest_ms, latest_ms };
        Boot { id: self.0, first: anchor(self.1), last: anchor(self.2) }
    }
}

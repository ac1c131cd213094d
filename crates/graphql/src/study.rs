//! Study time: evidence in, sums and places out.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use densach_app::study::{self, DayRow, Outcome, PositionInput, ProgressRow};
use densach_domain::evidence::{self, Evidence, Verdict};
use densach_domain::id::CitizenId;

use crate::error::{Result, UserError, settle};
use crate::input::{Reader, app, request};

/// What somebody was doing.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "evidence::Source")]
pub(crate) enum StudySource {
    Video,
    Reading,
}

/// How a second is known. The classes are never summed without the mix being visible.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "evidence::Trust")]
pub(crate) enum Trust {
    /// Seen by the app itself.
    Measured,
    /// Confirmed by an organiser, a librarian or a branch.
    Attested,
    /// Said by the citizen.
    Claimed,
}

/// What became of an item of evidence.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
pub(crate) enum EvidenceVerdict {
    /// All of it counts.
    Accepted,
    /// Already known; nothing changed.
    Duplicate,
    /// Part of it counts, or none; it is kept all the same.
    Clipped,
    /// It cannot count.
    Rejected,
}

/// Why seconds do not count.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "evidence::Reason")]
pub(crate) enum EvidenceReason {
    /// Another device or activity already holds these seconds.
    Overlap,
    /// Longer than what was played or what there is to read takes.
    LongerThanContent,
    /// More than a day's most.
    DayCap,
    /// After the moment at which it arrived.
    Future,
    /// No such lesson.
    UnknownWork,
    /// The number was used before for something else.
    SequenceReused,
    /// Not well formed; `field` names what.
    Malformed,
    /// Shorter than a second.
    TooShort,
}

/// Credited time of one learning day, which ends at 03:00 in Viet Nam, from one source in one trust class.
#[derive(SimpleObject)]
pub(crate) struct StudyDay {
    /// `YYYY-MM-DD`.
    pub day: String,
    pub source: StudySource,
    pub trust: Trust,
    pub seconds: i64,
    /// Whole minutes, rounded down.
    pub minutes: i64,
}

impl From<DayRow> for StudyDay {
    fn from(row: DayRow) -> Self {
        Self {
            day: row.day.to_string(),
            source: row.source.into(),
            trust: row.trust.into(),
            seconds: row.seconds,
            minutes: row.seconds / 60,
        }
    }
}

/// Seconds in one trust class.
#[derive(SimpleObject)]
pub(crate) struct TrustSeconds {
    pub trust: Trust,
    pub seconds: i64,
}

impl From<(evidence::Trust, i64)> for TrustSeconds {
    fn from((trust, seconds): (evidence::Trust, i64)) -> Self {
        Self { trust: trust.into(), seconds }
    }
}

/// How far somebody has come in a work. Latest and furthest differ when they looked something up again: ask which.
pub(crate) struct Progress(pub ProgressRow);

/// A place in a work, independent of the size of a screen.
#[derive(SimpleObject)]
pub(crate) struct Place {
    /// From 0 to 1 of the whole.
    pub locator: f64,
    /// Milliseconds from the beginning of the media.
    pub media_ms: Option<f64>,
    pub recorded_at: String,
}

fn place(ppm: i64, media_ms: Option<i64>, at: i64) -> Place {
    Place {
        locator: ppm as f64 / 1e6,
        media_ms: media_ms.map(|ms| ms as f64),
        recorded_at: densach_domain::Timestamp::from_ms(at).to_string(),
    }
}

#[Object]
impl Progress {
    async fn latest(&self) -> Place {
        place(self.0.latest_ppm, self.0.latest_media_ms, self.0.latest_at)
    }

    async fn furthest(&self) -> Place {
        place(self.0.furthest_ppm, self.0.furthest_media_ms, self.0.furthest_at)
    }
}

/// One item of evidence. The pair of device and `sequence` is its key: sending it again changes nothing.
#[derive(InputObject)]
pub(crate) struct EvidenceInput {
    /// Counts up on the device, from 1.
    pub sequence: i64,
    pub work_id: ID,
    pub source: StudySource,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339.
    pub ended_at: String,
    /// For a video: where in the media it began and ended, in milliseconds.
    pub media_start_ms: Option<i64>,
    pub media_end_ms: Option<i64>,
}

#[derive(InputObject)]
pub(crate) struct SendEvidenceInput {
    pub citizen_id: ID,
    /// At most 500.
    pub items: Vec<EvidenceInput>,
}

/// The fate of one item.
#[derive(SimpleObject)]
pub(crate) struct EvidenceResult {
    pub sequence: i64,
    pub verdict: EvidenceVerdict,
    pub reason: Option<EvidenceReason>,
    pub credited_seconds: i64,
    /// Which field is wrong, for an item that is not well formed.
    pub field: Option<String>,
}

impl From<Outcome> for EvidenceResult {
    fn from(outcome: Outcome) -> Self {
        let (verdict, reason) = match outcome.verdict {
            Verdict::Accepted => (EvidenceVerdict::Accepted, None),
            Verdict::Duplicate => (EvidenceVerdict::Duplicate, None),
            Verdict::Clipped(reason) => (EvidenceVerdict::Clipped, Some(reason)),
            Verdict::Rejected(reason) => (EvidenceVerdict::Rejected, Some(reason)),
        };
        Self {
            sequence: outcome.sequence,
            verdict,
            reason: reason.map(Into::into),
            credited_seconds: outcome.credited_seconds,
            field: outcome.field.map(str::to_owned),
        }
    }
}

#[derive(SimpleObject)]
pub(crate) struct SendEvidencePayload {
    /// One for each item, in the order of the batch.
    pub results: Vec<EvidenceResult>,
    /// The highest number that this device ever sent.
    pub highest_sequence: Option<i64>,
    /// How many numbers below it never arrived: a phone can send them again.
    pub missing_count: Option<i64>,
    pub user_errors: Vec<UserError>,
}

#[derive(InputObject)]
pub(crate) struct RecordPositionInput {
    pub client_mutation_id: String,
    pub citizen_id: ID,
    pub work_id: ID,
    /// From 0 to 1 of the whole.
    pub locator: f64,
    pub media_ms: Option<f64>,
    /// RFC 3339.
    pub recorded_at: String,
}

#[derive(SimpleObject)]
pub(crate) struct RecordPositionPayload {
    pub progress: Option<Progress>,
    pub user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct StudyMutation;

#[Object]
impl StudyMutation {
    /// Takes a batch of study evidence. One bad item never sinks the rest. The numbers of the items are the ids that
    /// the client made, so this mutation needs no other.
    async fn send_evidence(
        &self,
        ctx: &Context<'_>,
        input: SendEvidenceInput,
    ) -> Result<SendEvidencePayload> {
        let cx = app(ctx);
        let send = async {
            let mut reader = Reader::default();
            let citizen = reader.id::<CitizenId>("citizenId", &input.citizen_id);
            let citizen = reader.finish(citizen)?;
            let read: Vec<_> = input.items.iter().map(read_item).collect();
            let items: Vec<Evidence> = read.iter().filter_map(|item| item.as_ref().ok().cloned()).collect();
            let mut received = study::send(cx, citizen, &items).await?;
            // Each item gets its own verdict in the order of the batch, whether it was judged early or late.
            let mut judged = received.outcomes.into_iter();
            let outcomes = read.into_iter().filter_map(|item| match item {
                Ok(_) => judged.next(),
                Err(outcome) => Some(outcome),
            });
            received.outcomes = outcomes.collect();
            Ok(received)
        };
        let (received, user_errors) = settle(cx, send.await)?;
        Ok(match received {
            Some(received) => SendEvidencePayload {
                results: received.outcomes.into_iter().map(Into::into).collect(),
                highest_sequence: Some(received.highest_sequence),
                missing_count: Some(received.missing_count),
                user_errors,
            },
            None => SendEvidencePayload {
                results: vec![],
                highest_sequence: None,
                missing_count: None,
                user_errors,
            },
        })
    }

    /// Adds a place to the log of where somebody was. The log is never overwritten.
    async fn record_position(
        &self,
        ctx: &Context<'_>,
        input: RecordPositionInput,
    ) -> Result<RecordPositionPayload> {
        let cx = app(ctx);
        let request = request("recordPosition", &input.client_mutation_id, &input);
        let record = async {
            let mut reader = Reader::default();
            let citizen = reader.id("citizenId", &input.citizen_id);
            let work = reader.id("workId", &input.work_id);
            let recorded_at = reader.instant("recordedAt", &input.recorded_at);
            let read = citizen.zip(work).zip(recorded_at);
            let ((citizen, work), recorded_at) = reader.finish(read)?;
            let position = PositionInput {
                work,
                locator_ppm: (input.locator * 1e6).round() as i64,
                media_ms: input.media_ms.map(|ms| ms as i64),
                recorded_at,
            };
            study::position(cx, &request, citizen, &position).await
        };
        let (progress, user_errors) = settle(cx, record.await)?;
        Ok(RecordPositionPayload { progress: progress.flatten().map(Progress), user_errors })
    }
}

/// An item as the use case takes it, or its verdict when it cannot be read.
fn read_item(input: &EvidenceInput) -> std::result::Result<Evidence, Outcome> {
    read_fields(input).map_err(|(field, reason)| Outcome {
        sequence: input.sequence,
        verdict: Verdict::Rejected(reason),
        credited_seconds: 0,
        field: Some(field),
    })
}

fn read_fields(input: &EvidenceInput) -> std::result::Result<Evidence, (&'static str, evidence::Reason)> {
    use densach_domain::Timestamp;
    use evidence::Reason;
    let media_ms = match (input.media_start_ms, input.media_end_ms) {
        (Some(from), Some(to)) => Some((from, to)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(("media", Reason::Malformed)),
    };
    Ok(Evidence {
        sequence: input.sequence,
        work: input.work_id.parse().map_err(|_| ("workId", Reason::UnknownWork))?,
        source: input.source.into(),
        started_at: Timestamp::parse(&input.started_at).ok_or(("startedAt", Reason::Malformed))?,
        ended_at: Timestamp::parse(&input.ended_at).ok_or(("endedAt", Reason::Malformed))?,
        media_ms,
    })
}

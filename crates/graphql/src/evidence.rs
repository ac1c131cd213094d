//! Study evidence comes in by batches; every item gets its own answer.

use async_graphql::{Context, Enum, ID, InputObject, InputType as _, Object, SimpleObject};
use densach_app::ledger::{self, Batch, BatchItem, Echoed, Outcome, Received, Subject, Unread};
use densach_domain::Timestamp;
use densach_domain::device_clock::Sent;
use densach_domain::evidence::{self, Evidence, Run, Verdict, WHOLE_TEXT};
use densach_domain::id::CitizenId;

use crate::error::{Result, UserError, settle};
use crate::input::{Reader, app};
use crate::study::StudySource;

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
    /// Not well formed; `field` names what.
    Malformed,
    /// No such lesson.
    UnknownWork,
    /// The number was used before for something else.
    SequenceReused,
    /// Nobody for whom the sender may act, or no valid card.
    UnknownCitizen,
    /// Only an organiser may attest it, and nobody for themselves.
    NotOrganiser,
    /// Shorter than a second.
    TooShort,
    /// Before the device could have sent anything.
    BeforeDevice,
    /// The device's clock ran faster than time between two moments that the server knows.
    ClockFast,
    /// Neither seen nor heard.
    NoFocus,
    /// Nobody touched the screen for too long.
    Idle,
    /// Played faster than anybody can follow.
    TooFast,
    /// Another device or activity already holds these seconds.
    Overlap,
    /// They may be the same seconds that another device holds: the clocks do not tell.
    ClockUncertain,
    /// Longer than what was played or what there is to read takes.
    LongerThanContent,
    /// The same stretch was studied often enough.
    Repeated,
    /// More than a day's most.
    DayCap,
    /// Taken back by a correction.
    Reversed,
}

/// Whether the lesson had the person's attention.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "evidence::Focus")]
pub(crate) enum StudyFocus {
    /// On the screen, which is on.
    Foreground,
    /// Heard, with the screen off or elsewhere.
    Audio,
    /// Neither seen nor heard.
    Background,
}

/// A moment that the server signed, and when the phone got it.
#[derive(InputObject)]
pub(crate) struct AnchorEchoInput {
    /// As it came.
    pub anchor: String,
    /// Which run of the monotonic clock.
    pub boot_id: String,
    /// Its reading when the answer arrived.
    pub elapsed_ms: f64,
}

/// The phone's clocks at the moment of sending. With them a wrong date does no harm.
#[derive(InputObject)]
pub(crate) struct ClockInput {
    /// RFC 3339, as the phone believes it is now.
    pub wall_at: String,
    /// Which run of the monotonic clock: a new name after every start of the device, or of the page in a browser.
    pub boot_id: String,
    /// Milliseconds since that run began, counted while the device sleeps too.
    pub elapsed_ms: f64,
    /// The last anchor of each run that has evidence waiting.
    #[graphql(default)]
    pub echoes: Vec<AnchorEchoInput>,
}

impl ClockInput {
    pub fn read(&self, reader: &mut Reader) -> Option<(Option<Sent>, Vec<Echoed>)> {
        let wall = reader.instant("clock.wallAt", &self.wall_at)?;
        let sent = Sent { wall, boot: self.boot_id.clone(), elapsed_ms: whole(self.elapsed_ms) };
        let echo = |echo: &AnchorEchoInput| Echoed {
            anchor: echo.anchor.clone(),
            boot: echo.boot_id.clone(),
            elapsed_ms: whole(echo.elapsed_ms),
        };
        Some((Some(sent), self.echoes.iter().map(echo).collect()))
    }
}

/// One item of evidence. The pair of device and `sequence` is its key: sending it again changes nothing.
#[derive(InputObject)]
pub(crate) struct EvidenceInput {
    /// Counts up on the device, from 1, without gaps: a number that never comes is seen as missing.
    pub sequence: i64,
    /// About whom, when it is not the one of the batch.
    pub citizen_id: Option<ID>,
    /// Instead of an id: the text of the person's printed card.
    pub card: Option<String>,
    pub source: StudySource,
    /// For video, audio, reading and quiz.
    pub work_id: Option<ID>,
    /// For a class, an event, a book or a programme: what it is called.
    #[graphql(default)]
    pub title: String,
    /// RFC 3339, by the phone's wall clock.
    pub started_at: String,
    /// RFC 3339, by the phone's wall clock.
    pub ended_at: String,
    /// Which run of the monotonic clock, and its readings; much better than the wall clock.
    pub boot_id: Option<String>,
    pub started_elapsed_ms: Option<f64>,
    pub ended_elapsed_ms: Option<f64>,
    #[graphql(default_with = "StudyFocus::Foreground")]
    pub focus: StudyFocus,
    /// For video and audio: where in the media it began and ended, in milliseconds.
    pub media_start_ms: Option<i64>,
    pub media_end_ms: Option<i64>,
    /// For reading: which part of the text was visible, from 0 to 1.
    pub text_start: Option<f64>,
    pub text_end: Option<f64>,
    /// The longest time without a touch, a scroll or a page turn.
    #[graphql(default)]
    pub longest_idle_ms: i64,
    /// For a quiz: how many questions were answered.
    #[graphql(default)]
    pub question_count: i64,
}

#[derive(InputObject)]
pub(crate) struct SendEvidenceInput {
    pub citizen_id: ID,
    pub clock: Option<ClockInput>,
    /// At most 500. An empty batch is answered with an anchor: good after signing in and after each start.
    pub items: Vec<EvidenceInput>,
}

/// Seconds that a rule took.
#[derive(SimpleObject)]
pub(crate) struct ClippedSeconds {
    pub reason: EvidenceReason,
    pub seconds: i64,
}

/// The fate of one item.
#[derive(SimpleObject)]
pub(crate) struct EvidenceResult {
    pub sequence: i64,
    /// Its line in the ledger; ask for it to learn why.
    pub id: Option<ID>,
    pub verdict: EvidenceVerdict,
    /// For what was clipped or rejected: the rule that took the most.
    pub reason: Option<EvidenceReason>,
    pub credited_seconds: i64,
    pub clipped: Vec<ClippedSeconds>,
    /// Which field is wrong, for an item that is not well formed.
    pub field: Option<&'static str>,
}

impl From<Outcome> for EvidenceResult {
    fn from(outcome: Outcome) -> Self {
        let (verdict, reason) = match outcome.verdict {
            Verdict::Accepted => (EvidenceVerdict::Accepted, None),
            Verdict::Duplicate => (EvidenceVerdict::Duplicate, None),
            Verdict::Clipped(reason) => (EvidenceVerdict::Clipped, Some(reason)),
            Verdict::Rejected(reason) => (EvidenceVerdict::Rejected, Some(reason)),
        };
        let clipped =
            |(reason, seconds): (evidence::Reason, i64)| ClippedSeconds { reason: reason.into(), seconds };
        Self {
            sequence: outcome.sequence,
            id: outcome.id.map(|id| id.to_string().into()),
            verdict,
            reason: reason.map(Into::into),
            credited_seconds: outcome.credited_seconds,
            clipped: outcome.clipped.into_iter().map(clipped).collect(),
            field: outcome.field,
        }
    }
}

/// Numbers of a device that never came, both counted.
#[derive(SimpleObject)]
pub(crate) struct MissingRange {
    pub from: i64,
    pub to: i64,
}

/// What the device learns beside the fate of its items.
#[derive(SimpleObject, Default)]
pub(crate) struct Receipt {
    /// One for each item, in the order of the batch.
    pub results: Vec<EvidenceResult>,
    /// The highest number that this device ever sent.
    pub highest_sequence: Option<i64>,
    /// How many numbers below it never arrived: a phone can send them again.
    pub missing_count: Option<i64>,
    /// The first few ranges of them.
    pub missing: Vec<MissingRange>,
    /// A signed moment: hand it back with the next batch, with the reading of the monotonic clock at which it came.
    pub anchor: Option<String>,
}

impl From<Received> for Receipt {
    fn from(received: Received) -> Self {
        let range = |(from, to)| MissingRange { from, to };
        Self {
            results: received.outcomes.into_iter().map(Into::into).collect(),
            highest_sequence: Some(received.highest_sequence),
            missing_count: Some(received.missing_count),
            missing: received.missing.into_iter().map(range).collect(),
            anchor: Some(received.anchor),
        }
    }
}

#[derive(SimpleObject)]
pub(crate) struct SendEvidencePayload {
    #[graphql(flatten)]
    pub receipt: Receipt,
    pub user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct EvidenceMutation;

#[Object]
impl EvidenceMutation {
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
            let clock = match &input.clock {
                Some(clock) => clock.read(&mut reader),
                None => Some((None, Vec::new())),
            };
            let (citizen, (sent, echoes)) = reader.finish(citizen.zip(clock))?;
            let read: Vec<_> = input.items.iter().map(|item| read_item(citizen, item)).collect();
            let items = read.iter().filter_map(|item| item.as_ref().ok().cloned()).collect();
            let unread =
                read.iter().zip(&input.items).filter_map(|(read, item)| unread(read.as_ref().err()?, item));
            let unread = unread.collect();
            ledger::may_send(cx, citizen)?;
            let mut received = ledger::send(cx, Batch { sent, echoes, items, unread }).await?;
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
        Ok(SendEvidencePayload { receipt: received.map(Into::into).unwrap_or_default(), user_errors })
    }
}

/// An item as the use case takes it, or its verdict when it cannot be read.
fn read_item(citizen: CitizenId, input: &EvidenceInput) -> std::result::Result<BatchItem, Outcome> {
    read_fields(citizen, input).map_err(|(field, reason)| Outcome {
        sequence: input.sequence,
        id: None,
        verdict: Verdict::Rejected(reason),
        credited_seconds: 0,
        clipped: Vec::new(),
        field: Some(field),
    })
}

/// What could not be read is kept as it came.
fn unread(outcome: &Outcome, input: &EvidenceInput) -> Option<Unread> {
    match outcome.verdict {
        Verdict::Rejected(reason) => {
            let raw = input.to_value().to_string();
            Some(Unread { sequence: input.sequence, reason, raw })
        }
        Verdict::Accepted | Verdict::Duplicate | Verdict::Clipped(_) => None,
    }
}

fn read_fields(
    citizen: CitizenId,
    input: &EvidenceInput,
) -> std::result::Result<BatchItem, (&'static str, evidence::Reason)> {
    use evidence::Reason;
    let subject = match (&input.citizen_id, &input.card) {
        (None, None) => Subject::Citizen(citizen),
        (Some(id), None) => Subject::Citizen(id.parse().map_err(|_| ("citizenId", Reason::UnknownCitizen))?),
        (None, Some(card)) => Subject::Card(card.clone()),
        (Some(_), Some(_)) => return Err(("card", Reason::Malformed)),
    };
    let content = match (input.media_start_ms, input.media_end_ms, input.text_start, input.text_end) {
        (None, None, None, None) => None,
        (Some(from), Some(to), None, None) => Some((from, to)),
        (None, None, Some(from), Some(to)) => Some((ppm(from), ppm(to))),
        (_, _, None, None) => return Err(("media", Reason::Malformed)),
        _ => return Err(("text", Reason::Malformed)),
    };
    let run = match (&input.boot_id, input.started_elapsed_ms, input.ended_elapsed_ms) {
        (None, None, None) => None,
        (Some(boot), Some(started_ms), Some(ended_ms)) => {
            Some(Run { boot: boot.clone(), started_ms: whole(started_ms), ended_ms: whole(ended_ms) })
        }
        _ => return Err(("bootId", Reason::Malformed)),
    };
    let work = match &input.work_id {
        Some(id) => Some(id.parse().map_err(|_| ("workId", Reason::UnknownWork))?),
        None => None,
    };
    let evidence = Evidence {
        sequence: input.sequence,
        source: input.source.into(),
        work,
        started_at: Timestamp::parse(&input.started_at).ok_or(("startedAt", Reason::Malformed))?,
        ended_at: Timestamp::parse(&input.ended_at).ok_or(("endedAt", Reason::Malformed))?,
        run,
        focus: input.focus.into(),
        content,
        longest_idle_ms: input.longest_idle_ms,
        question_count: input.question_count,
        title: input.title.clone(),
    };
    Ok(BatchItem { subject, evidence, imported: false })
}

/// Milliseconds come as numbers that every reader of JSON keeps; what is out of range is refused later.
pub(crate) fn whole(ms: f64) -> i64 {
    ms.round() as i64
}

fn ppm(share: f64) -> i64 {
    (share * WHOLE_TEXT as f64).round() as i64
}

//! Study time: sums and places.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use densach_app::study::{self, DayRow, PositionInput, ProgressRow};
use densach_domain::evidence;

use crate::error::{Result, UserError, settle};
use crate::input::{Reader, app, request};

/// What somebody was doing.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "evidence::Source")]
pub(crate) enum StudySource {
    Video,
    Audio,
    Reading,
    Quiz,
    /// A class, attested by its organiser.
    Class,
    /// A talk, a reading day, a contest, attested by its organiser.
    Event,
    /// A printed book, as the reader says; somebody may confirm it.
    Book,
    /// A radio or television programme, as the listener says; somebody may confirm it.
    Radio,
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

//! The ledger of study time: evidence, what it was credited, the sums by day, and how far people have come.

use densach_domain::evidence::{Evidence, Reason, Source, Trust};
use densach_domain::id::{CitizenId, DeviceId, EvidenceId, RevisionId, UnitId, WorkId};
use densach_domain::interval::Interval;
use densach_domain::{Day, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::sql::{places, values};
use crate::{Reads, Result, StoreError, Tx};

/// One item of evidence as it is kept.
#[derive(Debug, Clone)]
pub struct EvidenceRow {
    pub id: EvidenceId,
    pub device: DeviceId,
    pub citizen: CitizenId,
    pub revision: Option<RevisionId>,
    pub trust: Trust,
    pub evidence: Evidence,
    pub reason: Option<Reason>,
    /// Version of the credit policy that judged it.
    pub policy: String,
    pub received_at: Timestamp,
}

/// A stretch of credited seconds.
#[derive(Debug, Clone, Copy)]
pub struct CreditRow {
    pub day: Day,
    pub stretch: Interval,
}

/// Credited seconds of a day from one source in one trust class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRow {
    pub day: Day,
    pub source: Source,
    pub trust: Trust,
    pub seconds: i64,
}

/// Credited seconds of a unit's members in one span of days, and how many members they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanRow {
    pub unit: UnitId,
    /// Which of the spans that were asked for.
    pub span_index: usize,
    pub trust: Trust,
    pub seconds: i64,
    pub active_count: i64,
}

/// Where somebody was in a work, as a device said.
#[derive(Debug, Clone, Copy)]
pub struct PositionRow {
    pub work: WorkId,
    /// Parts per million of the whole, independent of screen size.
    pub locator_ppm: i64,
    pub media_ms: Option<i64>,
    pub recorded_at: Timestamp,
}

/// The latest and the furthest position; they differ when somebody looks something up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct ProgressRow {
    pub work_id: Uuid,
    pub latest_ppm: i64,
    pub latest_media_ms: Option<i64>,
    pub latest_at: i64,
    pub furthest_ppm: i64,
    pub furthest_media_ms: Option<i64>,
    pub furthest_at: i64,
}

#[derive(FromQueryResult)]
struct RawCredit {
    started_s: i64,
    ended_s: i64,
}

#[derive(FromQueryResult)]
struct RawDay {
    day: i64,
    source: String,
    trust: String,
    seconds: i64,
}

#[derive(FromQueryResult)]
struct RawSpan {
    root: Uuid,
    span_index: i64,
    trust: String,
    seconds: i64,
    active_count: i64,
}

#[derive(FromQueryResult)]
struct RawMemberSum {
    citizen_id: Uuid,
    trust: String,
    seconds: i64,
}

const DAY_MS: i64 = 86_400_000;
/// A learning day begins at 03:00 in Viet Nam, which is 20:00 UTC of the day before.
const OFFSET_MS: i64 = 4 * 3_600_000;

fn day(number: i64) -> Day {
    Day::from_number(i32::try_from(number).unwrap_or(0))
}

fn trust(name: String) -> Result<Trust> {
    Trust::parse(&name).ok_or(StoreError::Broken(name))
}

impl<C: ConnectionTrait> Reads<C> {
    /// The digests of what a device said under these numbers, where it did.
    pub async fn evidence_digests(&self, device: DeviceId, sequences: &[i64]) -> Result<Vec<(i64, Vec<u8>)>> {
        #[derive(FromQueryResult)]
        struct Raw {
            sequence: i64,
            digest: Vec<u8>,
        }
        if sequences.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT sequence, digest FROM study_evidence WHERE device_id = $1 AND sequence IN ({})",
            places(2, sequences.len())
        );
        let mut all = vec![device.uuid().into()];
        all.extend(sequences.iter().map(|sequence| (*sequence).into()));
        let rows: Vec<Raw> = self.all(sql, all).await?;
        Ok(rows.into_iter().map(|row| (row.sequence, row.digest)).collect())
    }

    /// The highest number a device has sent, and how many numbers below it are missing.
    pub async fn evidence_gaps(&self, device: DeviceId) -> Result<(i64, i64)> {
        let highest = self
            .number(
                "SELECT max(sequence) FROM study_evidence WHERE device_id = $1",
                vec![device.uuid().into()],
            )
            .await?;
        let count = self
            .number("SELECT count(*) FROM study_evidence WHERE device_id = $1", vec![device.uuid().into()])
            .await?;
        Ok((highest, highest - count))
    }

    /// Credited stretches of a citizen that touch `span`.
    pub async fn credit_touching(&self, citizen: CitizenId, span: Interval) -> Result<Vec<Interval>> {
        // Credited stretches never overlap and never cross a learning day, so none that touches began a day earlier.
        let sql = "SELECT started_s, ended_s FROM study_credit \
                   WHERE citizen_id = $1 AND started_s < $2 AND started_s > $3 AND ended_s > $4";
        let values = vec![
            citizen.uuid().into(),
            span.end().into(),
            (span.start() - 86_400).into(),
            span.start().into(),
        ];
        let rows: Vec<RawCredit> = self.all(sql, values).await?;
        Ok(rows.into_iter().filter_map(|row| Interval::new(row.started_s, row.ended_s)).collect())
    }

    /// Seconds credited for reading, by work and learning day.
    pub async fn credit_of_reading(
        &self,
        citizen: CitizenId,
        from: Day,
        to: Day,
    ) -> Result<Vec<(WorkId, Day, i64)>> {
        #[derive(FromQueryResult)]
        struct Raw {
            work_id: Uuid,
            day: i64,
            seconds: i64,
        }
        let sql = "SELECT work_id, day, CAST(sum(ended_s - started_s) AS bigint) AS seconds FROM study_credit \
                   WHERE citizen_id = $1 AND source = 'reading' AND day BETWEEN $2 AND $3 GROUP BY work_id, day";
        let values =
            vec![citizen.uuid().into(), i64::from(from.number()).into(), i64::from(to.number()).into()];
        let rows: Vec<Raw> = self.all(sql, values).await?;
        Ok(rows.into_iter().map(|row| (WorkId::from_uuid(row.work_id), day(row.day), row.seconds)).collect())
    }

    /// What a citizen was credited, by day, source and trust class.
    pub async fn study_days(&self, citizen: CitizenId, from: Day, to: Day) -> Result<Vec<DayRow>> {
        let sql = "SELECT day, source, trust, seconds FROM study_day \
                   WHERE citizen_id = $1 AND day BETWEEN $2 AND $3 ORDER BY day, source, trust";
        let values =
            vec![citizen.uuid().into(), i64::from(from.number()).into(), i64::from(to.number()).into()];
        let rows: Vec<RawDay> = self.all(sql, values).await?;
        rows.into_iter()
            .map(|row| {
                let source = Source::parse(&row.source).ok_or(StoreError::Broken(row.source))?;
                Ok(DayRow { day: day(row.day), source, trust: trust(row.trust)?, seconds: row.seconds })
            })
            .collect()
    }

    /// Seconds by work, most first.
    pub async fn study_seconds_by_work(
        &self,
        citizen: CitizenId,
        from: Day,
        to: Day,
    ) -> Result<Vec<(WorkId, i64)>> {
        #[derive(FromQueryResult)]
        struct Raw {
            work_id: Uuid,
            seconds: i64,
        }
        let sql = "SELECT work_id, CAST(sum(ended_s - started_s) AS bigint) AS seconds FROM study_credit \
                   WHERE citizen_id = $1 AND day BETWEEN $2 AND $3 GROUP BY work_id ORDER BY seconds DESC, work_id LIMIT 500";
        let values =
            vec![citizen.uuid().into(), i64::from(from.number()).into(), i64::from(to.number()).into()];
        let rows: Vec<Raw> = self.all(sql, values).await?;
        Ok(rows.into_iter().map(|row| (WorkId::from_uuid(row.work_id), row.seconds)).collect())
    }

    /// What the members of each of `units`, and of all units below it, were credited in each of `spans` (first and last
    /// day). A citizen of two branches counts once, and on the days of their membership only.
    pub async fn units_study(
        &self,
        units: &[UnitId],
        now: Timestamp,
        spans: &[(Day, Day)],
    ) -> Result<Vec<SpanRow>> {
        let (Some(first), Some(last)) = (spans.iter().map(|s| s.0).min(), spans.iter().map(|s| s.1).max())
        else {
            return Ok(Vec::new());
        };
        if units.is_empty() {
            return Ok(Vec::new());
        }
        let spans: Vec<String> = spans
            .iter()
            .enumerate()
            .map(|(index, (from, to))| {
                format!("(CAST({index} AS bigint), {}, {})", from.number(), to.number())
            })
            .collect();
        let sql = format!(
            "{subtree}, span (span_index, first_day, last_day) AS (VALUES {spans}), \
             belonging AS (SELECT DISTINCT s.root, m.citizen_id, m.valid_from, m.valid_to \
             FROM subtree s JOIN membership m ON m.unit_id = s.id AND m.superseded_at IS NULL) \
             SELECT root, span_index, trust, CAST(sum(seconds) AS bigint) AS seconds, \
             count(DISTINCT citizen_id) AS active_count FROM (\
             SELECT DISTINCT b.root, p.span_index, d.citizen_id, d.day, d.source, d.trust, d.seconds \
             FROM belonging b JOIN study_day d ON d.citizen_id = b.citizen_id AND d.day BETWEEN {first} AND {last} \
             JOIN span p ON d.day BETWEEN p.first_day AND p.last_day \
             WHERE b.valid_from < (d.day + 1) * {DAY_MS} - {OFFSET_MS} \
             AND (b.valid_to IS NULL OR b.valid_to > d.day * {DAY_MS} - {OFFSET_MS})) AS credited \
             GROUP BY root, span_index, trust ORDER BY root, span_index, trust",
            subtree = crate::unit::subtree(2, units.len()),
            spans = spans.join(", "),
            first = first.number(),
            last = last.number(),
        );
        let mut all = vec![now.ms().into()];
        all.extend(values(units.iter().map(|unit| unit.uuid())));
        let rows: Vec<RawSpan> = self.all(sql, all).await?;
        rows.into_iter()
            .map(|row| {
                Ok(SpanRow {
                    unit: UnitId::from_uuid(row.root),
                    span_index: usize::try_from(row.span_index).unwrap_or(usize::MAX),
                    trust: trust(row.trust)?,
                    seconds: row.seconds,
                    active_count: row.active_count,
                })
            })
            .collect()
    }

    /// What each of these citizens was credited between two days, by trust class.
    pub async fn study_sums(
        &self,
        citizens: &[CitizenId],
        from: Day,
        to: Day,
    ) -> Result<Vec<(CitizenId, Trust, i64)>> {
        if citizens.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT citizen_id, trust, CAST(sum(seconds) AS bigint) AS seconds FROM study_day \
             WHERE day BETWEEN $1 AND $2 AND citizen_id IN ({}) GROUP BY citizen_id, trust",
            places(3, citizens.len())
        );
        let mut all = vec![i64::from(from.number()).into(), i64::from(to.number()).into()];
        all.extend(values(citizens.iter().map(|id| id.uuid())));
        let rows: Vec<RawMemberSum> = self.all(sql, all).await?;
        rows.into_iter()
            .map(|row| Ok((CitizenId::from_uuid(row.citizen_id), trust(row.trust)?, row.seconds)))
            .collect()
    }

    pub async fn progress(&self, citizen: CitizenId, works: &[WorkId]) -> Result<Vec<ProgressRow>> {
        if works.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT work_id, latest_ppm, latest_media_ms, latest_at, furthest_ppm, furthest_media_ms, furthest_at \
             FROM progress WHERE citizen_id = $1 AND work_id IN ({})",
            places(2, works.len())
        );
        let mut all = vec![citizen.uuid().into()];
        all.extend(values(works.iter().map(|id| id.uuid())));
        self.all(sql, all).await
    }

    /// The days on which the sums differ from the credit they are sums of: always none, or something is broken.
    pub async fn study_days_unreconciled(&self) -> Result<i64> {
        let sql = "SELECT count(*) FROM (SELECT citizen_id, day, source, trust, sum(s) AS off FROM (\
                   SELECT citizen_id, day, source, trust, seconds AS s FROM study_day UNION ALL \
                   SELECT citizen_id, day, source, trust, started_s - ended_s FROM study_credit) AS both_sides \
                   GROUP BY citizen_id, day, source, trust HAVING sum(s) <> 0) AS differing";
        self.number(sql, vec![]).await
    }
}

impl Tx {
    pub async fn evidence_add(&self, row: &EvidenceRow, credit: &[CreditRow]) -> Result<()> {
        let sql = "INSERT INTO study_evidence (id, device_id, sequence, citizen_id, work_id, revision_id, source, trust, \
                   started_at, ended_at, media_start_ms, media_end_ms, digest, reason, policy, received_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        let evidence = &row.evidence;
        let values = vec![
            row.id.uuid().into(),
            row.device.uuid().into(),
            evidence.sequence.into(),
            row.citizen.uuid().into(),
            evidence.work.uuid().into(),
            row.revision.map(RevisionId::uuid).into(),
            evidence.source.name().into(),
            row.trust.name().into(),
            evidence.started_at.ms().into(),
            evidence.ended_at.ms().into(),
            evidence.media_ms.map(|(from, _)| from).into(),
            evidence.media_ms.map(|(_, to)| to).into(),
            evidence.digest(row.citizen).to_vec().into(),
            row.reason.map(Reason::name).into(),
            row.policy.clone().into(),
            row.received_at.ms().into(),
        ];
        self.execute(sql, values).await?;
        for part in credit {
            self.credit_add(row, part).await?;
        }
        Ok(())
    }

    async fn credit_add(&self, row: &EvidenceRow, part: &CreditRow) -> Result<()> {
        let day = i64::from(part.day.number());
        let sql = "INSERT INTO study_credit (citizen_id, started_s, ended_s, evidence_id, work_id, source, trust, day) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = vec![
            row.citizen.uuid().into(),
            part.stretch.start().into(),
            part.stretch.end().into(),
            row.id.uuid().into(),
            row.evidence.work.uuid().into(),
            row.evidence.source.name().into(),
            row.trust.name().into(),
            day.into(),
        ];
        self.execute(sql, values).await?;
        let sql = "INSERT INTO study_day (citizen_id, day, source, trust, seconds) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (citizen_id, day, source, trust) \
                   DO UPDATE SET seconds = study_day.seconds + excluded.seconds";
        let values = vec![
            row.citizen.uuid().into(),
            day.into(),
            row.evidence.source.name().into(),
            row.trust.name().into(),
            part.stretch.seconds().into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }

    /// Adds a position to the log and moves the latest and the furthest along. The log is never overwritten; a
    /// position that arrives late changes nothing that is newer or further.
    pub async fn position_add(
        &self,
        id: Uuid,
        citizen: CitizenId,
        device: DeviceId,
        position: &PositionRow,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO position (id, citizen_id, work_id, device_id, locator_ppm, media_ms, recorded_at, received_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = vec![
            id.into(),
            citizen.uuid().into(),
            position.work.uuid().into(),
            device.uuid().into(),
            position.locator_ppm.into(),
            position.media_ms.into(),
            position.recorded_at.ms().into(),
            now.ms().into(),
        ];
        self.execute(sql, values).await?;
        let sql = "INSERT INTO progress (citizen_id, work_id, latest_ppm, latest_media_ms, latest_at, furthest_ppm, \
                   furthest_media_ms, furthest_at) VALUES ($1, $2, $3, $4, $5, $3, $4, $5) \
                   ON CONFLICT (citizen_id, work_id) DO UPDATE SET \
                   latest_ppm = CASE WHEN excluded.latest_at >= progress.latest_at THEN excluded.latest_ppm ELSE progress.latest_ppm END, \
                   latest_media_ms = CASE WHEN excluded.latest_at >= progress.latest_at THEN excluded.latest_media_ms ELSE progress.latest_media_ms END, \
                   latest_at = CASE WHEN excluded.latest_at >= progress.latest_at THEN excluded.latest_at ELSE progress.latest_at END, \
                   furthest_ppm = CASE WHEN excluded.furthest_ppm > progress.furthest_ppm THEN excluded.furthest_ppm ELSE progress.furthest_ppm END, \
                   furthest_media_ms = CASE WHEN excluded.furthest_ppm > progress.furthest_ppm THEN excluded.furthest_media_ms ELSE progress.furthest_media_ms END, \
                   furthest_at = CASE WHEN excluded.furthest_ppm > progress.furthest_ppm THEN excluded.furthest_at ELSE progress.furthest_at END";
        let values = vec![
            citizen.uuid().into(),
            position.work.uuid().into(),
            position.locator_ppm.into(),
            position.media_ms.into(),
            position.recorded_at.ms().into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }
}

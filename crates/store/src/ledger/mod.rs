//! The ledger of study time: lines, the entries that they made, and what is known of the devices that sent them. Sums
//! are in [`crate::total`].

mod text;
mod write;

use std::collections::HashMap;

use densach_domain::credit::{Clip, Deed, Entry, FAR_UNCERTAINTY_S, Facts, Holding};
use densach_domain::device_clock::{Boot, Placed};
use densach_domain::evidence::{Evidence, EvidenceId, Reason, Source, Standing, Trust};
use densach_domain::id::{AccountId, CitizenId, DeviceId, RevisionId, WorkId};
use densach_domain::interval::Interval;
use densach_domain::page::{Page, PageRequest};
use densach_domain::{Day, Timestamp};
use sea_orm::sea_query::ArrayType;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult, Value};
use uuid::Uuid;

use self::text::{BootText, JudgedText, SaidText, read_text};
use crate::sql::{places, values};
use crate::{Reads, Result, StoreError, Tx};

/// What was said, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// For a line of evidence.
    pub evidence: Option<Evidence>,
    /// For a line that confirms or corrects: why.
    pub note: String,
}

/// By what a line was judged, and what was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    pub placed: Option<Placed>,
    pub facts: Option<Facts>,
    pub revision: Option<RevisionId>,
    pub clipped: Vec<Clip>,
    pub lost_seconds: i64,
    /// What it earned when it was judged; what stands of it now is the sum of its entries.
    pub credited_seconds: i64,
    /// How far what it earned may lie from where it stands.
    pub uncertainty_s: i64,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    pub id: EvidenceId,
    pub deed: Deed,
    /// The line that it confirms or corrects.
    pub target: Option<i64>,
    pub device: Option<DeviceId>,
    pub sequence: Option<i64>,
    /// Who sent it.
    pub account: Option<AccountId>,
    pub standing: Standing,
    pub said: Said,
    pub judged: Judged,
    /// Version of the credit policy that judged it.
    pub policy: String,
    pub received_at: Timestamp,
}

impl LineRow {
    /// When it was: in true time, as far as that is known, or else as it was said. Absent for a line that confirms or
    /// corrects.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let said = self.said.evidence.as_ref().map(|evidence| (evidence.started_at, evidence.ended_at));
        let placed = self.judged.placed;
        placed.map(|at| (Timestamp::from_ms(at.start_ms), Timestamp::from_ms(at.end_ms))).or(said)
    }

    /// In whole seconds since 1970, when it began: in true time when that is known.
    fn started_s(&self) -> i64 {
        let said = self.said.evidence.as_ref().map_or(self.received_at, |evidence| evidence.started_at);
        self.judged.placed.map_or(said.ms(), |placed| placed.start_ms).div_euclid(1000)
    }
}

/// A number that arrived and could not become a line.
#[derive(Debug, Clone)]
pub struct RefusalRow {
    pub sequence: i64,
    /// Absent when it could not be read.
    pub evidence: Option<Evidence>,
    /// What could not be read, as it came.
    pub raw: String,
    pub citizen: Option<CitizenId>,
    pub reason: Reason,
}

/// What a device said under a number.
#[derive(Debug, Clone)]
pub struct Known {
    pub sequence: i64,
    /// Absent when it was refused.
    pub id: Option<EvidenceId>,
    pub citizen: Option<CitizenId>,
    pub evidence: Option<Evidence>,
}

/// A citizen's place in the queue, held until the end of the transaction.
#[derive(Debug, Clone, Copy)]
pub struct HeadRow {
    pub last_number: i64,
    pub birth_year: Option<i32>,
}

/// What is known of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    pub registered_at: Timestamp,
    pub highest_sequence: i64,
    /// How many of its numbers arrived.
    pub received_count: i64,
    /// Where the end of its latest evidence was placed.
    pub latest_end_ms: i64,
    pub boots: Vec<Boot>,
}

#[derive(FromQueryResult)]
pub(crate) struct RawLine {
    citizen_id: Uuid,
    number: i64,
    deed: String,
    target: Option<i64>,
    device_id: Option<Uuid>,
    sequence: Option<i64>,
    account_id: Option<Uuid>,
    standing: String,
    said: String,
    judged: String,
    policy: String,
    received_at: i64,
}

pub(crate) const LINE: &str = "citizen_id, number, deed, target, device_id, sequence, account_id, standing, said, judged, policy, \
                    received_at";

impl RawLine {
    pub(crate) fn read(self) -> Result<LineRow> {
        let said: SaidText = read_text(&self.said)?;
        let judged: JudgedText = read_text(&self.judged)?;
        Ok(LineRow {
            id: EvidenceId { citizen: CitizenId::from_uuid(self.citizen_id), number: self.number },
            deed: Deed::parse(&self.deed).ok_or(StoreError::Broken(self.deed))?,
            target: self.target,
            device: self.device_id.map(DeviceId::from_uuid),
            sequence: self.sequence,
            account: self.account_id.map(AccountId::from_uuid),
            standing: Standing::parse(&self.standing).ok_or(StoreError::Broken(self.standing))?,
            said: Said { evidence: said.evidence(self.sequence.unwrap_or(0))?, note: said.note },
            judged: judged.judged()?,
            policy: self.policy,
            received_at: Timestamp::from_ms(self.received_at),
        })
    }
}

#[derive(FromQueryResult)]
struct RawEntry {
    posted: i64,
    is_reversal: i64,
    day: i64,
    started_s: i64,
    ended_s: i64,
    line: i64,
    source: String,
    trust: String,
    work_id: Option<Uuid>,
    device_id: Uuid,
    content_start: Option<i64>,
    content_end: Option<i64>,
    uncertainty_s: i64,
}

const ENTRY: &str = "posted, is_reversal, day, started_s, ended_s, line, source, trust, work_id, device_id, \
                     content_start, content_end, uncertainty_s";

impl RawEntry {
    fn read(self) -> Result<Entry> {
        let stretch = Interval::new(self.started_s, self.ended_s);
        Ok(Entry {
            number: self.posted,
            is_reversal: self.is_reversal != 0,
            holding: Holding {
                number: self.line,
                device: DeviceId::from_uuid(self.device_id),
                day: Day::from_number(i32::try_from(self.day).unwrap_or(0)),
                stretch: stretch.ok_or_else(|| StoreError::Broken("an empty entry".into()))?,
                source: Source::parse(&self.source).ok_or(StoreError::Broken(self.source))?,
                trust: Trust::parse(&self.trust).ok_or(StoreError::Broken(self.trust))?,
                work: self.work_id.map(WorkId::from_uuid),
                content: self.content_start.zip(self.content_end),
                uncertainty_s: self.uncertainty_s,
            },
        })
    }
}

/// An entry and whose it is.
struct RawEntryOf {
    citizen_id: Uuid,
    entry: RawEntry,
}

impl FromQueryResult for RawEntryOf {
    fn from_query_result(row: &QueryResult, prefix: &str) -> std::result::Result<Self, DbErr> {
        let citizen_id = row.try_get(prefix, "citizen_id")?;
        Ok(Self { citizen_id, entry: RawEntry::from_query_result(row, prefix)? })
    }
}

fn entries(rows: Vec<RawEntry>) -> Result<Vec<Entry>> {
    rows.into_iter().map(RawEntry::read).collect()
}

impl<C: ConnectionTrait> Reads<C> {
    pub async fn ledger_line(&self, id: EvidenceId) -> Result<Option<LineRow>> {
        let sql = format!("SELECT {LINE} FROM study_line WHERE citizen_id = $1 AND number = $2");
        let row: Option<RawLine> = self.one(sql, vec![id.citizen.uuid().into(), id.number.into()]).await?;
        row.map(RawLine::read).transpose()
    }

    /// The lines of a citizen, newest first.
    pub async fn ledger_lines(&self, citizen: CitizenId, page: &PageRequest<i64>) -> Result<Page<LineRow>> {
        let sql = format!(
            "SELECT {LINE} FROM study_line WHERE citizen_id = $1 AND number < $2 ORDER BY number DESC LIMIT {}",
            page.limit + 1
        );
        let before = page.after.unwrap_or(i64::MAX);
        let rows: Vec<RawLine> = self.all(sql, vec![citizen.uuid().into(), before.into()]).await?;
        let rows = rows.into_iter().map(RawLine::read).collect::<Result<_>>()?;
        Ok(Page::cut(rows, page.limit))
    }

    /// All lines of a citizen in the order in which they were judged.
    pub async fn ledger_history(&self, citizen: CitizenId) -> Result<Vec<LineRow>> {
        let sql = format!("SELECT {LINE} FROM study_line WHERE citizen_id = $1 ORDER BY number");
        let rows: Vec<RawLine> = self.all(sql, vec![citizen.uuid().into()]).await?;
        rows.into_iter().map(RawLine::read).collect()
    }

    /// The lines that confirm or correct these, oldest first.
    pub async fn ledger_corrections(&self, citizen: CitizenId, targets: &[i64]) -> Result<Vec<LineRow>> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {LINE} FROM study_line WHERE citizen_id = $1 AND target IN ({}) ORDER BY number",
            places(2, targets.len())
        );
        let mut all = vec![citizen.uuid().into()];
        all.extend(targets.iter().map(|target| (*target).into()));
        let rows: Vec<RawLine> = self.all(sql, all).await?;
        rows.into_iter().map(RawLine::read).collect()
    }

    /// All entries of a citizen in the order in which they were made.
    pub async fn ledger_entries(&self, citizen: CitizenId) -> Result<Vec<Entry>> {
        let sql = format!(
            "SELECT {ENTRY} FROM study_entry WHERE citizen_id = $1 ORDER BY posted, day, started_s, is_reversal DESC"
        );
        entries(self.all(sql, vec![citizen.uuid().into()]).await?)
    }

    /// All entries about these lines, in the order in which they were made.
    pub async fn ledger_entries_of(&self, citizen: CitizenId, lines: &[i64]) -> Result<Vec<Entry>> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {ENTRY} FROM study_entry WHERE citizen_id = $1 AND line IN ({}) \
             ORDER BY posted, day, started_s, is_reversal DESC",
            places(2, lines.len())
        );
        let mut all = vec![citizen.uuid().into()];
        all.extend(lines.iter().map(|line| (*line).into()));
        entries(self.all(sql, all).await?)
    }

    /// Everybody who has lines, in the order of their ids, after one.
    pub async fn ledger_citizens(&self, after: Option<CitizenId>, limit: usize) -> Result<Vec<CitizenId>> {
        #[derive(FromQueryResult)]
        struct Raw {
            citizen_id: Uuid,
        }
        let sql = format!(
            "SELECT citizen_id FROM study_head WHERE citizen_id > $1 ORDER BY citizen_id LIMIT {limit}"
        );
        let after = after.map_or(Uuid::nil(), CitizenId::uuid);
        let rows: Vec<Raw> = self.all(sql, vec![after.into()]).await?;
        Ok(rows.into_iter().map(|row| CitizenId::from_uuid(row.citizen_id)).collect())
    }

    /// The numbers of a device that never came, as ranges, lowest first.
    pub async fn ledger_missing(&self, device: DeviceId, limit: usize) -> Result<Vec<(i64, i64)>> {
        #[derive(FromQueryResult)]
        struct Raw {
            below: i64,
            sequence: i64,
        }
        let sql = format!(
            "SELECT below, sequence FROM (SELECT sequence, lag(sequence, 1, 0) OVER (ORDER BY sequence) AS below FROM (\
             SELECT sequence FROM study_line WHERE device_id = $1 AND sequence IS NOT NULL UNION ALL \
             SELECT sequence FROM study_refusal WHERE device_id = $1) AS arrived) AS steps \
             WHERE sequence > below + 1 ORDER BY sequence LIMIT {limit}"
        );
        let rows: Vec<Raw> = self.all(sql, vec![device.uuid().into()]).await?;
        Ok(rows.into_iter().map(|row| (row.below + 1, row.sequence - 1)).collect())
    }
}

impl Tx {
    /// Holds the books of these citizens and the numbers of these devices until the end of the transaction: nobody else
    /// judges for them. Taken once and in one order, so that no two transactions wait for each other.
    pub async fn ledger_lock(&self, citizens: &[CitizenId], devices: &[DeviceId]) -> Result<()> {
        if !self.is_postgres() {
            return Ok(());
        }
        let half = |uuid: Uuid| {
            let (high, low) = uuid.as_u64_pair();
            i64::from_ne_bytes((high ^ low.rotate_left(17)).to_ne_bytes())
        };
        let ids = citizens.iter().map(|id| id.uuid()).chain(devices.iter().map(|id| id.uuid()));
        let mut keys: Vec<i64> = ids.map(half).collect();
        keys.sort_unstable();
        keys.dedup();
        let keys = Value::Array(
            ArrayType::BigInt,
            Some(Box::new(keys.into_iter().map(|key| Value::BigInt(Some(key))).collect())),
        );
        let sql = "SELECT count(pg_advisory_xact_lock(key)) FROM unnest(CAST($1 AS bigint[])) AS key";
        self.execute(sql, vec![keys]).await?;
        Ok(())
    }

    /// How many lines these citizens have, and the version of everybody's places.
    pub async fn ledger_heads(&self, citizens: &[CitizenId]) -> Result<(HashMap<CitizenId, HeadRow>, i64)> {
        #[derive(FromQueryResult)]
        struct Raw {
            citizen_id: Uuid,
            birth_date: Option<String>,
            last_number: i64,
            place_version: i64,
        }
        if citizens.is_empty() {
            return Ok((HashMap::new(), 0));
        }
        let sql = format!(
            "SELECT c.id AS citizen_id, c.birth_date, coalesce(h.last_number, 0) AS last_number, \
             (SELECT version FROM place_version WHERE id = 1) AS place_version \
             FROM citizen c LEFT JOIN study_head h ON h.citizen_id = c.id WHERE c.id IN ({})",
            places(1, citizens.len())
        );
        let rows: Vec<Raw> = self.all(sql, values(citizens.iter().map(|id| id.uuid()))).await?;
        let place_version = rows.first().map_or(0, |row| row.place_version);
        let head = |row: Raw| {
            let birth_year = row.birth_date.and_then(|date| date.get(..4)?.parse().ok());
            (CitizenId::from_uuid(row.citizen_id), HeadRow { last_number: row.last_number, birth_year })
        };
        Ok((rows.into_iter().map(head).collect(), place_version))
    }

    /// What is known of these devices.
    pub async fn ledger_devices(&self, devices: &[DeviceId]) -> Result<HashMap<DeviceId, DeviceRow>> {
        #[derive(FromQueryResult)]
        struct Raw {
            device_id: Uuid,
            created_at: i64,
            highest_sequence: Option<i64>,
            received_count: Option<i64>,
            latest_end_ms: Option<i64>,
            boots: Option<String>,
        }
        if devices.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!(
            "SELECT d.id AS device_id, d.created_at, s.highest_sequence, s.received_count, s.latest_end_ms, s.boots \
             FROM device d LEFT JOIN study_device s ON s.device_id = d.id WHERE d.id IN ({})",
            places(1, devices.len())
        );
        let rows: Vec<Raw> = self.all(sql, values(devices.iter().map(|id| id.uuid()))).await?;
        let mut known = HashMap::with_capacity(rows.len());
        for row in rows {
            let boots: Vec<BootText> = row.boots.as_deref().map_or(Ok(Vec::new()), read_text)?;
            let device = DeviceRow {
                registered_at: Timestamp::from_ms(row.created_at),
                highest_sequence: row.highest_sequence.unwrap_or(0),
                received_count: row.received_count.unwrap_or(0),
                latest_end_ms: row.latest_end_ms.unwrap_or(i64::MIN),
                boots: boots.into_iter().map(BootText::read).collect(),
            };
            known.insert(DeviceId::from_uuid(row.device_id), device);
        }
        Ok(known)
    }

    /// What a device said under these numbers, where it did.
    pub async fn ledger_known(&self, device: DeviceId, sequences: &[i64]) -> Result<Vec<Known>> {
        #[derive(FromQueryResult)]
        struct Raw {
            sequence: i64,
            citizen_id: Option<Uuid>,
            number: Option<i64>,
            said: String,
        }
        if sequences.is_empty() {
            return Ok(Vec::new());
        }
        let list = places(2, sequences.len());
        let sql = format!(
            "SELECT sequence, citizen_id, number, said FROM study_line WHERE device_id = $1 AND sequence IN ({list}) \
             UNION ALL SELECT sequence, NULL, NULL, said FROM study_refusal \
             WHERE device_id = $1 AND sequence IN ({list})"
        );
        let mut all = vec![device.uuid().into()];
        all.extend(sequences.iter().map(|sequence| (*sequence).into()));
        let rows: Vec<Raw> = self.all(sql, all).await?;
        rows.into_iter()
            .map(|row| {
                let said: SaidText = read_text(&row.said)?;
                let id = row
                    .citizen_id
                    .zip(row.number)
                    .map(|(citizen, number)| EvidenceId { citizen: CitizenId::from_uuid(citizen), number });
                Ok(Known {
                    sequence: row.sequence,
                    id,
                    citizen: id.map(|id| id.citizen).or(said.citizen.map(CitizenId::from_uuid)),
                    evidence: said.evidence(row.sequence)?,
                })
            })
            .collect()
    }

    /// The entries of these citizens on these days, and those whose place is so uncertain that they may belong there, in
    /// the order in which they were made.
    pub async fn ledger_entries_near(
        &self,
        citizens: &[CitizenId],
        from: Day,
        to: Day,
    ) -> Result<HashMap<CitizenId, Vec<Entry>>> {
        if citizens.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = places(3, citizens.len());
        let sql = format!(
            "SELECT citizen_id, {ENTRY} FROM study_entry WHERE citizen_id IN ({ids}) AND day BETWEEN $1 AND $2 \
             UNION ALL SELECT citizen_id, {ENTRY} FROM study_entry WHERE citizen_id IN ({ids}) \
             AND uncertainty_s >= {FAR_UNCERTAINTY_S} AND day NOT BETWEEN $1 AND $2 \
             ORDER BY citizen_id, posted, day, started_s, is_reversal DESC"
        );
        let mut all = vec![i64::from(from.number()).into(), i64::from(to.number()).into()];
        all.extend(values(citizens.iter().map(|id| id.uuid())));
        let rows: Vec<RawEntryOf> = self.all(sql, all).await?;
        let mut by_citizen: HashMap<CitizenId, Vec<Entry>> = HashMap::new();
        for row in rows {
            by_citizen.entry(CitizenId::from_uuid(row.citizen_id)).or_default().push(row.entry.read()?);
        }
        Ok(by_citizen)
    }

    /// All seconds ever credited to these citizens for these works.
    pub async fn ledger_work_seconds(
        &self,
        citizens: &[CitizenId],
        works: &[WorkId],
    ) -> Result<HashMap<CitizenId, HashMap<WorkId, i64>>> {
        #[derive(FromQueryResult)]
        struct Raw {
            citizen_id: Uuid,
            work_id: Uuid,
            seconds: i64,
        }
        if citizens.is_empty() || works.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!(
            "SELECT citizen_id, work_id, seconds FROM study_work WHERE citizen_id IN ({}) AND work_id IN ({})",
            places(1, citizens.len()),
            places(citizens.len() + 1, works.len())
        );
        let mut all = values(citizens.iter().map(|id| id.uuid()));
        all.extend(values(works.iter().map(|work| work.uuid())));
        let rows: Vec<Raw> = self.all(sql, all).await?;
        let mut by_citizen: HashMap<CitizenId, HashMap<WorkId, i64>> = HashMap::new();
        for row in rows {
            let works = by_citizen.entry(CitizenId::from_uuid(row.citizen_id)).or_default();
            works.insert(WorkId::from_uuid(row.work_id), row.seconds);
        }
        Ok(by_citizen)
    }
}

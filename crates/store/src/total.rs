//! Sums of study time: by citizen, day, source and trust class; by work; by unit and month. They are written with the
//! entries that they are sums of.

use densach_domain::evidence::{Source, Trust};
use densach_domain::id::{CitizenId, UnitId, WorkId};
use densach_domain::total::{MonthSums, Place, Sums, UnitMonths};
use densach_domain::{Day, Month, Timestamp};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::sql::{Writes, places, values};
use crate::{Reads, Result, StoreError, Tx};

/// Credited seconds of a day from one source in one trust class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRow {
    pub day: Day,
    pub source: Source,
    pub trust: Trust,
    pub seconds: i64,
}

#[derive(FromQueryResult)]
struct RawDay {
    day: i64,
    source: String,
    trust: String,
    seconds: i64,
}

#[derive(FromQueryResult)]
struct RawMonth {
    unit_id: Uuid,
    month: i64,
    measured_seconds: i64,
    measured_late: i64,
    measured_prior: i64,
    measured_active: i64,
    attested_seconds: i64,
    attested_late: i64,
    attested_prior: i64,
    attested_active: i64,
    claimed_seconds: i64,
    claimed_late: i64,
    claimed_prior: i64,
    claimed_active: i64,
    active: i64,
}

const MONTH: &str = "unit_id, month, measured_seconds, measured_late, measured_prior, measured_active, attested_seconds, \
                     attested_late, attested_prior, attested_active, claimed_seconds, claimed_late, claimed_prior, \
                     claimed_active, active";

impl RawMonth {
    fn read(self) -> Result<((UnitId, Month), MonthSums)> {
        let month = i32::try_from(self.month).ok().and_then(Month::from_number);
        let month = month.ok_or_else(|| StoreError::Broken(format!("month {}", self.month)))?;
        let sums = |[seconds, late, prior, active]: [i64; 4]| Sums { seconds, late, prior, active };
        let by_trust = [
            [self.measured_seconds, self.measured_late, self.measured_prior, self.measured_active],
            [self.attested_seconds, self.attested_late, self.attested_prior, self.attested_active],
            [self.claimed_seconds, self.claimed_late, self.claimed_prior, self.claimed_active],
        ];
        let sums = MonthSums::new(by_trust.map(sums), self.active);
        Ok(((UnitId::from_uuid(self.unit_id), month), sums))
    }
}

fn number(day: Day) -> Value {
    i64::from(day.number()).into()
}

impl<C: ConnectionTrait> Reads<C> {
    /// What a citizen was credited, by day, source and trust class.
    pub async fn study_days(&self, citizen: CitizenId, from: Day, to: Day) -> Result<Vec<DayRow>> {
        let sql = "SELECT day, source, trust, seconds FROM study_day \
                   WHERE citizen_id = $1 AND day BETWEEN $2 AND $3 AND seconds <> 0 ORDER BY day, source, trust";
        let rows: Vec<RawDay> = self.all(sql, vec![citizen.uuid().into(), number(from), number(to)]).await?;
        rows.into_iter()
            .map(|row| {
                Ok(DayRow {
                    day: Day::from_number(i32::try_from(row.day).unwrap_or(0)),
                    source: Source::parse(&row.source).ok_or(StoreError::Broken(row.source))?,
                    trust: Trust::parse(&row.trust).ok_or(StoreError::Broken(row.trust))?,
                    seconds: row.seconds,
                })
            })
            .collect()
    }

    /// The days on which the sums differ from the entries that they are sums of: always none, or something is broken.
    pub async fn study_days_unreconciled(&self) -> Result<i64> {
        let sql = "SELECT count(*) FROM (SELECT citizen_id, day, source, trust FROM (\
                   SELECT citizen_id, day, source, trust, seconds AS s FROM study_day UNION ALL \
                   SELECT citizen_id, day, source, trust, (started_s - ended_s) * (1 - 2 * is_reversal) FROM study_entry\
                   ) AS both_sides GROUP BY citizen_id, day, source, trust HAVING sum(s) <> 0) AS differing";
        self.number(sql, vec![]).await
    }

    /// All seconds ever credited to a citizen, by work.
    pub async fn study_works(&self, citizen: CitizenId) -> Result<Vec<(WorkId, i64)>> {
        #[derive(FromQueryResult)]
        struct Raw {
            work_id: Uuid,
            seconds: i64,
        }
        let sql =
            "SELECT work_id, seconds FROM study_work WHERE citizen_id = $1 AND seconds <> 0 ORDER BY work_id";
        let rows: Vec<Raw> = self.all(sql, vec![citizen.uuid().into()]).await?;
        Ok(rows.into_iter().map(|row| (WorkId::from_uuid(row.work_id), row.seconds)).collect())
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
        let sql = "SELECT work_id, CAST(sum((ended_s - started_s) * (1 - 2 * is_reversal)) AS bigint) AS seconds \
                   FROM study_entry WHERE citizen_id = $1 AND day BETWEEN $2 AND $3 AND work_id IS NOT NULL \
                   GROUP BY work_id HAVING sum((ended_s - started_s) * (1 - 2 * is_reversal)) > 0 \
                   ORDER BY seconds DESC, work_id LIMIT 500";
        let rows: Vec<Raw> = self.all(sql, vec![citizen.uuid().into(), number(from), number(to)]).await?;
        Ok(rows.into_iter().map(|row| (WorkId::from_uuid(row.work_id), row.seconds)).collect())
    }

    /// What each of these citizens was credited between two days, by trust class.
    pub async fn study_sums(
        &self,
        citizens: &[CitizenId],
        from: Day,
        to: Day,
    ) -> Result<Vec<(CitizenId, Trust, i64)>> {
        #[derive(FromQueryResult)]
        struct Raw {
            citizen_id: Uuid,
            trust: String,
            seconds: i64,
        }
        if citizens.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT citizen_id, trust, CAST(sum(seconds) AS bigint) AS seconds FROM study_day \
             WHERE day BETWEEN $1 AND $2 AND citizen_id IN ({}) GROUP BY citizen_id, trust \
             HAVING sum(seconds) <> 0",
            places(3, citizens.len())
        );
        let mut all = vec![number(from), number(to)];
        all.extend(values(citizens.iter().map(|id| id.uuid())));
        let rows: Vec<Raw> = self.all(sql, all).await?;
        rows.into_iter()
            .map(|row| {
                let trust = Trust::parse(&row.trust).ok_or(StoreError::Broken(row.trust))?;
                Ok((CitizenId::from_uuid(row.citizen_id), trust, row.seconds))
            })
            .collect()
    }

    /// On which learning days these citizens belong to which units, by their memberships and by the association tree.
    /// A day belongs to where the person stood when it ended.
    pub async fn citizen_places(&self, citizens: &[CitizenId]) -> Result<Vec<(CitizenId, Place)>> {
        #[derive(FromQueryResult)]
        struct Raw {
            citizen_id: Uuid,
            unit_id: Uuid,
            valid_from: i64,
            valid_to: Option<i64>,
        }
        if citizens.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "WITH RECURSIVE up (citizen_id, unit_id, valid_from, valid_to) AS (\
             SELECT citizen_id, unit_id, valid_from, valid_to FROM membership \
             WHERE superseded_at IS NULL AND citizen_id IN ({}) UNION \
             SELECT up.citizen_id, e.parent_id, \
             CASE WHEN e.valid_from > up.valid_from THEN e.valid_from ELSE up.valid_from END, \
             CASE WHEN e.valid_to IS NULL OR up.valid_to < e.valid_to THEN up.valid_to ELSE e.valid_to END \
             FROM up JOIN unit_edge e ON e.child_id = up.unit_id AND e.edge_kind = 'association' \
             AND e.superseded_at IS NULL \
             AND (up.valid_to IS NULL OR e.valid_from < up.valid_to) \
             AND (e.valid_to IS NULL OR up.valid_from < e.valid_to)) \
             SELECT citizen_id, unit_id, valid_from, valid_to FROM up",
            places(1, citizens.len())
        );
        let rows: Vec<Raw> = self.all(sql, values(citizens.iter().map(|id| id.uuid()))).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let last =
                    row.valid_to.map_or(Day::LAST, |to| Timestamp::from_ms(to).learning_day().plus_days(-1));
                let first = Timestamp::from_ms(row.valid_from).learning_day();
                (
                    CitizenId::from_uuid(row.citizen_id),
                    Place { unit: UnitId::from_uuid(row.unit_id), first, last },
                )
            })
            .filter(|(_, place)| place.first <= place.last)
            .collect())
    }

    /// Sums of these units in the months from one to another, where there are any.
    pub async fn unit_months(&self, units: &[UnitId], from: Month, to: Month) -> Result<UnitMonths> {
        if units.is_empty() {
            return Ok(UnitMonths::new());
        }
        let sql = format!(
            "SELECT {MONTH} FROM study_unit_month WHERE month BETWEEN $1 AND $2 AND unit_id IN ({})",
            places(3, units.len())
        );
        let mut all = vec![i64::from(from.number()).into(), i64::from(to.number()).into()];
        all.extend(values(units.iter().map(|unit| unit.uuid())));
        let rows: Vec<RawMonth> = self.all(sql, all).await?;
        rows.into_iter().map(RawMonth::read).collect()
    }

    /// All sums of all units, in the order of their ids, after one.
    pub async fn unit_months_after(&self, after: Option<UnitId>, limit: usize) -> Result<UnitMonths> {
        let sql = format!(
            "SELECT {MONTH} FROM study_unit_month WHERE unit_id IN (\
             SELECT DISTINCT unit_id FROM study_unit_month WHERE unit_id > $1 ORDER BY unit_id LIMIT {limit})"
        );
        let rows: Vec<RawMonth> = self.all(sql, vec![after.map_or(Uuid::nil(), UnitId::uuid).into()]).await?;
        rows.into_iter().map(RawMonth::read).collect()
    }
}

impl Writes {
    /// Adds to the sums of days; seconds that are taken back are negative. No key stands twice.
    pub fn study_days(&mut self, days: &[(CitizenId, DayRow)]) {
        let row = |(citizen, row): &(CitizenId, DayRow)| {
            vec![
                citizen.uuid().into(),
                number(row.day),
                row.source.name().into(),
                row.trust.name().into(),
                row.seconds.into(),
            ]
        };
        self.insert_rows(
            "INSERT INTO study_day (citizen_id, day, source, trust, seconds)",
            days.iter().map(row).collect(),
            "ON CONFLICT (citizen_id, day, source, trust) DO UPDATE SET seconds = study_day.seconds + excluded.seconds",
        );
    }

    /// Adds to the sums of works. No key stands twice.
    pub fn study_works(&mut self, works: &[(CitizenId, WorkId, i64)]) {
        let row = |(citizen, work, seconds): &(CitizenId, WorkId, i64)| {
            vec![citizen.uuid().into(), work.uuid().into(), (*seconds).into()]
        };
        self.insert_rows(
            "INSERT INTO study_work (citizen_id, work_id, seconds)",
            works.iter().map(row).collect(),
            "ON CONFLICT (citizen_id, work_id) DO UPDATE SET seconds = study_work.seconds + excluded.seconds",
        );
    }

    /// Adds to the sums of units.
    pub fn unit_months(&mut self, changes: &UnitMonths) {
        let row = |((unit, month), sums): (&(UnitId, Month), &MonthSums)| {
            let mut row: Vec<Value> = vec![unit.uuid().into(), i64::from(month.number()).into()];
            for trust in Trust::ALL {
                let of = sums.of(trust);
                row.extend([of.seconds, of.late, of.prior, of.active].map(Value::from));
            }
            row.push(sums.active.into());
            row
        };
        let columns = MONTH.split(", ").skip(2);
        let sums: Vec<String> = columns
            .map(|column| format!("{column} = study_unit_month.{column} + excluded.{column}"))
            .collect();
        self.insert_rows(
            &format!("INSERT INTO study_unit_month ({MONTH})"),
            changes.iter().map(row).collect(),
            &format!("ON CONFLICT (unit_id, month) DO UPDATE SET {}", sums.join(", ")),
        );
    }
}

impl Tx {
    /// Takes all that was made from a citizen's lines away, so that it can be made again.
    pub async fn study_clear(&self, citizen: CitizenId) -> Result<()> {
        let opening = "SELECT number FROM study_line WHERE citizen_id = $1 AND deed = 'opening'";
        let entries = format!("DELETE FROM study_entry WHERE citizen_id = $1 AND posted NOT IN ({opening})");
        for sql in [
            entries.as_str(),
            "DELETE FROM study_day WHERE citizen_id = $1",
            "DELETE FROM study_work WHERE citizen_id = $1",
        ] {
            self.execute(sql, vec![citizen.uuid().into()]).await?;
        }
        Ok(())
    }

    /// Takes all sums of units away, so that they can be made again, and lets nobody write to the ledger until the end of
    /// the transaction.
    pub async fn unit_months_clear(&self) -> Result<()> {
        if self.is_postgres() {
            self.execute("LOCK TABLE study_head IN EXCLUSIVE MODE", vec![]).await?;
        }
        self.execute("DELETE FROM study_unit_month", vec![]).await?;
        Ok(())
    }
}

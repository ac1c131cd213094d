//! Disputes about lines of the ledger, for who asked and for the officers who answer.

use densach_domain::Timestamp;
use densach_domain::dispute::{Dispute, DisputeState};
use densach_domain::evidence::EvidenceId;
use densach_domain::id::{AccountId, CitizenId, DisputeId, UnitId};
use densach_domain::page::{Page, PageRequest};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::sql::{places, values};
use crate::unit::subtree;
use crate::{Reads, Result, StoreError, Tx};

/// A dispute with the name of the citizen whose line it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeRow {
    pub dispute: Dispute,
    pub full_name: String,
}

/// How many disputes wait for the officers of a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DisputeCounts {
    pub open_count: i64,
    /// Those of them that should have been answered by now.
    pub overdue_count: i64,
}

#[derive(FromQueryResult)]
struct Raw {
    id: Uuid,
    citizen_id: Uuid,
    line: i64,
    unit_id: Option<Uuid>,
    message: String,
    state: String,
    opened_by: Uuid,
    opened_at: i64,
    due_at: i64,
    answered_at: Option<i64>,
    answer: String,
    answered_by: Option<Uuid>,
    full_name: String,
}

impl TryFrom<Raw> for DisputeRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self> {
        let dispute = Dispute {
            id: DisputeId::from_uuid(raw.id),
            evidence: EvidenceId { citizen: CitizenId::from_uuid(raw.citizen_id), number: raw.line },
            unit: raw.unit_id.map(UnitId::from_uuid),
            message: raw.message,
            state: DisputeState::parse(&raw.state).ok_or(StoreError::Broken(raw.state))?,
            opened_by: AccountId::from_uuid(raw.opened_by),
            opened_at: Timestamp::from_ms(raw.opened_at),
            due_at: Timestamp::from_ms(raw.due_at),
            answered_at: raw.answered_at.map(Timestamp::from_ms),
            answer: raw.answer,
            answered_by: raw.answered_by.map(AccountId::from_uuid),
        };
        Ok(Self { dispute, full_name: raw.full_name })
    }
}

fn disputes(rows: Vec<Raw>) -> Result<Vec<Dispute>> {
    rows.into_iter().map(|raw| Ok(DisputeRow::try_from(raw)?.dispute)).collect()
}

const DISPUTE: &str = "SELECT d.id, d.citizen_id, d.line, d.unit_id, d.message, d.state, d.opened_by, d.opened_at, d.due_at, \
                       d.answered_at, d.answer, d.answered_by, c.full_name \
                       FROM dispute d JOIN citizen c ON c.id = d.citizen_id";

/// A membership `m` that holds at the instant `$1`.
pub(crate) const BELONGS: &str =
    "m.superseded_at IS NULL AND m.valid_from <= $1 AND (m.valid_to IS NULL OR m.valid_to > $1)";

/// Whether officers of the unit `$2` answer for the citizen of `d` now: the citizen belongs to it or to a unit below it;
/// or the citizen belongs nowhere, and the unit is the national association.
fn answers_for() -> String {
    format!(
        "(d.citizen_id IN (SELECT m.citizen_id FROM subtree s JOIN membership m ON m.unit_id = s.id WHERE {BELONGS}) \
         OR (EXISTS (SELECT 1 FROM unit u WHERE u.id = $2 AND u.kind = 'national_association') \
         AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.citizen_id = d.citizen_id AND {BELONGS})))"
    )
}

impl<C: ConnectionTrait> Reads<C> {
    pub async fn dispute(&self, id: DisputeId) -> Result<Option<Dispute>> {
        let rows = self.all(format!("{DISPUTE} WHERE d.id = $1"), vec![id.uuid().into()]).await?;
        Ok(disputes(rows)?.pop())
    }

    /// What was asked about the lines of a citizen, newest first.
    pub async fn disputes_of(
        &self,
        citizen: CitizenId,
        page: &PageRequest<(Timestamp, DisputeId)>,
    ) -> Result<Page<Dispute>> {
        let mut values: Vec<Value> = vec![citizen.uuid().into()];
        let after = match page.after {
            Some((at, id)) => {
                values.extend([at.ms().into(), id.uuid().into()]);
                " AND (d.opened_at, d.id) < ($2, $3)"
            }
            None => "",
        };
        let sql = format!(
            "{DISPUTE} WHERE d.citizen_id = $1{after} ORDER BY d.opened_at DESC, d.id DESC LIMIT {}",
            page.limit + 1
        );
        Ok(Page::cut(disputes(self.all(sql, values).await?)?, page.limit))
    }

    /// What was asked about these lines of a citizen, oldest first.
    pub async fn disputes_about(&self, citizen: CitizenId, lines: &[i64]) -> Result<Vec<Dispute>> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "{DISPUTE} WHERE d.citizen_id = $1 AND d.line IN ({}) ORDER BY d.opened_at, d.id",
            places(2, lines.len())
        );
        let mut all: Vec<Value> = vec![citizen.uuid().into()];
        all.extend(lines.iter().map(|line| Value::from(*line)));
        disputes(self.all(sql, all).await?)
    }

    /// Disputes that officers of a unit answer now, the most urgent first; all of them, or those in one state.
    pub async fn disputes_under(
        &self,
        unit: UnitId,
        state: Option<DisputeState>,
        now: Timestamp,
        page: &PageRequest<(Timestamp, DisputeId)>,
    ) -> Result<Page<DisputeRow>> {
        let mut values: Vec<Value> = vec![now.ms().into(), unit.uuid().into()];
        let mut conditions = vec![answers_for()];
        if let Some(state) = state {
            values.push(state.name().into());
            conditions.push(format!("d.state = ${}", values.len()));
        }
        if let Some((at, id)) = page.after {
            values.extend([at.ms().into(), id.uuid().into()]);
            conditions.push(format!("(d.due_at, d.id) > (${}, ${})", values.len() - 1, values.len()));
        }
        let sql = format!(
            "{} {DISPUTE} WHERE {} ORDER BY d.due_at, d.id LIMIT {}",
            subtree(2, 1),
            conditions.join(" AND "),
            page.limit + 1
        );
        let rows: Vec<Raw> = self.all(sql, values).await?;
        let rows = rows.into_iter().map(DisputeRow::try_from).collect::<Result<_>>()?;
        Ok(Page::cut(rows, page.limit))
    }

    /// How many disputes wait for the officers of each of these units.
    pub async fn dispute_counts(
        &self,
        units: &[UnitId],
        now: Timestamp,
    ) -> Result<Vec<(UnitId, DisputeCounts)>> {
        #[derive(FromQueryResult)]
        struct Counts {
            root: Uuid,
            open_count: i64,
            overdue_count: i64,
        }
        if units.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "{subtree}, waiting AS (SELECT s.root, d.id, d.due_at FROM subtree s \
             JOIN membership m ON m.unit_id = s.id AND {BELONGS} \
             JOIN dispute d ON d.citizen_id = m.citizen_id AND d.state = 'open' UNION \
             SELECT u.id, d.id, d.due_at FROM unit u JOIN dispute d ON d.state = 'open' \
             WHERE u.id IN ({units}) AND u.kind = 'national_association' \
             AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.citizen_id = d.citizen_id AND {BELONGS})) \
             SELECT root, count(*) AS open_count, \
             CAST(sum(CASE WHEN due_at < $1 THEN 1 ELSE 0 END) AS bigint) AS overdue_count \
             FROM waiting GROUP BY root",
            subtree = subtree(2, units.len()),
            units = places(2, units.len()),
        );
        let mut all: Vec<Value> = vec![now.ms().into()];
        all.extend(values(units.iter().map(|unit| unit.uuid())));
        let rows: Vec<Counts> = self.all(sql, all).await?;
        let counts = |row: Counts| {
            let Counts { root, open_count, overdue_count } = row;
            (UnitId::from_uuid(root), DisputeCounts { open_count, overdue_count })
        };
        Ok(rows.into_iter().map(counts).collect())
    }

    /// The unit that a citizen has belonged to the longest of those that they belong to now.
    pub async fn unit_of_citizen(&self, citizen: CitizenId, now: Timestamp) -> Result<Option<UnitId>> {
        let sql = format!(
            "SELECT m.unit_id FROM membership m WHERE m.citizen_id = $2 AND {BELONGS} \
             ORDER BY m.valid_from, m.id LIMIT 1"
        );
        let row = self.row(sql, vec![now.ms().into(), citizen.uuid().into()]).await?;
        row.map(|row| Ok(UnitId::from_uuid(row.try_get_by_index(0)?))).transpose()
    }

    /// The units whose officers answer for a citizen now: those that the citizen belongs to and all above them, or the
    /// national association for somebody who belongs nowhere.
    pub async fn units_answering_for(&self, citizen: CitizenId, now: Timestamp) -> Result<Vec<UnitId>> {
        #[derive(FromQueryResult)]
        struct National {
            id: Uuid,
        }
        let above = self.units_above_citizen(citizen, now).await?;
        if !above.is_empty() {
            return Ok(above);
        }
        let national: Vec<National> =
            self.all("SELECT id FROM unit WHERE kind = 'national_association'", vec![]).await?;
        Ok(national.into_iter().map(|row| UnitId::from_uuid(row.id)).collect())
    }
}

impl Tx {
    /// Opens a dispute. [`StoreError::Duplicate`] when one about the same line is open.
    pub async fn dispute_add(&self, dispute: &Dispute) -> Result<()> {
        let sql = "INSERT INTO dispute (id, citizen_id, line, unit_id, message, state, opened_by, opened_at, due_at, \
                   answered_at, answer, answered_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let values = vec![
            dispute.id.uuid().into(),
            dispute.evidence.citizen.uuid().into(),
            dispute.evidence.number.into(),
            dispute.unit.map(UnitId::uuid).into(),
            dispute.message.clone().into(),
            dispute.state.name().into(),
            dispute.opened_by.uuid().into(),
            dispute.opened_at.ms().into(),
            dispute.due_at.ms().into(),
            dispute.answered_at.map(Timestamp::ms).into(),
            dispute.answer.clone().into(),
            dispute.answered_by.map(AccountId::uuid).into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }

    /// Writes how a dispute ended, if it is still open; answers whether it was.
    pub async fn dispute_close(&self, dispute: &Dispute) -> Result<bool> {
        let sql = "UPDATE dispute SET state = $2, answered_at = $3, answer = $4, answered_by = $5 \
                   WHERE id = $1 AND state = 'open'";
        let values = vec![
            dispute.id.uuid().into(),
            dispute.state.name().into(),
            dispute.answered_at.map(Timestamp::ms).into(),
            dispute.answer.clone().into(),
            dispute.answered_by.map(AccountId::uuid).into(),
        ];
        Ok(self.execute(sql, values).await?.rows_affected() > 0)
    }
}

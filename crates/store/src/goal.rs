//! Goals of study hours.

use densach_domain::Timestamp;
use densach_domain::goal::{Goal, GoalOwner, GoalPeriod};
use densach_domain::id::{CitizenId, GoalId, UnitId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::{Reads, Result, StoreError, Tx};

#[derive(FromQueryResult)]
struct Raw {
    id: Uuid,
    citizen_id: Option<Uuid>,
    unit_id: Option<Uuid>,
    period: String,
    minutes: i64,
}

impl TryFrom<Raw> for Goal {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self> {
        let owner = match (raw.citizen_id, raw.unit_id) {
            (Some(citizen), None) => GoalOwner::Citizen(CitizenId::from_uuid(citizen)),
            (None, Some(unit)) => GoalOwner::Unit(UnitId::from_uuid(unit)),
            (Some(_), Some(_)) | (None, None) => return Err(StoreError::Broken("goal owner".into())),
        };
        Ok(Self {
            id: GoalId::from_uuid(raw.id),
            owner,
            period: GoalPeriod::parse(&raw.period).ok_or(StoreError::Broken(raw.period))?,
            minutes: i32::try_from(raw.minutes).unwrap_or(i32::MAX),
        })
    }
}

impl<C: ConnectionTrait> Reads<C> {
    /// What a citizen set, and what the association units they belong to suggest.
    pub async fn goals(&self, citizen: CitizenId, now: Timestamp) -> Result<Vec<Goal>> {
        let sql = "SELECT id, citizen_id, unit_id, period, minutes FROM goal WHERE ended_at IS NULL AND (citizen_id = $1 \
                   OR unit_id IN (SELECT unit_id FROM membership WHERE citizen_id = $1 AND superseded_at IS NULL AND valid_from <= $2 \
                   AND (valid_to IS NULL OR valid_to > $2))) ORDER BY created_at, id";
        let rows: Vec<Raw> = self.all(sql, vec![citizen.uuid().into(), now.ms().into()]).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}

impl Tx {
    /// Sets a goal; the owner's earlier one for the same period ends, and stays on record.
    pub async fn goal_set(&self, goal: &Goal, now: Timestamp) -> Result<()> {
        let (column, owner) = match goal.owner {
            GoalOwner::Citizen(citizen) => ("citizen_id", citizen.uuid()),
            GoalOwner::Unit(unit) => ("unit_id", unit.uuid()),
        };
        let end =
            format!("UPDATE goal SET ended_at = $3 WHERE {column} = $1 AND period = $2 AND ended_at IS NULL");
        self.execute(end, vec![owner.into(), goal.period.name().into(), now.ms().into()]).await?;
        let add = format!(
            "INSERT INTO goal (id, {column}, period, minutes, created_at) VALUES ($1, $2, $3, $4, $5)"
        );
        let values = vec![
            goal.id.uuid().into(),
            owner.into(),
            goal.period.name().into(),
            i64::from(goal.minutes).into(),
            now.ms().into(),
        ];
        self.execute(add, values).await?;
        Ok(())
    }
}

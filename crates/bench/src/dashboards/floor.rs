//! The floor: the rows of a dashboard by one hand-written statement, without HTTP, schema and permission.

use densach_domain::id::{CitizenId, UnitId};
use sea_orm::sqlx::{self, Postgres, Sqlite};
use uuid::Uuid;

use super::province::Year;
use super::{CHILDREN, MONTHS, timed};
use crate::Outcome;
use crate::pool::{CONNECTIONS, Pool};

/// A unit and the first fifty below it, by name.
const UNIT_YEAR: &str = "SELECT s.unit_id, s.month, s.measured_seconds, s.measured_active, s.attested_seconds, \
     s.attested_active, s.claimed_seconds, s.claimed_active FROM (\
     SELECT id FROM unit WHERE id = $1 UNION ALL SELECT id FROM (\
     SELECT e.child_id AS id FROM unit_edge e JOIN unit_name n ON n.unit_id = e.child_id AND n.superseded_at IS NULL \
     WHERE e.parent_id = $1 AND e.edge_kind = 'association' AND e.superseded_at IS NULL \
     ORDER BY n.sort_key, e.child_id LIMIT 50) AS below) AS shown \
     JOIN study_unit_month s ON s.unit_id = shown.id AND s.month BETWEEN $2 AND $3";
const CITIZEN_YEAR: &str = "SELECT day, source, trust, seconds FROM study_day \
     WHERE citizen_id = $1 AND day BETWEEN $2 AND $3 ORDER BY day";

pub struct Floor {
    pool: Pool,
    unit: UnitId,
    year: Year,
}

impl Floor {
    pub async fn open(database: &str, unit: UnitId, year: Year) -> Outcome<Self> {
        Ok(Self { pool: Pool::connect(database, CONNECTIONS).await?, unit, year })
    }

    /// How many milliseconds it takes.
    pub async fn unit_year(&self) -> Outcome<f64> {
        let (first, last) = (self.year.first.number(), self.year.last.number());
        let (ms, rows) = timed(self.rows(UNIT_YEAR, self.unit.uuid(), first, last)).await?;
        if rows == (1 + CHILDREN) * MONTHS {
            Ok(ms)
        } else {
            Err(format!("the floor found {rows} rows of a unit's year").into())
        }
    }

    /// How many milliseconds it takes.
    pub async fn citizen_year(&self, citizen: CitizenId) -> Outcome<f64> {
        let (first, last) = (self.year.first_day().number(), self.year.last_day().number());
        let (ms, rows) = timed(self.rows(CITIZEN_YEAR, citizen.uuid(), first, last)).await?;
        if rows >= MONTHS {
            Ok(ms)
        } else {
            Err(format!("the floor found {rows} rows of a citizen's year").into())
        }
    }

    /// How many rows there are of something between two numbers.
    async fn rows(&self, sql: &'static str, of: Uuid, first: i32, last: i32) -> Outcome<usize> {
        let (first, last) = (i64::from(first), i64::from(last));
        Ok(match &self.pool {
            Pool::Sqlite(pool) => {
                sqlx::query::<Sqlite>(sql).bind(of).bind(first).bind(last).fetch_all(pool).await?.len()
            }
            Pool::Postgres(pool) => {
                sqlx::query::<Postgres>(sql).bind(of).bind(first).bind(last).fetch_all(pool).await?.len()
            }
        })
    }
}

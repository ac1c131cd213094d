//! The people below a unit for whoever vouches for them: their names, and what they claim.

use densach_domain::Timestamp;
use densach_domain::evidence::{EvidenceId, Source, Trust};
use densach_domain::id::{CitizenId, UnitId};
use densach_domain::page::{Page, PageRequest};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult, Value};

use crate::citizen::{MemberRow, RawMember};
use crate::dispute::BELONGS;
use crate::ledger::{LINE, RawLine};
use crate::sql::{places, values};
use crate::unit::subtree;
use crate::{Reads, Result, StoreError};

/// A line of evidence, or what is left of it, that still stands as claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRow {
    pub id: EvidenceId,
    pub full_name: String,
    /// What was read or heard.
    pub title: String,
    pub source: Source,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    /// So many seconds count as claimed now.
    pub seconds: i64,
    pub received_at: Timestamp,
}

struct RawClaim {
    line: RawLine,
    full_name: String,
    claimed_seconds: i64,
}

impl FromQueryResult for RawClaim {
    fn from_query_result(row: &QueryResult, prefix: &str) -> std::result::Result<Self, DbErr> {
        Ok(Self {
            line: RawLine::from_query_result(row, prefix)?,
            full_name: row.try_get(prefix, "full_name")?,
            claimed_seconds: row.try_get(prefix, "claimed_seconds")?,
        })
    }
}

impl RawClaim {
    fn read(self) -> Result<ClaimRow> {
        let line = self.line.read()?;
        let id = line.id;
        let broken = || StoreError::Broken(format!("{id} claims, and says nothing"));
        let (started_at, ended_at) = line.span().ok_or_else(broken)?;
        let evidence = line.said.evidence.ok_or_else(broken)?;
        Ok(ClaimRow {
            id,
            full_name: self.full_name,
            title: evidence.title,
            source: evidence.source,
            started_at,
            ended_at,
            seconds: self.claimed_seconds,
            received_at: line.received_at,
        })
    }
}

/// The sources that are known by what somebody says, as a list of texts.
fn claimed_sources() -> String {
    let claimed = Source::ALL.into_iter().filter(|source| source.trust() == Trust::Claimed);
    claimed.map(|source| format!("'{}'", source.name())).collect::<Vec<_>>().join(", ")
}

/// What entries `e` add up to.
const SECONDS: &str = "sum((e.ended_s - e.started_s) * (1 - 2 * e.is_reversal))";

impl<C: ConnectionTrait> Reads<C> {
    /// Selects those who belong to a unit of `subtree` at the instant `$1`; whoever belongs to several, several times.
    fn people_below(&self) -> String {
        let units = self.among("SELECT s.id FROM subtree s");
        format!("SELECT m.citizen_id FROM membership m WHERE m.unit_id {units} AND {BELONGS}")
    }

    /// Those who belong to a unit, or to one below it, now, by given name.
    pub async fn roster(
        &self,
        unit: UnitId,
        now: Timestamp,
        page: &PageRequest<(Vec<u8>, CitizenId)>,
    ) -> Result<Page<MemberRow>> {
        let mut values: Vec<Value> = vec![now.ms().into(), unit.uuid().into()];
        let after = match &page.after {
            Some((key, citizen)) => {
                values.extend([key.clone().into(), citizen.uuid().into()]);
                " AND (c.full_name_key, c.id) > ($3, $4)"
            }
            None => "",
        };
        let sql = format!(
            "{subtree} SELECT c.id, c.full_name, c.birth_date, c.full_name_key FROM citizen c \
             WHERE c.id {people}{after} ORDER BY c.full_name_key, c.id LIMIT {limit}",
            subtree = subtree(2, 1),
            people = self.among(&self.people_below()),
            limit = page.limit + 1
        );
        let rows: Vec<RawMember> = self.all(sql, values).await?;
        Ok(Page::cut(rows.into_iter().map(Into::into).collect(), page.limit))
    }

    /// What those who belong to a unit, or to one below it, now, say that they read or heard, and what nobody has
    /// confirmed or taken back; what arrived first comes first. `except`: whose claims are left out.
    pub async fn claims_below(
        &self,
        unit: UnitId,
        except: &[CitizenId],
        now: Timestamp,
        page: &PageRequest<(Timestamp, EvidenceId)>,
    ) -> Result<Page<ClaimRow>> {
        let mut all: Vec<Value> = vec![now.ms().into(), unit.uuid().into()];
        let mut people = self.people_below();
        if !except.is_empty() {
            people = format!("{people} AND m.citizen_id NOT IN ({})", places(3, except.len()));
            all.extend(values(except.iter().map(|citizen| citizen.uuid())));
        }
        let after = match page.after {
            Some((at, id)) => {
                let key = places(all.len() + 1, 3);
                all.extend([at.ms().into(), id.citizen.uuid().into(), id.number.into()]);
                format!(" WHERE (received_at, citizen_id, number) > ({key})")
            }
            None => String::new(),
        };
        // `trust` is written out so that the index of claims is found.
        let sql = format!(
            "{subtree}, claim (citizen_id, number, claimed_seconds) AS (\
             SELECT e.citizen_id, e.line, CAST({SECONDS} AS bigint) FROM study_entry e \
             WHERE e.citizen_id {people} AND e.trust = 'claimed' AND e.source IN ({sources}) \
             GROUP BY e.citizen_id, e.line HAVING {SECONDS} > 0) \
             SELECT {LINE}, full_name, claimed_seconds FROM claim JOIN study_line USING (citizen_id, number) \
             JOIN citizen c ON c.id = citizen_id{after} ORDER BY received_at, citizen_id, number LIMIT {limit}",
            subtree = subtree(2, 1),
            people = self.among(&people),
            sources = claimed_sources(),
            limit = page.limit + 1
        );
        let rows: Vec<RawClaim> = self.all(sql, all).await?;
        let rows = rows.into_iter().map(RawClaim::read).collect::<Result<_>>()?;
        Ok(Page::cut(rows, page.limit))
    }
}

//! What an officer of the association sees.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object, SimpleObject};
use densach_app::office::{self, MemberRow, Overseen, SpanRow};
use densach_domain::Month;
use densach_domain::evidence::Trust as TrustClass;
use densach_domain::id::{CitizenId, UnitId};
use densach_domain::unit::Unit as UnitFacts;

use crate::batch::Batch;
use crate::error::Result;
use crate::input::{Reader, app, id};
use crate::page::{UnitKey, connection, page};
use crate::study::{Trust, TrustSeconds};
use crate::unit::Unit;

/// Credited time of a unit in one month in one trust class.
#[derive(SimpleObject)]
pub(crate) struct TrustMonth {
    pub trust: Trust,
    pub seconds: i64,
    /// How many members it comes from.
    pub active_count: i64,
}

/// One month of a unit and all units below it.
#[derive(SimpleObject)]
pub(crate) struct UnitMonth {
    /// `YYYY-MM`.
    pub month: String,
    pub by_trust: Vec<TrustMonth>,
}

/// A member of a unit, as an officer sees them.
pub(crate) struct Member {
    row: MemberRow,
    unit: Overseen,
    siblings: Arc<MemberSiblings>,
}

#[derive(Default)]
struct MemberSiblings {
    citizens: Vec<CitizenId>,
    study: Batch<Month, HashMap<CitizenId, Vec<(TrustClass, i64)>>>,
}

#[Object]
impl Member {
    async fn citizen_id(&self) -> ID {
        self.row.citizen.to_string().into()
    }

    async fn full_name(&self) -> &str {
        &self.row.full_name
    }

    /// Enough to tell two people of one name apart.
    async fn birth_year(&self) -> Option<&str> {
        self.row.birth_date.as_deref().and_then(|date| date.get(..4))
    }

    /// Credited time of one month, `YYYY-MM`, by trust class.
    #[graphql(complexity = "child_complexity + 5")]
    async fn study(&self, ctx: &Context<'_>, month: String) -> Result<Vec<TrustSeconds>> {
        let mut reader = Reader::default();
        let month = reader.month("month", &month);
        let month = reader.finish(month)?;
        let load = office::member_study(app(ctx), self.unit, &self.siblings.citizens, month);
        let all = self.siblings.study.get(month, load).await?;
        Ok(all.get(&self.row.citizen).into_iter().flatten().copied().map(Into::into).collect())
    }
}

/// Units that an officer looks at together.
#[derive(Default)]
struct OfficeSiblings {
    units: Vec<Overseen>,
    study: Batch<(Month, Month), HashMap<UnitId, Vec<SpanRow>>>,
    counts: Batch<(), HashMap<UnitId, i64>>,
}

/// A unit as its officer sees it. Who may see it was decided before it was made.
pub(crate) struct Office {
    unit: UnitFacts,
    proof: Overseen,
    siblings: Arc<OfficeSiblings>,
}

impl Office {
    pub fn list(units: Vec<(UnitFacts, Overseen)>) -> Vec<Self> {
        let proofs = units.iter().map(|(_, proof)| *proof).collect();
        let siblings = Arc::new(OfficeSiblings { units: proofs, ..OfficeSiblings::default() });
        units.into_iter().map(|(unit, proof)| Self { unit, proof, siblings: siblings.clone() }).collect()
    }
}

#[Object]
impl Office {
    async fn unit(&self) -> Unit {
        Unit(self.unit.clone())
    }

    /// How many people belong to this unit, or to one below it, now.
    async fn member_count(&self, ctx: &Context<'_>) -> Result<i64> {
        let counts =
            self.siblings.counts.get((), office::member_counts(app(ctx), &self.siblings.units)).await?;
        Ok(counts.get(&self.unit.id).copied().unwrap_or(0))
    }

    /// Credited time of the members, month by month and by trust class; both months counted, at most 24.
    #[graphql(complexity = "child_complexity * 12 + 50")]
    async fn months(&self, ctx: &Context<'_>, from: String, to: String) -> Result<Vec<UnitMonth>> {
        let mut reader = Reader::default();
        let range = reader.month("from", &from).zip(reader.month("to", &to));
        let (from, to) = reader.finish(range)?;
        let months = office::months(from, to)?;
        let load = office::study(app(ctx), &self.siblings.units, &months);
        let all = self.siblings.study.get((from, to), load).await?;
        let rows = all.get(&self.unit.id).map(Vec::as_slice).unwrap_or_default();
        let of_month = |index: usize| {
            let rows = rows.iter().filter(move |row| row.span_index == index);
            rows.map(|row| TrustMonth {
                trust: row.trust.into(),
                seconds: row.seconds,
                active_count: row.active_count,
            })
        };
        let month = |(index, month): (usize, &Month)| UnitMonth {
            month: month.to_string(),
            by_trust: of_month(index).collect(),
        };
        Ok(months.iter().enumerate().map(month).collect())
    }

    /// The units directly below, each with its own figures; at most 100 a page.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 20 + 50")]
    async fn branches(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<String, Office, EmptyFields, EmptyFields>> {
        let page = page::<UnitKey>(first, after.as_deref(), 100)?;
        let units = office::branches(app(ctx), self.proof, &page).await?;
        let proofs = units.items.iter().map(|(_, _, proof)| *proof).collect();
        let siblings = Arc::new(OfficeSiblings { units: proofs, ..OfficeSiblings::default() });
        let key = |(unit, key, _): &(UnitFacts, Vec<u8>, Overseen)| (key.clone(), unit.id);
        let node = |(unit, _, proof)| Office { unit, proof, siblings: siblings.clone() };
        Ok(connection(units, page.after.is_some(), EmptyFields, key, node))
    }

    /// Those who belong to exactly this unit, sorted as Vietnamese names sort: given name first. At most 100 a page.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 10 + 50")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<String, Member, EmptyFields, EmptyFields>> {
        let page = page::<(Vec<u8>, CitizenId)>(first, after.as_deref(), 100)?;
        let members = office::members(app(ctx), self.proof, &page).await?;
        let citizens = members.items.iter().map(|row| row.citizen).collect();
        let siblings = Arc::new(MemberSiblings { citizens, ..MemberSiblings::default() });
        let key = |row: &MemberRow| (row.key.clone(), row.citizen);
        let node = |row| Member { row, unit: self.proof, siblings: siblings.clone() };
        Ok(connection(members, page.after.is_some(), EmptyFields, key, node))
    }
}

#[derive(Default)]
pub(crate) struct OfficeQuery;

#[Object]
impl OfficeQuery {
    /// A unit that the signed-in officer answers for, or one below it. To everybody else it is "not found", just as a
    /// unit that does not exist.
    async fn office(&self, ctx: &Context<'_>, unit_id: ID) -> Result<Office> {
        let (unit, proof) = office::overseen(app(ctx), id("unitId", &unit_id)?).await?;
        let siblings = Arc::new(OfficeSiblings { units: vec![proof], ..OfficeSiblings::default() });
        Ok(Office { unit, proof, siblings })
    }
}

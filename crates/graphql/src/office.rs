//! What an officer of the association sees.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object, SimpleObject};
use densach_app::dispute::DisputeCounts;
use densach_app::office::{self, MemberRow, MonthSums, Overseen, UnitMonths};
use densach_domain::Month;
use densach_domain::evidence::Trust as TrustClass;
use densach_domain::id::{CitizenId, UnitId};
use densach_domain::unit::Unit as UnitFacts;

use crate::batch::Batch;
use crate::dispute::{self, DisputeCount, DisputeState, OfficeDisputes};
use crate::error::Result;
use crate::input::{Reader, app, id};
use crate::page::{UnitKey, connection, page};
use crate::study::{Trust, TrustSeconds};
use crate::unit::Unit;
use crate::why::{self, StudyLine, StudyLines};

/// Credited time of a unit in one month in one trust class.
#[derive(SimpleObject)]
pub(crate) struct TrustMonth {
    pub trust: Trust,
    /// Studied in this month, whenever that came to light.
    pub seconds: i64,
    /// The part of `seconds` that arrived after the month's figures had closed.
    pub late_seconds: i64,
    /// What arrived in this month for earlier months that were closed: adjustments of prior periods, which reports of
    /// this month carry.
    pub prior_period_seconds: i64,
    /// How many members `seconds` come from.
    pub active_count: i64,
}

/// One month of a unit and all units below it.
#[derive(SimpleObject)]
pub(crate) struct UnitMonth {
    /// `YYYY-MM`.
    pub month: String,
    pub by_trust: Vec<TrustMonth>,
    /// How many members have any seconds at all; less than the sum of the classes where somebody has several.
    pub active_count: i64,
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

    /// "Why these hours?" The member's ledger line by line, newest first. At most 100 a page. It is dear, because members
    /// of one list do not load it together: ask for it by `member`.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 8 + 2000")]
    async fn study_lines(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<StudyLines> {
        why::member_lines(ctx, self.unit, self.row.citizen, first, after.as_deref()).await
    }

    /// One line, `evd_…`.
    #[graphql(complexity = "child_complexity + 2000")]
    async fn study_line(&self, ctx: &Context<'_>, id: ID) -> Result<StudyLine> {
        why::member_line(ctx, self.unit, self.row.citizen, &id).await
    }
}

/// The classes in which a unit has anything in a month.
fn trust_months(sums: &MonthSums) -> Vec<TrustMonth> {
    let of = |trust: TrustClass| {
        let of = sums.of(trust);
        (of.seconds != 0 || of.late != 0 || of.prior != 0).then(|| TrustMonth {
            trust: trust.into(),
            seconds: of.seconds,
            late_seconds: of.late,
            prior_period_seconds: of.prior,
            active_count: of.active,
        })
    };
    TrustClass::ALL.into_iter().filter_map(of).collect()
}

/// Units that an officer looks at together.
#[derive(Default)]
struct OfficeSiblings {
    units: Vec<Overseen>,
    study: Batch<(Month, Month), UnitMonths>,
    counts: Batch<(), HashMap<UnitId, i64>>,
    disputes: Batch<(), HashMap<UnitId, DisputeCounts>>,
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
        let load = office::study(app(ctx), &self.siblings.units, from, to);
        let all = self.siblings.study.get((from, to), load).await?;
        let none = MonthSums::default();
        let month = |month: &Month| {
            let sums = all.get(&(self.unit.id, *month)).unwrap_or(&none);
            UnitMonth { month: month.to_string(), by_trust: trust_months(sums), active_count: sums.active }
        };
        Ok(months.iter().map(month).collect())
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

    /// Somebody who belongs to this unit, or to one below it, now.
    #[graphql(complexity = "child_complexity + 5")]
    async fn member(&self, ctx: &Context<'_>, citizen_id: ID) -> Result<Member> {
        let citizen = id("citizenId", &citizen_id)?;
        let row = densach_app::why::member(app(ctx), self.proof, citizen).await?;
        let siblings = Arc::new(MemberSiblings { citizens: vec![row.citizen], ..MemberSiblings::default() });
        Ok(Member { row, unit: self.proof, siblings })
    }

    /// What people of this unit, and of the units below it, ask to have looked at again; the most urgent first. All of
    /// it, or what is in one state. At most 100 a page.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 8 + 20")]
    async fn disputes(
        &self,
        ctx: &Context<'_>,
        state: Option<DisputeState>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<OfficeDisputes> {
        dispute::of_office(ctx, self.proof, state, first, after.as_deref()).await
    }

    /// How much of it waits.
    #[graphql(complexity = "child_complexity + 10")]
    async fn dispute_count(&self, ctx: &Context<'_>) -> Result<DisputeCount> {
        let load = dispute::counts(ctx, &self.siblings.units);
        let counts = self.siblings.disputes.get((), load).await?;
        Ok(counts.get(&self.unit.id).copied().unwrap_or_default().into())
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

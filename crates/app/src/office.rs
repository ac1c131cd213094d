//! What an officer of the association sees: the members of their unit and of the units below, and nobody else's.

use std::collections::HashMap;

use densach_domain::actor::{EdgeKind, Role};
use densach_domain::evidence::Trust;
use densach_domain::id::{CitizenId, UnitId};
use densach_domain::page::{Page, PageRequest};
pub use densach_domain::total::{MonthSums, UnitMonths};
use densach_domain::unit::Unit;
use densach_domain::{Code, Day, Month, Problem, policy};
pub use densach_store::MemberRow;

use crate::{Context, Error, Result};

/// A year and a month of the year before: what a yearly report compares.
pub const MOST_MONTHS: u32 = 24;

/// Proof that the actor of this request oversees a unit. Only this file makes one, after asking the policy, and
/// everything that shows members' hours asks for one.
#[derive(Debug, Clone, Copy)]
pub struct Overseen(UnitId);

impl Overseen {
    pub(crate) fn unit(self) -> UnitId {
        self.0
    }
}

/// The units that the signed-in person answers for now.
pub async fn mine(cx: &Context) -> Result<Vec<(Unit, Overseen)>> {
    let member = policy::signed_in(&cx.actor)?;
    let grants = member.units_as(Role::Officer, cx.now());
    let ids: Vec<_> =
        grants.filter(|grant| grant.edge_kind == EdgeKind::Association).map(|grant| grant.unit).collect();
    let units = cx.store.units(&ids, cx.now()).await?;
    Ok(units.into_iter().map(|unit| (Overseen(unit.id), unit)).map(|(proof, unit)| (unit, proof)).collect())
}

/// A unit that this officer oversees. A stranger gets the same answer as for a unit that does not exist.
pub async fn overseen(cx: &Context, unit: UnitId) -> Result<(Unit, Overseen)> {
    // Who is nobody's officer is answered before anything is looked up.
    let member = policy::signed_in(&cx.actor)?;
    if !member.holds(Role::Officer, cx.now()) {
        return Err(Error::NotFound);
    }
    let ancestors = cx.store.unit_ancestors(unit, EdgeKind::Association, cx.now()).await?;
    policy::oversees(&cx.actor, &ancestors, cx.now())?;
    let unit = cx.store.units(&[unit], cx.now()).await?.pop().ok_or(Error::NotFound)?;
    let proof = Overseen(unit.id);
    Ok((unit, proof))
}

/// The units directly below one, which who oversees it oversees too.
pub async fn branches(
    cx: &Context,
    above: Overseen,
    page: &PageRequest<(Vec<u8>, UnitId)>,
) -> Result<Page<(Unit, Vec<u8>, Overseen)>> {
    let units = cx.store.unit_children(above.0, EdgeKind::Association, cx.now(), page).await?;
    Ok(units.map(|(unit, key)| {
        let proof = Overseen(unit.id);
        (unit, key, proof)
    }))
}

/// Months from one to another, both counted.
pub fn months(from: Month, to: Month) -> Result<Vec<Month>> {
    let count = from.count_to(to);
    if count == 0 || count > MOST_MONTHS {
        return Err(vec![Problem::new(Code::OutOfRange, "to").detail(format!("1–{MOST_MONTHS}"))].into());
    }
    Ok(std::iter::successors(Some(from), |month| Some(month.next())).take(count as usize).collect())
}

fn ids(units: &[Overseen]) -> Vec<UnitId> {
    units.iter().map(|unit| unit.0).collect()
}

fn span(month: Month) -> (Day, Day) {
    (month.first_day(), month.next().first_day().plus_days(-1))
}

/// Hours of the members of each unit and of the units below it, by month, from one to another.
pub async fn study(cx: &Context, units: &[Overseen], from: Month, to: Month) -> Result<UnitMonths> {
    Ok(cx.store.unit_months(&ids(units), from, to).await?)
}

pub async fn member_counts(cx: &Context, units: &[Overseen]) -> Result<HashMap<UnitId, i64>> {
    Ok(cx.store.unit_member_counts(&ids(units), cx.now()).await?.into_iter().collect())
}

/// Those who belong to exactly this unit, by given name.
pub async fn members(
    cx: &Context,
    unit: Overseen,
    page: &PageRequest<(Vec<u8>, CitizenId)>,
) -> Result<Page<MemberRow>> {
    Ok(cx.store.members(unit.0, cx.now(), page).await?)
}

/// Hours of members in one month, by trust class. `_unit`: proof that they were listed under an overseen unit.
pub async fn member_study(
    cx: &Context,
    _unit: Overseen,
    citizens: &[CitizenId],
    month: Month,
) -> Result<HashMap<CitizenId, Vec<(Trust, i64)>>> {
    let (from, to) = span(month);
    let mut by_citizen: HashMap<CitizenId, Vec<(Trust, i64)>> = HashMap::new();
    for (citizen, trust, seconds) in cx.store.study_sums(citizens, from, to).await? {
        by_citizen.entry(citizen).or_default().push((trust, seconds));
    }
    Ok(by_citizen)
}

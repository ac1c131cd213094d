//! Whom an organiser meets: the names of those whom they may vouch for, to be ticked off at a class, and what these
//! claim to have read and heard, to be confirmed. Nobody's hours.

use densach_domain::actor::{EdgeKind, Member, Role};
use densach_domain::evidence::EvidenceId;
use densach_domain::id::{CitizenId, UnitId};
use densach_domain::page::{Page, PageRequest};
use densach_domain::unit::Unit;
use densach_domain::{Timestamp, policy};
pub use densach_store::{ClaimRow, MemberRow};

use crate::{Context, Error, Result};

/// Somebody on a roster.
#[derive(Debug, Clone)]
pub struct Entry {
    pub row: MemberRow,
    /// Whether who asks may attest for them: nobody does so for anybody of their own account.
    pub may_attest: bool,
}

/// A page of those who belong to a unit, with all that a phone must know of them when it has no network.
#[derive(Debug, Clone)]
pub struct Roster {
    pub unit: Unit,
    /// When it was so.
    pub as_of: Timestamp,
    pub entries: Page<Entry>,
}

/// The units whose people the signed-in person may vouch for now, as an organiser or as an officer.
pub async fn mine(cx: &Context) -> Result<Vec<Unit>> {
    let member = policy::signed_in(&cx.actor)?;
    let now = cx.now();
    let grants = [Role::Officer, Role::Organiser].into_iter().flat_map(|role| member.units_as(role, now));
    let mut ids: Vec<UnitId> =
        grants.filter(|grant| grant.edge_kind == EdgeKind::Association).map(|grant| grant.unit).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(cx.store.units(&ids, now).await?)
}

/// Those who belong to a unit, or to one below it, now, by given name.
pub async fn of_unit(cx: &Context, unit: UnitId, page: &PageRequest<(Vec<u8>, CitizenId)>) -> Result<Roster> {
    let member = voucher(cx, unit).await?;
    let as_of = cx.now();
    let unit = cx.store.units(&[unit], as_of).await?.pop().ok_or(Error::NotFound)?;
    let rows = cx.store.roster(unit.id, as_of, page).await?;
    let entry = |row: MemberRow| Entry { may_attest: !member.acts_for(row.citizen), row };
    Ok(Roster { unit, as_of, entries: rows.map(entry) })
}

/// Books and programmes that these people claim and that still stand as claimed, those that wait longest first. What is
/// of the actor's own account is left out: somebody else confirms it.
pub async fn claims(
    cx: &Context,
    unit: UnitId,
    page: &PageRequest<(Timestamp, EvidenceId)>,
) -> Result<Page<ClaimRow>> {
    let member = voucher(cx, unit).await?;
    let own: Vec<CitizenId> = member.citizens.iter().map(|(citizen, _)| *citizen).collect();
    Ok(cx.store.claims_below(unit, &own, cx.now(), page).await?)
}

/// Who vouches for the people of a unit. A stranger gets the same answer as for a unit that does not exist.
async fn voucher(cx: &Context, unit: UnitId) -> Result<&Member> {
    // Who vouches for nobody is answered before anything is looked up.
    policy::vouches(&cx.actor, cx.now())?;
    let ancestors = cx.store.unit_ancestors(unit, EdgeKind::Association, cx.now()).await?;
    Ok(policy::vouches_in(&cx.actor, &ancestors, cx.now())?)
}

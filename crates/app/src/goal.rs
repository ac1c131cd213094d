//! Goals of study hours.

use densach_domain::goal::{Goal, GoalOwner, GoalPeriod};
use densach_domain::id::{CitizenId, GoalId, UnitId};
use densach_domain::policy;

use crate::idempotent::begin;
use crate::{Context, Request, Result, office};

/// A citizen's own goals and what their associations suggest.
pub async fn of_citizen(cx: &Context, citizen: CitizenId) -> Result<Vec<Goal>> {
    policy::acts_for(&cx.actor, citizen)?;
    Ok(cx.store.goals(citizen, cx.now()).await?)
}

/// Sets a goal for oneself or somebody of the household.
pub async fn set(
    cx: &Context,
    request: &Request,
    citizen: CitizenId,
    period: GoalPeriod,
    minutes: i32,
) -> Result<GoalId> {
    policy::acts_for(&cx.actor, citizen)?;
    put(cx, request, GoalOwner::Citizen(citizen), period, minutes).await
}

/// Suggests a goal to the members of a unit that one answers for.
pub async fn suggest(
    cx: &Context,
    request: &Request,
    unit: UnitId,
    period: GoalPeriod,
    minutes: i32,
) -> Result<GoalId> {
    office::overseen(cx, unit).await?;
    put(cx, request, GoalOwner::Unit(unit), period, minutes).await
}

async fn put(
    cx: &Context,
    request: &Request,
    owner: GoalOwner,
    period: GoalPeriod,
    minutes: i32,
) -> Result<GoalId> {
    period.check_minutes(minutes).map_err(|problem| vec![problem])?;
    let member = policy::signed_in(&cx.actor)?;
    let write = begin!(cx, member.account.uuid(), request);
    let goal = Goal { id: cx.new_id(), owner, period, minutes };
    write.tx.goal_set(&goal, cx.now()).await?;
    write.finish(cx, goal.id).await
}

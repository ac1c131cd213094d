//! What somebody was credited, and where they are in works. How evidence becomes credit is in [`crate::ledger`].

use densach_domain::id::{CitizenId, DeviceId, WorkId};
use densach_domain::{Code, Day, Problem, Problems, Timestamp, policy};
use densach_store::PositionRow;
pub use densach_store::{DayRow, ProgressRow};
use serde::{Deserialize, Serialize};

use crate::idempotent::begin;
use crate::{Context, Request, Result, work};

/// More than two years at once nobody looks at.
const MOST_DAYS: i32 = 800;

fn check_days(from: Day, to: Day) -> Result<()> {
    let count = to.number().saturating_sub(from.number());
    if (0..MOST_DAYS).contains(&count) {
        Ok(())
    } else {
        Err(vec![Problem::new(Code::OutOfRange, "to").detail(format!("1–{MOST_DAYS}"))].into())
    }
}

/// What a citizen was credited, by learning day, source and trust class.
pub async fn days(cx: &Context, citizen: CitizenId, from: Day, to: Day) -> Result<Vec<DayRow>> {
    policy::acts_for(&cx.actor, citizen)?;
    check_days(from, to)?;
    Ok(cx.store.study_days(citizen, from, to).await?)
}

/// What a citizen was credited, by work, most first.
pub async fn works(cx: &Context, citizen: CitizenId, from: Day, to: Day) -> Result<Vec<(WorkId, i64)>> {
    policy::acts_for(&cx.actor, citizen)?;
    check_days(from, to)?;
    Ok(cx.store.study_seconds_by_work(citizen, from, to).await?)
}

/// Where somebody is in a work, as a device says.
#[derive(Debug, Clone, Copy)]
pub struct PositionInput {
    pub work: WorkId,
    /// Parts per million of the whole.
    pub locator_ppm: i64,
    pub media_ms: Option<i64>,
    pub recorded_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Noted;

/// Adds a position to the log. The answer holds the latest and the furthest, also when another device was faster.
pub async fn position(
    cx: &Context,
    request: &Request,
    citizen: CitizenId,
    input: &PositionInput,
) -> Result<Option<ProgressRow>> {
    let member = policy::acts_for(&cx.actor, citizen)?;
    let mut problems = Problems::default();
    problems.check(!(0..=1_000_000).contains(&input.locator_ppm), Code::OutOfRange, "locator");
    problems.check(input.media_ms.is_some_and(|ms| ms < 0), Code::OutOfRange, "mediaMs");
    problems.into_result(())?;
    work::readable(cx, input.work).await?;
    note(cx, request, member.device, citizen, input).await?;
    let rows = cx.store.progress(citizen, &[input.work]).await?;
    Ok(rows.into_iter().next())
}

async fn note(
    cx: &Context,
    request: &Request,
    device: DeviceId,
    citizen: CitizenId,
    input: &PositionInput,
) -> Result<Noted> {
    let member = policy::signed_in(&cx.actor)?;
    let write = begin!(cx, member.account.uuid(), request);
    let position = PositionRow {
        work: input.work,
        locator_ppm: input.locator_ppm,
        media_ms: input.media_ms,
        // A clock that runs ahead must not hold the latest place for ever.
        recorded_at: input.recorded_at.min(cx.now()),
    };
    write.tx.position_add(cx.new_uuid(), citizen, device, &position, cx.now()).await?;
    write.finish(cx, Noted).await
}

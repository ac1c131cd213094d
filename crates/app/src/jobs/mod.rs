//! Work for later: one worker loop, one arm a kind. What a job does is idempotent, because a job whose worker died is
//! taken again.

use std::time::Duration;

use densach_store::{JobKind, JobRow};
use tokio_util::sync::CancellationToken;

use crate::{App, Context, Error, Result, account, reconcile, upload};

/// After so many tries a job is laid aside for a person.
const MOST_ATTEMPTS: u32 = 12;
const LONGEST_WAIT_SECONDS: i64 = 600;

/// How a worker behaves.
#[derive(Debug, Clone, Copy)]
pub struct WorkerOptions {
    /// How often it looks when nobody rings.
    pub poll: Duration,
    /// How long a job may take before another worker may take it.
    pub lease: Duration,
}

/// Runs jobs until told to stop; the job at hand is finished first.
pub async fn run(app: &App, options: WorkerOptions, stop: &CancellationToken) {
    let cx = app.operator();
    while !stop.is_cancelled() {
        match step(&cx, options.lease).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the job queue does not answer")
            }
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = app.job_bell.notified() => {}
            () = tokio::time::sleep(options.poll) => {}
        }
    }
}

/// Runs jobs until none is due; answers how many ran. For tests and for the command line.
pub async fn drain(cx: &Context) -> Result<u32> {
    let mut count = 0;
    while step(cx, Duration::from_secs(120)).await? {
        count += 1;
    }
    Ok(count)
}

async fn step(cx: &Context, lease: Duration) -> Result<bool> {
    let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
    let Some(job) = cx.store.job_take(cx.now(), lease_ms).await? else { return Ok(false) };
    let name = job.job.name();
    match perform(cx, &job.job).await {
        Ok(()) => {
            cx.store.job_done(job.id).await?;
            metrics::counter!("densach_jobs_total", "kind" => name, "outcome" => "done").increment(1);
        }
        Err(error) => fail(cx, &job, &error).await?,
    }
    Ok(true)
}

async fn fail(cx: &Context, job: &JobRow, error: &Error) -> Result<()> {
    let name = job.job.name();
    metrics::counter!("densach_jobs_total", "kind" => name, "outcome" => "failed").increment(1);
    tracing::warn!(job = %job.id, kind = name, attempts = job.attempts, error = error as &dyn std::error::Error, "a job failed");
    let wait = (1_i64 << job.attempts.min(20)).min(LONGEST_WAIT_SECONDS);
    let retry_at = (job.attempts < MOST_ATTEMPTS).then(|| cx.now().plus_seconds(wait));
    Ok(cx.store.job_failed(job.id, &error.to_string(), retry_at, cx.now()).await?)
}

async fn perform(cx: &Context, job: &JobKind) -> Result<()> {
    match job {
        JobKind::CodeDeliver { sealed } => code_deliver(cx, sealed).await,
        JobKind::UploadVerify { upload } => upload::verify(cx, *upload).await,
        JobKind::WorkIndex { work } => reconcile::search::one(cx, *work).await,
        JobKind::SearchReconcile => reconcile::search::all(cx).await.map(drop),
        JobKind::LedgerRecompute => reconcile::ledger::recompute(&cx.store, &cx.policies).await.map(drop),
    }
}

async fn code_deliver(cx: &Context, sealed: &str) -> Result<()> {
    let sealed = account::unbase64(sealed).ok_or_else(|| Error::internal("a job is broken"))?;
    let message = cx.vault.open("code delivery", &sealed)?;
    let (phone, code): (String, String) = serde_json::from_slice(&message).map_err(Error::internal)?;
    cx.code_provider.deliver(&phone, &code).await
}

//! Work for later, enqueued with the write that asks for it. A job is taken under a lease, so that one whose worker
//! died is taken again; what it does must therefore be idempotent.

use densach_domain::Timestamp;
use densach_domain::id::{JobId, UploadId, WorkId};
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Result, Store, StoreError, Tx};

/// What can be asked of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobKind {
    /// Send a one-time code. Phone number and code are sealed.
    CodeDeliver { sealed: String },
    /// Check the bytes of an upload and keep them as an asset.
    UploadVerify { upload: UploadId },
    /// Bring the search index in line with what is released of a work.
    WorkIndex { work: WorkId },
    /// Compare the search index with all that is released, and mend it.
    SearchReconcile,
    /// Judge every line of the ledger again and mend the sums.
    LedgerRecompute,
}

impl JobKind {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CodeDeliver { .. } => "code_deliver",
            Self::UploadVerify { .. } => "upload_verify",
            Self::WorkIndex { .. } => "work_index",
            Self::SearchReconcile => "search_reconcile",
            Self::LedgerRecompute => "ledger_recompute",
        }
    }
}

#[derive(Debug, Clone)]
pub struct JobRow {
    pub id: JobId,
    pub job: JobKind,
    /// How often it was begun, this time included.
    pub attempts: u32,
}

#[derive(FromQueryResult)]
struct Raw {
    id: Uuid,
    payload: String,
    attempts: i64,
}

impl Tx {
    pub async fn job_add(&self, id: JobId, job: &JobKind, run_at: Timestamp) -> Result<()> {
        let payload = serde_json::to_string(job).map_err(|error| StoreError::Broken(error.to_string()))?;
        let sql = "INSERT INTO job (id, kind, payload, attempts, run_at, created_at) VALUES ($1, $2, $3, 0, $4, $4)";
        let values = vec![id.uuid().into(), job.name().into(), payload.into(), run_at.ms().into()];
        self.execute(sql, values).await?;
        Ok(())
    }
}

impl Store {
    /// Takes the next due job for `lease_ms`, or none. Two workers never take the same one.
    pub async fn job_take(&self, now: Timestamp, lease_ms: i64) -> Result<Option<JobRow>> {
        let lock = if self.is_postgres() { " FOR UPDATE SKIP LOCKED" } else { "" };
        let next = format!(
            "SELECT id FROM job WHERE dead_at IS NULL AND run_at <= $1 \
             AND (leased_until IS NULL OR leased_until <= $1) ORDER BY run_at, id LIMIT 1{lock}"
        );
        // A glance first: an idle worker must not take SQLite's write lock twice a second.
        if self.row(next.replace(lock, ""), vec![now.ms().into()]).await?.is_none() {
            return Ok(None);
        }
        let tx = self.begin().await?;
        let sql = format!(
            "UPDATE job SET leased_until = $2, attempts = attempts + 1 WHERE id = ({next}) \
             RETURNING id, payload, attempts"
        );
        let raw: Option<Raw> = tx.one(sql, vec![now.ms().into(), now.plus_ms(lease_ms).ms().into()]).await?;
        tx.commit().await?;
        raw.map(|raw| {
            let job =
                serde_json::from_str(&raw.payload).map_err(|error| StoreError::Broken(error.to_string()))?;
            Ok(JobRow {
                id: JobId::from_uuid(raw.id),
                job,
                attempts: u32::try_from(raw.attempts).unwrap_or(u32::MAX),
            })
        })
        .transpose()
    }

    pub async fn job_done(&self, id: JobId) -> Result<()> {
        let tx = self.begin().await?;
        tx.execute("DELETE FROM job WHERE id = $1", vec![id.uuid().into()]).await?;
        tx.commit().await
    }

    /// Puts a failed job back for `retry_at`, or lays it aside for a person to look at.
    pub async fn job_failed(
        &self,
        id: JobId,
        error: &str,
        retry_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<()> {
        let tx = self.begin().await?;
        let dead_at = if retry_at.is_none() { Some(now.ms()) } else { None };
        let run_at = retry_at.unwrap_or(now).ms();
        let sql =
            "UPDATE job SET leased_until = NULL, run_at = $2, last_error = $3, dead_at = $4 WHERE id = $1";
        tx.execute(sql, vec![id.uuid().into(), run_at.into(), error.into(), dead_at.into()]).await?;
        tx.commit().await
    }

    /// How many jobs wait, and how many were laid aside.
    pub async fn job_counts(&self) -> Result<(i64, i64)> {
        let waiting = self.number("SELECT count(*) FROM job WHERE dead_at IS NULL", vec![]).await?;
        let dead = self.number("SELECT count(*) FROM job WHERE dead_at IS NOT NULL", vec![]).await?;
        Ok((waiting, dead))
    }
}

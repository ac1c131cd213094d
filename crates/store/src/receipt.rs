//! Receipts of mutations: the same id and body repeats the answer, the same id with another body is refused.

use densach_domain::Timestamp;
use uuid::Uuid;

use crate::{Result, Tx};

/// What an earlier mutation under the same id was, and what it answered.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub operation: String,
    pub digest: Vec<u8>,
    /// JSON of the use case's answer.
    pub answer: String,
}

impl Tx {
    pub async fn receipt(&self, actor: Uuid, client_id: &str) -> Result<Option<Receipt>> {
        let sql =
            "SELECT operation, digest, answer FROM mutation_receipt WHERE actor_id = $1 AND client_id = $2";
        let row = self.row(sql, vec![actor.into(), client_id.into()]).await?;
        row.map(|row| {
            Ok(Receipt {
                operation: row.try_get_by_index(0)?,
                digest: row.try_get_by_index(1)?,
                answer: row.try_get_by_index(2)?,
            })
        })
        .transpose()
    }

    pub async fn receipt_add(
        &self,
        actor: Uuid,
        client_id: &str,
        receipt: Receipt,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO mutation_receipt (actor_id, client_id, operation, digest, answer, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let Receipt { operation, digest, answer } = receipt;
        let values = vec![
            actor.into(),
            client_id.into(),
            operation.into(),
            digest.into(),
            answer.into(),
            now.ms().into(),
        ];
        self.execute(sql, values).await?;
        Ok(())
    }

    pub async fn receipts_forget(&self, before: Timestamp) -> Result<u64> {
        let sql = "DELETE FROM mutation_receipt WHERE created_at < $1";
        Ok(self.execute(sql, vec![before.ms().into()]).await?.rows_affected())
    }
}

//! Every mutation carries an id that the client made. The same id with the same body repeats the answer; the same id
//! with another body is refused. A phone may therefore send again whenever it is unsure.

use densach_domain::{Code, Problems, Timestamp};
use densach_store::{JobKind, Receipt, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Context, Error, Result};

/// How long a receipt is kept: longer than any phone stays away with an unsent mutation that still makes sense.
pub(crate) const RECEIPT_DAYS: i64 = 60;

/// The envelope of a mutation.
#[derive(Debug, Clone)]
pub struct Request {
    pub operation: &'static str,
    /// Made by the client, unique for its account.
    pub client_id: String,
    /// SHA-256 of the whole input.
    pub digest: [u8; 32],
}

/// What to do with a request.
pub(crate) enum Begun<T> {
    /// It was done before; this was the answer.
    Repeated(T),
    Fresh(Write),
}

/// A transaction that will leave a receipt.
pub(crate) struct Write {
    pub tx: Tx,
    actor: Uuid,
    request: Request,
    now: Timestamp,
    rings: bool,
}

impl Context {
    /// Opens a transaction for a mutation, unless the mutation was done already. `actor` is whose ids the client id
    /// is unique among.
    pub(crate) async fn begin<T: DeserializeOwned>(
        &self,
        actor: Uuid,
        request: &Request,
    ) -> Result<Begun<T>> {
        let mut problems = Problems::default();
        problems.text("clientMutationId", &request.client_id, 64);
        problems.into_result(())?;
        // Keyed, because a receipt outlives its request and an input may hold a phone or ID number that could be guessed.
        let request = &Request { digest: self.vault.hash("request", &request.digest), ..request.clone() };
        let tx = self.store.begin().await?;
        let Some(receipt) = tx.receipt(actor, &request.client_id).await? else {
            return Ok(Begun::Fresh(Write {
                tx,
                actor,
                request: request.clone(),
                now: self.now(),
                rings: false,
            }));
        };
        tx.roll_back().await?;
        if receipt.operation != request.operation || receipt.digest != request.digest {
            return Err(Error::problem(Code::RequestReused, "clientMutationId"));
        }
        serde_json::from_str(&receipt.answer).map(Begun::Repeated).map_err(Error::internal)
    }
}

impl Write {
    /// Enqueues a job that runs when, and only when, this transaction is committed.
    pub async fn enqueue(&mut self, cx: &Context, job: &JobKind) -> Result<()> {
        self.tx.job_add(cx.new_id(), job, self.now).await?;
        self.rings = true;
        Ok(())
    }

    /// Leaves the receipt, commits, and wakes the worker when there is a job for it.
    pub async fn finish<T: Serialize>(self, cx: &Context, answer: T) -> Result<T> {
        let receipt = Receipt {
            operation: self.request.operation.to_owned(),
            digest: self.request.digest.to_vec(),
            answer: serde_json::to_string(&answer).map_err(Error::internal)?,
        };
        self.tx.receipt_add(self.actor, &self.request.client_id, receipt, self.now).await?;
        self.tx.commit().await?;
        if self.rings {
            cx.job_bell.notify_one();
        }
        Ok(answer)
    }
}

/// `let mut write = begin!(cx, actor, request);` returns the earlier answer when there is one.
macro_rules! begin {
    ($cx:expr, $actor:expr, $request:expr) => {
        match $cx.begin($actor, $request).await? {
            crate::idempotent::Begun::Repeated(answer) => return Ok(answer),
            crate::idempotent::Begun::Fresh(write) => write,
        }
    };
}
pub(crate) use begin;

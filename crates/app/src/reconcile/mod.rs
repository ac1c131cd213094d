//! What must be true eventually. Reconcilers take no input: they look at what is, and mend it.

pub mod forget;
pub mod ledger;
pub mod search;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::App;

/// Runs all reconcilers now and then until told to stop.
pub async fn run(app: &App, every: Duration, stop: &CancellationToken) {
    let cx = app.operator();
    let mut checked_on = cx.now().learning_day();
    loop {
        if let Err(error) = search::all(&cx).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the search index could not be reconciled"
            );
        }
        if let Err(error) = forget::all(&cx).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old rows could not be forgotten");
        }
        // Once a night: it reads all that was ever studied.
        let today = cx.now().learning_day();
        if today != checked_on {
            checked_on = today;
            if let Err(error) = ledger::check(&cx.store, &cx.policies).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "the ledger could not be checked");
            }
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(every) => {}
        }
    }
}

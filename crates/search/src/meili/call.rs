//! Calls to the server: time limits, tasks, errors under our names.

use std::time::Duration;

use meilisearch_sdk::client::Client;
use meilisearch_sdk::errors::{Error, ErrorCode, ErrorType, MeilisearchError};
use meilisearch_sdk::task_info::TaskInfo;
use meilisearch_sdk::tasks::Task;
use tokio::time::timeout;

use crate::error::SearchError;

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// For one task: other tasks may stand before it in the queue.
const TASK_PATIENCE: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(50);

/// Waits for an answer, but not for ever.
pub(super) async fn within<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, SearchError> {
    in_time(PATIENCE, answer).await
}

/// Waits until a task is done; `Some` is why it failed.
pub(super) async fn outcome(
    client: &Client,
    task: TaskInfo,
) -> Result<Option<MeilisearchError>, SearchError> {
    let done = task.wait_for_completion(client, Some(POLL), Some(TASK_PATIENCE));
    Ok(match in_time(TASK_PATIENCE, done).await? {
        Task::Failed { content } => Some(content.error),
        Task::Succeeded { .. } | Task::Enqueued { .. } | Task::Processing { .. } => None,
    })
}

/// Waits until a task has succeeded.
pub(super) async fn finish(client: &Client, task: TaskInfo) -> Result<(), SearchError> {
    match outcome(client, task).await? {
        Some(error) => Err(fault(Error::Meilisearch(error))),
        None => Ok(()),
    }
}

async fn in_time<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, SearchError> {
    match timeout(limit, answer).await {
        Ok(answer) => answer.map_err(fault),
        Err(late) => Err(SearchError::unavailable("Meilisearch does not answer in time").caused_by(late)),
    }
}

pub(super) fn fault(error: Error) -> SearchError {
    let sorted = match &error {
        Error::HttpError(_) | Error::Timeout => SearchError::unavailable("Meilisearch does not answer"),
        Error::MeilisearchCommunication(refusal) if matches!(refusal.status_code, 429 | 502..=504) => {
            SearchError::unavailable("Meilisearch is busy")
        }
        Error::Meilisearch(refusal) => told(refusal),
        _ => SearchError::internal("Meilisearch and this program do not understand each other"),
    };
    sorted.caused_by(error)
}

fn told(refusal: &MeilisearchError) -> SearchError {
    match (&refusal.error_code, refusal.error_type) {
        (ErrorCode::IndexNotFound, _) => SearchError::broken("the Meilisearch index is gone"),
        (ErrorCode::NoSpaceLeftOnDevice | ErrorCode::TooManyOpenFiles | ErrorCode::IoError, _) => {
            SearchError::unavailable("Meilisearch is short of disk or files")
        }
        (_, ErrorType::Auth) => SearchError::refused("Meilisearch does not accept the key"),
        _ => SearchError::internal("Meilisearch refused a request"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(error_code: ErrorCode, error_type: ErrorType) -> SearchError {
        fault(Error::Meilisearch(MeilisearchError {
            error_message: String::new(),
            error_code,
            error_type,
            error_link: String::new(),
        }))
    }

    #[test]
    fn errors_are_sorted_by_what_helps() {
        let found = refusal(ErrorCode::IndexNotFound, ErrorType::InvalidRequest);
        assert!(matches!(found, SearchError::Broken { source: Some(_), .. }));
        let found = refusal(ErrorCode::InvalidApiKey, ErrorType::Auth);
        assert!(matches!(found, SearchError::Refused { .. }));
        assert!(matches!(fault(Error::Timeout), SearchError::Unavailable { .. }));
    }
}

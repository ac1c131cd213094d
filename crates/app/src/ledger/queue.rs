//! Batches that wait for the same writer share one transaction and one commit: sixty-four phones that send at once do
//! not wait for sixty-four commits.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::post::{Post, Posted, post_all};
use crate::{App, Context, Error, Result};

/// At most so many items are judged in one transaction, so that nobody waits long for it.
const MOST_ITEMS_AT_ONCE: usize = 4000;

/// The writers' queues. On SQLite there is one writer; on PostgreSQL a few write side by side.
pub(crate) struct Queue {
    lanes: Vec<Lane>,
}

#[derive(Default)]
struct Lane {
    waiting: Mutex<Vec<Waiting>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

struct Waiting {
    post: Post,
    answer: oneshot::Sender<Result<Posted>>,
}

impl Queue {
    pub fn new(writer_count: usize) -> Self {
        Self { lanes: (0..writer_count.max(1)).map(|_| Lane::default()).collect() }
    }
}

impl Lane {
    fn put(&self, waiting: Waiting) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
    }

    fn take(&self) -> Vec<Waiting> {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut items = 0;
        let fits = all.iter().take_while(|waiting| {
            items += waiting.post.items.len();
            items <= MOST_ITEMS_AT_ONCE
        });
        let count = fits.count().max(1).min(all.len());
        all.drain(..count).collect()
    }
}

/// Posts a batch, together with whatever else waits when the writer is free.
pub(super) async fn post(cx: &Context, post: Post) -> Result<Posted> {
    let index = post.device.uuid().as_u128() as usize % cx.ledger_queue.lanes.len();
    let lane = &cx.ledger_queue.lanes[index];
    let (answer, mut posted) = oneshot::channel();
    lane.put(Waiting { post, answer });
    loop {
        let turn = tokio::select! {
            biased;
            posted = &mut posted => return posted.unwrap_or_else(|_| Err(stopped())),
            turn = lane.turn.clone().lock_owned() => turn,
        };
        let group = lane.take();
        if group.is_empty() {
            drop(turn);
            continue;
        }
        // What others wait for must not end because this one's phone hung up.
        let app = cx.app.clone();
        tokio::spawn(async move {
            write(&app, group).await;
            drop(turn);
        });
    }
}

fn stopped() -> Error {
    Error::internal("the writer of the ledger stopped before it answered")
}

async fn write(app: &App, group: Vec<Waiting>) {
    let (posts, answers): (Vec<_>, Vec<_>) =
        group.into_iter().map(|waiting| (waiting.post, waiting.answer)).unzip();
    metrics::counter!("densach_ledger_batches_total").increment(posts.len() as u64);
    match commit(app, &posts).await {
        Ok(all) => {
            for (posted, answer) in all.into_iter().zip(answers) {
                // Nobody listens any more when the phone hung up; it will ask again.
                let _ = answer.send(Ok(posted));
            }
        }
        Err(error) if posts.len() == 1 => {
            if let Some(answer) = answers.into_iter().next() {
                let _ = answer.send(Err(error));
            }
        }
        // One that cannot be written must not sink the others.
        Err(_) => {
            for (post, answer) in posts.iter().zip(answers) {
                let posted = commit(app, std::slice::from_ref(post)).await;
                let _ = answer.send(posted.and_then(|mut all| all.pop().ok_or_else(stopped)));
            }
        }
    }
}

async fn commit(app: &App, posts: &[Post]) -> Result<Vec<Posted>> {
    let tx = app.store.begin().await?;
    let (posted, everybody) = post_all(app, &tx, posts).await?;
    tx.commit().await?;
    everybody.remember(app);
    metrics::counter!("densach_ledger_commits_total").increment(1);
    Ok(posted)
}

//! From the first signal to the end of the process.
//!
//! A *soft* stop (SIGTERM, SIGINT, or [`Lifecycle::stop`]) asks tasks to finish what they have in hand. A
//! *hard* stop (a second signal, or the end of the grace) says that they are not waited for any longer.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Cheap to clone; all clones are the same lifecycle. Nothing is global, so that tests can run several
/// servers.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    hard: CancellationToken,
    /// A child of `hard`: who only looks at this one is also stopped by that one.
    soft: CancellationToken,
    tasks: TaskTracker,
    grace: Duration,
}

/// How the tasks ended.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All of them finished.
    Finished,
    /// So many had not, when their time was up.
    Abandoned { tasks: usize },
}

impl Lifecycle {
    /// `grace`: how long tasks may take after a soft stop.
    pub fn new(grace: Duration) -> Self {
        let hard = CancellationToken::new();
        Self { soft: hard.child_token(), hard, tasks: TaskTracker::new(), grace }
    }

    /// Cancelled by the soft stop: take nothing new, finish what is in hand.
    pub fn token(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Cancelled by the hard stop: drop everything.
    pub fn hard_token(&self) -> CancellationToken {
        self.hard.clone()
    }

    /// Where to spawn the tasks that are to be waited for.
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Begins the soft stop, as the first signal does. Harmless when it has begun.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Returns when the soft stop begins, by a signal or otherwise. From then on one more signal is the hard
    /// stop.
    ///
    /// To be called once, early: until then a signal ends the process at once, as if this did not exist.
    ///
    /// # Errors
    ///
    /// The operating system's, when signals cannot be listened to.
    pub async fn wait_for_signal(&self) -> io::Result<()> {
        let mut signals = Signals::new()?;
        tokio::select! {
            name = signals.next() => {
                let grace_seconds = self.grace.as_secs();
                tracing::info!(signal = name, grace_seconds, "stopping; again to stop at once");
            }
            () = self.soft.cancelled() => {}
        }
        self.stop();
        let hard = self.hard.clone();
        // Not tracked: it waits for something that usually never comes, and ends with the runtime.
        tokio::spawn(async move {
            let name = signals.next().await;
            tracing::warn!(signal = name, "stopping at once");
            hard.cancel();
        });
        Ok(())
    }

    /// Begins the soft stop if it has not begun, and waits until all tasks have ended, or for the hard stop,
    /// which it brings about itself when the grace is over. Tasks that are left end with the runtime, except
    /// blocking ones: shut the runtime down with a timeout.
    pub async fn finish(&self) -> Ending {
        self.stop();
        self.tasks.close();
        tokio::select! {
            // In this order, so that without a task there is nothing to abandon.
            biased;
            () = self.tasks.wait() => return Ending::Finished,
            () = self.hard.cancelled() => {}
            () = tokio::time::sleep(self.grace) => {}
        }
        self.hard.cancel();
        let tasks = self.tasks.len();
        tracing::warn!(tasks, "stopping without waiting for the rest");
        Ending::Abandoned { tasks }
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn tasks_that_heed_the_token_are_waited_for() {
        let lifecycle = Lifecycle::new(Duration::from_secs(3600));
        let token = lifecycle.token();
        lifecycle.tasks().spawn(async move { token.cancelled().await });
        assert_eq!(lifecycle.finish().await, Ending::Finished);
        assert!(!lifecycle.hard_token().is_cancelled());
    }

    #[tokio::test]
    async fn a_task_that_does_not_end_is_abandoned_after_the_grace() {
        let lifecycle = Lifecycle::new(Duration::ZERO);
        lifecycle.tasks().spawn(pending::<()>());
        assert_eq!(lifecycle.finish().await, Ending::Abandoned { tasks: 1 });
        assert!(lifecycle.hard_token().is_cancelled());
    }

    #[tokio::test]
    async fn a_hard_stop_does_not_wait_for_the_grace_and_is_a_soft_one_too() {
        let lifecycle = Lifecycle::new(Duration::from_secs(3600));
        lifecycle.tasks().spawn(pending::<()>());
        lifecycle.hard_token().cancel();
        assert!(lifecycle.token().is_cancelled());
        assert_eq!(lifecycle.finish().await, Ending::Abandoned { tasks: 1 });
    }

    #[tokio::test]
    async fn a_stop_from_within_ends_the_wait_for_a_signal() -> io::Result<()> {
        let lifecycle = Lifecycle::new(Duration::ZERO);
        lifecycle.stop();
        lifecycle.wait_for_signal().await?;
        assert_eq!(lifecycle.finish().await, Ending::Finished);
        Ok(())
    }
}

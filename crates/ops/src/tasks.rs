//! The tasks of a process, none of which may end unnoticed.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tasks that run until they are told to stop. Clones share them.
///
/// A task that panics is a bug whose reach nobody knows. A process that went on without it would look alive and leave its
/// work undone; so all of them stop, and the process ends with an error, for whoever watches it to start it again.
#[derive(Clone, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    shutdown: CancellationToken,
    panicked: Arc<AtomicBool>,
}

/// A task has panicked; the log says where.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a task has panicked; the log says where")]
pub struct Panicked;

impl Tasks {
    /// Tasks that `shutdown` tells to stop, and that cancel it when one of them panics.
    pub fn new(shutdown: CancellationToken) -> Tasks {
        Tasks {
            tracker: TaskTracker::new(),
            shutdown,
            panicked: Arc::default(),
        }
    }

    /// Runs `task`; it has to watch the shutdown itself.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let tasks = self.clone();
        self.tracker.spawn(async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                tasks.panicked.store(true, Ordering::Relaxed);
                tasks.shutdown.cancel();
            }
        });
    }

    /// Waits until every task has ended.
    ///
    /// # Errors
    /// One has panicked.
    pub async fn finished(&self) -> Result<(), Panicked> {
        self.tracker.close();
        self.tracker.wait().await;
        if self.panicked.load(Ordering::Relaxed) {
            Err(Panicked)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_stops_them_all_and_is_told() {
        let shutdown = CancellationToken::new();
        let tasks = Tasks::new(shutdown.clone());
        tasks.spawn(shutdown.clone().cancelled_owned());
        tasks.spawn(async { panic!("a bug") });
        assert!(tasks.finished().await.is_err());
        assert!(shutdown.is_cancelled());
    }

    #[tokio::test]
    async fn tasks_that_end_are_no_trouble() {
        let tasks = Tasks::new(CancellationToken::new());
        tasks.spawn(async {});
        assert!(tasks.finished().await.is_ok());
    }
}

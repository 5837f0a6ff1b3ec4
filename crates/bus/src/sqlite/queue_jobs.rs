//! What is asked of the writer of a file of queues, and whom it wakes.

use super::writer::{Answer, Job};
use crate::{DeadLetterQueue, Queue, Unavailable};
use domain::Timestamp;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::watch;

/// What queues are called in the file.
#[derive(Clone)]
pub(super) struct Names {
    queues: Arc<BTreeMap<Queue, String>>,
    prefix: String,
}

impl Names {
    /// With `prefix` before each.
    pub fn new(prefix: &str) -> Names {
        let name = |queue: Queue| (queue, format!("{prefix}{queue}"));
        Names {
            queues: Arc::new(Queue::ALL.into_iter().map(name).collect()),
            prefix: prefix.to_owned(),
        }
    }

    /// The name of `queue`.
    pub fn queue(&self, queue: Queue) -> &str {
        self.queues.get(&queue).map_or(queue.name(), String::as_str)
    }

    /// The name of a queue of dead letters.
    pub fn dead(&self, queue: DeadLetterQueue) -> String {
        format!("{}{}", self.prefix, queue.name())
    }
}

/// Counts up whenever there may be something new on a queue.
pub(super) struct Changes(BTreeMap<Queue, watch::Sender<u64>>);

impl Default for Changes {
    fn default() -> Changes {
        let counter = |queue| (queue, watch::Sender::new(0));
        Changes(Queue::ALL.into_iter().map(counter).collect())
    }
}

impl Changes {
    /// Sees what is new on `queue` from now on.
    pub fn watch(&self, queue: Queue) -> watch::Receiver<u64> {
        self.0.get(&queue).map_or_else(
            || watch::Sender::new(0).subscribe(),
            watch::Sender::subscribe,
        )
    }

    /// There may be something new on `queue`.
    pub fn wake(&self, queue: Queue) {
        if let Some(counter) = self.0.get(&queue) {
            counter.send_modify(|count| *count += 1);
        }
    }

    /// There may be something new anywhere.
    pub fn wake_all(&self) {
        Queue::ALL.into_iter().for_each(|queue| self.wake(queue));
    }
}

/// Names a consumer in the file. Drawn at random, so that its owner can name it before it is written.
pub(super) type ConsumerId = i64;

/// Something to be written to a file of queues.
pub(super) enum QueueJob {
    /// Messages, as JSON.
    Send {
        messages: Vec<(Queue, String)>,
        answer: Answer<()>,
    },
    /// A dead letter.
    Bury {
        queue: DeadLetterQueue,
        message: String,
        reason: String,
        attempts: u32,
        at: Timestamp,
        answer: Answer<()>,
    },
    /// A new consumer.
    Join {
        consumer: ConsumerId,
        queue: Queue,
        answer: Answer<()>,
    },
    /// Takes work from the front; answers which.
    Claim {
        consumer: ConsumerId,
        queue: Queue,
        limit: usize,
        answer: Answer<Vec<i64>>,
    },
    /// Work that is done.
    Settle {
        consumer: ConsumerId,
        queue: Queue,
        messages: Vec<i64>,
        answer: Answer<()>,
    },
    /// A consumer is gone; what it had goes back.
    Leave { consumer: ConsumerId, queue: Queue },
}

impl Job for QueueJob {
    fn durable(&self) -> bool {
        matches!(self, QueueJob::Send { .. } | QueueJob::Bury { .. })
    }

    fn bytes(&self) -> usize {
        match self {
            QueueJob::Send { messages, .. } => messages.iter().map(|(_, body)| body.len()).sum(),
            QueueJob::Bury { message, .. } => message.len(),
            _ => 0,
        }
    }

    fn finish(self, result: &Result<(), Unavailable>) {
        match self {
            QueueJob::Send { answer, .. }
            | QueueJob::Bury { answer, .. }
            | QueueJob::Join { answer, .. }
            | QueueJob::Settle { answer, .. } => answer.finish(result),
            QueueJob::Claim { answer, .. } => answer.finish(result),
            QueueJob::Leave { .. } => {}
        }
    }
}

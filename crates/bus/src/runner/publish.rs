//! Publishes what follows from a batch, in the order that makes the unacknowledged input the outbox: events, commands,
//! dead letters; only then are there receipts to acknowledge.

use crate::{
    Cause, CommandQueue, DeadLetter, DeadLetterQueue, Delivery, EventLog, Message, Outputs,
    Receipt, Unavailable,
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
pub(crate) struct Publisher {
    pub queue: Arc<dyn CommandQueue>,
    pub log: Arc<dyn EventLog>,
    pub dead_letters: DeadLetterQueue,
    pub shutdown: CancellationToken,
}

/// What follows from a batch and is not confirmed yet, and the receipts for when it is.
#[derive(Default)]
pub(crate) struct Publication {
    outputs: Outputs,
    letters: VecDeque<DeadLetter>,
    receipts: Vec<Receipt>,
}

impl Publication {
    pub fn done(&mut self, delivery: Delivery, mut outputs: Outputs) {
        let cause = &delivery.message;
        for (_, message) in &mut outputs.events {
            inherit_trace(message, cause);
        }
        for (_, message) in &mut outputs.commands {
            inherit_trace(message, cause);
        }
        self.outputs.extend(outputs);
        self.receipts.push(delivery.receipt);
    }

    pub fn bury(&mut self, delivery: Delivery, cause: Cause, attempts: u32) {
        tracing::error!(
            id = %delivery.message.id, kind = delivery.message.kind, key = delivery.message.key, %cause, attempts,
            "to the dead letters"
        );
        self.letters.push_back(DeadLetter {
            message: delivery.message,
            cause,
            attempts,
        });
        self.receipts.push(delivery.receipt);
    }
}

fn inherit_trace(message: &mut Message, cause: &Message) {
    if message.traceparent.is_none() {
        message.traceparent.clone_from(&cause.traceparent);
    }
}

impl Publisher {
    /// Publishes until everything is confirmed, then gives the receipts. `None` when it is time to stop and a broker
    /// is not there: the input comes again, and with it the same outputs.
    pub async fn publish(self, mut publication: Publication) -> Option<Vec<Receipt>> {
        let mut backoff = Backoff::default();
        while let Err(error) = self.publish_rest(&mut publication).await {
            tracing::warn!(%error, "not published; trying again");
            if !backoff.wait(&self.shutdown).await {
                return None;
            }
        }
        Some(publication.receipts)
    }

    /// Publishes what is not confirmed yet, and takes out what is: a log is kept for ever, so nothing goes onto it twice
    /// just because something behind it has to wait.
    async fn publish_rest(&self, publication: &mut Publication) -> Result<(), Unavailable> {
        let Outputs { events, commands } = &mut publication.outputs;
        if !events.is_empty()
            && let Err(not_appended) = self.log.append(std::mem::take(events)).await
        {
            *events = not_appended.rest;
            return Err(not_appended.error);
        }
        if !commands.is_empty() {
            self.queue.send(commands.clone()).await?;
            commands.clear();
        }
        while let Some(letter) = publication.letters.front() {
            self.queue.bury(self.dead_letters, letter.clone()).await?;
            publication.letters.pop_front();
        }
        Ok(())
    }
}

/// Growing waits with jitter, so that many workers do not come back at the same moment.
pub(crate) struct Backoff {
    next: Duration,
}

const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff { next: SHORTEST }
    }
}

impl Backoff {
    /// Waits. Returns false, at once, when it is time to stop.
    pub async fn wait(&mut self, shutdown: &CancellationToken) -> bool {
        let wait = self.next.mul_f64(rand::random_range(0.5..1.0));
        self.next = (self.next * 2).min(LONGEST);
        tokio::select! {
            () = shutdown.cancelled() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}

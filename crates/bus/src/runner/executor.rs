//! Has a batch handled so that one bad message takes no healthy one down: a batch that fails because of one message is
//! halved until the message is found, and what a process died of is isolated the same way.

use super::{
    Attempt,
    suspects::{Group, Suspects},
    telemetry::Telemetry,
};
use crate::{Cause, CauseCode, Failure, Handler, Message, Outcome, Unavailable};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

/// Calls the handler.
pub(crate) struct BatchExecutor {
    pub handler: Arc<dyn Handler>,
    pub suspects: Suspects,
    /// The source is a log: what should be tried later holds up the rest.
    pub in_order: bool,
    pub telemetry: Telemetry,
}

/// What became of a message, and after how many tries.
pub(crate) struct HandledMessage {
    pub outcome: Outcome,
    pub attempts: u32,
}

/// What became of a group.
enum Handled {
    /// One outcome for each message, in order.
    Outcomes(Vec<Outcome>),
    /// Nothing was done, because of one of them.
    Failed,
}

impl BatchExecutor {
    /// One outcome for each of `batch`, in order.
    pub async fn execute(&self, batch: &[Attempt]) -> Result<Vec<HandledMessage>, Unavailable> {
        let mut outcomes = Vec::with_capacity(batch.len());
        // The next group is the last one here.
        let mut groups = self.suspects.groups(batch).await?;
        groups.reverse();
        while let Some(group) = groups.pop() {
            match self.handle(batch, &group).await? {
                Handled::Outcomes(handled) => outcomes.extend(handled),
                Handled::Failed => {
                    let (first, second) = group.halves();
                    groups.extend([second, first]);
                }
            }
        }
        let handled = outcomes
            .into_iter()
            .zip(batch)
            .map(|(outcome, attempt)| HandledMessage {
                outcome,
                attempts: attempt.attempts + attempt.delivery.redeliveries + 1,
            });
        Ok(handled.collect())
    }

    async fn handle(&self, batch: &[Attempt], group: &Group) -> Result<Handled, Unavailable> {
        let batch = &batch[group.range.clone()];
        let messages: Vec<Message> = batch.iter().map(|it| it.delivery.message.clone()).collect();
        if let Some(cause) = self.suspects.dead_letter_cause(&messages, group).await? {
            return Ok(Handled::Outcomes(vec![Outcome::Reject(cause)]));
        }
        self.suspects.begin(&messages, group).await?;
        let answer = self.call(&messages).await;
        self.suspects.end(&messages, group).await?;
        match answer {
            Ok(outcomes) => self.check_order(outcomes).map(Handled::Outcomes),
            Err(Failure::Unavailable(error)) => Err(error),
            Err(Failure::Batch(error)) if messages.len() > 1 => {
                tracing::warn!(handler = self.telemetry.name(), %error, "the batch failed; trying its halves");
                Ok(Handled::Failed)
            }
            // A log goes on only in order, so what cannot be done now is put aside.
            Err(Failure::Batch(error)) if self.in_order => {
                let cause = Cause::new(CauseCode::Failed, error);
                Ok(Handled::Outcomes(vec![Outcome::Reject(cause)]))
            }
            Err(Failure::Batch(error)) => Ok(Handled::Outcomes(vec![Outcome::Retry(error)])),
        }
    }

    /// A log's messages cannot be tried later without holding up the rest, so that is what happens.
    fn check_order(&self, outcomes: Vec<Outcome>) -> Result<Vec<Outcome>, Unavailable> {
        if self.in_order {
            for outcome in &outcomes {
                if let Outcome::Retry(error) = outcome {
                    return Err(Unavailable::new(self.telemetry.name(), error));
                }
            }
        }
        Ok(outcomes)
    }

    async fn call(&self, messages: &[Message]) -> Result<Vec<Outcome>, Failure> {
        let began = Instant::now();
        let handled = AssertUnwindSafe(self.handler.handle(messages))
            .catch_unwind()
            .await;
        self.telemetry.handled(messages.len(), began.elapsed());
        match handled {
            Ok(Ok(outcomes)) if outcomes.len() != messages.len() => Err(Failure::Batch(format!(
                "the handler gave {} outcomes for {} messages",
                outcomes.len(),
                messages.len()
            ))),
            Ok(result) => result,
            Err(panic) => Err(Failure::Batch(format!(
                "the handler panicked: {}",
                text_of(&*panic)
            ))),
        }
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

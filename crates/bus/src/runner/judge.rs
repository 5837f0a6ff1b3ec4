//! Has a batch handled so that one bad message takes no healthy one down: a batch that fails because of one message is
//! tried one by one, and a message that keeps coming back unanswered is handled alone.

use super::{Attempt, telemetry::Telemetry};
use crate::{Cause, CauseCode, Failure, Handler, Message, Outcome, Unavailable};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

/// So many deliveries without an answer make a message suspect of killing its worker: it is handled alone.
const SUSPECT: u32 = 3;

/// After so many, a suspect is put aside, if it is the first that this process was given: those behind it may only
/// have been in the same hands, but the first was being handled, alone, each time.
const CONVICTED: u32 = 10;

pub(crate) struct Judge {
    handler: Arc<dyn Handler>,
    in_order: bool,
    first: bool,
    telemetry: Telemetry,
}

/// What became of a message, and after how many tries.
pub(crate) struct Verdict {
    pub outcome: Outcome,
    pub attempts: u32,
}

impl Judge {
    pub fn new(handler: Arc<dyn Handler>, in_order: bool, telemetry: Telemetry) -> Judge {
        Judge {
            handler,
            in_order,
            first: true,
            telemetry,
        }
    }

    /// One verdict for each of `batch`, in order.
    pub async fn judge(&mut self, batch: &[Attempt]) -> Result<Vec<Verdict>, Unavailable> {
        let first = std::mem::take(&mut self.first);
        let mut outcomes: Vec<Option<Outcome>> = batch.iter().map(|_| None).collect();
        for (index, attempt) in batch.iter().enumerate() {
            let redeliveries = attempt.delivery.redeliveries;
            if first && index == 0 && redeliveries >= CONVICTED {
                outcomes[index] = Some(Outcome::Reject(Cause::new(
                    CauseCode::Crashed,
                    format_args!(
                        "delivered {redeliveries} times without an answer, the last ones alone"
                    ),
                )));
            } else if redeliveries >= SUSPECT {
                outcomes[index] = Some(self.alone(&attempt.delivery.message).await?);
            }
        }
        let healthy: Vec<usize> = (0..batch.len())
            .filter(|index| outcomes[*index].is_none())
            .collect();
        let messages: Vec<Message> = healthy
            .iter()
            .map(|index| batch[*index].delivery.message.clone())
            .collect();
        for (index, outcome) in healthy.into_iter().zip(self.together(&messages).await?) {
            outcomes[index] = Some(outcome);
        }
        let verdicts = outcomes
            .into_iter()
            .zip(batch)
            .map(|(outcome, attempt)| Verdict {
                outcome: outcome
                    .unwrap_or_else(|| Outcome::Retry("its handler gave no outcome".to_owned())),
                attempts: attempt.attempts + attempt.delivery.redeliveries + 1,
            });
        Ok(verdicts.collect())
    }

    async fn together(&self, messages: &[Message]) -> Result<Vec<Outcome>, Unavailable> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        if let [message] = messages {
            return self.alone(message).await.map(|outcome| vec![outcome]);
        }
        match self.call(messages).await {
            Ok(outcomes) => self.check_order(outcomes),
            Err(Failure::Unavailable(error)) => Err(error),
            Err(Failure::Batch(error)) => {
                tracing::warn!(handler = self.telemetry.name(), %error, "the batch failed; trying one by one");
                let mut outcomes = Vec::with_capacity(messages.len());
                for message in messages {
                    outcomes.push(self.alone(message).await?);
                }
                Ok(outcomes)
            }
        }
    }

    async fn alone(&self, message: &Message) -> Result<Outcome, Unavailable> {
        match self.call(std::slice::from_ref(message)).await {
            Ok(mut outcomes) => {
                outcomes.truncate(1);
                let outcome = self.check_order(outcomes)?.pop();
                Ok(outcome
                    .unwrap_or_else(|| Outcome::Retry("its handler gave no outcome".to_owned())))
            }
            Err(Failure::Unavailable(error)) => Err(error),
            // A log goes on only in order, so what cannot be done now is put aside.
            Err(Failure::Batch(error)) if self.in_order => {
                Ok(Outcome::Reject(Cause::new(CauseCode::Failed, error)))
            }
            Err(Failure::Batch(error)) => Ok(Outcome::Retry(error)),
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

//! Moves messages from a source through a handler: takes a batch, has it handled in one transaction, publishes what
//! follows (events, then commands), and acknowledges last. Two batches are in hand: while one's outputs are being
//! confirmed, the next one's transaction runs. They are settled in order.

mod executor;
mod limits;
mod publish;
mod suspects;
mod telemetry;
mod waiting;

pub use limits::{Limits, RetryPolicy};

use crate::{
    CommandQueue, CrashJournal, DeadLetterQueue, Delivery, EventLog, Handler, Outcome, Pace,
    Receipt, Source, Unavailable,
};
use executor::{BatchExecutor, HandledMessage};
use publish::{Backoff, Publication, Publisher};
use std::{sync::Arc, time::Duration};
use suspects::Suspects;
use telemetry::Telemetry;
use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use waiting::Waiting;

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
    /// Where messages go that nobody can do. [`DeadLetterQueue::Log`] marks the source as a log, which must be settled
    /// in order, so that a message that should be tried later holds up the rest.
    pub dead_letters: DeadLetterQueue,
    /// Where it is kept which messages a process died of.
    pub crashes: Arc<dyn CrashJournal>,
    /// How much at a time, how long to try.
    pub limits: Limits,
}

impl Runner {
    /// Works until `shutdown`: then it takes no more, finishes what is in hand, and returns within
    /// [`SHUTDOWN_TIMEOUT`]. What could not be finished, because a broker is gone or a handler waits for something, is
    /// delivered again later.
    pub async fn run(self, shutdown: CancellationToken) {
        let telemetry = Telemetry::new(&self.name);
        let in_order = self.dead_letters == DeadLetterQueue::Log;
        let mut work = Work {
            executor: BatchExecutor {
                handler: self.handler,
                suspects: Suspects::new(self.crashes.clone(), in_order),
                in_order,
                telemetry: telemetry.clone(),
            },
            publisher: Publisher {
                queue: self.queue,
                log: self.log,
                dead_letters: self.dead_letters,
                shutdown: shutdown.clone(),
            },
            waiting: Waiting::new(self.limits.retry),
            source: self.source,
            limits: self.limits,
            pace: Pace::new(self.limits.rest),
            publishing: None,
            telemetry: telemetry.clone(),
            shutdown: shutdown.clone(),
        };
        let overdue = async {
            shutdown.cancelled().await;
            tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
        };
        tokio::select! {
            () = work.run() => {}
            () = overdue => {
                tracing::warn!(
                    handler = telemetry.name(), "what was in hand was not finished in time; it will come again"
                );
                // A stop is no death.
                let _ = tokio::time::timeout(JOURNAL_TIMEOUT, self.crashes.end_all()).await;
            }
        }
    }
}

/// How long what is in hand may take to finish once it is time to stop: the runner's share of the ten seconds in which
/// a process must end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(6);
/// How long it may take after that to write down that a handler was stopped and has not died.
const JOURNAL_TIMEOUT: Duration = Duration::from_secs(1);

/// A delivery that is handled, and how often it was before.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub delivery: Delivery,
    pub attempts: u32,
    pub first_tried: Option<tokio::time::Instant>,
}

impl Attempt {
    fn first(delivery: Delivery) -> Attempt {
        Attempt {
            delivery,
            attempts: 0,
            first_tried: None,
        }
    }
}

/// A batch's outputs being confirmed; then its receipts, or `None` when it was given up. Dropped, it publishes no more.
type Publishing = AbortOnDropHandle<Option<Vec<Receipt>>>;

/// A batch could not be published before it was time to stop. Nothing behind it may be published or acknowledged: a log
/// remembers only how far it was read, so an acknowledgement behind the batch would be one for the batch too.
struct GivenUp;

struct Work {
    source: Box<dyn Source>,
    executor: BatchExecutor,
    publisher: Publisher,
    waiting: Waiting,
    limits: Limits,
    pace: Pace,
    /// The batch before, whose outputs are being confirmed.
    publishing: Option<Publishing>,
    telemetry: Telemetry,
    shutdown: CancellationToken,
}

impl Work {
    async fn run(&mut self) {
        while let Some(batch) = self.next_batch().await {
            let (began, full) = (Instant::now(), batch.len() >= self.limits.batch);
            if let Err(GivenUp) = self.handle(batch).await {
                return;
            }
            self.pace.worked(began, full);
        }
        // It is time to stop in any case.
        let _ = self.settle_published().await;
    }

    /// The next messages to handle; `None` once it is time to stop.
    async fn next_batch(&mut self) -> Option<Vec<Attempt>> {
        let mut backoff = Backoff::default();
        loop {
            let may_take = self.waiting.len() < self.limits.most_waiting;
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                receipts = published(&mut self.publishing) => self.settle(receipts?).await,
                due = self.waiting.due(self.limits.batch) => return Some(due),
                taken = take(&mut *self.source, &self.pace, self.limits), if may_take => match taken {
                    Ok(deliveries) => return Some(deliveries.into_iter().map(Attempt::first).collect()),
                    Err(error) => self.source_lost(error, &mut backoff).await,
                },
            }
        }
    }

    /// What waits here for another try comes back from the source by itself, so it is forgotten here.
    async fn source_lost(&mut self, error: Unavailable, backoff: &mut Backoff) {
        self.waiting.clear();
        self.telemetry.paused(&error);
        backoff.wait(&self.shutdown).await;
    }

    async fn handle(&mut self, batch: Vec<Attempt>) -> Result<(), GivenUp> {
        let Some(handled) = self.execute_until_available(&batch).await else {
            return Ok(());
        };
        let mut publication = Publication::default();
        for (attempt, handled) in batch.into_iter().zip(handled) {
            let HandledMessage { outcome, attempts } = handled;
            self.telemetry.outcome(&outcome);
            match outcome {
                Outcome::Done(outputs) => publication.done(attempt.delivery, outputs),
                Outcome::Reject(cause) => publication.bury(attempt.delivery, cause, attempts),
                Outcome::Retry(error) => {
                    if let Some((given_up, cause)) = self.waiting.push(attempt, error) {
                        publication.bury(given_up.delivery, cause, given_up.attempts);
                    }
                }
            }
        }
        self.settle_published().await?;
        let publishing = tokio::spawn(self.publisher.clone().publish(publication));
        self.publishing = Some(AbortOnDropHandle::new(publishing));
        Ok(())
    }

    /// Tries until whatever the handler needs is there. `None` when it is time to stop before that.
    async fn execute_until_available(&mut self, batch: &[Attempt]) -> Option<Vec<HandledMessage>> {
        let mut backoff = Backoff::default();
        loop {
            match self.executor.execute(batch).await {
                Ok(handled) => return Some(handled),
                Err(error) => {
                    self.telemetry.paused(&error);
                    if !backoff.wait(&self.shutdown).await {
                        return None;
                    }
                }
            }
        }
    }

    async fn settle_published(&mut self) -> Result<(), GivenUp> {
        if self.publishing.is_some() {
            let receipts = published(&mut self.publishing).await.ok_or(GivenUp)?;
            self.settle(receipts).await;
        }
        Ok(())
    }

    async fn settle(&mut self, receipts: Vec<Receipt>) {
        if let Err(error) = self.source.settle(&receipts).await {
            tracing::warn!(handler = self.telemetry.name(), %error, "not acknowledged; it will come again");
        }
    }
}

async fn take(
    source: &mut dyn Source,
    pace: &Pace,
    limits: Limits,
) -> Result<Vec<Delivery>, Unavailable> {
    pace.rest().await;
    source.take(limits.batch, limits.linger).await
}

/// The receipts of the batch that is being published, once that is done, or `None` when it was given up; never, when
/// nothing is being published. Cancel safe.
async fn published(publishing: &mut Option<Publishing>) -> Option<Vec<Receipt>> {
    let Some(task) = publishing else {
        return std::future::pending().await;
    };
    let receipts = task.await;
    *publishing = None;
    match receipts {
        Ok(receipts) => receipts,
        // A panic is the process' end, as in any other of its tasks.
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => None,
        },
    }
}

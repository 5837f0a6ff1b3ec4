//! Group commit: one task per file gathers what everyone wants written into one transaction, and answers all of them
//! when it is committed. A sync costs a disk the same for one message as for a thousand.

use super::{desk::Desk, open::Database};
use crate::Unavailable;
use sqlx::SqliteConnection;
use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

/// The most jobs in one transaction.
const MAX_JOBS: usize = 4096;
/// The most bytes of messages in one transaction, or one job more.
const MAX_BYTES: usize = 8 << 20;
/// How often we look whether another process has written.
const POLL: Duration = Duration::from_millis(20);
/// How often the dead are looked for.
const UPKEEP: Duration = Duration::from_millis(500);

/// What is written to one kind of file, and how.
pub(super) trait Work: Send + 'static {
    /// Something to be written for somebody.
    type Job: Job;

    /// Writes all of `jobs`, in a transaction that is already begun, and leaves in them what to answer.
    fn apply(
        &mut self,
        transaction: &mut SqliteConnection,
        jobs: &mut [Self::Job],
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// `jobs` are committed: wakes who waits for them.
    fn committed(&self, jobs: &[Self::Job]);

    /// Another connection has committed something: wakes everybody.
    fn changed_elsewhere(&self);

    /// Looks after the file, now and then, and once before the first job.
    fn upkeep(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Something to be written for somebody.
pub(super) trait Job: Send + 'static {
    /// Whether the answer promises that losing power does not undo it. What merely repeats work when undone (a claim,
    /// an acknowledgement, a group's position) does without a sync.
    fn durable(&self) -> bool;

    /// Bytes of messages.
    fn bytes(&self) -> usize;

    /// Answers: `result` is what became of the transaction.
    fn finish(self, result: &Result<(), Unavailable>);
}

/// The way to the writer. When the last one is dropped, the writer writes what it was given, and ends.
pub(super) struct Writer<W: Work> {
    database: Arc<Database>,
    make: Box<dyn Fn() -> W + Send + Sync>,
    jobs: Mutex<Option<mpsc::UnboundedSender<W::Job>>>,
}

impl<W: Work> Writer<W> {
    /// A writer to `database` whose work is what `make` makes. It starts when it is first needed.
    pub fn new(database: Arc<Database>, make: impl Fn() -> W + Send + Sync + 'static) -> Writer<W> {
        Writer {
            database,
            make: Box::new(make),
            jobs: Mutex::new(None),
        }
    }

    /// Starts the task unless it runs; it notices from now on what other processes write.
    pub fn start(&self) -> mpsc::UnboundedSender<W::Job> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        match &*jobs {
            // Closed when the runtime that it was started on is gone.
            Some(sender) if !sender.is_closed() => sender.clone(),
            _ => {
                let (sender, receiver) = mpsc::unbounded_channel();
                tokio::spawn(run((self.make)(), self.database.clone(), receiver));
                jobs.insert(sender).clone()
            }
        }
    }

    /// Hands over a job without waiting for its end.
    pub fn give(&self, job: W::Job) {
        // A job that nobody takes drops its answer, which whoever waits for it sees.
        let _ = self.start().send(job);
    }

    /// Hands over a job if there is a writer. For `drop`, which may happen where nothing can be started.
    pub fn give_if_started(&self, job: W::Job) {
        if let Some(sender) = &*self.jobs.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = sender.send(job);
        }
    }

    /// Hands over a job and waits until it is committed.
    ///
    /// # Errors
    /// It was not written, or nobody knows.
    pub async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> W::Job) -> Result<T, Unavailable> {
        let (answer, receiver) = Answer::new();
        self.give(job(answer));
        self.received(receiver.await)
    }

    /// What came of an answer that was waited for.
    pub fn received<T>(
        &self,
        answer: Result<Result<T, Unavailable>, oneshot::error::RecvError>,
    ) -> Result<T, Unavailable> {
        answer.unwrap_or_else(|_| Err(self.database.unavailable("its writer has stopped")))
    }
}

/// Where a job's answer goes once its transaction is committed.
pub(super) struct Answer<T> {
    outcome: Option<Result<T, Unavailable>>,
    sender: oneshot::Sender<Result<T, Unavailable>>,
}

/// Who waits for an [`Answer`].
pub(super) type Asked<T> = oneshot::Receiver<Result<T, Unavailable>>;

impl<T> Answer<T> {
    /// An answer and who waits for it.
    pub fn new() -> (Answer<T>, Asked<T>) {
        let (sender, receiver) = oneshot::channel();
        (
            Answer {
                outcome: None,
                sender,
            },
            receiver,
        )
    }

    /// What will be answered if the transaction is committed.
    pub fn set(&mut self, outcome: Result<T, Unavailable>) {
        self.outcome = Some(outcome);
    }

    /// Answers: as set when the transaction is committed, else why it was not.
    pub fn finish(self, result: &Result<(), Unavailable>) {
        // Nobody waits any more: that is theirs to decide.
        let _ = match (result, self.outcome) {
            (Ok(()), Some(outcome)) => self.sender.send(outcome),
            (Ok(()), None) => return,
            (Err(error), _) => self.sender.send(Err(error.clone())),
        };
    }
}

async fn run<W: Work>(work: W, database: Arc<Database>, mut jobs: mpsc::UnboundedReceiver<W::Job>) {
    let mut desk = Desk::new(work, database);
    let mut poll_at = Instant::now();
    let mut upkeep_at = Instant::now();
    loop {
        match timeout_at(poll_at.min(upkeep_at), jobs.recv()).await {
            Ok(Some(job)) => desk.write(gather(job, &mut jobs)).await,
            Ok(None) => break,
            Err(_) => {}
        }
        if Instant::now() >= upkeep_at {
            desk.upkeep().await;
            upkeep_at = Instant::now() + UPKEEP;
        }
        if Instant::now() >= poll_at {
            desk.poll().await;
            poll_at = Instant::now() + POLL;
        }
    }
    desk.close().await;
}

/// `first` and whatever else is waiting.
fn gather<J: Job>(first: J, jobs: &mut mpsc::UnboundedReceiver<J>) -> Vec<J> {
    let mut bytes = first.bytes();
    let mut batch = vec![first];
    while batch.len() < MAX_JOBS && bytes < MAX_BYTES {
        let Ok(job) = jobs.try_recv() else { break };
        bytes += job.bytes();
        batch.push(job);
    }
    batch
}

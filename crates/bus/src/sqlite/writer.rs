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
    runtime::Handle,
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    time::{Instant, timeout_at},
};

/// The most jobs in one transaction.
const MAX_JOBS: usize = 4096;
/// The most jobs that wait for the next transactions. Who has more to write waits with it.
const MAX_WAITING: usize = 2 * MAX_JOBS;
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
    jobs: Mutex<Option<mpsc::Sender<W::Job>>>,
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
    pub fn start(&self) -> mpsc::Sender<W::Job> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        match &*jobs {
            // Closed when the runtime that it was started on is gone.
            Some(sender) if !sender.is_closed() => sender.clone(),
            _ => {
                let (sender, receiver) = mpsc::channel(MAX_WAITING);
                tokio::spawn(run((self.make)(), self.database.clone(), receiver));
                jobs.insert(sender).clone()
            }
        }
    }

    /// Hands over a job, once there is room for it, and does not wait for its end.
    pub async fn give(&self, job: W::Job) {
        // A job that nobody takes drops its answer, which whoever waits for it sees.
        let _ = self.start().send(job).await;
    }

    /// Hands over a job if there is a writer. For `drop`, which may happen where nothing can be started nor waited for.
    pub fn give_if_started(&self, job: W::Job) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = jobs.clone() else { return };
        if let Err(TrySendError::Full(job)) = sender.try_send(job)
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async move { sender.send(job).await });
        }
    }

    /// Hands over a job and waits until it is committed. It is made once there is room for it.
    ///
    /// # Errors
    /// It was not written, or nobody knows.
    pub async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> W::Job) -> Result<T, Unavailable> {
        let (answer, receiver) = Answer::new();
        if let Ok(room) = self.start().reserve().await {
            room.send(job(answer));
        } else {
            drop(answer);
        }
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

async fn run<W: Work>(work: W, database: Arc<Database>, mut jobs: mpsc::Receiver<W::Job>) {
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
fn gather<J: Job>(first: J, jobs: &mut mpsc::Receiver<J>) -> Vec<J> {
    let mut bytes = first.bytes();
    let mut batch = vec![first];
    while batch.len() < MAX_JOBS && bytes < MAX_BYTES {
        let Ok(job) = jobs.try_recv() else { break };
        bytes += job.bytes();
        batch.push(job);
    }
    batch
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Semaphore;

    /// Work that stands still until it is let go, as on a disk that does not answer.
    struct Stalled(Arc<Semaphore>);

    struct Nothing(Answer<()>);

    impl Job for Nothing {
        fn durable(&self) -> bool {
            false
        }

        fn bytes(&self) -> usize {
            0
        }

        fn finish(self, result: &Result<(), Unavailable>) {
            self.0.finish(result);
        }
    }

    impl Work for Stalled {
        type Job = Nothing;

        async fn apply(
            &mut self,
            _: &mut SqliteConnection,
            jobs: &mut [Nothing],
        ) -> Result<(), sqlx::Error> {
            let _going = self.0.acquire().await.unwrap();
            jobs.iter_mut().for_each(|job| job.0.set(Ok(())));
            Ok(())
        }

        fn committed(&self, _: &[Nothing]) {}

        fn changed_elsewhere(&self) {}

        async fn upkeep(&mut self, _: &mut SqliteConnection) -> Result<(), Unavailable> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn who_has_more_to_write_than_there_is_room_for_waits_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        let database = Arc::new(Database::new("jobs", &path, String::new()));
        let going = Arc::new(Semaphore::new(0));
        let stalled = going.clone();
        let writer = Arc::new(Writer::new(database, move || Stalled(stalled.clone())));
        let made = Arc::new(AtomicUsize::new(0));
        let most = MAX_WAITING + MAX_JOBS;
        let askers: Vec<_> = (0..3 * most)
            .map(|_| {
                let (writer, made) = (writer.clone(), made.clone());
                let job = move |answer| {
                    made.fetch_add(1, Ordering::Relaxed);
                    Nothing(answer)
                };
                tokio::spawn(async move { writer.ask(job).await })
            })
            .collect();
        while made.load(Ordering::Relaxed) < MAX_WAITING {
            tokio::task::yield_now().await;
        }
        for _ in 0..3 * most {
            tokio::task::yield_now().await;
        }
        let waiting = made.load(Ordering::Relaxed);
        assert!(waiting <= most, "{waiting} jobs wait in memory");

        // Let go, all of them are written.
        going.add_permits(1);
        for asker in askers {
            asker.await.unwrap().unwrap();
        }
    }
}

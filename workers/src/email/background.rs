//! Work that may wait: on threads that run only while no other wants their core, so that a mail comes after an order.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, available_parallelism};
#[cfg(target_os = "linux")]
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// The threads, one for each core. They end when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Background(Sender<Job>);

/// The work has panicked.
#[derive(Debug, thiserror::Error)]
#[error("the work in the background has panicked")]
pub struct Panicked;

impl Background {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system has none left.
    pub fn start() -> io::Result<Background> {
        let (sender, jobs) = mpsc::channel();
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..available_parallelism()?.get() {
            let jobs = jobs.clone();
            thread::Builder::new()
                .name("background".to_owned())
                .spawn(move || work(&jobs))?;
        }
        Ok(Background(sender))
    }

    /// Does `job` when there is time for it.
    ///
    /// # Errors
    /// It panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (answer, result) = oneshot::channel();
        let job = Box::new(move || {
            // Nobody may wait for it any more.
            let _ = answer.send(job());
        });
        self.0.send(job).map_err(|_| Panicked)?;
        result.await.map_err(|_| Panicked)
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    step_back();
    loop {
        // A statement of its own, so that the lock is free while the job is done.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Whoever waits for it sees that no answer comes; the thread goes on.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

/// From now on the calling thread gives way to everybody. A nice value would not do: such a thread keeps its core for some
/// milliseconds when another one wakes up, and an order is handed from thread to thread many times. Under SCHED_IDLE it
/// gives way at once, and still gets its three thousandths (sched(7)).
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Min,
        ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle),
    ) {
        tracing::debug!(%error, "mails are as urgent as orders");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_job_that_panics_takes_none_down_with_it() {
        let background = Background::start().unwrap();
        for _ in 0..2 * available_parallelism().unwrap().get() {
            assert!(background.run(|| panic!("as it must")).await.is_err());
        }
        assert_eq!(background.run(|| 7).await.unwrap(), 7);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn it_steps_back_and_others_do_not() {
        let policy = || thread_priority::thread_schedule_policy().unwrap();
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let background = Background::start().unwrap();
        assert_eq!(background.run(policy).await.unwrap(), idle);
        assert_ne!(policy(), idle);
    }
}

//! Work that may wait, so that a mail comes after an order, and that is never stopped.
//!
//! Most of it is done on threads that run only while no other wants their core. On a machine that always has something else
//! to do, a neighbour's work too, these would get next to nothing; so one more thread runs like any other, and rests so long
//! after each job that it takes a small share of one core and no more.

use crossbeam_channel::{Receiver, Sender, unbounded};
use rustix::time::{ClockId, clock_gettime};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, available_parallelism};
use std::time::Duration;
#[cfg(target_os = "linux")]
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use tokio::sync::oneshot;

/// The thread that nobody takes its share from has one of so many parts of a core.
const SHARE: u32 = 16;

type Job = Box<dyn FnOnce() + Send>;

/// The threads: one for each core that steps back, and one with a share. They end when the last handle is dropped.
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
        let (sender, jobs) = unbounded();
        for _ in 0..available_parallelism()?.get() {
            let jobs = jobs.clone();
            spawn("background", move || {
                step_back();
                jobs.into_iter().for_each(work);
            })?;
        }
        spawn("background-share", move || work_with_share(&jobs))?;
        Ok(Background(sender))
    }

    /// Does `job` when there is time for it. A job that nobody waits for any more is left out.
    ///
    /// # Errors
    /// It panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (answer, result) = oneshot::channel();
        let job = Box::new(move || {
            if !answer.is_closed() {
                // It may be closed by now.
                let _ = answer.send(job());
            }
        });
        self.0.send(job).map_err(|_| Panicked)?;
        result.await.map_err(|_| Panicked)
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body)?;
    Ok(())
}

fn work(job: Job) {
    // Whoever waits for it sees that no answer comes; the thread goes on.
    let _ = catch_unwind(AssertUnwindSafe(job));
}

fn work_with_share(jobs: &Receiver<Job>) {
    for job in jobs {
        let before = cpu_time();
        work(job);
        thread::sleep((cpu_time() - before) * (SHARE - 1));
    }
}

/// How long the calling thread has had a core.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
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
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use futures_util::stream::{FuturesUnordered, StreamExt};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn a_job_that_panics_takes_none_down_with_it() {
        let background = Background::start().unwrap();
        for _ in 0..2 * available_parallelism().unwrap().get() {
            assert!(background.run(|| panic!("as it must")).await.is_err());
        }
        assert_eq!(background.run(|| 7).await.unwrap(), 7);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_steps_back() {
        let policy = || thread_priority::thread_schedule_policy().unwrap();
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let stepped_back = thread::spawn(move || {
            step_back();
            policy()
        });
        assert_eq!(stepped_back.join().unwrap(), idle);
        assert_ne!(policy(), idle);
    }

    /// Keeps all cores busy until it is dropped.
    struct Neighbour(Arc<AtomicBool>);

    impl Neighbour {
        fn moves_in() -> Neighbour {
            let gone = Arc::new(AtomicBool::new(false));
            for _ in 0..2 * available_parallelism().unwrap().get() {
                let gone = gone.clone();
                thread::spawn(move || while !gone.load(Ordering::Relaxed) {});
            }
            Neighbour(gone)
        }
    }

    impl Drop for Neighbour {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Uses a core for a while, as writing a mail does.
    fn labour() {
        let began = cpu_time();
        while cpu_time() - began < Duration::from_millis(20) {}
    }

    /// What stepped back waits for the neighbour to go; the rest is done all the same.
    #[tokio::test]
    async fn a_busy_neighbour_does_not_stop_it() {
        let background = Background::start().unwrap();
        let _neighbour = Neighbour::moves_in();
        let mut jobs: FuturesUnordered<_> = (0..40).map(|_| background.run(labour)).collect();
        let most = async {
            for _ in 0..30 {
                jobs.next().await.unwrap().unwrap();
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(60), most).await;
        done.expect("most jobs are done while the neighbour is busy");
    }
}

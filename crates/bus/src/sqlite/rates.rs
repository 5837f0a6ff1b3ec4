//! Messages per second, from totals that are read now and then.

use crate::Queue;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What a rate is the mean of.
const WINDOW: Duration = Duration::from_secs(5);

/// Totals of the last seconds, per queue.
#[derive(Default)]
pub(super) struct Rates(Mutex<BTreeMap<Queue, VecDeque<Sample>>>);

struct Sample {
    at: Instant,
    sent: i64,
    settled: i64,
}

impl Rates {
    /// Takes down the totals of `queue` at this moment.
    pub fn sample(&self, queue: Queue, sent: i64, settled: i64) {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let samples = queues.entry(queue).or_default();
        let at = Instant::now();
        samples.push_back(Sample { at, sent, settled });
        while samples
            .get(1)
            .is_some_and(|second| at - second.at >= WINDOW)
        {
            samples.pop_front();
        }
    }

    /// Messages in and out per second; absent as long as there is nothing to compare.
    pub fn of(&self, queue: Queue) -> (Option<f64>, Option<f64>) {
        let queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = queues
            .get(&queue)
            .and_then(|samples| Some((samples.front()?, samples.back()?)))
            .filter(|(first, last)| last.at > first.at);
        let Some((first, last)) = ends else {
            return (None, None);
        };
        let seconds = (last.at - first.at).as_secs_f64();
        let rate = |from: i64, to: i64| Some((to - from) as f64 / seconds);
        (
            rate(first.sent, last.sent),
            rate(first.settled, last.settled),
        )
    }
}

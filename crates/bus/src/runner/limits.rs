//! How much at a time, and how long to try.

use std::time::Duration;

/// How much at a time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most messages in one batch.
    pub batch: usize,
    /// How long a batch waits for more once it has a first message.
    pub linger: Duration,
    /// The longest rest between batches; see [`Pace`](crate::Pace).
    pub rest: Duration,
    /// How many messages may wait for another try; with so many, no new ones are taken.
    pub most_waiting: usize,
    /// How long a single message is tried.
    pub retry: RetryPolicy,
}

/// How long a message is tried that its handler wants to see later.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// The first wait; each further one is twice as long.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// After so long in all, the message goes to the dead letters.
    pub give_up_after: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            batch: 250,
            linger: Duration::from_millis(2),
            rest: Duration::from_millis(50),
            most_waiting: 1000,
            retry: RetryPolicy::default(),
        }
    }
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            first: Duration::from_millis(200),
            longest: Duration::from_secs(30),
            give_up_after: Duration::from_secs(300),
        }
    }
}

impl Limits {
    /// How many unacknowledged messages a consumer must be allowed so that it never starves: two batches in hand, one
    /// on its way, one to spare, and those that wait for another try.
    pub fn in_hand(&self) -> u16 {
        u16::try_from(self.batch * 4 + self.most_waiting).unwrap_or(u16::MAX)
    }
}

impl RetryPolicy {
    /// The wait before the next try, after `attempts` tries.
    pub(crate) fn wait(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(20);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

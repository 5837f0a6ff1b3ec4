//! Messages that wait in our hands, unacknowledged, for another try.

use super::{Attempt, RetryPolicy};
use crate::{Cause, CauseCode};
use std::{cmp::Reverse, collections::BinaryHeap};
use tokio::time::Instant;

pub(crate) struct Waiting {
    policy: RetryPolicy,
    attempts: BinaryHeap<Reverse<Due>>,
}

struct Due {
    at: Instant,
    attempt: Attempt,
}

impl Waiting {
    pub fn new(policy: RetryPolicy) -> Waiting {
        Waiting {
            policy,
            attempts: BinaryHeap::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.attempts.len()
    }

    pub fn clear(&mut self) {
        self.attempts.clear();
    }

    /// Keeps a message for another try. Gives it back with the cause when it was tried for long enough.
    pub fn push(&mut self, mut attempt: Attempt, error: String) -> Option<(Attempt, Cause)> {
        let now = Instant::now();
        attempt.attempts += 1;
        let first_tried = *attempt.first_tried.get_or_insert(now);
        let at = now + self.policy.wait(attempt.attempts);
        if at.duration_since(first_tried) > self.policy.give_up_after {
            return Some((attempt, Cause::new(CauseCode::RetriesExhausted, error)));
        }
        self.attempts.push(Reverse(Due { at, attempt }));
        None
    }

    /// Waits until a message is due, then gives all that are, up to `limit`. Cancel safe. Never, when none waits.
    pub async fn due(&mut self, limit: usize) -> Vec<Attempt> {
        let Some(Reverse(first)) = self.attempts.peek() else {
            return std::future::pending().await;
        };
        tokio::time::sleep_until(first.at).await;
        let now = Instant::now();
        let mut due = Vec::new();
        while due.len() < limit
            && self
                .attempts
                .peek()
                .is_some_and(|Reverse(next)| next.at <= now)
        {
            due.extend(self.attempts.pop().map(|Reverse(next)| next.attempt));
        }
        due
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        self.at == other.at
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Due) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

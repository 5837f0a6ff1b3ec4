//! Batches at a pace.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Rests after each batch for as long as it took. A transaction, a round of publishes and an ack cost about the same whatever
/// is in them; so where machines are busy and batches take long, more gathers for the next one, which is cheaper for all, and
/// so sooner done. Where they are idle, the rest is too short to notice.
#[derive(Debug)]
pub struct Pace {
    most: Duration,
    next: Instant,
}

impl Pace {
    /// Rests for `most` at the longest.
    pub fn new(most: Duration) -> Pace {
        Pace {
            most,
            next: Instant::now(),
        }
    }

    /// Until it is time for the next batch. Cancel safe.
    pub async fn rest(&self) {
        sleep_until(self.next).await;
    }

    /// A batch is done that was begun at `began`. After a `full` one there is no rest: more is there already.
    pub fn worked(&mut self, began: Instant, full: bool) {
        self.next = Instant::now() + rest_after(began.elapsed(), full, self.most);
    }
}

/// How long to rest after so much work.
fn rest_after(work: Duration, full: bool, most: Duration) -> Duration {
    if full { Duration::ZERO } else { work.min(most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_millis(50);
    const SHORT: Duration = Duration::from_millis(4);

    #[test]
    fn the_rest_is_as_long_as_the_work_up_to_a_limit() {
        assert_eq!(rest_after(SHORT, false, MOST), SHORT);
        assert_eq!(rest_after(MOST * 3, false, MOST), MOST);
    }

    #[test]
    fn a_backlog_is_worked_off_without_rests() {
        assert_eq!(rest_after(SHORT, true, MOST), Duration::ZERO);
    }
}

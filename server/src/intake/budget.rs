//! A bound on what is nice to have: so many at once, so many a second (a token bucket).

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Tokens, filled up evenly.
#[derive(Debug)]
pub(super) struct Budget {
    /// The most tokens, and how many come in a second.
    size: f64,
    state: Mutex<(f64, Instant)>,
}

impl Budget {
    /// Full.
    pub fn new(size: u32) -> Budget {
        let size = f64::from(size);
        Budget {
            size,
            state: Mutex::new((size, Instant::now())),
        }
    }

    /// Takes a token, if there is one.
    pub fn take(&self) -> bool {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> bool {
        // Nothing in here can be left half done.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, at) = *state;
        let since = now.saturating_duration_since(at).as_secs_f64();
        let tokens = (tokens + since * self.size).min(self.size);
        let taken = tokens >= 1.0;
        *state = (if taken { tokens - 1.0 } else { tokens }, now);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_rush_gets_what_is_there_and_calm_fills_up() {
        let budget = Budget::new(10);
        let start = Instant::now();
        let taken = |at| (0..100).filter(|_| budget.take_at(at)).count();
        assert_eq!(taken(start), 10);
        assert_eq!(taken(start + Duration::from_millis(500)), 5);
        assert_eq!(taken(start + Duration::from_secs(60)), 10);
    }
}

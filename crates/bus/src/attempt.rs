//! Trying again: one attempt for all who wait for it, and a word about it now and then.

use crate::Unavailable;
use std::time::{Duration, Instant};

/// How the last attempt to reach a broker failed. Callers who try one at a time, and each wait long for a broker that
/// does not answer, would otherwise wait once for every caller before them.
#[derive(Debug, Default)]
pub(crate) struct LastFailure(Option<(Instant, Unavailable)>);

impl LastFailure {
    /// # Errors
    /// An attempt has failed since the caller `asked`: it is the caller's answer too.
    pub(crate) fn check(&self, asked: Instant) -> Result<(), Unavailable> {
        match &self.0 {
            Some((failed, why)) if *failed >= asked => Err(why.clone()),
            _ => Ok(()),
        }
    }

    /// Keeps how an attempt ended, and hands it on.
    pub(crate) fn note<T>(&mut self, attempt: Result<T, Unavailable>) -> Result<T, Unavailable> {
        self.0 = attempt
            .as_ref()
            .err()
            .map(|why| (Instant::now(), why.clone()));
        attempt
    }
}

/// How often it is said that something is still not there.
const REMINDER: Duration = Duration::from_secs(30);

/// Says when to complain about what is tried again and again: at first, and then once in a while.
#[derive(Debug, Default)]
pub struct Reminder(Option<Instant>);

impl Reminder {
    /// Whether it is time for a word.
    pub fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|last| last.elapsed() >= REMINDER);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_at_first_and_not_at_each_try() {
        let mut reminder = Reminder::default();
        assert!(reminder.is_due());
        assert!(!reminder.is_due());
        let mut later = Reminder(Instant::now().checked_sub(REMINDER));
        assert!(later.is_due());
    }
}

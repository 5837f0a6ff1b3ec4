//! One attempt for all who wait for it.

use crate::Unavailable;
use std::time::Instant;

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

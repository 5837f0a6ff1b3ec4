//! How often an address may try to sign in.

use crate::error::Problem;
use crate::http::ClientAddress;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a row before an address must wait.
const TRIES: u32 = 10;
/// How long it must wait.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Addresses that are remembered.
const REMEMBERED: usize = 10_000;

/// Counts tries by address.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<ClientAddress, Tries>>);

#[derive(Clone, Copy, Debug)]
struct Tries {
    count: u32,
    since: Instant,
}

/// A try. It counts as failed unless it is said to have succeeded, so that many at once count too.
#[must_use]
pub(super) struct Attempt<'a> {
    throttle: &'a Throttle,
    address: ClientAddress,
}

impl Throttle {
    /// Begins a try.
    ///
    /// # Errors
    /// 429: too many from there.
    pub fn begin(&self, from: ClientAddress) -> Result<Attempt<'_>, Problem> {
        let address = from;
        let mut tries = self.lock();
        if tries.len() >= REMEMBERED {
            tries.retain(|_, tries| tries.since.elapsed() < WINDOW);
        }
        if tries.len() >= REMEMBERED && !tries.contains_key(&address) {
            // So many addresses at once are one attacker. The admin waits with everybody else.
            return Err(too_many(WINDOW));
        }
        let known = tries.entry(address).or_insert(Tries {
            count: 0,
            since: Instant::now(),
        });
        if known.since.elapsed() >= WINDOW {
            known.count = 0;
            known.since = Instant::now();
        }
        if known.count >= TRIES {
            return Err(too_many(WINDOW.saturating_sub(known.since.elapsed())));
        }
        known.count += 1;
        Ok(Attempt {
            throttle: self,
            address,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClientAddress, Tries>> {
        // Nothing in here can be left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// It succeeded: the address starts anew.
    pub fn succeeded(self) {
        self.throttle.lock().remove(&self.address);
    }
}

fn too_many(wait: Duration) -> Problem {
    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1);
    let minutes = seconds.div_ceil(60);
    Problem::too_many(format!("Too many tries. Wait {minutes} minutes."), seconds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_that_fails_again_and_again_must_wait() {
        let throttle = Throttle::default();
        let [bad, good] = ["10.0.0.1", "10.0.0.2"].map(|it| ClientAddress::of(it.parse().unwrap()));
        for _ in 0..TRIES {
            let _failed = throttle.begin(bad).unwrap();
        }
        let refused = throttle.begin(bad).err().unwrap();
        assert_eq!(refused.status, 429);
        assert!(refused.retry_after.unwrap() > 800);
        assert!(throttle.begin(good).is_ok());
    }

    #[test]
    fn success_starts_anew() {
        let throttle = Throttle::default();
        let address = ClientAddress::of("10.0.0.1".parse().unwrap());
        for _ in 0..TRIES * 3 {
            throttle.begin(address).unwrap().succeeded();
        }
    }
}

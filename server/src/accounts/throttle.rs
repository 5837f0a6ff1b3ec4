//! How often somebody may try to sign in: the more often it failed, the longer the wait.

use super::users::account_address;
use crate::error::Problem;
use crate::http::ClientAddress;
use lru::LruCache;
use sha2::{Digest, Sha256};
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Failures before anybody must wait.
const FREE: u32 = 10;
/// The first wait. Each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait of an address or a browser.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// The longest wait of an account. Everybody can make it wait, so this is short: it leaves those who guess from many
/// addresses 8,640 tries a day together.
const LONGEST_WAIT_OF_ACCOUNT: Duration = Duration::from_secs(10);
/// How long after the last try failures are forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);
/// How many of each kind are remembered. A full table forgets who has not tried for the longest time.
const REMEMBERED: usize = 10_000;

/// A browser that has signed in before.
pub(crate) type BrowserId = [u8; 16];

/// Who tries to sign in.
#[derive(Clone, Debug)]
pub(crate) struct Trier {
    /// From where.
    pub address: ClientAddress,
    /// To which account.
    pub email: String,
    /// The browser, if it has signed in to this account before: it counts for itself, so that nobody else keeps it out.
    pub browser: Option<BrowserId>,
}

/// What failures are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Address(ClientAddress),
    /// The hash of its address, however long that is.
    Account([u8; 32]),
    Browser(BrowserId),
}

/// Counts failures.
pub(super) struct Throttle(Mutex<Tables>);

/// One for each kind of key, so that many of one kind make none of another forgotten.
struct Tables {
    addresses: LruCache<Key, Failures>,
    accounts: LruCache<Key, Failures>,
    browsers: LruCache<Key, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
    /// No try before then.
    until: Instant,
}

/// A try. It counts as failed unless it is said to have succeeded, so that many at once count too.
#[must_use]
pub(super) struct Attempt<'a> {
    throttle: &'a Throttle,
    keys: Vec<Key>,
}

impl Throttle {
    /// With nobody remembered.
    pub fn new() -> Throttle {
        Throttle::remembering(REMEMBERED)
    }

    fn remembering(number: usize) -> Throttle {
        let table = || LruCache::new(NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN));
        Throttle(Mutex::new(Tables {
            addresses: table(),
            accounts: table(),
            browsers: table(),
        }))
    }

    /// Begins a try.
    ///
    /// # Errors
    /// 429: too many have failed, from there or for this account.
    pub fn begin(&self, trier: &Trier) -> Result<Attempt<'_>, Problem> {
        self.begin_at(trier, Instant::now())
    }

    fn begin_at(&self, trier: &Trier, now: Instant) -> Result<Attempt<'_>, Problem> {
        let keys = match trier.browser {
            Some(browser) => vec![Key::Browser(browser)],
            None => vec![Key::Address(trier.address), account(&trier.email)],
        };
        let mut tables = self.lock();
        let wait = keys.iter().filter_map(|key| tables.wait(key, now)).max();
        if let Some(wait) = wait {
            return Err(too_many(wait));
        }
        for key in &keys {
            tables.count(*key, now);
        }
        drop(tables);
        Ok(Attempt {
            throttle: self,
            keys,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        // Nothing in here can be left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn of(&mut self, key: &Key) -> &mut LruCache<Key, Failures> {
        match key {
            Key::Address(_) => &mut self.addresses,
            Key::Account(_) => &mut self.accounts,
            Key::Browser(_) => &mut self.browsers,
        }
    }

    fn wait(&mut self, key: &Key, now: Instant) -> Option<Duration> {
        let failures = self.of(key).get(key)?;
        failures
            .until
            .checked_duration_since(now)
            .filter(|wait| !wait.is_zero())
    }

    fn count(&mut self, key: Key, now: Instant) {
        let none = Failures {
            count: 0,
            last: now,
            until: now,
        };
        let failures = self.of(&key).get_or_insert_mut(key, || none);
        if now.saturating_duration_since(failures.last) >= FORGOTTEN_AFTER {
            *failures = none;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        failures.until = now + wait_after(failures.count, longest(key));
    }
}

impl Attempt<'_> {
    /// It succeeded: who tried starts anew.
    pub fn succeeded(self) {
        let mut tables = self.throttle.lock();
        for key in &self.keys {
            tables.of(key).pop(key);
        }
    }
}

fn account(email: &str) -> Key {
    Key::Account(Sha256::digest(account_address(email)).into())
}

fn longest(key: Key) -> Duration {
    match key {
        Key::Account(_) => LONGEST_WAIT_OF_ACCOUNT,
        Key::Address(_) | Key::Browser(_) => LONGEST_WAIT,
    }
}

fn wait_after(failures: u32, longest: Duration) -> Duration {
    match failures.checked_sub(FREE) {
        Some(more) => FIRST_WAIT
            .saturating_mul(2_u32.saturating_pow(more))
            .min(longest),
        None => Duration::ZERO,
    }
}

fn too_many(wait: Duration) -> Problem {
    let seconds = u32::try_from(wait.as_secs())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    Problem::too_many(format!("Too many tries. Wait {seconds} seconds."), seconds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stranger(address: &str) -> Trier {
        Trier {
            address: ClientAddress::of(address.parse().unwrap()),
            email: "admin@festflow.local".to_owned(),
            browser: None,
        }
    }

    fn somebody_else(address: &str) -> Trier {
        Trier {
            email: "kim@example.org".to_owned(),
            ..stranger(address)
        }
    }

    /// Tries and fails as soon as that may be, so often; gives the time it took.
    fn fail(throttle: &Throttle, trier: &Trier, times: u32, start: Instant) -> Duration {
        let mut now = start;
        for _ in 0..times {
            if let Err(refused) = throttle.begin_at(trier, now) {
                now += Duration::from_secs(refused.retry_after.unwrap().into());
                let _failed = throttle.begin_at(trier, now).unwrap();
            }
        }
        now - start
    }

    #[test]
    fn waits_grow_with_each_failure_and_have_an_end() {
        let (throttle, start) = (Throttle::new(), Instant::now());
        let bad = stranger("10.0.0.1");
        assert_eq!(fail(&throttle, &bad, FREE, start), Duration::ZERO);
        let refused = throttle.begin_at(&bad, start).err().unwrap();
        assert_eq!(refused.status, 429);
        let waits = [9, 10, 11, 13, 30].map(|n| wait_after(n, LONGEST_WAIT).as_secs());
        assert_eq!(waits, [0, 1, 2, 8, 900]);
        assert_eq!(wait_after(u32::MAX, LONGEST_WAIT), LONGEST_WAIT);
    }

    #[test]
    fn who_guesses_from_many_addresses_makes_the_account_wait_and_for_seconds_only() {
        let (throttle, start) = (Throttle::new(), Instant::now());
        for n in 0..FREE {
            let _failed = throttle
                .begin_at(&stranger(&format!("10.0.1.{n}")), start)
                .unwrap();
        }
        assert!(throttle.begin_at(&stranger("10.0.2.1"), start).is_err());
        let other = somebody_else("10.0.2.1");
        throttle.begin_at(&other, start).unwrap().succeeded();
        let later = start + LONGEST_WAIT_OF_ACCOUNT;
        assert!(throttle.begin_at(&stranger("10.0.2.1"), later).is_ok());
    }

    #[test]
    fn a_browser_that_signed_in_before_is_kept_out_by_nobody_else() {
        let (throttle, start) = (Throttle::new(), Instant::now());
        fail(&throttle, &stranger("10.0.0.1"), 30, start);
        let known = Trier {
            browser: Some([1; 16]),
            ..stranger("10.0.0.1")
        };
        throttle.begin_at(&known, start).unwrap().succeeded();
        // It counts for itself, too.
        fail(&throttle, &known, FREE, start);
        assert!(throttle.begin_at(&known, start).is_err());
    }

    #[test]
    fn success_starts_anew() {
        let (throttle, now) = (Throttle::new(), Instant::now());
        for _ in 0..FREE * 3 {
            let attempt = throttle.begin_at(&stranger("10.0.0.1"), now);
            attempt.unwrap().succeeded();
        }
    }

    #[test]
    fn a_full_table_refuses_nobody_and_forgets_the_oldest() {
        let (throttle, now) = (Throttle::remembering(2), Instant::now());
        let bad = stranger("10.0.0.1");
        fail(&throttle, &bad, FREE, now);
        assert!(throttle.begin_at(&bad, now).is_err());
        for n in 0..100 {
            let other = Trier {
                email: format!("{n}@example.org"),
                ..stranger(&format!("10.0.1.{n}"))
            };
            assert!(throttle.begin_at(&other, now).is_ok(), "{n}");
        }
        assert!(throttle.begin_at(&bad, now).is_ok());
    }
}

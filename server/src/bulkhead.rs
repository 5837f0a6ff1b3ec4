//! Bulkheads: work that may take much is done by so many at a time, while so many more wait, and whoever comes then is told at
//! once. So a flood of it takes what it is given, and the rest of the server goes on.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A bound on work of one kind.
pub(crate) struct Bulkhead {
    turns: Arc<Semaphore>,
    /// For those whose turn it is and those who wait for one.
    places: Arc<Semaphore>,
}

/// Somebody's turn, until it is dropped.
pub(crate) struct Turn {
    _turn: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

/// There are too many already.
#[derive(Debug)]
pub(crate) struct Full;

impl Bulkhead {
    /// For so many at a time, while so many more wait.
    pub fn new(at_a_time: usize, waiting: usize) -> Bulkhead {
        Bulkhead {
            turns: Arc::new(Semaphore::new(at_a_time)),
            places: Arc::new(Semaphore::new(at_a_time + waiting)),
        }
    }

    /// Waits for a turn: first come, first served. Whoever calls limits how long.
    ///
    /// # Errors
    /// As many as may wait already.
    pub fn enter(&self) -> impl Future<Output = Result<Turn, Full>> + use<> {
        let place = self.places.clone().try_acquire_owned();
        let turns = self.turns.clone();
        async move {
            let place = place.map_err(|_| Full)?;
            let turn = turns.acquire_owned().await.map_err(|_| Full)?;
            Ok(Turn {
                _turn: turn,
                _place: place,
            })
        }
    }
}

/// A bulkhead for each account, whichever browsers it is used in.
pub(crate) struct Bulkheads {
    at_a_time: usize,
    waiting: usize,
    /// By the account's address. Accounts are few, so none is forgotten.
    accounts: Mutex<HashMap<String, Bulkhead>>,
}

impl Bulkheads {
    /// Each account has so many at a time, while so many more of its own wait.
    pub fn new(at_a_time: usize, waiting: usize) -> Bulkheads {
        Bulkheads {
            at_a_time,
            waiting,
            accounts: Mutex::default(),
        }
    }

    /// Waits for a turn of this account's, as [`Bulkhead::enter`] does.
    ///
    /// # Errors
    /// As many of its own as may wait already.
    pub fn enter(&self, account: &str) -> impl Future<Output = Result<Turn, Full>> + use<> {
        // Nothing in here can be left half done.
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let bulkhead = accounts
            .entry(account.to_owned())
            .or_insert_with(|| Bulkhead::new(self.at_a_time, self.waiting));
        bulkhead.enter()
    }
}

//! Bulkheads: work that may take much is done by so many at a time, while so many more wait, and whoever comes then is told at
//! once. So a flood of it takes what it is given, and the rest of the server goes on.

use std::sync::Arc;
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
    pub async fn enter(&self) -> Result<Turn, Full> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| Full)?;
        let turn = self.turns.clone().acquire_owned().await;
        Ok(Turn {
            _turn: turn.map_err(|_| Full)?,
            _place: place,
        })
    }
}

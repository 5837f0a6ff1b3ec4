//! How many orders may still come.
//!
//! The bound is not an argument of the queue: those cannot be changed without deleting it, and what is on it. It is kept here,
//! by the depth that is read each second and by what was sent since; several servers may so exceed it by what they send in
//! a second.

use crate::Unavailable;
use std::sync::atomic::{AtomicI64, Ordering};

/// Room on the orders' queue.
pub(super) struct Room {
    /// How many orders may wait; `None`: no bound.
    max_length: Option<i64>,
    left: AtomicI64,
}

impl Room {
    /// Unknown until it was looked: then all are let through.
    pub(super) fn new(max_length: Option<u64>) -> Room {
        Room {
            max_length: max_length.map(|most| i64::try_from(most).unwrap_or(i64::MAX)),
            left: AtomicI64::new(i64::MAX),
        }
    }

    /// So many orders wait, and so many messages are on their way there.
    pub(super) fn looked(&self, waiting: u64, in_flight: usize) {
        let coming = i64::try_from(waiting.saturating_add(in_flight as u64)).unwrap_or(i64::MAX);
        let left = self.max_length.map_or(i64::MAX, |most| most - coming);
        self.left.store(left, Ordering::Relaxed);
    }

    /// Takes room for `orders`.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn take(&self, orders: usize) -> Result<(), Unavailable> {
        let orders = i64::try_from(orders).unwrap_or(i64::MAX);
        let taking = |left: i64| (left >= orders).then(|| left - orders);
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, taking);
        match (taken, self.max_length) {
            (Err(_), Some(most)) if orders > 0 => {
                let why = format!("it is full: {most} orders may wait");
                Err(Unavailable::new("queue orders", why))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_takes_no_more_until_there_is_room() {
        let room = Room::new(Some(10));
        room.looked(5, 3);
        assert!(room.take(2).is_ok());
        assert!(room.take(1).unwrap_err().to_string().contains("full"));
        assert!(room.take(0).is_ok(), "other queues have no bound");
        room.looked(9, 0);
        assert!(room.take(1).is_ok());
        assert!(room.take(1).is_err());
    }

    #[test]
    fn without_a_bound_all_are_taken() {
        let room = Room::new(None);
        room.looked(u64::MAX, usize::MAX);
        assert!(room.take(usize::MAX).is_ok());
        assert!(room.take(1).is_ok());
    }
}

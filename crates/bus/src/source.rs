//! Where a runner's messages come from: a queue, or the log read by a consumer group.

use crate::{Message, Unavailable};
use async_trait::async_trait;
use std::time::Duration;

/// A message in our hands, not yet acknowledged.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What acknowledges it.
    pub receipt: Receipt,
    /// The message.
    pub message: Message,
    /// How often it was delivered before without having been acknowledged, as far as the broker counts.
    pub redeliveries: u32,
}

/// Acknowledges one delivery of the source that gave it. Opaque to all but its adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt {
    /// A queue's connection, counted; or a partition of the log.
    pub lane: u32,
    /// The delivery tag, or the offset.
    pub position: u64,
}

/// A stream of deliveries. What is taken and not settled is delivered again, to us or to somebody else, once this
/// source is dropped or its process is dead.
#[async_trait]
pub trait Source: Send {
    /// Waits for a first message, then adds what comes within `linger`, up to `limit`. Cancel safe: a message is
    /// either returned or still to come.
    ///
    /// # Errors
    /// The broker is gone. Calling again connects again; what was taken before and not settled comes back.
    async fn take(&mut self, limit: usize, linger: Duration) -> Result<Vec<Delivery>, Unavailable>;

    /// Acknowledges. A receipt of a connection that is gone is ignored: its message comes back by itself. A log
    /// remembers the highest position of each lane, so it must be settled in the order in which it was taken.
    ///
    /// # Errors
    /// The broker is gone; what was not acknowledged comes back.
    async fn settle(&mut self, receipts: &[Receipt]) -> Result<(), Unavailable>;
}

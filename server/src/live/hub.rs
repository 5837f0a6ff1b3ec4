//! The sales as they happen, in a ring that all dashboards read at their own pace.

use super::frames::Body;
use crate::read_model::Committed;
use bus::{Positions, Topic};
use domain::Event;
use domain::live::News;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Sales in the ring: at ten thousand a second, most of a second.
const RING: usize = 8_192;

/// A ticket was sold.
#[derive(Clone, Debug)]
pub(crate) struct Sale {
    /// The partition of the log.
    pub partition: i32,
    /// The place in it.
    pub offset: i64,
    /// The cursor behind it.
    pub at: Arc<str>,
    /// The message.
    pub body: Body,
}

/// Where sales are announced. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Hub {
    ring: broadcast::Sender<Sale>,
}

impl Hub {
    /// With nobody listening.
    pub fn new() -> Hub {
        Hub::with_ring(RING)
    }

    fn with_ring(size: usize) -> Hub {
        Hub {
            ring: broadcast::Sender::new(size),
        }
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Sale> {
        self.ring.subscribe()
    }

    /// Announces the sales among new events. Never waits.
    pub fn publish(&self, committed: &Committed<'_>) {
        if self.ring.receiver_count() == 0 {
            return;
        }
        let mut place: Positions = committed.before.positions.clone();
        for entry in committed.entries {
            place
                .0
                .insert((Topic::Analytics, entry.partition), entry.offset + 1);
            if let Some(Event::TicketSold(sold)) = &entry.event {
                // Fails when the last listener has just gone.
                let _ = self.ring.send(Sale {
                    partition: entry.partition,
                    offset: entry.offset,
                    at: place.to_string().into(),
                    body: Body::new(&News::Sale(sold.clone())),
                });
            }
        }
    }
}

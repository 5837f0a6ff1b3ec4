//! Orders that this server took and that nobody has decided yet. Those of others show as the queue's depth, and on the log
//! once they are decided.

use crate::read_model::ReadModel;
use domain::request::Item;
use domain::view::OrderRow;
use domain::{OrderId, OrderStatus, Timestamp};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Arrivals that are kept and shown; the latest are enough to see that orders come.
const KEPT: usize = 10;

/// The last arrivals. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Arrivals(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    newest_first: Mutex<VecDeque<OrderRow>>,
    changes: watch::Sender<()>,
}

impl Arrivals {
    /// None yet.
    pub fn new() -> Arrivals {
        Arrivals(Arc::new(Inner {
            newest_first: Mutex::default(),
            changes: watch::Sender::new(()),
        }))
    }

    /// An order was taken, perhaps once more.
    pub fn note(&self, order_id: OrderId, items: &[Item], placed_at: Timestamp) {
        let mut newest_first = self.lock();
        if newest_first.iter().any(|row| row.order_id == order_id) {
            return;
        }
        newest_first.truncate(KEPT - 1);
        newest_first.push_front(OrderRow {
            order_id,
            status: OrderStatus::Received,
            reason: None,
            tickets: items.iter().map(|item| item.quantity.get()).sum(),
            total: None,
            placed_at: Some(placed_at),
            updated_at: placed_at,
        });
        drop(newest_first);
        self.0.changes.send_replace(());
    }

    /// Tells of arrivals.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.changes.subscribe()
    }

    /// Up to `limit` orders: those that wait for a decision, then those that something happened to last.
    ///
    /// # Errors
    /// The read model cannot be read.
    pub async fn recent_orders(
        &self,
        read_model: &ReadModel,
        limit: u32,
    ) -> Result<Vec<OrderRow>, sqlx::Error> {
        let mut orders: Vec<OrderRow> = self.lock().iter().cloned().collect();
        let ids: Vec<OrderId> = orders.iter().map(|row| row.order_id).collect();
        let decided = read_model.known_orders(&ids).await?;
        orders.retain(|row| !decided.contains(&row.order_id));
        orders.extend(read_model.recent_orders(limit).await?);
        orders.truncate(limit as usize);
        Ok(orders)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<OrderRow>> {
        // Nothing in here can be left half done.
        self.0
            .newest_first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

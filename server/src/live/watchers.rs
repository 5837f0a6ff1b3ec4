//! Who waits for news of an order: its page's socket, or a long poll.

use domain::OrderId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The orders that somebody watches. Whoever watches is told that there is news, and reads the order itself; news that
/// comes faster than it reads is one piece of news.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watchers(Arc<Mutex<HashMap<OrderId, watch::Sender<()>>>>);

/// One who watches. Dropped, it watches no more.
pub(crate) struct Watcher {
    order_id: OrderId,
    news: watch::Receiver<()>,
    watchers: Watchers,
}

impl Watchers {
    /// Watches an order from now on.
    pub fn watch(&self, order_id: OrderId) -> Watcher {
        let news = self
            .lock()
            .entry(order_id)
            .or_insert_with(|| watch::Sender::new(()))
            .subscribe();
        Watcher {
            order_id,
            news,
            watchers: self.clone(),
        }
    }

    /// Something happened to these orders.
    pub fn tell<'a>(&self, orders: impl IntoIterator<Item = &'a OrderId>) {
        let watched = self.lock();
        if watched.is_empty() {
            return;
        }
        for order_id in orders {
            if let Some(news) = watched.get(order_id) {
                news.send_replace(());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrderId, watch::Sender<()>>> {
        // Nothing in here can be left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher {
    /// Waits for news since the last call, or since watching began.
    pub async fn news(&mut self) {
        if self.news.changed().await.is_err() {
            // Cannot be: the sender lives as long as somebody watches.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut watched = self.watchers.lock();
        // This one still counts.
        if watched
            .get(&self.order_id)
            .is_some_and(|news| news.receiver_count() <= 1)
        {
            watched.remove(&self.order_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn whoever_watches_is_told_and_forgotten_afterwards() {
        let watchers = Watchers::default();
        let (mine, other) = (OrderId(Uuid::now_v7()), OrderId(Uuid::now_v7()));
        let (mut one, mut two) = (watchers.watch(mine), watchers.watch(mine));
        watchers.tell([&other]);
        let news = tokio::time::timeout(std::time::Duration::from_millis(10), one.news()).await;
        assert!(news.is_err(), "that was about another order");
        watchers.tell([&mine]);
        one.news().await;
        drop(one);
        two.news().await;
        drop(two);
        assert!(watchers.lock().is_empty());
    }
}

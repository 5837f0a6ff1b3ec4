//! The orders that this server accepted lately, and which of them nobody has decided yet. Bounded: the oldest go first.

use domain::request::Item;
use domain::{OrderId, Timestamp};
use ops::RequestHash;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An order as it was accepted here.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    /// A keyed hash of the request.
    pub request_hash: RequestHash,
    /// When it came.
    pub placed_at: Timestamp,
    /// What was ordered.
    pub items: Arc<[Item]>,
    /// The how manieth it is of those accepted here; absent until the queue has it for certain.
    pub number: Option<u64>,
}

/// What memory knows about an order that comes in.
pub(crate) enum Claim {
    /// Nothing: it is remembered from now on.
    New,
    /// It came before: this is how.
    Known(Remembered),
    /// Another order has its id: the same key with another body.
    Other,
}

/// The memory.
#[derive(Debug)]
pub(crate) struct Memory {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    known: HashMap<OrderId, Remembered>,
    oldest_first: VecDeque<OrderId>,
    undecided: HashSet<OrderId>,
    accepted: u64,
}

impl Memory {
    /// For so many orders.
    pub fn new(capacity: usize) -> Memory {
        Memory {
            capacity,
            inner: Mutex::default(),
        }
    }

    /// An order comes in.
    pub fn claim(&self, order_id: OrderId, order: Remembered) -> Claim {
        let mut inner = self.lock();
        match inner.known.get(&order_id) {
            Some(known) if known.request_hash == order.request_hash => Claim::Known(known.clone()),
            Some(_) => Claim::Other,
            None => {
                inner.known.insert(order_id, order);
                inner.oldest_first.push_back(order_id);
                if inner.oldest_first.len() > self.capacity
                    && let Some(oldest) = inner.oldest_first.pop_front()
                {
                    inner.known.remove(&oldest);
                }
                Claim::New
            }
        }
    }

    /// The order turned out to be another's: nothing came in.
    pub fn forget(&self, order_id: OrderId) {
        let mut inner = self.lock();
        if inner.known.remove(&order_id).is_some() {
            inner.oldest_first.retain(|known| *known != order_id);
        }
    }

    /// The queue has the order.
    pub fn sent(&self, order_id: OrderId) {
        let mut inner = self.lock();
        let number = inner.accepted + 1;
        let first = match inner.known.get_mut(&order_id) {
            Some(known) if known.number.is_some() => false,
            Some(known) => {
                known.number = Some(number);
                true
            }
            // Forgotten while it was being sent.
            None => true,
        };
        if first {
            inner.accepted = number;
            if inner.undecided.len() < self.capacity * 4 {
                inner.undecided.insert(order_id);
            }
        }
    }

    /// Something was decided about these orders, by whom ever they were accepted.
    pub fn decided<'a>(&self, orders: impl IntoIterator<Item = &'a OrderId>) {
        let mut inner = self.lock();
        if !inner.undecided.is_empty() {
            for order_id in orders {
                inner.undecided.remove(order_id);
            }
        }
    }

    /// The order, if it came lately.
    pub fn get(&self, order_id: OrderId) -> Option<Remembered> {
        self.lock().known.get(&order_id).cloned()
    }

    /// Orders accepted here since the start.
    pub fn accepted(&self) -> u64 {
        self.lock().accepted
    }

    /// How many of them nobody has decided, and up to `limit` of these.
    pub fn undecided(&self, limit: usize) -> (u64, Vec<OrderId>) {
        let inner = self.lock();
        let some = inner.undecided.iter().take(limit).copied().collect();
        (inner.undecided.len() as u64, some)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here can be left half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::intake::keys::Keys;
    use domain::OrderRequest;
    use uuid::Uuid;

    fn order(quantity: u8) -> Remembered {
        let keys = Keys::new(ops::Secrets::new(vec!["secret".to_owned()]).unwrap());
        let json = format!(r#"{{"ticket_type":"vip","quantity":{quantity},"email":"a@b.org"}}"#);
        let request = OrderRequest::parse_json(json.as_bytes()).unwrap();
        Remembered {
            request_hash: keys.request_hash(&request),
            placed_at: Timestamp::default(),
            items: request.items.into(),
            number: None,
        }
    }

    #[test]
    fn a_repeated_order_is_known_and_another_one_is_told_apart() {
        let memory = Memory::new(10);
        let id = OrderId(Uuid::now_v7());
        assert!(matches!(memory.claim(id, order(1)), Claim::New));
        assert!(matches!(memory.claim(id, order(2)), Claim::Other));
        memory.sent(id);
        memory.sent(id);
        assert!(
            matches!(memory.claim(id, order(1)), Claim::Known(known) if known.number == Some(1))
        );
        assert_eq!((memory.accepted(), memory.undecided(9).0), (1, 1));
        memory.decided([&id]);
        assert_eq!((memory.accepted(), memory.undecided(9).0), (1, 0));
    }

    #[test]
    fn memory_is_bounded_and_forgets_the_oldest() {
        let memory = Memory::new(2);
        let ids: Vec<_> = (0..5).map(|_| OrderId(Uuid::now_v7())).collect();
        for id in &ids {
            assert!(matches!(memory.claim(*id, order(1)), Claim::New));
        }
        assert!(memory.get(ids[2]).is_none());
        assert!(memory.get(ids[3]).is_some() && memory.get(ids[4]).is_some());
    }
}

//! What a batch changes. Computed in memory from what is new, then written in one go.

use super::batch::{Batch, Entry, Unreadable};
use super::history::PERIODS;
use super::now::{Now, counter};
use domain::event::TicketTypeDefined;
use domain::view::AdjustmentRow;
use domain::{Amount, Event, Order, OrderId, OrderStatus, TicketTypeId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// An order and when something last happened to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredOrder {
    /// The fold of its events.
    pub order: Order,
    /// The newest of their timestamps.
    pub updated_at: Timestamp,
}

/// Whether stock is set aside for an order with this status.
fn holds(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Reserved | OrderStatus::Paid)
}

/// All that a batch changes.
#[derive(Debug)]
pub(super) struct Changes {
    /// The state afterwards.
    pub now: Now,
    /// New events.
    pub entries: Vec<Entry>,
    /// Records that cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// Orders that something happened to.
    pub orders: BTreeMap<OrderId, StoredOrder>,
    /// Ticket types whose stock is another now.
    pub stock: BTreeSet<TicketTypeId>,
    /// Ticket types that were defined.
    pub types: BTreeSet<TicketTypeId>,
    /// Adjustments that were decided.
    pub adjustments: Vec<AdjustmentRow>,
    /// Counters that were counted.
    pub counters: BTreeSet<String>,
    /// What is added to periods, by their length and their start, in seconds.
    pub periods: BTreeMap<(i64, i64), Period>,
}

/// What happened in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Period {
    /// Orders that came.
    pub placed: i64,
    /// Tickets sold.
    pub sold: i64,
}

impl Changes {
    /// Takes a batch of which only what is new is left, with the orders that it is about as far as they are stored.
    pub fn compute(
        before: &Now,
        batch: Batch,
        mut known: HashMap<OrderId, StoredOrder>,
    ) -> Changes {
        let mut changes = Changes {
            now: before.clone(),
            entries: Vec::new(),
            unreadable: batch.unreadable,
            orders: BTreeMap::new(),
            stock: BTreeSet::new(),
            types: BTreeSet::new(),
            adjustments: Vec::new(),
            counters: BTreeSet::new(),
            periods: BTreeMap::new(),
        };
        changes.now.positions = batch.last_records.positions();
        changes.now.last_records = batch.last_records;
        let unreadable = i64::try_from(changes.unreadable.len()).unwrap_or(i64::MAX);
        changes.add(counter::UNREADABLE, unreadable);
        for stored in known.values() {
            changes.book(&stored.order, -1);
        }
        for entry in &batch.entries {
            changes.take(entry, &mut known);
        }
        let orders = std::mem::take(&mut changes.orders);
        for stored in orders.values() {
            changes.book(&stored.order, 1);
        }
        changes.orders = orders;
        changes.entries = batch.entries;
        changes
    }

    fn take(&mut self, entry: &Entry, known: &mut HashMap<OrderId, StoredOrder>) {
        if let Some(order_id) = entry.order_id {
            let stored = self.orders.entry(order_id).or_insert_with(|| {
                known.remove(&order_id).unwrap_or_else(|| StoredOrder {
                    order: Order::received(order_id),
                    updated_at: entry.timestamp,
                })
            });
            stored.updated_at = stored.updated_at.max(entry.timestamp);
            if let Some(event) = &entry.event {
                stored.order.apply(event);
            }
        }
        if let Some(event) = &entry.event {
            self.count(event);
            self.take_stock(event);
        }
    }

    fn count(&mut self, event: &Event) {
        match event {
            Event::InventoryReserved(e) => self.decide(e.placed_at),
            Event::OrderRejected(e) => self.decide(e.placed_at),
            Event::PaymentProcessed(e) => self.add(counter::CAPTURED, e.amount.0),
            Event::OrderConfirmed(_) => self.add(counter::CONFIRMED, 1),
            Event::PaymentRefunded(e) => self.add(counter::REFUNDED, e.amount.0),
            Event::RefundFailed(_) => self.add(counter::REFUNDS_FAILED, 1),
            Event::TicketSold(e) => {
                self.add(&counter::tickets(&e.ticket_type), 1);
                self.count_at(e.timestamp, |it| it.sold += 1);
            }
            Event::MailSent(_) => self.add(counter::MAILS_SENT, 1),
            Event::MailFailed(_) => self.add(counter::MAILS_FAILED, 1),
            Event::TicketTypeDefined(e) => self.define(e),
            Event::StockAdjusted(e) => self.adjustments.push(AdjustmentRow {
                adjustment_id: e.adjustment_id,
                at: e.timestamp,
                ticket_type: e.ticket_type.clone(),
                change: e.change,
                actor: e.actor.clone(),
                reason: e.reason.clone(),
                refused: None,
            }),
            Event::StockAdjustmentRejected(e) => self.adjustments.push(AdjustmentRow {
                adjustment_id: e.adjustment_id,
                at: e.timestamp,
                ticket_type: e.ticket_type.clone(),
                change: e.change,
                actor: e.actor.clone(),
                reason: String::new(),
                refused: Some(e.reason.clone()),
            }),
            _ => {}
        }
    }

    fn decide(&mut self, placed_at: Timestamp) {
        self.add(counter::DECISIONS, 1);
        self.count_at(placed_at, |it| it.placed += 1);
    }

    fn count_at(&mut self, moment: Timestamp, count: impl Fn(&mut Period)) {
        let second = moment.micros().div_euclid(1_000_000);
        for length in PERIODS {
            let start = second.div_euclid(length) * length;
            count(self.periods.entry((length, start)).or_default());
        }
    }

    fn take_stock(&mut self, event: &Event) {
        for (ticket_type, level) in event.stock().unwrap_or_default() {
            let known = self.now.stock.get(&ticket_type);
            if known.is_none_or(|known| known.version < level.version) {
                self.now.stock.insert(ticket_type.clone(), level);
                self.stock.insert(ticket_type);
            }
        }
    }

    fn define(&mut self, defined: &TicketTypeDefined) {
        let known = self.now.types.get(&defined.ticket_type);
        if known.is_none_or(|known| known.timestamp <= defined.timestamp) {
            Arc::make_mut(&mut self.now.types).insert(defined.ticket_type.clone(), defined.clone());
            self.types.insert(defined.ticket_type.clone());
        }
    }

    /// Counts an order in the books as it is now; with -1, as it was before.
    fn book(&mut self, order: &Order, sign: i64) {
        let total = order.total.unwrap_or(Amount::ZERO).0;
        self.add(&counter::orders(order.status), sign);
        self.add(&counter::amount(order.status), sign.saturating_mul(total));
        if holds(order.status) {
            for item in &order.items {
                let quantity = i64::from(item.item.quantity.get());
                self.add(&counter::held(&item.item.ticket_type), sign * quantity);
            }
        }
    }

    fn add(&mut self, name: &str, by: i64) {
        if by != 0 {
            let value = self.now.counters.entry(name.to_owned()).or_insert(0);
            *value = value.saturating_add(by);
            self.counters.insert(name.to_owned());
        }
    }
}

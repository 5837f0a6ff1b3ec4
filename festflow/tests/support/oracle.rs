//! The oracle: reads the log from its start, with nothing but the log, and says what happened to every order.

use super::{PATIENCE, Place};
use bus::{EventLog, Positions, Topic};
use domain::{Event, MessageId, Order, OrderId, OrderStatus, TicketId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// What the log says.
#[derive(Default)]
pub struct Oracle {
    seen: HashSet<MessageId>,
    /// Facts that say how an order ended or began, counted by order and type: each must be there once.
    decisions: HashMap<(OrderId, &'static str), u32>,
    pub orders: HashMap<OrderId, Order>,
    pub tickets: BTreeMap<String, BTreeSet<TicketId>>,
    pub tickets_sold: usize,
    /// Orders whose cancellation was on the log before their reservation.
    pub overtaken: BTreeSet<OrderId>,
}

impl Oracle {
    /// Takes in one fact. Repeats of a message are dropped by its id, as every reader does.
    pub fn take(&mut self, id: MessageId, event: &Event) {
        if !self.seen.insert(id) {
            return;
        }
        if let Event::TicketSold(ticket) = event {
            self.tickets_sold += 1;
            self.tickets
                .entry(ticket.ticket_type.to_string())
                .or_default()
                .insert(ticket.ticket_id);
        }
        if let Event::InventoryReserved(reserved) = event
            && let Some(known) = self.orders.get(&reserved.order_id)
            && known.status == OrderStatus::Cancelled
        {
            self.overtaken.insert(reserved.order_id);
        }
        if let Some(order_id) = event.order_id() {
            *self.decisions.entry((order_id, event.kind())).or_default() +=
                u32::from(decides(event));
            self.orders
                .entry(order_id)
                .or_insert_with(|| Order::received(order_id))
                .apply(event);
        }
    }

    /// Orders whose status is `status`.
    pub fn count(&self, status: OrderStatus) -> usize {
        self.orders
            .values()
            .filter(|order| order.status == status)
            .count()
    }

    /// How many orders of the log have not ended, and the first of them.
    fn open(&self) -> String {
        let open = self.orders.values().filter(|it| !it.status.is_final());
        let mut shown = open
            .map(|it| format!("{} {:?}", it.order_id, it.status))
            .collect::<Vec<_>>();
        let (all, open) = (self.orders.len(), shown.len());
        shown.truncate(5);
        format!("{open} of {all}, such as {shown:?}")
    }

    /// Everything that is wrong: orders decided twice, ended two ways, or sold the same ticket twice.
    pub fn differences(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for ((order_id, kind), count) in &self.decisions {
            if *count > 1 {
                wrong.push(format!("order {order_id}: {kind} {count} times"));
            }
        }
        for order_id in self.orders.keys() {
            let ends: Vec<_> = ["ORDER_CONFIRMED", "ORDER_CANCELLED", "ORDER_REJECTED"]
                .into_iter()
                .filter(|kind| {
                    self.decisions
                        .get(&(*order_id, *kind))
                        .is_some_and(|count| *count > 0)
                })
                .collect();
            if ends.len() > 1 {
                wrong.push(format!("order {order_id} ended as {ends:?}"));
            }
        }
        let distinct: usize = self.tickets.values().map(BTreeSet::len).sum();
        if distinct != self.tickets_sold {
            wrong.push(format!("{} sales of {distinct} tickets", self.tickets_sold));
        }
        wrong
    }
}

fn decides(event: &Event) -> bool {
    matches!(
        event,
        Event::InventoryReserved(_)
            | Event::OrderRejected(_)
            | Event::PaymentProcessed(_)
            | Event::PaymentFailed(_)
            | Event::OrderConfirmed(_)
            | Event::OrderCancelled(_)
    )
}

/// Reads the log of `place` until `enough`.
pub async fn read_until(
    place: &Place,
    catalogue: &str,
    enough: impl Fn(&Oracle) -> bool,
) -> Oracle {
    let settings = place.settings(catalogue, &[]);
    let log: Arc<dyn EventLog> = settings.bus.open(&settings.data).unwrap().log;
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let mut oracle = Oracle::default();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !enough(&oracle) {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the log never said enough: {:?}; open: {}",
            oracle.differences(),
            oracle.open()
        );
        let taken = tokio::time::timeout(
            Duration::from_secs(1),
            reader.take(1000, Duration::from_millis(5)),
        )
        .await;
        for record in taken.ok().and_then(Result::ok).unwrap_or_default() {
            if let Some(event) = record.message.decode_event().unwrap() {
                oracle.take(record.message.id, &event);
            }
        }
    }
    oracle
}

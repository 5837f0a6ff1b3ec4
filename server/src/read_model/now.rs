//! The sale at this moment, small enough to be kept in memory: what the shop, the totals and the ledger are made of.

use bus::{KnownRecords, Positions};
use domain::event::TicketTypeDefined;
use domain::request::Item;
use domain::view::{OrderItemView, ShopEvent, ShopTicketType, StatusCount, StockRow, Totals};
use domain::{Amount, Currency, OrderStatus, Stock, StockLevel, TicketTypeId};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Numbers that only grow or move by known steps, by name. Kept in the table `counters`.
pub(crate) type Counters = BTreeMap<String, i64>;

/// The state after one of the feed's transactions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Now {
    /// Where on the log this is.
    pub positions: Positions,
    /// The last record that was read of each partition: by them the log is told from another one.
    pub last_records: KnownRecords,
    /// The ticket types.
    pub types: Arc<BTreeMap<TicketTypeId, TicketTypeDefined>>,
    /// Their stock.
    pub stock: Stock,
    /// See [`counter`].
    pub counters: Counters,
    /// Whether everything is in here that the log held when the feed opened it. Before that, what is missing here may
    /// exist all the same. Not kept: it is about this feed.
    pub caught_up: bool,
    /// Set while the log is another one than this was read from. Not kept: it is about this feed.
    pub foreign_log: Option<ForeignLog>,
}

/// A log that is not the one of which the read model knows the last records: it was deleted and made again, or has lost what
/// it had. The read model is the last copy of the history then, so nothing is read until an operator has said which counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignLog {
    /// By which an operator names the history that is to be kept.
    pub fingerprint: String,
    /// Events in the read model.
    pub events: i64,
    /// Records on the log.
    pub records: i64,
}

impl fmt::Display for ForeignLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "it has {} records and is not the log from which this server has read {} events, so it is not read. To keep \
             this history and go on with this log, start the server with FESTFLOW_KEEP_HISTORY={}; to have the history \
             made again from this log, delete the server's read model",
            self.records, self.events, self.fingerprint
        )
    }
}

/// The counters' names.
pub(crate) mod counter {
    use domain::{OrderStatus, TicketTypeId};

    /// Money captured, in minor units: the sum of PAYMENT_PROCESSED.
    pub const CAPTURED: &str = "captured";
    /// Money given back, in minor units: the sum of PAYMENT_REFUNDED.
    pub const REFUNDED: &str = "refunded";
    /// Decisions about orders: INVENTORY_RESERVED and ORDER_REJECTED.
    pub const DECISIONS: &str = "decisions";
    /// Orders that were ever confirmed.
    pub const CONFIRMED: &str = "confirmed";
    /// Mails taken by the mail server: MAIL_SENT.
    pub const MAILS_SENT: &str = "mails_sent";
    /// Mails given up: MAIL_FAILED.
    pub const MAILS_FAILED: &str = "mails_failed";
    /// Refunds that the gateway refused: REFUND_FAILED.
    pub const REFUNDS_FAILED: &str = "refunds_failed";
    /// Records that cannot be read.
    pub const UNREADABLE: &str = "unreadable";

    /// Orders with a status.
    pub fn orders(status: OrderStatus) -> String {
        format!("orders:{status}")
    }

    /// The totals of orders with a status, in minor units.
    pub fn amount(status: OrderStatus) -> String {
        format!("amount:{status}")
    }

    /// Tickets of a type in orders that are reserved or paid.
    pub fn held(ticket_type: &TicketTypeId) -> String {
        format!("held:{ticket_type}")
    }

    /// TICKET_SOLD events of a type.
    pub fn tickets(ticket_type: &TicketTypeId) -> String {
        format!("tickets:{ticket_type}")
    }
}

impl Now {
    /// A counter's value; 0 before anything was counted.
    pub fn count(&self, name: &str) -> i64 {
        self.counters.get(name).copied().unwrap_or(0)
    }

    /// The place on the log as a cursor.
    pub fn cursor(&self) -> String {
        self.positions.to_string()
    }

    /// What is sold, in the shop's order.
    pub fn shop(&self) -> Vec<ShopEvent> {
        let mut events: Vec<ShopEvent> = Vec::new();
        for defined in self.in_shop_order() {
            let level = self.level(&defined.ticket_type);
            let ticket = ShopTicketType {
                ticket_type: defined.ticket_type.clone(),
                name: defined.name.clone(),
                description: defined.description.clone(),
                price: defined.price,
                currency: defined.currency,
                remaining: level.remaining,
                capacity: level.capacity(),
                max_per_order: defined.max_per_order,
                sale_starts: defined.sale_starts,
                sale_ends: defined.sale_ends,
            };
            match events.iter_mut().find(|event| event.event == defined.event) {
                Some(event) => event.ticket_types.push(ticket),
                None => events.push(ShopEvent {
                    event: defined.event.clone(),
                    name: defined.event_name.clone(),
                    venue: defined.venue.clone(),
                    date: defined.event_date.clone(),
                    ticket_types: vec![ticket],
                }),
            }
        }
        events
    }

    /// Stock by ticket type, in the shop's order.
    pub fn stock_rows(&self) -> Vec<StockRow> {
        let row = |defined: &TicketTypeDefined| StockRow {
            ticket_type: defined.ticket_type.clone(),
            name: defined.name.clone(),
            event: defined.event_name.clone(),
            price: defined.price,
            level: self.level(&defined.ticket_type),
        };
        self.in_shop_order().into_iter().map(row).collect()
    }

    /// The sale in numbers.
    pub fn totals(&self, accepted: u64) -> Totals {
        let sum = |part: fn(&StockLevel) -> i64| {
            self.stock
                .values()
                .fold(0_i64, |sum, level| sum.saturating_add(part(level)))
        };
        let decided = OrderStatus::ALL
            .into_iter()
            .filter(|status| *status != OrderStatus::Received);
        Totals {
            sold: sum(|level| level.sold),
            held: sum(|level| level.held),
            remaining: sum(|level| level.remaining),
            revenue: Amount(self.count(&counter::amount(OrderStatus::Confirmed))),
            currency: self.currency(),
            accepted,
            orders: decided
                .map(|status| StatusCount {
                    status,
                    count: self.count(&counter::orders(status)),
                })
                .collect(),
        }
    }

    /// So many of a ticket type in an order, at the price of one that was decided.
    pub fn item(&self, item: Item, unit_price: Option<Amount>) -> OrderItemView {
        let event = self.types.get(&item.ticket_type);
        OrderItemView {
            event: event.map_or_else(String::new, |defined| defined.event_name.clone()),
            name: self.name_of(&item.ticket_type),
            ticket_type: item.ticket_type,
            quantity: item.quantity,
            unit_price,
        }
    }

    /// A ticket type's name for people; its id while it is not defined here.
    pub fn name_of(&self, ticket_type: &TicketTypeId) -> String {
        self.types
            .get(ticket_type)
            .map_or_else(|| ticket_type.to_string(), |defined| defined.name.clone())
    }

    fn in_shop_order(&self) -> Vec<&TicketTypeDefined> {
        let mut types: Vec<_> = self.types.values().collect();
        types.sort_by_key(|defined| defined.position);
        types
    }

    fn level(&self, ticket_type: &TicketTypeId) -> StockLevel {
        self.stock.get(ticket_type).copied().unwrap_or_default()
    }

    /// One currency per installation: any type tells.
    pub fn currency(&self) -> Currency {
        self.types
            .values()
            .next()
            .map_or(Currency::EUR, |defined| defined.currency)
    }
}

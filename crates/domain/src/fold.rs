//! An order is a fold of its events.
//!
//! received → reserved → paid → **confirmed**; received → **rejected**; reserved → **cancelled**;
//! paid or confirmed → **refunded**. The state depends on the set of events, not on the order in which
//! they come, so repeats, strays and overtaking are harmless.

use crate::event::{Event, PaymentFailure, PricedItem, RejectReason, TicketSold};
use crate::request::Item;
use crate::{Amount, Currency, OrderId, Timestamp};
use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Where an order is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Accepted; nothing decided yet.
    Received,
    /// Stock is held, payment is under way.
    Reserved,
    /// Money was captured; the tickets are being made.
    Paid,
    /// Sold. Final.
    Confirmed,
    /// Came to nothing before anything was held. Final.
    Rejected,
    /// Given up, the stock given back. Final.
    Cancelled,
    /// The money went back. Final.
    Refunded,
}

impl OrderStatus {
    /// All of them, in the order of the way.
    pub const ALL: [OrderStatus; 7] = [
        OrderStatus::Received,
        OrderStatus::Reserved,
        OrderStatus::Paid,
        OrderStatus::Confirmed,
        OrderStatus::Rejected,
        OrderStatus::Cancelled,
        OrderStatus::Refunded,
    ];

    /// The status as messages spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            OrderStatus::Received => "received",
            OrderStatus::Reserved => "reserved",
            OrderStatus::Paid => "paid",
            OrderStatus::Confirmed => "confirmed",
            OrderStatus::Rejected => "rejected",
            OrderStatus::Cancelled => "cancelled",
            OrderStatus::Refunded => "refunded",
        }
    }

    /// The status that messages spell so.
    pub fn parse(text: &str) -> Option<OrderStatus> {
        OrderStatus::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// Which status an order has that several events give one: the highest. It is the furthest on the way, and an end
    /// without a sale overrules the way: money that comes for a cancelled order, and goes back, leaves it cancelled.
    fn precedence(self) -> u8 {
        match self {
            OrderStatus::Received => 0,
            OrderStatus::Reserved => 1,
            OrderStatus::Paid => 2,
            OrderStatus::Confirmed => 3,
            OrderStatus::Refunded => 4,
            OrderStatus::Cancelled => 5,
            OrderStatus::Rejected => 6,
        }
    }

    /// Whether nothing more is expected to happen.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            OrderStatus::Confirmed
                | OrderStatus::Rejected
                | OrderStatus::Cancelled
                | OrderStatus::Refunded
        )
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An order as its events tell it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Which.
    pub order_id: OrderId,
    /// Where it is.
    pub status: OrderStatus,
    /// Why it came to nothing.
    pub reason: Option<Reason>,
    /// What was ordered; empty until it is decided.
    pub items: Vec<OrderedItem>,
    /// The price of it all, once decided.
    pub total: Option<Amount>,
    /// In which currency, once decided.
    pub currency: Option<Currency>,
    /// When it was accepted.
    pub placed_at: Option<Timestamp>,
    /// When the hold ends.
    pub expires_at: Option<Timestamp>,
    /// A keyed hash of the request.
    pub request_hash: Option<String>,
    /// Tickets sold, by number.
    pub tickets: Vec<TicketSold>,
    /// Whether the mail with the tickets was sent.
    pub mail_sent: bool,
}

/// So many tickets of one type, with the price once it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderedItem {
    /// What was ordered.
    #[serde(flatten)]
    pub item: Item,
    /// The price of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Amount>,
}

/// Why an order came to nothing. In JSON it is the reason's own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reason {
    /// Before anything was held.
    Rejected(RejectReason),
    /// While or instead of paying.
    Payment(PaymentFailure),
}

impl Reason {
    /// The reason as messages spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Rejected(reason) => reason.as_str(),
            Reason::Payment(reason) => reason.as_str(),
        }
    }
}

/// Word by word: what serde derives for an untagged enum tries each form on a buffered copy, which is 10 kB of code in a
/// browser.
impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let word = || -> StrDeserializer<'_, D::Error> { word.as_str().into_deserializer() };
        RejectReason::deserialize(word())
            .map(Reason::Rejected)
            .or_else(|_| PaymentFailure::deserialize(word()).map(Reason::Payment))
    }
}

impl Order {
    /// An order of which nothing is known but that it was accepted.
    pub fn received(order_id: OrderId) -> Order {
        Order {
            order_id,
            status: OrderStatus::Received,
            reason: None,
            items: Vec::new(),
            total: None,
            currency: None,
            placed_at: None,
            expires_at: None,
            request_hash: None,
            tickets: Vec::new(),
            mail_sent: false,
        }
    }

    /// Takes in one event; those of other orders change nothing. Which events came decides, not in which order or how
    /// often: a log may show a cancellation before the reservation that it ends.
    pub fn apply(&mut self, event: &Event) {
        if event.order_id() != Some(self.order_id) {
            return;
        }
        match event {
            Event::InventoryReserved(e) => {
                self.reach(OrderStatus::Reserved);
                self.items = e.items.iter().map(OrderedItem::priced).collect();
                self.total = Some(e.total);
                self.currency = Some(e.currency);
                self.placed_at = Some(e.placed_at);
                self.expires_at = Some(e.expires_at);
                self.request_hash = Some(e.request_hash.clone());
            }
            Event::OrderRejected(e) => {
                self.reach(OrderStatus::Rejected);
                self.reason = Some(Reason::Rejected(e.reason));
                if self.total.is_none() {
                    self.items = e.items.iter().cloned().map(OrderedItem::unpriced).collect();
                    self.placed_at = Some(e.placed_at);
                    self.request_hash = Some(e.request_hash.clone());
                }
            }
            Event::PaymentProcessed(_) => self.reach(OrderStatus::Paid),
            Event::PaymentFailed(e) => {
                self.reason.get_or_insert(Reason::Payment(e.reason));
            }
            Event::OrderCancelled(e) => {
                self.reach(OrderStatus::Cancelled);
                if self.status == OrderStatus::Cancelled {
                    self.reason = Some(Reason::Payment(e.reason));
                }
            }
            Event::TicketSold(e) => self.add_ticket(e),
            Event::OrderConfirmed(_) => self.reach(OrderStatus::Confirmed),
            Event::PaymentRefunded(_) => self.reach(OrderStatus::Refunded),
            Event::MailSent(_) => self.mail_sent = true,
            _ => {}
        }
    }

    /// Goes on to `status`, unless something has come that overrules it.
    fn reach(&mut self, status: OrderStatus) {
        if status.precedence() > self.status.precedence() {
            self.status = status;
        }
    }

    fn add_ticket(&mut self, ticket: &TicketSold) {
        if let Err(place) = self
            .tickets
            .binary_search_by_key(&ticket.ticket_number, |known| known.ticket_number)
        {
            self.tickets.insert(place, ticket.clone());
        }
    }
}

impl OrderedItem {
    fn priced(item: &PricedItem) -> OrderedItem {
        OrderedItem {
            item: Item {
                ticket_type: item.ticket_type.clone(),
                quantity: item.quantity,
            },
            unit_price: Some(item.unit_price),
        }
    }

    fn unpriced(item: Item) -> OrderedItem {
        OrderedItem {
            item,
            unit_price: None,
        }
    }
}

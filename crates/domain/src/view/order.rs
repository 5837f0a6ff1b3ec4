//! An order, as whoever holds its key may see it.

use crate::event::TicketSold;
use crate::fold::Reason;
use crate::{Amount, Currency, OrderId, OrderStatus, Quantity, TicketId, TicketTypeId, Timestamp};
use serde::{Deserialize, Serialize};

/// An order, as its key holder may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderView {
    /// Which.
    pub order_id: OrderId,
    /// Where it is.
    pub status: OrderStatus,
    /// Why it came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What was ordered; empty while that is not known here.
    pub items: Vec<OrderItemView>,
    /// The price of it all, in minor units.
    pub total: Option<Amount>,
    /// In which currency.
    pub currency: Option<Currency>,
    /// When it was accepted.
    pub placed_at: Option<Timestamp>,
    /// When the hold ends, if stock is or was held.
    pub expires_at: Option<Timestamp>,
    /// Its place in line, while it waits to be decided and that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<WaitView>,
    /// Whether the mail with the tickets was taken by the mail server.
    pub mail_sent: bool,
    /// Its tickets, by number.
    pub tickets: Vec<TicketView>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
}

impl OrderView {
    /// Whether the mail with the tickets was given up.
    pub fn mail_failed(&self) -> bool {
        !self.mail_sent && self.happened("MAIL_FAILED")
    }

    /// Whether the gateway refused to give the money back.
    pub fn refund_failed(&self) -> bool {
        self.happened("REFUND_FAILED")
    }

    fn happened(&self, event_type: &str) -> bool {
        self.timeline
            .iter()
            .any(|step| step.event_type == event_type)
    }
}

/// An order's place in the line of those that wait to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitView {
    /// About so many orders come before it.
    pub ahead: u64,
    /// How long they will take; absent while none is being decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<SecondsRange>,
}

/// A time that is not exactly known, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondsRange {
    /// Hardly less.
    pub from: u64,
    /// Hardly more.
    pub to: u64,
}

/// So many tickets of one type in an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderItemView {
    /// Which.
    pub ticket_type: TicketTypeId,
    /// What it is for, for people; empty while its type is not known here.
    #[serde(default)]
    pub event: String,
    /// Its name, for people.
    pub name: String,
    /// How many.
    pub quantity: Quantity,
    /// The price of one, once decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Amount>,
}

/// One ticket: what was sold, field by field. (A flattened `TicketSold` would say the same, and serde's buffer for it is
/// 15 kB of code in a browser.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketView {
    /// Which.
    pub ticket_id: TicketId,
    /// When it was sold.
    pub timestamp: Timestamp,
    /// Its order.
    pub order_id: OrderId,
    /// What it is for.
    pub ticket_type: TicketTypeId,
    /// Which of the order's tickets, from 1.
    pub ticket_number: u32,
    /// How many tickets the order has.
    pub tickets_in_order: u32,
    /// Its price, in minor units.
    pub price: Amount,
    /// In which currency.
    pub currency: Currency,
    /// The event that it admits to, by name.
    pub event: String,
    /// When the event begins, RFC 3339 with the place's offset.
    pub event_date: String,
    /// The type's name, for people.
    pub name: String,
    /// What the QR code carries: the ticket's id, signed.
    pub code: String,
}

impl TicketView {
    /// A sold ticket with its type's name and its signed code.
    pub fn of(sold: TicketSold, name: String, code: String) -> TicketView {
        TicketView {
            ticket_id: sold.ticket_id,
            timestamp: sold.timestamp,
            order_id: sold.order_id,
            ticket_type: sold.ticket_type,
            ticket_number: sold.ticket_number,
            tickets_in_order: sold.tickets_in_order,
            price: sold.price,
            currency: sold.currency,
            event: sold.event,
            event_date: sold.event_date,
            name,
            code,
        }
    }
}

/// One step of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// The event's type.
    pub event_type: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Which broker carried it: `queue` or `log`.
    pub carrier: Carrier,
    /// What it says beyond its type, for people; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What carried a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// A command on RabbitMQ, or on the embedded queue.
    Queue,
    /// An event on Kafka, or on the embedded log.
    Log,
}

/// The answer to an accepted order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// The order.
    pub order_id: OrderId,
    /// Always `received`.
    pub status: OrderStatus,
    /// The order's page.
    pub url: String,
    /// Who holds it may see the order.
    pub key: String,
}

//! Facts about orders, decided by the inventory service.

use super::PaymentFailure;
use crate::request::Item;
use crate::{
    Amount, Currency, EmailAddress, OrderId, PersonName, Quantity, Stock, TicketId, TicketTypeId,
    Timestamp, UserId,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// So many tickets of one type at a price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PricedItem {
    /// Which.
    pub ticket_type: TicketTypeId,
    /// How many.
    pub quantity: Quantity,
    /// The price of one, in minor units.
    pub unit_price: Amount,
}

/// Stock is held for an order until `expires_at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InventoryReserved {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// What was ordered, with prices.
    pub items: Vec<PricedItem>,
    /// The price of it all.
    pub total: Amount,
    /// In which currency.
    pub currency: Currency,
    /// When the hold ends.
    pub expires_at: Timestamp,
    /// When the order was accepted.
    pub placed_at: Timestamp,
    /// A keyed hash of the request.
    pub request_hash: String,
    /// Who ordered, if signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The levels after this decision.
    pub stock: Stock,
}

/// An order came to nothing before anything was held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderRejected {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// Why.
    pub reason: RejectReason,
    /// What was ordered.
    pub items: Vec<Item>,
    /// When the order was accepted.
    pub placed_at: Timestamp,
    /// A keyed hash of the request.
    pub request_hash: String,
    /// Who ordered, if signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
}

/// Who ordered. On the expiring topic only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Buyer {
    /// When the order was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// Where the tickets go.
    pub email: EmailAddress,
    /// The name on the tickets.
    pub name: PersonName,
    /// A keyed hash of the request; empty in events of older builds.
    #[serde(default)]
    pub request_hash: String,
}

/// One ticket is sold. Existing consumers of the topic parse `event_type`, `ticket_id` and `timestamp`: they stay first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketSold {
    /// The ticket.
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
    /// Its price.
    pub price: Amount,
    /// In which currency.
    pub currency: Currency,
    /// The event that it admits to, by name.
    pub event: String,
    /// When the event begins, RFC 3339 with the place's offset.
    pub event_date: String,
}

/// All tickets of an order are sold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderConfirmed {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// What was paid.
    pub total: Amount,
    /// Its tickets, by number.
    pub ticket_ids: Vec<TicketId>,
    /// The levels after this decision.
    pub stock: Stock,
}

/// A held order was given up and its stock given back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderCancelled {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// Why.
    pub reason: PaymentFailure,
    /// The levels after this decision.
    pub stock: Stock,
}

/// Why an order came to nothing before anything was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// Not enough tickets remained.
    SoldOut,
    /// There is no such ticket type.
    UnknownTicketType,
    /// More than an order may have.
    OverLimit,
    /// Placed before sale began or after it ended.
    SaleClosed,
    /// The price is not the one that the buyer was shown.
    PriceChanged,
}

impl RejectReason {
    /// The reason as messages spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            RejectReason::SoldOut => "sold_out",
            RejectReason::UnknownTicketType => "unknown_ticket_type",
            RejectReason::OverLimit => "over_limit",
            RejectReason::SaleClosed => "sale_closed",
            RejectReason::PriceChanged => "price_changed",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

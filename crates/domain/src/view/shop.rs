//! What is sold.

use crate::{Amount, Currency, TicketTypeId, Timestamp};
use serde::{Deserialize, Serialize};

/// An event that tickets are sold for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShopEvent {
    /// The event's id.
    pub event: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub venue: String,
    /// When it begins, RFC 3339 with the place's offset.
    pub date: String,
    /// What is sold, in the shop's order.
    pub ticket_types: Vec<ShopTicketType>,
}

/// A ticket type with its stock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShopTicketType {
    /// Which.
    pub ticket_type: TicketTypeId,
    /// Its name.
    pub name: String,
    /// What it gives.
    pub description: String,
    /// The price of one, in minor units.
    pub price: Amount,
    /// In which currency.
    pub currency: Currency,
    /// Tickets that can still be ordered.
    pub remaining: i64,
    /// All tickets there are.
    pub capacity: i64,
    /// The most that one order may have.
    pub max_per_order: u32,
    /// When sale begins; open when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_starts: Option<Timestamp>,
    /// When sale ends; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_ends: Option<Timestamp>,
}

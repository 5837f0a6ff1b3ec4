//! Facts about what there is to sell, decided by the inventory service.

use crate::{AdjustmentId, Amount, Currency, Stock, StockLevel, TicketTypeId, Timestamp};
use serde::{Deserialize, Serialize};

/// There are more or fewer tickets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StockAdjusted {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The change.
    pub adjustment_id: AdjustmentId,
    /// Whose stock.
    pub ticket_type: TicketTypeId,
    /// Tickets added; negative: taken away.
    pub change: i64,
    /// Why, for people.
    pub reason: String,
    /// Which admin.
    pub actor: String,
    /// The level after this decision.
    pub stock: Stock,
}

/// A change of stock was not possible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StockAdjustmentRejected {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The change.
    pub adjustment_id: AdjustmentId,
    /// Whose stock.
    pub ticket_type: TicketTypeId,
    /// Tickets that should have been added.
    pub change: i64,
    /// Which admin.
    pub actor: String,
    /// Why not, for people.
    pub reason: String,
}

/// A ticket type came into being.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketTypeDefined {
    /// When.
    pub timestamp: Timestamp,
    /// Which.
    pub ticket_type: TicketTypeId,
    /// Its name, for people.
    pub name: String,
    /// What it gives, for people.
    #[serde(default)]
    pub description: String,
    /// The event's id.
    pub event: String,
    /// The event's name.
    pub event_name: String,
    /// Where it is.
    pub venue: String,
    /// When the event begins, RFC 3339 with the place's offset.
    pub event_date: String,
    /// The price of one.
    pub price: Amount,
    /// In which currency.
    pub currency: Currency,
    /// How many there are at first.
    pub capacity: i64,
    /// The most that one order may have.
    pub max_per_order: u32,
    /// When sale begins; open when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_starts: Option<Timestamp>,
    /// When sale ends; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_ends: Option<Timestamp>,
    /// Where it stands in the shop, from 0.
    pub position: i64,
    /// The level when it was announced.
    pub level: StockLevel,
}

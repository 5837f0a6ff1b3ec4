//! Stock of a ticket type as events carry it: absolute numbers with a version, so views need no order of events.

use crate::TicketTypeId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where the tickets of one type are after a decision. `capacity = remaining + held + sold`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    /// Tickets that can still be ordered.
    pub remaining: i64,
    /// Tickets set aside for orders whose payment is not decided.
    pub held: i64,
    /// Tickets sold.
    pub sold: i64,
    /// Grows by one with each decision about this type: of two levels the higher version is the newer.
    pub version: i64,
}

impl StockLevel {
    /// All tickets there are of this type.
    pub fn capacity(&self) -> i64 {
        self.remaining + self.held + self.sold
    }
}

/// The levels of all types that a decision touched.
pub type Stock = BTreeMap<TicketTypeId, StockLevel>;

/// Brings `levels` up to date with `news`: per type the higher version wins.
pub fn merge(levels: &mut Stock, news: &Stock) {
    for (ticket_type, level) in news {
        match levels.get_mut(ticket_type) {
            Some(known) if known.version >= level.version => {}
            Some(known) => *known = *level,
            None => {
                levels.insert(ticket_type.clone(), *level);
            }
        }
    }
}

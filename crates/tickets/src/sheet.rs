//! What a ticket says. Texts come ready to read; how they are found and put into words is the caller's business.

use domain::{OrderId, TicketId};

/// The tickets of one order: one page each, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TicketSheet {
    /// The order, printed small on each ticket: what to ask for when a code cannot be scanned.
    pub order_id: OrderId,
    /// Whose tickets these are. May be empty.
    pub holder: String,
    /// At least one.
    pub tickets: Vec<Ticket>,
}

/// One admission of one person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// What the QR code carries, signed.
    pub ticket_id: TicketId,
    /// The event's name.
    pub event: String,
    /// When it begins, for people: `Sat 4 July 2026, 16:00`. May be empty.
    pub date: String,
    /// Where it is. May be empty.
    pub place: String,
    /// What the ticket is for: `VIP weekend`.
    pub ticket_type: String,
    /// Which of the order's tickets this is, from 1.
    pub number: u32,
    /// How many tickets the order has.
    pub of: u32,
    /// What it cost, with its currency: `€149.00`. May be empty.
    pub price: String,
}

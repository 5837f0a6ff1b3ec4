//! What a batch of the log says that matters for mails.

use bus::{Malformed, Message};
use domain::event::{Buyer, OrderConfirmed, TicketSold, TicketTypeDefined};
use domain::{Event, OrderId, TicketTypeId};
use std::collections::BTreeMap;

/// Sorted, and each thing once: two replicas that read the same touch the rows in the same order.
#[derive(Default)]
pub(super) struct Facts {
    pub types: BTreeMap<TicketTypeId, TicketTypeDefined>,
    pub tickets: BTreeMap<(OrderId, u32), TicketSold>,
    pub orders: BTreeMap<OrderId, OrderFacts>,
}

/// What is known about an order's mail; either may come first.
#[derive(Default)]
pub(super) struct OrderFacts {
    pub buyer: Option<Buyer>,
    pub confirmed: Option<OrderConfirmed>,
}

impl Facts {
    /// Adds what `message` says. Most messages on the log say nothing about mails, and are not even parsed.
    pub fn read(&mut self, message: &Message) -> Result<(), Malformed> {
        let kinds = [
            "BUYER",
            "TICKET_TYPE_DEFINED",
            "TICKET_SOLD",
            "ORDER_CONFIRMED",
        ];
        if !kinds.contains(&&*message.kind) {
            return Ok(());
        }
        match message.decode_event()? {
            Some(Event::TicketTypeDefined(event)) => {
                self.types.insert(event.ticket_type.clone(), event);
            }
            Some(Event::TicketSold(event)) => {
                self.tickets
                    .insert((event.order_id, event.ticket_number), event);
            }
            Some(Event::Buyer(event)) => {
                let order = self.orders.entry(event.order_id).or_default();
                order.buyer = Some(event);
            }
            Some(Event::OrderConfirmed(event)) => {
                let order = self.orders.entry(event.order_id).or_default();
                order.confirmed = Some(event);
            }
            _ => {}
        }
        Ok(())
    }
}

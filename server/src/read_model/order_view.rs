//! An order as people see it.

use super::now::Now;
use super::timeline::{self, StoredEvent};
use domain::event::TicketSold;
use domain::request::Item;
use domain::view::{OrderView, TicketView, WaitView};
use domain::{Order, OrderId, Timestamp};
use tickets::TicketSigner;

/// An order with its events.
pub(super) fn view(
    order: Order,
    events: &[StoredEvent],
    now: &Now,
    signer: &TicketSigner,
) -> OrderView {
    let timeline = timeline::timeline(&order, events, now);
    let ticket = |sold: TicketSold| {
        let name = now.name_of(&sold.ticket_type);
        let code = signer.sign(sold.ticket_id).to_string();
        TicketView::of(sold, name, code)
    };
    OrderView {
        order_id: order.order_id,
        status: order.status,
        reason: order.reason,
        items: order
            .items
            .into_iter()
            .map(|ordered| now.item(ordered.item, ordered.unit_price))
            .collect(),
        total: order.total,
        currency: order.currency,
        placed_at: order.placed_at,
        expires_at: order.expires_at,
        wait: None,
        mail_sent: order.mail_sent,
        tickets: order.tickets.into_iter().map(ticket).collect(),
        timeline,
    }
}

/// An order that was accepted and that nobody has decided yet, with what is known of it here.
pub(crate) fn received(
    order_id: OrderId,
    known: Option<(Timestamp, &[Item])>,
    wait: Option<WaitView>,
    now: &Now,
) -> OrderView {
    let mut order = Order::received(order_id);
    order.placed_at = known.map(|(placed_at, _)| placed_at);
    let items = known.map(|(_, items)| items).unwrap_or_default();
    OrderView {
        order_id,
        status: order.status,
        reason: None,
        items: items
            .iter()
            .map(|item| now.item(item.clone(), None))
            .collect(),
        total: None,
        currency: None,
        placed_at: order.placed_at,
        expires_at: None,
        wait,
        mail_sent: false,
        tickets: Vec::new(),
        timeline: order.placed_at.map(timeline::placed).into_iter().collect(),
    }
}

//! A sold ticket as a stub.

use crate::format::{EventDate, price};
use domain::view::TicketView;
use leptos::prelude::*;

/// The ticket with its QR code, which the server draws at `/orders/{id}/tickets/{number}.svg`.
pub(crate) fn ticket_stub(ticket: &TicketView) -> impl IntoView + use<> {
    let sold = &ticket.sold;
    let number = format!("Ticket {} of {}", sold.ticket_number, sold.tickets_in_order);
    let code = format!(
        "/orders/{}/tickets/{}.svg",
        sold.order_id, sold.ticket_number
    );
    view! {
        <li class="stub ticket">
            <div class="stub-body">
                <p class="stub-event">{sold.event.clone()}</p>
                <p class="stub-name">{ticket.name.clone()}</p>
                <p>{EventDate::sentence(&sold.event_date)}</p>
                <p class="stub-fine">{number.clone()} " · " {price(sold.price, sold.currency)}</p>
                <p class="stub-fine stub-id">{sold.ticket_id.to_string()}</p>
            </div>
            <div class="stub-tear">
                <img class="qr" src=code width="160" height="160" alt=format!("QR code, {number}") />
            </div>
        </li>
    }
}

//! A sold ticket as a stub.

use crate::format::EventDate;
use domain::view::TicketView;
use leptos::prelude::*;

/// The ticket with its QR code, which the server draws at `/orders/{id}/tickets/{number}.svg`.
pub(crate) fn ticket_stub(ticket: &TicketView) -> impl IntoView + use<> {
    let number = format!(
        "Ticket {} of {}",
        ticket.ticket_number, ticket.tickets_in_order
    );
    let code = format!(
        "/orders/{}/tickets/{}.svg",
        ticket.order_id, ticket.ticket_number
    );
    view! {
        <li class="stub ticket">
            <div class="stub-body">
                <p class="stub-event">{ticket.event.clone()}</p>
                <p class="stub-name">{ticket.name.clone()}</p>
                <p>{EventDate::sentence(&ticket.event_date)}</p>
                <p class="stub-fine">{number.clone()} " · " {ticket.price.display(ticket.currency)}</p>
                <p class="stub-fine stub-id">{ticket.ticket_id.to_string()}</p>
            </div>
            <div class="stub-tear">
                <img class="qr" src=code width="160" height="160" alt=format!("QR code, {number}") />
            </div>
        </li>
    }
}
